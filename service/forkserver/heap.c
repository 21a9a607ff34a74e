#define _GNU_SOURCE
#include "shared.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1
#endif

enum {
    LARGEST_HOLE = 1 << 20,
    SMALLEST_HOLE = 24,
    TRIES = 5, // the kernel refuses at times
};

void align_heap(void) { sbrk((HUGE_PAGE - (uintptr_t)sbrk(0) % HUGE_PAGE) % HUGE_PAGE); }

// Takes all holes of a size. The end of the heap, from which the C library cuts when there are none, is no hole.
static void take_holes(size_t size, const char *end) {
    for (;;) {
        char *hole = malloc(size);
        if (hole == NULL || hole >= end) {
            free(hole);
            return;
        }
    }
}

void plug_heap(void) {
    const char *end = (char *)sbrk(0) - mallinfo2().keepcost;
    for (size_t size = LARGEST_HOLE; size >= SMALLEST_HOLE; size -= size > 1024 ? size / 8 : 16)
        take_holes(size, end);
}

int find_heap(uintptr_t *start, uintptr_t *end) {
    char line[512];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && !found && fgets(line, sizeof line, maps) != NULL)
        found = strstr(line, "[heap]") != NULL && sscanf(line, "%lx-%lx", start, end) == 2;
    if (maps != NULL)
        fclose(maps);
    if (!found)
        return 0;
    *start = (*start + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    *end = *end / HUGE_PAGE * HUGE_PAGE;
    return *start < *end;
}

static int try_collapse(char *start, size_t size) {
    for (int i = 0; i < TRIES; i++) {
        if (madvise(start, size, MADV_COLLAPSE) == 0)
            return 1;
        if (errno != EAGAIN && errno != EBUSY)
            return 0;
    }
    return 0;
}

size_t collapse(char *start, size_t size) {
    size_t collapsed = 0;
    if (try_collapse(start, size))
        return size;
    for (size_t i = 0; i < size; i += HUGE_PAGE)
        collapsed += try_collapse(start + i, HUGE_PAGE) ? HUGE_PAGE : 0;
    return collapsed;
}

void collapse_heap(void) {
    uintptr_t start, end;
    if (find_heap(&start, &end))
        collapse((char *)start, end - start);
}
