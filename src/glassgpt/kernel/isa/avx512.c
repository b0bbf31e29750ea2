/* The fast paths for AVX-512: 16 numbers of float32 at once, 8 of float64, and twice
   the registers. */
#include "isa/isa.h"
#ifdef HAS_AVX
#ifdef __clang__
#pragma clang attribute push(                                                          \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))),                 \
    apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,fma")
#endif
#define SIMD_AVX512
#define FOR_ISA(name) name##_avx512
#include "isa/paths.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
