#define _GNU_SOURCE
#include "shared.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

int huge_pages(void) {
    char said[128] = "";
    if (prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1)
        return 0;
    FILE *enabled = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
    if (enabled == NULL)
        return 0;
    const char *line = fgets(said, sizeof said, enabled);
    fclose(enabled);
    return line != NULL && strstr(line, "[never]") == NULL;
}

// Puts a copy in anonymous memory in the place of a mapping, in one step as far as other threads see.
static size_t replace(char *start, size_t size, int protection) {
    // Huge pages move as they are only between addresses that are alike in what is below one.
    const size_t offset = (uintptr_t)start % HUGE_PAGE;
    const size_t reserved = size + 2 * HUGE_PAGE;
    char *room = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return 0;
    char *copy = room + (HUGE_PAGE - (uintptr_t)room % HUGE_PAGE) % HUGE_PAGE + offset;
    int moved = mprotect(copy, size, PROT_READ | PROT_WRITE) == 0 && madvise(copy, size, MADV_HUGEPAGE) == 0;
    if (moved) {
        memcpy(copy, start, size);
        moved = mprotect(copy, size, protection) == 0 &&
                mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start) != MAP_FAILED;
    }
    munmap(room, reserved); // what has not moved
    return moved ? size : 0;
}

size_t copy_text(const char *directory) {
    static struct {
        char *start;
        size_t size;
        int protection;
    } segment[64];
    int segments = 0;
    size_t copied = 0;
    char line[PATH_MAX + 128], real[PATH_MAX], rights[5];
    unsigned long start, end;
    int path;
    FILE *maps = realpath(directory, real) == NULL ? NULL : fopen("/proc/self/maps", "re");
    if (maps == NULL)
        return 0;
    while (segments < 64 && fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %n", &start, &end, rights, &path) != 3 || end - start < HUGE_PAGE ||
            strncmp(line + path, real, strlen(real)) != 0 || rights[0] != 'r' || rights[1] == 'w' || rights[3] != 'p')
            continue;
        segment[segments].start = (char *)start;
        segment[segments].size = end - start;
        segment[segments++].protection = PROT_READ | (rights[2] == 'x' ? PROT_EXEC : 0);
    }
    fclose(maps);
    for (int i = 0; i < segments; i++)
        copied += replace(segment[i].start, segment[i].size, segment[i].protection);
    return copied;
}
