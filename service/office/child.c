#define _GNU_SOURCE
#include "fonts.h"
#include "forkserver.h"
#include "hotpages.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RESERVED (1L << 30)

// One document, as the Go side asks for it in the fields of a message.
struct job {
    int learn;                // tell which memory it takes, too
    const char *directory;    // the job's own; the child's working directory
    const char *input_url;    // file URL of the document
    const char *output_url;   // file URL of the PDF
    const char *load_options; // LibreOfficeKit's comma list
    const char *filter;       // the PDF export filter's options, JSON
    long cpu_seconds;
    long memory_bytes; // private memory on top of the warm LibreOffice's
    long output_bytes; // largest file it may write
};

static int report_fd = -1;

static char *temp_directories[8];

void remember_temp_directories(void) {
    DIR *temp = opendir("temp");
    if (temp == NULL)
        return;
    size_t n = 0;
    for (struct dirent *e; n < sizeof temp_directories / sizeof *temp_directories && (e = readdir(temp)) != NULL;)
        if (e->d_type == DT_DIR && e->d_name[0] != '.' && asprintf(&temp_directories[n], "temp/%s", e->d_name) > 0)
            n++;
    closedir(temp);
}

// Says one line about the document. A line goes out at once, so that it is known how far a child came that
// crashes.
static void say(const char *format, ...) {
    char line[MAX_LINE];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (n < 0)
        return;
    if (n > (int)sizeof line - 2)
        n = sizeof line - 2;
    for (int i = 0; i < n; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[n] = '\n';
    if (write(report_fd, line, n + 1) < 0)
        _exit(1);
}

static void say_hot_pages(const struct hot_pages *range) {
    say("hot %p %zu %d", (void *)range->start, range->size, range->advice);
}

static void say_font(const char *mapping) { say("font %s", mapping); }

static long microseconds_since(const struct timespec *start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000000L + (now.tv_nsec - start->tv_nsec) / 1000;
}

// What the process has now, in bytes: address space, and memory that it may write to and shares with nobody.
static void measure(long *address_space, long *data) {
    long size = 0, private = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f != NULL) {
        if (fscanf(f, "%ld %*d %*d %*d %*d %ld", &size, &private) != 2)
            size = private = 0;
        fclose(f);
    }
    *address_space = size * sysconf(_SC_PAGESIZE);
    *data = private * sysconf(_SC_PAGESIZE);
}

static void limit(int resource, long soft, long hard) {
    struct rlimit r = {.rlim_cur = soft, .rlim_max = hard};
    if (setrlimit(resource, &r) < 0) {
        say("error a limit could not be set");
        _exit(1);
    }
}

static void out_of_memory(void) {
    say("limit memory");
    _exit(1);
}

static void set_limits(const struct job *job) {
    // The soft limit ends the child with SIGXCPU, which names the cause; the hard one cannot be ignored.
    limit(RLIMIT_CPU, job->cpu_seconds, job->cpu_seconds + 1);
    limit(RLIMIT_FSIZE, job->output_bytes, job->output_bytes);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_NOFILE, 256, 256);
    // Address space alone would count what allocators and stacks only reserve, so it has room to spare; it is
    // there for kernels that do not count data.
    long address_space, data;
    measure(&address_space, &data);
    limit(RLIMIT_DATA, data + job->memory_bytes, data + job->memory_bytes);
    limit(RLIMIT_AS, address_space + job->memory_bytes + RESERVED, address_space + job->memory_bytes + RESERVED);

    // std::set_new_handler: C++ asks it before it gives up, and it is the only one who knows the cause.
    void (*(*set_new_handler)(void (*)(void)))(void) = dlsym(RTLD_DEFAULT, "_ZSt15set_new_handlerPFvvE");
    if (set_new_handler != NULL)
        set_new_handler(out_of_memory);

    // The kernel's own killer shall take the document, not the server.
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "1000", 4) < 0)
            say("note oom_score_adj could not be set");
        close(fd);
    }
}

// LibreOffice's handlers try to save documents and to write a report. A child only has to end.
static void default_signals(void) {
    const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGXCPU, SIGXFSZ, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
}

static void own_streams(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
}

static void enter(const char *directory) {
    if (chdir(directory) < 0) {
        say("error the job directory is not there");
        _exit(1);
    }
    for (size_t i = 0; i < sizeof temp_directories / sizeof *temp_directories && temp_directories[i] != NULL; i++)
        mkdir(temp_directories[i], 0700);
}

static void restrict_child(const struct sandbox *sandbox) {
    int kept = restrict_files(sandbox) > 0;
    kept &= restrict_system_calls();
    if (!kept && sandbox->required) {
        say("error the sandbox could not be closed");
        _exit(1);
    }
}

static void convert(LibreOfficeKit *kit, const struct job *job) {
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    LibreOfficeKitDocument *document = kit->pClass->documentLoadWithOptions(kit, job->input_url, job->load_options);
    if (document == NULL) {
        say("error loading: %s", kit->pClass->getError(kit));
        _exit(2);
    }
    say("loaded %ld", microseconds_since(&start));

    track_fonts();
    if (!document->pClass->saveAs(document, job->output_url, "pdf", job->filter)) {
        say("error saving: %s", kit->pClass->getError(kit));
        _exit(3);
    }
    say("saved %ld", microseconds_since(&start));
    tell_fonts(say_font);
    say("pages %d", document->pClass->getParts(document));
}

static long cpu_microseconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000000L + used.tv_nsec / 1000;
}

_Noreturn void await_document(const struct server *server, int socket) {
    static struct message m;
    report_fd = socket;
    default_signals();
    own_streams();
    server->kit->pClass->setForkedChild(server->kit, true);
    prctl(PR_SET_NAME, "spare");
    touch_hot_pages();
    if (!receive(socket, &m) || m.count != DOCUMENT_FIELDS)
        _exit(0);
    say("began");
    prctl(PR_SET_NAME, strcmp(m.field[0], "learn") == 0 ? "learning" : "document");
    struct job job = {
        .learn = strcmp(m.field[0], "learn") == 0,
        .directory = m.field[2],
        .input_url = m.field[3],
        .output_url = m.field[4],
        .load_options = m.field[5],
        .filter = m.field[6],
        .cpu_seconds = atol(m.field[7]),
        .memory_bytes = atol(m.field[8]),
        .output_bytes = atol(m.field[9]),
    };
    if (job.learn)
        note_pages();
    enter(job.directory);
    set_limits(&job);
    if (server->sandbox != NULL)
        restrict_child(server->sandbox);
    convert(server->kit, &job);
    if (job.learn)
        tell_hot_pages(say_hot_pages);
    prctl(PR_SET_NAME, "ended");
    // Neither the document nor LibreOffice is taken down: leaving is faster and cannot crash.
    say("end %ld", cpu_microseconds());
    _exit(0);
}

const char *warm_up(LibreOfficeKit *kit, const char *input_url, const char *output_url) {
    LibreOfficeKitDocument *document = kit->pClass->documentLoadWithOptions(kit, input_url, "Batch=true");
    if (document == NULL)
        return kit->pClass->getError(kit);
    track_fonts();
    if (!document->pClass->saveAs(document, output_url, "pdf", NULL))
        return kit->pClass->getError(kit);
    document->pClass->destroy(document);
    return NULL;
}
