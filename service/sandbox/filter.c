#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>

#define ALL 0xffffffffu
#define REFUSED (SECCOMP_RET_ERRNO | EPERM)

static void emit(struct filter *f, uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false) {
    if (f->length < MAX_INSTRUCTIONS)
        f->instruction[f->length] = (struct sock_filter){.code = code, .k = k, .jt = if_true, .jf = if_false};
    f->length++;
}

static void load(struct filter *f, size_t offset) { emit(f, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }

static void answer(struct filter *f, uint32_t action) { emit(f, BPF_RET | BPF_K, action, 0, 0); }

static void load_low(struct filter *f, int n) {
    load(f, offsetof(struct seccomp_data, args) + n * sizeof(uint64_t)); // amd64 and arm64 are little endian
}

static void load_high(struct filter *f, int n) {
    load(f, offsetof(struct seccomp_data, args) + n * sizeof(uint64_t) + sizeof(uint32_t));
}

void begin(struct filter *f, uint32_t architecture) {
    f->length = 0;
    load(f, offsetof(struct seccomp_data, arch));
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
    answer(f, SECCOMP_RET_KILL_PROCESS);
    load(f, offsetof(struct seccomp_data, nr));
}

void always(struct filter *f, int number) {
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    answer(f, SECCOMP_RET_ALLOW);
}

void on(struct filter *f, int number) {
    f->rule = f->length;
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 0); // otherwise says how far the next rule is
}

void allow_if(struct filter *f, int n, uint32_t mask, uint32_t value) {
    load_low(f, n);
    if (mask != ALL)
        emit(f, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(f, SECCOMP_RET_ALLOW);
}

static void unless_equal(struct filter *f, uint32_t value) {
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    answer(f, REFUSED);
}

void refuse_unless(struct filter *f, int n, uint32_t value) {
    load_low(f, n);
    unless_equal(f, value);
}

void refuse_unless_below(struct filter *f, int n, uint32_t value) {
    load_low(f, n);
    emit(f, BPF_JMP | BPF_JGE | BPF_K, value, 0, 1);
    answer(f, REFUSED);
}

void refuse_unless_long(struct filter *f, int n, uint64_t value) {
    refuse_unless(f, n, value & ALL);
    load_high(f, n);
    unless_equal(f, value >> 32);
}

void refuse_if_any(struct filter *f, int n, uint32_t bits) {
    load_low(f, n);
    emit(f, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    answer(f, REFUSED);
}

void otherwise(struct filter *f, uint32_t action) {
    answer(f, action);
    if (f->rule < MAX_INSTRUCTIONS)
        f->instruction[f->rule].jf = f->length - f->rule - 1; // a rule is shorter than 256 instructions
}

int finish(struct filter *f) {
    answer(f, REFUSED);
    f->program = (struct sock_fprog){.len = f->length, .filter = f->instruction};
    return f->length <= MAX_INSTRUCTIONS;
}
