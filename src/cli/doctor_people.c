/* Whose logins matter. */
#include "cli/doctor_people.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/safefile.h"
#include "identity/map.h"

#define UID_ORDINARY 1000 /* and up to UID_LAST: no system accounts */
#define UID_LAST 60000
#define STAND_INS 8
#define ENTRIES_MAX 4096

static void
add(struct doctor_people *people, const char *name)
{
	size_t i;

	for (i = 0; i < people->count; i++)
		if (strcmp(people->names[i], name) == 0)
			return;
	if (people->count == DOCTOR_PEOPLE_MAX) {
		people->cut = true;
		return;
	}
	people->names[people->count] = strdup(name);
	people->count += people->names[people->count] != NULL;
}

static enum err
take(void *arg, const struct map_entry *entry)
{
	struct doctor_people *people = arg;
	char name[257];

	if (entry->account.len >= sizeof(name))
		return ERR_OK;
	memcpy(name, entry->account.data, entry->account.len);
	name[entry->account.len] = '\0';
	if (people->count == DOCTOR_PEOPLE_MAX)
		people->cut = true;
	else if (getpwnam(name) != NULL)
		add(people, name);
	return ERR_OK;
}

static void
read_map(struct doctor_people *people, const char *path)
{
	AUTO_BUF struct buf text = BUF_INIT(MAP_MAX);
	struct diag diag = {0};

	if (safefile_read(&text, path, 077, &diag) == ERR_OK &&
		map_each(buf_str(&text), text.len, path, take, people, &diag) != ERR_OK)
		people->cut = true; /* what is wrong with it is said elsewhere */
}

static void
add_stand_ins(struct doctor_people *people)
{
	const struct passwd *account;
	unsigned left = ENTRIES_MAX;

	setpwent();
	while (left-- > 0 && people->count < STAND_INS && (account = getpwent()) != NULL)
		if (account->pw_uid >= UID_ORDINARY && account->pw_uid < UID_LAST)
			add(people, account->pw_name);
	endpwent();
	if (people->count == 0)
		add(people, "root");
}

void
doctor_people_read(struct doctor_people *ret, const struct config *config)
{
	memset(ret, 0, sizeof(*ret));
	if (config != NULL)
		read_map(ret, config->identity.map);
	if (ret->count == 0)
		add_stand_ins(ret);
}

void
doctor_people_free(struct doctor_people *people)
{
	while (people->count > 0)
		free(people->names[--people->count]);
}
