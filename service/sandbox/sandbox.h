// What keeps a process in: files, system calls, limits. It knows nothing of what the process does.
//
// The order is: probe_sandbox once, before there are any processes to keep; then in each process limit_process,
// supervise_threads and enter_sandbox, while it has one thread.
#ifndef DOCX2PDF_SANDBOX_H
#define DOCX2PDF_SANDBOX_H

#include <sys/types.h>

// How the files of others are kept from a process.
enum way {
    WAY_NONE,
    WAY_LANDLOCK,  // Landlock, Linux 5.13
    WAY_NAMESPACE, // a file system of its own, in a user and a mount namespace
};

// What a process is kept from, as bits.
enum part {
    PART_NETWORK = 1,   // sockets of any kind
    PART_EXEC = 2,      // running programs
    PART_PROCESSES = 4, // making, signalling or reading other processes
    PART_FILES = 8,     // files that the sandbox does not name
};

struct sandbox {
    // Files and directories that may be read, the last of which is NULL. The working directory of the process that
    // enters may be read and written. What is not there is passed over.
    const char *const *readable;
    const char *const *writable_devices; // character devices that may be read and written, the last of which is NULL
    enum way way;
    int kept;       // parts, as probe_sandbox has proved them
    int supervises; // whether supervise_threads works, as it has proved too
};

// parse_way reads the name of a way, "" for the best that the kernel has.
enum way parse_way(const char *name);
const char *way_name(enum way way);

// probe_sandbox fills in the way, unless it is set already, and what it keeps a process from: it tries in a child of
// its own whatever a process must not be able to do. Every attempt would do no harm if it succeeded.
void probe_sandbox(struct sandbox *sandbox);

// parts_text names parts, as "network exec".
const char *parts_text(int parts);

// enter_sandbox keeps the calling process, which must have one thread, from all that probe_sandbox has proved. It
// returns NULL, or what could not be done: then the process must not go on.
const char *enter_sandbox(const struct sandbox *sandbox);

struct limits {
    long cpu_seconds;  // of CPU time; SIGXCPU ends the process
    long memory_bytes; // private memory on top of what the process has
    long file_bytes;   // largest file that it may write; SIGXFSZ ends the process
    int files;         // open at a time
};

// limit_process sets the limits of the calling process. It returns NULL, or what could not be limited.
const char *limit_process(const struct limits *limits);

// supervise_threads has every start of a thread in the calling process wait for another process to allow it. It returns
// a descriptor for that process, which must be sent there before the sandbox is entered; or -1 where the kernel cannot.
int supervise_threads(void);

// answer_thread takes one request from such a descriptor, and allows it if the process has fewer than so many threads.
// It returns 0 when it has refused.
int answer_thread(int supervised, pid_t pid, int most);

#endif
