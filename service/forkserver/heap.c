#define _GNU_SOURCE
#include "hotpages.h"
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
    MOST_HOT = 8, // hot pages of a block that is worth a huge page all the same
    TRIES = 5,    // the kernel refuses at times
};

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

static int find_heap(uintptr_t *start, uintptr_t *end) {
    char line[512];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && !found && fgets(line, sizeof line, maps) != NULL)
        found = strstr(line, "[heap]") != NULL && sscanf(line, "%lx-%lx", start, end) == 2;
    if (maps != NULL)
        fclose(maps);
    return found;
}

static int collapse(uintptr_t block) {
    for (int i = 0; i < TRIES; i++) {
        if (madvise((void *)block, HUGE_PAGE, MADV_COLLAPSE) == 0)
            return 1;
        if (errno != EAGAIN && errno != EBUSY)
            return 0;
    }
    return 0;
}

size_t collapse_heap(void) {
    uintptr_t start, end;
    size_t collapsed = 0;
    if (!find_heap(&start, &end))
        return 0;
    const size_t most = MOST_HOT * sysconf(_SC_PAGESIZE);
    uintptr_t block = (start + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE; // the first whole one
    for (; block + HUGE_PAGE <= end; block += HUGE_PAGE)
        if (hot_bytes((char *)block, HUGE_PAGE) <= most && collapse(block))
            collapsed += HUGE_PAGE;
    return collapsed;
}
