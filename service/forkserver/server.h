// The fork server: one warm LibreOffice that forks a child for each document.
// It runs in a process of its own, started from the same binary, and has no Go in it.
#ifndef DOCX2PDF_SERVER_H
#define DOCX2PDF_SERVER_H

#define LOK_USE_UNSTABLE_API
#include <LibreOfficeKit/LibreOfficeKitInit.h>

#include "../sandbox/sandbox.h"
#include "message.h"

// What every child starts with.
struct server {
    LibreOfficeKit *kit;
    const struct sandbox *sandbox; // NULL: no sandbox
};

enum { MAX_LINE = 2048 }; // bytes that a child says at once

// start_office starts LibreOffice in this process, from its program directory. It returns NULL, or what went wrong.
const char *start_office(struct server *server, const char *program_directory, const char *profile_url);

// remember_temp_directories notes what LibreOffice has made in ./temp while it started. Its paths lead each child to its
// own from then on.
void remember_temp_directories(void);

// make_temp_directories makes the same in ./temp, which is a job's.
void make_temp_directories(void);

// await_document never returns: it waits for a document on the socket, converts it and exits. What happened is
// written to the socket, a line each. Its copies of the heap's dense blocks are in a place that was taken for it.
_Noreturn void await_document(const struct server *server, int socket, int place);

// warm_up converts one document in the fork server itself, so that children start with everything loaded.
// It returns NULL, or what went wrong.
const char *warm_up(const char *input_url, const char *output_url);

#endif
