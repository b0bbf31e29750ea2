/* Vectors: as many numbers at once as the instruction set that is compiled for holds.

   A file that is compiled for one says so before it includes this: SIMD_AVX2 or
   SIMD_AVX512, else it is what every machine of the kind has: SSE2, NEON, SIMD128.
   Arithmetic is the compiler's own on vector types; what C has no operator for is here,
   once for each instruction set, and nowhere else. */
#ifndef GLASSGPT_SIMD_VECTORS_H
#define GLASSGPT_SIMD_VECTORS_H

#include "glassgpt.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
/* loops of a constant length, written out in full */
#define UNROLL _Pragma("GCC unroll 16")
/* goes on to the next row: where compilers could see through it, they would compute the
   addresses of all rows at first, and lack registers to keep them in */
#define ADVANCE(pointer, row)                                                          \
    do {                                                                               \
        (pointer) += (row);                                                            \
        __asm__("" : "+r"(pointer));                                                   \
    } while (0)

#if defined(SIMD_AVX512)
#define VECTOR_BYTES 64
#elif defined(SIMD_AVX2)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

#if defined(SIMD_AVX512) || defined(__aarch64__)
#define REGISTERS 32
#else
#define REGISTERS 16
#endif

/* LANES numbers in a vector; EACH_LANE(f) is f(0), f(1), ... up to the last. */
#define LIST_2(f) f(0), f(1)
#define LIST_4(f) LIST_2(f), f(2), f(3)
#define LIST_8(f) LIST_4(f), f(4), f(5), f(6), f(7)
#define LIST_16(f)                                                                     \
    LIST_8(f), f(8), f(9), f(10), f(11), f(12), f(13), f(14), f(15)
#ifdef GLASSGPT_FLOAT32
#define LANES (VECTOR_BYTES / 4)
typedef int32_t whole_number; /* of the size of a real */
#else
typedef int64_t whole_number;
#define LANES (VECTOR_BYTES / 8)
#endif
#if VECTOR_BYTES == 64 && defined(GLASSGPT_FLOAT32)
#define EACH_LANE LIST_16
#elif VECTOR_BYTES == 16 && !defined(GLASSGPT_FLOAT32)
#define EACH_LANE LIST_2
#elif VECTOR_BYTES == 64 || defined(GLASSGPT_FLOAT32) && VECTOR_BYTES == 32
#define EACH_LANE LIST_8
#else
#define EACH_LANE LIST_4
#endif

typedef real vec __attribute__((vector_size(VECTOR_BYTES)));
typedef real loose_vec
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));
/* what a comparison gives: all bits of a lane, or none */
typedef whole_number mask __attribute__((vector_size(VECTOR_BYTES)));

INLINE vec load(const real *from) { return *(const loose_vec *)from; }
INLINE void store(real *to, vec x) { *(loose_vec *)to = x; }
/* x - 0 is x, whatever x is: compilers see a broadcast in it */
INLINE vec splat(real x) { return x - (vec){0}; }
INLINE vec mask_lanes(mask where, vec x) { return (vec)((mask)x & where); }
INLINE vec select_lanes(mask where, vec x, vec otherwise) {
    return (vec)(((mask)x & where) | ((mask)otherwise & ~where));
}

/* n_embd of the lessons, whose loops are written out. */
enum { LESSONS_C = 16 };

/* Lanes below `count`. */
INLINE mask first_lanes(int count) {
#define NUMBER(lane) lane
    return (vec){EACH_LANE(NUMBER)} < splat((real)count);
#undef NUMBER
}

/* --- a b + c, c - a b, sqrt x, and the larger, b where one is no number: one
   instruction each --- */

#if defined(__x86_64__)
#if defined(SIMD_AVX512)
#define INTRINSIC(name, kind) _mm512_##name##_##kind
#define REGISTER_ps __m512
#define REGISTER_pd __m512d
#elif defined(SIMD_AVX2)
#define INTRINSIC(name, kind) _mm256_##name##_##kind
#define REGISTER_ps __m256
#define REGISTER_pd __m256d
#else
#define INTRINSIC(name, kind) _mm_##name##_##kind
#define REGISTER_ps __m128
#define REGISTER_pd __m128d
#endif
#ifdef GLASSGPT_FLOAT32
#define OPERATION(name) INTRINSIC(name, ps)
#define REGISTER REGISTER_ps
#else
#define OPERATION(name) INTRINSIC(name, pd)
#define REGISTER REGISTER_pd
#endif
INLINE vec square_root(vec x) { return (vec)OPERATION(sqrt)((REGISTER)x); }
INLINE vec larger(vec a, vec b) {
    return (vec)OPERATION(max)((REGISTER)a, (REGISTER)b);
}
#if defined(SIMD_AVX2) || defined(SIMD_AVX512)
INLINE vec multiply_add(vec a, vec b, vec c) {
    return (vec)OPERATION(fmadd)((REGISTER)a, (REGISTER)b, (REGISTER)c);
}
INLINE vec subtract_product(vec c, vec a, vec b) {
    return (vec)OPERATION(fnmadd)((REGISTER)a, (REGISTER)b, (REGISTER)c);
}
#else
INLINE vec multiply_add(vec a, vec b, vec c) { return a * b + c; }
INLINE vec subtract_product(vec c, vec a, vec b) { return c - a * b; }
#endif

#elif defined(__aarch64__)
#ifdef GLASSGPT_FLOAT32
#define OPERATION(name) name##_f32
#define REGISTER float32x4_t
#else
#define OPERATION(name) name##_f64
#define REGISTER float64x2_t
#endif
INLINE vec square_root(vec x) { return (vec)OPERATION(vsqrtq)((REGISTER)x); }
INLINE vec larger(vec a, vec b) {
    return (vec)OPERATION(vmaxq)((REGISTER)a, (REGISTER)b);
}
INLINE vec multiply_add(vec a, vec b, vec c) {
    return (vec)OPERATION(vfmaq)((REGISTER)c, (REGISTER)a, (REGISTER)b);
}
INLINE vec subtract_product(vec c, vec a, vec b) {
    return (vec)OPERATION(vfmsq)((REGISTER)c, (REGISTER)a, (REGISTER)b);
}

#elif defined(__wasm_simd128__)
#ifdef GLASSGPT_FLOAT32
#define OPERATION(name) wasm_f32x4_##name
#else
#define OPERATION(name) wasm_f64x2_##name
#endif
INLINE vec square_root(vec x) { return (vec)OPERATION(sqrt)((v128_t)x); }
INLINE vec larger(vec a, vec b) { return (vec)OPERATION(pmax)((v128_t)b, (v128_t)a); }
#ifdef __wasm_relaxed_simd__
INLINE vec multiply_add(vec a, vec b, vec c) {
    return (vec)OPERATION(relaxed_madd)((v128_t)a, (v128_t)b, (v128_t)c);
}
INLINE vec subtract_product(vec c, vec a, vec b) {
    return (vec)OPERATION(relaxed_nmadd)((v128_t)a, (v128_t)b, (v128_t)c);
}
#else
INLINE vec multiply_add(vec a, vec b, vec c) { return a * b + c; }
INLINE vec subtract_product(vec c, vec a, vec b) { return c - a * b; }
#endif

#else
INLINE vec square_root(vec x) {
    for (int lane = 0; lane < LANES; lane++) x[lane] = (real)__builtin_sqrt(x[lane]);
    return x;
}
INLINE vec larger(vec a, vec b) { return select_lanes(a > b, a, b); }
INLINE vec multiply_add(vec a, vec b, vec c) { return a * b + c; }
INLINE vec subtract_product(vec c, vec a, vec b) { return c - a * b; }
#endif

/* --- 1/sqrt x and 1/x, approximated to 12 bits or more; NEWTON_STEPS make them
   exact, 0 where there is no such instruction. Roots of narrow vectors are taken by the
   machine, while it does other things --- */

#if defined(__x86_64__) && defined(SIMD_AVX512)
#define NEWTON_STEPS (LANES == 16 ? 1 : 2)
#define APPROX_SQRT 1
INLINE vec approx_rsqrt(vec x) { return (vec)OPERATION(rsqrt14)((REGISTER)x); }
INLINE vec approx_reciprocal(vec x) { return (vec)OPERATION(rcp14)((REGISTER)x); }
#elif defined(__x86_64__) && defined(GLASSGPT_FLOAT32)
#define NEWTON_STEPS 1
#define APPROX_SQRT 0
INLINE vec approx_rsqrt(vec x) { return (vec)OPERATION(rsqrt)((REGISTER)x); }
INLINE vec approx_reciprocal(vec x) { return (vec)OPERATION(rcp)((REGISTER)x); }
#else
#define NEWTON_STEPS 0
#define APPROX_SQRT 0
INLINE vec approx_rsqrt(vec x) { return x; }
INLINE vec approx_reciprocal(vec x) { return x; }
#endif

/* --- lanes that change places: f(lane) is the lane it comes from, b's after a's --- */

#ifdef __clang__
#define SHUFFLE(a, b, f) __builtin_shufflevector(a, b, EACH_LANE(f))
#else
#define SHUFFLE(a, b, f) __builtin_shuffle(a, b, (mask){EACH_LANE(f)})
#endif

#define ACROSS_8(l) ((l) ^ 8)
#define ACROSS_4(l) ((l) ^ 4)
#define ACROSS_2(l) ((l) ^ 2)
#define ACROSS_1(l) ((l) ^ 1)

/* The sum of all lanes. */
INLINE real sum_of(vec x) {
#if LANES > 8
    x += SHUFFLE(x, x, ACROSS_8);
#endif
#if LANES > 4
    x += SHUFFLE(x, x, ACROSS_4);
#endif
#if LANES > 2
    x += SHUFFLE(x, x, ACROSS_2);
#endif
    x += SHUFFLE(x, x, ACROSS_1);
    return x[0];
}

/* The largest of all lanes, in each. */
INLINE vec largest_of(vec x) {
#if LANES > 8
    x = larger(x, SHUFFLE(x, x, ACROSS_8));
#endif
#if LANES > 4
    x = larger(x, SHUFFLE(x, x, ACROSS_4));
#endif
#if LANES > 2
    x = larger(x, SHUFFLE(x, x, ACROSS_2));
#endif
    return larger(x, SHUFFLE(x, x, ACROSS_1));
}

/* Numbers in 16 bytes: what the machine interleaves at once. */
#define QUARTER (16 / (int)sizeof(real))
#define IN_QUARTER(l) ((l) % QUARTER)
#define FROM_QUARTER(l) ((l) - IN_QUARTER(l))
#define LOW_ENDS(l) (FROM_QUARTER(l) + IN_QUARTER(l) / 2 + (l) % 2 * LANES)
#define HIGH_ENDS(l) (LOW_ENDS(l) + QUARTER / 2)
#define LOW_PAIRS(l) (IN_QUARTER(l) < 2 ? (l) : LANES + (l) - 2)
#define HIGH_PAIRS(l) (IN_QUARTER(l) < 2 ? (l) + 2 : LANES + (l))
#define LOW_BLOCKS(l, d) ((l) & (d) ? LANES + (l) - (d) : (l))
#define HIGH_BLOCKS(l, d) ((l) & (d) ? LANES + (l) : (l) + (d))
#define LOW_2(l) LOW_BLOCKS(l, 2)
#define HIGH_2(l) HIGH_BLOCKS(l, 2)
#define LOW_4(l) LOW_BLOCKS(l, 4)
#define HIGH_4(l) HIGH_BLOCKS(l, 4)
#define LOW_8(l) LOW_BLOCKS(l, 8)
#define HIGH_8(l) HIGH_BLOCKS(l, 8)

/* Rows a and b take what the two shuffles give. */
#define EXCHANGE(a, b, low, high)                                                      \
    do {                                                                               \
        const vec first = SHUFFLE(a, b, low), second = SHUFFLE(a, b, high);            \
        (a) = first, (b) = second;                                                     \
    } while (0)

/* x (LANES, LANES) transposed: first inside blocks of 16 bytes, then
   block by block. */
INLINE void transpose_lanes(vec x[LANES]) {
    UNROLL for (int i = 0; i < LANES; i += 2)
        EXCHANGE(x[i], x[i + 1], LOW_ENDS, HIGH_ENDS);
#ifdef GLASSGPT_FLOAT32
    UNROLL for (int i = 0; i < LANES; i += 4) {
        EXCHANGE(x[i], x[i + 2], LOW_PAIRS, HIGH_PAIRS);
        EXCHANGE(x[i + 1], x[i + 3], LOW_PAIRS, HIGH_PAIRS);
        const vec second = x[i + 2];
        x[i + 2] = x[i + 1], x[i + 1] = second;
    }
#elif LANES > 2
    UNROLL for (int i = 0; i < LANES; i++)
        if (!(i & 2)) EXCHANGE(x[i], x[i + 2], LOW_2, HIGH_2);
#endif
#if LANES > 4
    UNROLL for (int i = 0; i < LANES; i++)
        if (!(i & 4)) EXCHANGE(x[i], x[i + 4], LOW_4, HIGH_4);
#endif
#if LANES > 8
    UNROLL for (int i = 0; i < LANES; i++)
        if (!(i & 8)) EXCHANGE(x[i], x[i + 8], LOW_8, HIGH_8);
#endif
}

#endif
