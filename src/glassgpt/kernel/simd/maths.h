/* exp for all lanes at once, of numbers up to 0: what softmax asks for.

   As own_exp does it: x = k ln 2 + r, the series of e^r, then k into the exponent. In
   float64 to r^13, about one unit in the last place; in float32 to r^5, with numbers
   that make the largest error over the interval least: 7e-8. Where e^x has no normal
   number left it is 0; what is no number stays none. */
#ifndef GLASSGPT_SIMD_MATHS_H
#define GLASSGPT_SIMD_MATHS_H

#include "simd/vectors.h"

#ifdef GLASSGPT_FLOAT32
enum { FRACTION_BITS = 23, EXPONENT_OF_1 = 127 };
#define LOWEST (real)-87.33
#define TO_WHOLE (real)0x1.8p23 /* once added, there are no bits left for a fraction */
#define LN2_HIGH (real)0x1.62e4p-1
#define LN2_LOW (real)0x1.7f7d1cp-20
#else
enum { FRACTION_BITS = 52, EXPONENT_OF_1 = 1023 };
#define LOWEST (real)-708.3
#define TO_WHOLE (real)0x1.8p52
#define LN2_HIGH (real)0x1.62e42feep-1
#define LN2_LOW (real)0x1.a39ef35793c76p-33
#endif

/* (e^r - 1 - r) / r^2 for r from -0.35 to 0.35 */
INLINE vec exp_tail(vec r) {
#ifdef GLASSGPT_FLOAT32
    static const real terms[] = {0x1.6a23dp-10f, 0x1.123a2p-7f, 0x1.5558f2p-5f,
                                 0x1.555492p-3f, 0x1.fffffcp-2f};
#else
    static const real terms[] = {
        1 / 6227020800.0, 1 / 479001600.0, 1 / 39916800.0, 1 / 3628800.0,
        1 / 362880.0,     1 / 40320.0,     1 / 5040.0,     1 / 720.0,
        1 / 120.0,        1 / 24.0,        1 / 6.0,        1 / 2.0};
#endif
    vec tail = splat(terms[0]);
    UNROLL for (int i = 1; i < (int)(sizeof terms / sizeof *terms); i++)
        tail = multiply_add(tail, r, splat(terms[i]));
    return tail;
}

INLINE vec exponential(vec x) {
    const vec low_enough = larger(splat(LOWEST), x);
    const vec shifted =
        multiply_add(low_enough, splat((real)1.4426950408889634), splat(TO_WHOLE));
    const vec k = shifted - splat(TO_WHOLE);
    const vec high = multiply_add(k, splat(-LN2_HIGH), low_enough);
    const vec r = multiply_add(k, splat(-LN2_LOW), high);
    const vec power = splat(1) + multiply_add(r * r, exp_tail(r), r);
    const mask exponent = ((mask)shifted + EXPONENT_OF_1) << FRACTION_BITS;
    const vec grown = power * (vec)exponent;
    return select_lanes(x < splat(LOWEST), splat(0), grown);
}

#endif
