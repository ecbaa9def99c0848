/* Looking a service up. */
#include "base/service.h"

#include <string.h>

static const struct {
	const char *name;
	enum service_kind kind;
} services[] = {
#define ROW(name, kind, whose) {name, SERVICE_##kind},
	SERVICE_LIST(ROW)
#undef ROW
};

enum service_kind
service_kind(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strcmp(services[i].name, name) == 0)
			return services[i].kind;
	return SERVICE_UNKNOWN;
}
