/* Which sets of instructions this build has functions for.

   GLASSGPT_BASELINE_ONLY leaves all out but what every machine of the kind has: the
   tests' own builds are made sooner so. */
#ifndef GLASSGPT_SIMD_ISA_H
#define GLASSGPT_SIMD_ISA_H

#include "glassgpt.h"

#if defined(__x86_64__) && !defined(GLASSGPT_BASELINE_ONLY)
#define HAS_AVX
#endif

/* The function of that name for a set of instructions; plain loops have none, and take
   what every machine has. */
#ifdef HAS_AVX
#define OF(isa, name)                                                                  \
    ((isa) == ISA_AVX512 ? name##_avx512                                               \
     : (isa) == ISA_AVX2 ? name##_avx2                                                 \
                         : name##_baseline)
#else
#define OF(isa, name) ((void)(isa), name##_baseline)
#endif

#endif
