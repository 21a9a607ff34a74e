// What keeps a document in: limits, Landlock and seccomp.
#ifndef DOCX2PDF_SANDBOX_H
#define DOCX2PDF_SANDBOX_H

// What a document may read besides its own directory: LibreOffice, which its program directory tells, and the
// user profile.
struct sandbox {
    const char *program_directory;
    const char *profile_directory;
    int required; // no document without a sandbox
};

// landlock_version is 0 where the kernel has none.
int landlock_version(void);

// restrict_files leaves the calling process ./ to read and write, and LibreOffice and its fonts to read.
// Returns Landlock's version, or 0 where the kernel has none.
int restrict_files(const struct sandbox *sandbox);

// restrict_system_calls leaves the calling process what converting a document needs: no sockets, no exec, no
// other processes, no new privileges. Returns 0 where the kernel cannot do it.
int restrict_system_calls(void);

// probe_sandbox tries in a child of its own what a document must not be able to do, and returns a line that
// names what is kept from it: "network exec processes files".
const char *probe_sandbox(const struct sandbox *sandbox);

#endif
