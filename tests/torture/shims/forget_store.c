/* A planted fault: every start begins with the store that TORTURE_FORGET names gone, as if no commit had reached a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void forget(void) {
    char const* const store = getenv("TORTURE_FORGET");
    char name[4096];
    if (store == 0 || strlen(store) > sizeof name - 8) return;
    unlink(store);
    snprintf(name, sizeof name, "%s-wal", store);
    unlink(name);
}
