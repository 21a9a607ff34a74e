// A library that is loaded before LibreOffice, and starts threads without end in each document's child, once that is in
// its sandbox and looks for its document's files.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static void *sleep_on(void *unused) {
    for (;;)
        pause();
    return unused;
}

static void bomb(void) {
    pthread_attr_t small;
    pthread_t thread;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    for (;;)
        pthread_create(&thread, &small, sleep_on, NULL);
}

int access(const char *path, int mode) {
    int (*real)(const char *, int) = dlsym(RTLD_NEXT, "access");
    if (strstr(path, "/jobs/") != NULL)
        bomb();
    return real(path, mode);
}
