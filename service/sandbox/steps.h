// The steps of entering a sandbox. Each returns 1 when it is done.
#ifndef DOCX2PDF_SANDBOX_STEPS_H
#define DOCX2PDF_SANDBOX_STEPS_H

#include "sandbox.h"

// landlock_version is 0 where the kernel has none.
int landlock_version(void);

// restrict_files leaves the calling process its working directory to read and write, and what the sandbox names to
// read. Where Landlock can, it also ends TCP, and signals and abstract sockets to processes outside.
int restrict_files(const struct sandbox *sandbox);

// enter_namespace gives the calling process a file system that has nothing else in it.
int enter_namespace(const struct sandbox *sandbox);

// restrict_system_calls leaves the calling process what needs no socket, no other program, no other process and no
// privilege.
int restrict_system_calls(void);

#endif
