// Memory that every conversion touches, made a child's own before its document is there.
//
// A forked child shares its memory with the fork server, and pays with a fault for each page that it writes to or runs
// code of for the first time: 3,000 faults for one page of text, a third of the child's time. The kernel does it for
// many pages in one call, if it is told which, and a child that waits has the time.
#ifndef DOCX2PDF_HOTPAGES_H
#define DOCX2PDF_HOTPAGES_H

#include <stddef.h>

// A range of memory that conversions touch.
struct hot_pages {
    char *start;
    size_t size; // bytes
    int advice;  // MADV_POPULATE_READ or MADV_POPULATE_WRITE; madvise(2)
};

// note_pages notes how the calling process's memory is now. It also opens what tell_hot_pages reads, so that a sandbox
// may be closed in between. Where the kernel tells nothing about pages, none will be hot.
void note_pages(void);

// tell_hot_pages tells what has been touched since.
void tell_hot_pages(void (*tell)(const struct hot_pages *));

// remember_hot_pages adds a range, as "%p %zu %d" of its three fields, to those that touch_hot_pages touches.
void remember_hot_pages(const char *range);

// hot_bytes is how much of a range of memory has been remembered as written to, by where it begins.
size_t hot_bytes(const char *start, size_t size);

// forget_hot_pages leaves the hot pages of a range of memory to somebody else.
void forget_hot_pages(const char *start, size_t size);

// touch_hot_pages makes the ranges the calling process's own.
void touch_hot_pages(void);

#endif
