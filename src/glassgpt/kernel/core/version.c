/* Which build this is. */
#include "glassgpt.h"

int glassgpt_real_bits(void) { return 8 * (int)sizeof(real); }

#ifndef GLASSGPT_SOURCES
#define GLASSGPT_SOURCES ""
#endif
const char *glassgpt_sources(void) { return GLASSGPT_SOURCES; }

const char *glassgpt_compiler(void) {
#ifdef __clang__
    return "clang " __clang_version__; /* zig's says so itself */
#else
    return "gcc " __VERSION__;
#endif
}
