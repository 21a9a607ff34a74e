// Memory that children share with the fork server, made so that sharing costs less: of what one page takes, a half is
// the kernel's work on page tables and copies. Each of these can be left out by the one line that calls it. Together
// they take 130 MB, once.
#ifndef DOCX2PDF_SHARED_H
#define DOCX2PDF_SHARED_H

#include <stddef.h>
#include <stdint.h>

#define HUGE_PAGE ((size_t)2 << 20) // of amd64, and of arm64 with pages of 4 KiB

// huge_pages tells whether the kernel gives them to those who ask.
int huge_pages(void);

// copy_text puts the read-only segments of the libraries below a directory into huge pages, and returns how many bytes
// that took: fewer entries to fault in and to copy. No other thread may run. It saves a child 4.5 of 30 ms of CPU.
size_t copy_text(const char *directory);

// align_heap has the heap go on where a huge page begins, so that what is in one is the same at each start.
void align_heap(void);

// pack_libraries puts what is left of the libraries that are in use, all but the data, into one file of huge pages, and
// returns how many bytes that took. A fork copies nothing of it, a process maps and unmaps many of its pages at a time,
// and there are fewer mappings. No other thread may run. It saves a child 2.2 of 21 ms, and takes 60 MB.
size_t pack_libraries(void);

// plug_heap takes the holes of the heap, so that children write to fresh pages instead of copying those that they
// share. It saves a child 3 of 30 ms.
void plug_heap(void);

// find_heap finds the blocks of the heap that are whole huge pages. It returns 0 where there are none.
int find_heap(uintptr_t *start, uintptr_t *end);

// collapse puts whole huge pages of memory into such, and returns how many bytes it could.
size_t collapse(char *start, size_t size);

// huge_file makes a file in huge pages of memory, with flags of memfd_create(2); -1 when the kernel refuses.
int huge_file(const char *name, size_t size, unsigned flags);

// A mapping of a file that begins with a huge page, to be written to.
struct view {
    char *reserved, *start;
    size_t size; // of what is reserved, and to be unmapped
};

// view_file maps so many bytes of a file. It returns 0 after an error.
int view_file(int file, size_t size, struct view *v);

// collapse_heap puts the heap into huge pages. The kernel splits one for a child that writes to it, and copies 4 KiB. It
// saves a child 4 of 30 ms.
void collapse_heap(void);

// find_dense_blocks finds the huge pages of the heap that children write to in many places, by their hot pages.
void find_dense_blocks(void);

// take_place finds memory for a child that is to be forked, for copies of those; -1 when there is none. It is the child's
// alone until leave_place, after its end.
int take_place(void);
void leave_place(int taken);

// copy_dense_blocks copies them for the calling process, which must have one thread, as a whole: to copy a huge page
// takes as long as 50 pages. It saves a child 3 of 25 ms, and takes 16 MiB of each.
void copy_dense_blocks(int taken);

#endif
