#define _GNU_SOURCE
#include "shared.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

int view_file(int file, size_t size, struct view *v) {
    v->size = size + HUGE_PAGE;
    v->reserved = mmap(NULL, v->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (v->reserved == MAP_FAILED)
        return 0;
    v->start = v->reserved + (HUGE_PAGE - (uintptr_t)v->reserved % HUGE_PAGE) % HUGE_PAGE;
    if (mmap(v->start, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) != MAP_FAILED)
        return 1;
    munmap(v->reserved, v->size);
    return 0;
}

// Puts an empty file into huge pages. Returns 0 when the kernel refuses; a few that it has no room for do no harm.
static int fill(int file, size_t size) {
    struct view v;
    if (ftruncate(file, size) < 0 || !view_file(file, size, &v))
        return 0;
    for (size_t i = 0; i < size; i += HUGE_PAGE)
        v.start[i] = 1; // nothing is no huge page
    const int huge = 2 * collapse(v.start, size) >= size;
    munmap(v.reserved, v.size);
    return huge;
}

int huge_file(const char *name, size_t size, unsigned flags) {
    int file = memfd_create(name, MFD_CLOEXEC | flags);
    if (file < 0 && errno == EINVAL) // a kernel that does not know them all
        file = memfd_create(name, MFD_CLOEXEC | (flags & MFD_ALLOW_SEALING));
    if (file >= 0 && fill(file, size))
        return file;
    close(file);
    return -1;
}
