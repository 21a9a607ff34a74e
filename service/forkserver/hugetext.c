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

// Puts a copy in anonymous memory in the place of whole huge pages, in one step as far as other threads see.
static size_t replace(char *start, size_t size, int protection) {
    const size_t reserved = size + HUGE_PAGE;
    char *room = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return 0;
    char *copy = room + (HUGE_PAGE - (uintptr_t)room % HUGE_PAGE) % HUGE_PAGE;
    int moved = mprotect(copy, size, PROT_READ | PROT_WRITE) == 0 && madvise(copy, size, MADV_HUGEPAGE) == 0;
    if (moved) {
        memcpy(copy, start, size);
        moved = mprotect(copy, size, protection) == 0 &&
                mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start) != MAP_FAILED;
    }
    munmap(room, reserved); // what has not moved
    return moved ? size : 0;
}

struct segment {
    uintptr_t start, end;
    int protection;
};

// Reads a line of /proc/self/maps. Returns 0 unless it is a read-only segment of a file below a directory.
static int read_segment(const char *line, const char *directory, struct segment *s) {
    char rights[5];
    int path;
    if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %n", &s->start, &s->end, rights, &path) != 3)
        return 0;
    s->protection = PROT_READ | (rights[2] == 'x' ? PROT_EXEC : 0);
    return strncmp(line + path, directory, strlen(directory)) == 0 && rights[0] == 'r' && rights[1] != 'w' &&
           rights[3] == 'p';
}

size_t copy_text(const char *directory) {
    static struct segment segment[512]; // a segment begins where one ends that may be read alike: they are one
    int segments = 0;
    size_t copied = 0;
    char line[PATH_MAX + 128], real[PATH_MAX];
    FILE *maps = realpath(directory, real) == NULL ? NULL : fopen("/proc/self/maps", "re");
    if (maps == NULL)
        return 0;
    struct segment *last = NULL;
    while (segments < 512 && fgets(line, sizeof line, maps) != NULL) {
        struct segment s;
        if (!read_segment(line, real, &s))
            continue;
        if (last != NULL && last->end == s.start && last->protection == s.protection) {
            last->end = s.end;
        } else {
            segment[segments] = s;
            last = &segment[segments++];
        }
    }
    fclose(maps);
    for (int i = 0; i < segments; i++) {
        // The rest stays in the file's pages: a fork copies no entries for those.
        const uintptr_t start = (segment[i].start + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
        const uintptr_t end = segment[i].end / HUGE_PAGE * HUGE_PAGE;
        if (start < end)
            copied += replace((char *)start, end - start, segment[i].protection);
    }
    return copied;
}
