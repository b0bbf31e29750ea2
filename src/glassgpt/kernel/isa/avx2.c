/* The fast paths for AVX2 and FMA: 8 numbers of float32 at once, 4 of float64. */
#include "isa/isa.h"
#ifdef HAS_AVX
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define SIMD_AVX2
#define FOR_ISA(name) name##_avx2
#include "isa/paths.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
