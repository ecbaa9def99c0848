/* Looking a service up. */
#include "base/service.h"

#include <string.h>

static const struct {
	const char *name;
	enum service_kind kind;
	enum { ROOT, PERSON } whose;
} services[] = {
#define ROW(name, kind, whose) {name, SERVICE_##kind, whose},
	SERVICE_LIST(ROW)
#undef ROW
};
#define SERVICES (sizeof(services) / sizeof(services[0]))

/* Its row; SERVICES where there is none. */
static size_t
find_row(const char *name)
{
	size_t i;

	for (i = 0; i < SERVICES; i++)
		if (strcmp(services[i].name, name) == 0)
			break;
	return i;
}

enum service_kind
service_kind(const char *name)
{
	size_t i = find_row(name);

	return i < SERVICES ? services[i].kind : SERVICE_UNKNOWN;
}

bool
service_is_persons(const char *name)
{
	size_t i = find_row(name);

	return i < SERVICES && services[i].whose == PERSON;
}
