#define _GNU_SOURCE
#include "hotpages.h"
#include "shared.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    MAX_BLOCKS = 8, // 16 MiB of each child
    DENSE = 128,    // hot pages of a block
};

static char *block[MAX_BLOCKS];
static int blocks;

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

void copy_dense_blocks(void) {
    const size_t reserved = (blocks + 1) * HUGE_PAGE;
    if (blocks == 0)
        return;
    char *room = mmap(NULL, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return;
    char *copy = room + (HUGE_PAGE - (uintptr_t)room % HUGE_PAGE) % HUGE_PAGE;
    if (madvise(copy, blocks * HUGE_PAGE, MADV_HUGEPAGE) == 0)
        for (int i = 0; i < blocks; i++, copy += HUGE_PAGE) {
            memcpy(copy, block[i], HUGE_PAGE); // the heap must not change until it has been replaced
            if (mremap(copy, HUGE_PAGE, HUGE_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, block[i]) == MAP_FAILED)
                break;
        }
    munmap(room, reserved); // what has not moved
}
