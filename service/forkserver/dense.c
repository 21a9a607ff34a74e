#define _GNU_SOURCE
#include "hotpages.h"
#include "shared.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAX_BLOCKS = 12, // 24 MiB of each child
    DENSE = 64,      // hot pages of a block
    MAX_PLACES = 16, // children beyond these have none
};

static char *block[MAX_BLOCKS];
static int blocks;

// Where children have their copies. The kernel would clear each huge page before it is copied to, so a place goes from
// one child to the next, which writes over all of it. It is a file of its own for each, so that a child, which closes
// all of them, cannot come by another's.
static struct place {
    int file; // 0 while there is none
    int taken;
} place[MAX_PLACES];

void find_dense_blocks(void) {
    const size_t least = DENSE * sysconf(_SC_PAGESIZE);
    uintptr_t start, end;
    if (!huge_pages() || !find_heap(&start, &end))
        return;
    for (; start < end && blocks < MAX_BLOCKS; start += HUGE_PAGE)
        if (hot_bytes((char *)start, HUGE_PAGE) >= least) {
            block[blocks++] = (char *)start;
            forget_hot_pages((char *)start, HUGE_PAGE);
        }
}

int take_place(void) {
    if (blocks == 0)
        return -1;
    int i = 0;
    while (i < MAX_PLACES && place[i].taken)
        i++;
    if (i == MAX_PLACES)
        return -1;
    if (place[i].file == 0) {
        const int file = huge_file("heap", blocks * HUGE_PAGE, 0);
        if (file < 0)
            return -1;
        place[i].file = file;
    }
    place[i].taken = 1;
    return i;
}

void leave_place(int taken) {
    struct stat now;
    if (taken < 0)
        return;
    struct place *p = &place[taken];
    p->taken = 0;
    // Memory that the child has given back (MADV_REMOVE) would be small pages for those that come after it.
    if (fstat(p->file, &now) < 0 || now.st_blocks * 512 < (off_t)(blocks * HUGE_PAGE)) {
        close(p->file);
        p->file = 0;
    }
}

// The heap must not change while it is being copied.
static void copy_to(int file) {
    struct view v;
    if (!view_file(file, blocks * HUGE_PAGE, &v))
        return;
    for (int i = 0; i < blocks; i++) {
        char *copy = v.start + i * HUGE_PAGE;
        memcpy(copy, block[i], HUGE_PAGE);
        if (mremap(copy, HUGE_PAGE, HUGE_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, block[i]) == MAP_FAILED)
            break;
    }
    munmap(v.reserved, v.size); // what has not moved
}

void copy_dense_blocks(int taken) {
    if (taken >= 0)
        copy_to(place[taken].file);
    for (int i = 0; i < MAX_PLACES; i++)
        if (place[i].file != 0)
            close(place[i].file);
}
