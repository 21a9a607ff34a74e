// Writing a seccomp filter, rule by rule. A rule is for one system call: on, conditions, otherwise.
#ifndef DOCX2PDF_SANDBOX_FILTER_H
#define DOCX2PDF_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <stdint.h>

enum { MAX_INSTRUCTIONS = 512 };

struct filter {
    struct sock_filter instruction[MAX_INSTRUCTIONS];
    struct sock_fprog program; // complete after finish
    int length;
    int rule; // where the rule that is being written begins
};

// begin starts a filter for an architecture of linux/audit.h. Calls in another one end the process.
void begin(struct filter *f, uint32_t architecture);

// always allows a system call.
void always(struct filter *f, int number);

// on begins a rule.
void on(struct filter *f, int number);

// Conditions on argument n. The kernel takes most arguments as 32 bits and ignores the others, so that is what is
// compared; the *_long conditions are for those that it takes as 64.
void allow_if(struct filter *f, int n, uint32_t mask, uint32_t value);
void refuse_unless(struct filter *f, int n, uint32_t value);
void refuse_unless_below(struct filter *f, int n, uint32_t value);
void refuse_unless_long(struct filter *f, int n, uint64_t value);
void refuse_if_any(struct filter *f, int n, uint32_t bits);

// otherwise ends a rule: what becomes of calls that no condition has decided, a SECCOMP_RET_* of linux/seccomp.h.
void otherwise(struct filter *f, uint32_t action);

// finish refuses all system calls without a rule. It returns 0 if there were too many rules.
int finish(struct filter *f);

#endif
