#define _GNU_SOURCE
#include "shared.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Newer than some C libraries: Linux 6.3, which warns without it.
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

enum {
    MAX_SEGMENTS = 1024,
    MAX_PAGES = 1 << 12, // of a segment, 16 MiB
    USED = 4, // one page in so many, of segments that are worth it
    MAX_PATH = 4096,
};

// A part of a library that is only read or run.
static struct segment {
    char *start;
    size_t size;
    int protection;
} segment[MAX_SEGMENTS];
static int segments;

// Whether the warm-up has used enough of a segment: what is in this process's memory by now; pagemap(5).
static int is_used(const struct segment *s, int pagemap) {
    static uint64_t page[MAX_PAGES];
    const size_t page_size = sysconf(_SC_PAGESIZE), pages = s->size / page_size;
    const off_t first = (uintptr_t)s->start / page_size * sizeof *page;
    size_t used = 0;
    if (pages > MAX_PAGES || pread(pagemap, page, pages * sizeof *page, first) != (ssize_t)(pages * sizeof *page))
        return 0;
    for (size_t i = 0; i < pages; i++)
        used += page[i] >> 63;
    return used * USED >= pages;
}

// Returns how many bytes those have that are used.
static size_t find_segments(FILE *maps, int pagemap) {
    char line[MAX_PATH + 128], rights[5];
    uintptr_t start, end;
    size_t size = 0;
    while (segments < MAX_SEGMENTS && fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) != 3 || strstr(line, ".so") == NULL || rights[0] != 'r' ||
            rights[1] == 'w' || rights[3] != 'p')
            continue;
        const int protection = PROT_READ | (rights[2] == 'x' ? PROT_EXEC : 0);
        const struct segment s = {.start = (char *)start, .size = end - start, .protection = protection};
        if (is_used(&s, pagemap)) {
            segment[segments++] = s;
            size += s.size;
        }
    }
    return size;
}

// Copies the segments into a file, one after the other.
static int copy_segments(int file, size_t size) {
    struct view v;
    if (!view_file(file, size, &v))
        return 0;
    char *to = v.start;
    for (int i = 0; i < segments; to += segment[i++].size)
        memcpy(to, segment[i].start, segment[i].size);
    munmap(v.reserved, v.size);
    return fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

// Puts the file in the place of the libraries. Parts of it that follow each other in both become one mapping.
static size_t replace_segments(int file) {
    off_t from = 0;
    for (int i = 0; i < segments; from += segment[i++].size) {
        const struct segment *s = &segment[i];
        if (mmap(s->start, s->size, s->protection, MAP_PRIVATE | MAP_FIXED, file, from) == MAP_FAILED)
            break;
    }
    return from;
}

static int may_run(int file, size_t size) {
    void *tried = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    return tried != MAP_FAILED && munmap(tried, size) == 0;
}

size_t pack_libraries(void) {
    size_t used = 0, packed = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (maps != NULL && pagemap >= 0)
        used = find_segments(maps, pagemap);
    if (maps != NULL)
        fclose(maps);
    close(pagemap);
    const size_t size = (used + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    const int file = size == 0 ? -1 : huge_file("libraries", size, MFD_EXEC | MFD_ALLOW_SEALING);
    if (file >= 0 && may_run(file, size) && copy_segments(file, size))
        packed = replace_segments(file);
    close(file);
    return packed;
}
