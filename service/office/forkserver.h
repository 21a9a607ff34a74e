// The fork server: one warm LibreOffice that forks a child for each document.
// It runs in a process of its own, started from the same binary, and has no Go in it.
#ifndef DOCX2PDF_FORKSERVER_H
#define DOCX2PDF_FORKSERVER_H

#define LOK_USE_UNSTABLE_API
#include <LibreOfficeKit/LibreOfficeKitInit.h>

#include "sandbox.h"

enum {
    CONTROL_FD = 3,          // the socket to the Go side, as os/exec's first extra file
    MAX_MESSAGE = 128 << 10, // bytes of one message on it
    MAX_FIELDS = 16,
    MAX_REPORT = 16 << 10, // bytes that a child may say about its document
    MAX_CHILDREN = 256,
};

// A message is a sequence of fields, each ended by a zero byte. The first field is its kind.
struct message {
    int count;
    char *field[MAX_FIELDS];
    char bytes[MAX_MESSAGE];
};

// One document, as the Go side asks for it.
struct job {
    const char *directory;    // the job's own; the child's working directory
    const char *input_url;    // file URL of the document
    const char *output_url;   // file URL of the PDF
    const char *load_options; // LibreOfficeKit's comma list
    const char *filter;       // the PDF export filter's options, JSON
    long cpu_seconds;
    long memory_bytes; // private memory on top of the warm LibreOffice's
    long output_bytes; // largest file it may write
    const struct sandbox *sandbox; // NULL: no sandbox
};

// remember_temp_directories notes what LibreOffice has made in ./temp while it started, for convert to make the
// same in the job's directory.
void remember_temp_directories(void);

// convert never returns: it converts the document and exits. What happened is written to report_fd, a line each.
_Noreturn void convert(LibreOfficeKit *kit, const struct job *job, int report_fd);

// warm_up converts one document in the fork server itself, so that children start with everything loaded.
// It returns NULL, or what went wrong.
const char *warm_up(LibreOfficeKit *kit, const char *input_url, const char *output_url);

#endif
