// The fields of the messages between the Go side, the fork server and its children: their names, for C, C++ and Go alike.
#ifndef DOCX2PDF_FIELDS_H
#define DOCX2PDF_FIELDS_H

enum { MAX_MESSAGE = 128 << 10 }; // bytes of one message

// "start": what the fork server starts with. The rest of the fields are URLs of documents to warm up with.
enum start_field {
    START_KIND,
    START_PROGRAM_DIRECTORY, // LibreOffice's
    START_PROFILE_URL,
    START_READABLE,    // what documents may have read, a path in each line
    START_SANDBOX,     // "off" for none
    START_SANDBOX_WAY, // sandbox.h names them; "" for the best there is
    START_WARM_UP_PDF, // URL of the PDF that warming up makes
    START_FIRST_WARM_UP,
};

// "convert" or "learn": a document. The rest of the fields are options, OPTION_FIELDS for each.
enum job_field {
    JOB_KIND, // to "learn" is to convert, and to tell which memory that takes
    JOB_ID,
    JOB_DIRECTORY, // the job's own; the child's working directory
    JOB_INPUT_URL,
    JOB_OUTPUT_URL,
    JOB_CPU_SECONDS,
    JOB_MEMORY_BYTES, // private memory on top of the warm LibreOffice's
    JOB_FILE_BYTES,   // largest file it may write
    JOB_THREADS,      // at a time
    JOB_UPDATE_INDEXES, // "true": make tables of contents anew before the PDF
    JOB_INSERTIONS,     // what comes in at bookmarks: of each the bookmark, the file's URL and its filter, in lines
    JOB_FIRST_OPTION,
};

// An option of LibreOffice's PDF export filter.
enum option_field {
    OPTION_NAME,
    OPTION_TYPE, // "boolean", "long" or "string"
    OPTION_VALUE,
    OPTION_FIELDS,
};

// "cancel": kill the child of a document.
enum cancel_field { CANCEL_KIND, CANCEL_ID, CANCEL_FIELDS };

// "ready": the fork server's answer to "start".
enum ready_field {
    READY_KIND,
    READY_VERSION,
    READY_SANDBOX_WAY,
    READY_SANDBOX_PARTS,
    READY_HUGE, // bytes of libraries in huge pages; 0 unless the kernel gave all that was asked for
    READY_FIELDS,
};

// "failed": it could not start.
enum failed_field { FAILED_KIND, FAILED_WHY, FAILED_FIELDS };

// "forked": a document has a child. "refused": it has none, and nothing has been done with it.
enum forked_field { FORKED_KIND, FORKED_ID, FORKED_PID, FORKED_FIELDS };
enum refused_field { REFUSED_KIND, REFUSED_ID, REFUSED_WHY, REFUSED_FIELDS };

// "done": a document's child has ended.
enum done_field {
    DONE_KIND,
    DONE_ID,
    DONE_STATUS, // wait(2)
    DONE_CPU,    // microseconds
    DONE_REPORT, // the child's lines
    DONE_FIELDS,
};

#endif
