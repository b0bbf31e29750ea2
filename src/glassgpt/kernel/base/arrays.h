/* Filling and copying, also where there is no C library. */
#ifndef GLASSGPT_ARRAYS_H
#define GLASSGPT_ARRAYS_H

#include "glassgpt.h"

static inline void zero_bytes(void *to, size_t bytes) {
    __builtin_memset(to, 0, bytes);
}

static inline void zero(real *to, size_t count) {
    zero_bytes(to, count * sizeof *to);
}

static inline void copy(real *to, const real *from, size_t count) {
    __builtin_memcpy(to, from, count * sizeof *to);
}

#endif
