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

// remember_temp_directories notes what LibreOffice has made in ./temp while it started, for children to make the
// same in the job's directory.
void remember_temp_directories(void);

// await_document never returns: it waits for a document on the socket, converts it and exits. What happened is
// written to the socket, a line each.
_Noreturn void await_document(const struct server *server, int socket);

// warm_up converts one document in the fork server itself, so that children start with everything loaded.
// It returns NULL, or what went wrong.
const char *warm_up(const char *input_url, const char *output_url);

#endif
