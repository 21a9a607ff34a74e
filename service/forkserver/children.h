// The fork server's children: one that waits for the next document, and those that convert one.
#ifndef DOCX2PDF_CHILDREN_H
#define DOCX2PDF_CHILDREN_H

#include "server.h"

#include <poll.h>

enum {
    MAX_CHILDREN = 256,
    MAX_WATCHED = 2 * MAX_CHILDREN,
    MAX_REPORT = 16 << 10, // bytes that a child may say about its document
};

// keep_spare forks the child that waits for the next document, unless there is one. To fork takes as long as a tenth
// of a page, so it is done before the document is there.
void keep_spare(const struct server *server);

// give_to_child hands a "convert" or "learn" message to the waiting child.
void give_to_child(const struct server *server, const struct message *m);

// cancel kills the child of a document, and everything that it has started.
void cancel(const char *id);
void cancel_all(void);

// watch_children fills in what to poll, and returns how many entries that are.
int watch_children(struct pollfd *watched);

// listen_to_children takes what the children have said, and buries those that have ended.
void listen_to_children(const struct pollfd *watched, int count);

#endif
