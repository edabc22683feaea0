/* A planted fault: turns the store's synchronous=FULL into NORMAL, so that a commit is answered before it is synced. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

typedef int (*execute)(void*, char const*, int (*)(void*, int, char**, char**), void*, char**);

int sqlite3_exec(void* handle, char const* sql, int (*row)(void*, int, char**, char**), void* context, char** error) {
    execute real = (execute)dlsym(RTLD_NEXT, "sqlite3_exec");
    if (sql != 0 && strstr(sql, "synchronous = FULL") != 0) sql = "PRAGMA synchronous = NORMAL";
    return real(handle, sql, row, context, error);
}
