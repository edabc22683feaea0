/* A planted fault: a sync that failed is taken for one that did not. */
#define _GNU_SOURCE
#include <dlfcn.h>

int fdatasync(int file) {
    int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    real(file);
    return 0;
}
