/* The other pieces of a model on vectors: norm, relu, and the loss.

   At the lessons' size the loops are written out, here and in attention.h; a document
   takes one logarithm, and only a row's last vector a mask. */
#ifndef GLASSGPT_SIMD_LAYERS_H
#define GLASSGPT_SIMD_LAYERS_H

#include "base/maths.h"
#include "simd/maths.h"

/* y = x scale, scale = (mean(x^2) + eps)^-0.5. y, x (n, C), scale (n,) */
INLINE void norms(real *y, real *scale, const real *x, int n, const int C, real eps) {
    for (int t = 0; t < n; t++, x += C, y += C) {
        vec sum = splat(0);
        for (int i = 0; i < C; i += LANES) {
            const vec xi = load(x + i);
            sum = multiply_add(xi, xi, sum);
        }
        scale[t] = 1 / real_sqrt(sum_of(sum) / (real)C + eps);
        for (int i = 0; i < C; i += LANES) store(y + i, load(x + i) * splat(scale[t]));
    }
}

/* For the lessons' size the compiler can write out the loops. */
NOINLINE void simd_norm(real *y, real *scale, const real *x, int n, int C, real eps) {
    if (C == LESSONS_C) norms(y, scale, x, n, LESSONS_C, eps);
    else norms(y, scale, x, n, C, eps);
}

/* dx = start + the gradient of x, from that of y = x scale; start may be NULL or dx. */
INLINE void norms_backward(real *dx, const real *start, const real *dy, const real *y,
                           const real *scale, int n, const int C) {
    for (int t = 0; t < n; t++, dx += C, dy += C, y += C) {
        vec sum = splat(0);
        for (int i = 0; i < C; i += LANES)
            sum = multiply_add(load(dy + i), load(y + i), sum);
        const vec through_scale = splat(sum_of(sum) / (real)C), s = splat(scale[t]);
        for (int i = 0; i < C; i += LANES) {
            const vec grad =
                s * subtract_product(load(dy + i), through_scale, load(y + i));
            store(dx + i, start ? load(start + i) + grad : grad);
        }
        if (start) start += C;
    }
}

NOINLINE void simd_norm_backward(real *dx, const real *start, const real *dy,
                                 const real *y, const real *scale, int n, int C) {
    if (C == LESSONS_C) norms_backward(dx, start, dy, y, scale, n, LESSONS_C);
    else norms_backward(dx, start, dy, y, scale, n, C);
}

/* x = 0 where it is not above 0 */
INLINE void simd_relu(real *x, size_t count) {
    for (size_t i = 0; i < count; i += LANES) {
        const vec before = load(x + i);
        store(x + i, mask_lanes(before > splat(0), before));
    }
}

/* dy = 0 where y, what came out, is 0 */
INLINE void simd_relu_backward(real *dy, const real *y, size_t count) {
    for (size_t i = 0; i < count; i += LANES)
        store(dy + i, mask_lanes(load(y + i) > splat(0), load(dy + i)));
}

/* -ln p of a token `gap` below the likeliest, the e^x of all adding up to total;
   without end where p is too small for a number, as it is for the plain loops. */
static double surprisal(double gap, double total) {
    const double loss = gap + log(total);
    return loss > (sizeof(real) == 8 ? 745.1 : 103.9) ? loss * __builtin_inf() : loss;
}

/* A gap that leaves p a number, whatever the total: it has no more than V terms of 1.
   */
static const double SMALL_GAP = sizeof(real) == 8 ? 700 : 80;

/* logits (n, W), of them V in use, become how the loss moves with them, each position
   counting `loss_scale`; the sum of -ln p over targets (n,) is returned. The totals of
   all positions are multiplied, so that their logarithm is taken once. */
NOINLINE double simd_cross_entropy(real *logits, const int *targets, int n, int V,
                                   int W, real loss_scale) {
    const int full = V / LANES * LANES;
    const mask used = first_lanes(V - full);
    double losses = 0, totals = 1;
    for (int t = 0; t < n; t++, logits += W) {
        vec top = splat(logits[0]), total = splat(0);
        int i = 0;
        for (; i < full; i += LANES) top = larger(load(logits + i), top);
        if (i < V) top = larger(select_lanes(used, load(logits + i), top), top);
        top = largest_of(top);
        const double gap = (double)top[0] - (double)logits[targets[t]];
        for (i = 0; i < full; i += LANES) {
            const vec grown = exponential(load(logits + i) - top);
            store(logits + i, grown);
            total += grown;
        }
        if (i < V) {
            const vec grown = mask_lanes(used, exponential(load(logits + i) - top));
            store(logits + i, grown);
            total += grown;
        }
        const real sum = sum_of(total);
        if (gap < SMALL_GAP && totals < 1e200) losses += gap, totals *= (double)sum;
        else losses += surprisal(gap, (double)sum);
        const vec each = splat(loss_scale / sum);
        for (i = 0; i < V; i += LANES) store(logits + i, load(logits + i) * each);
        logits[targets[t]] -= loss_scale;
    }
    return losses + log(totals);
}

#endif
