/* The other pieces of a model on vectors: norm, relu, and the loss. */
#ifndef GLASSGPT_FAST_LAYERS_H
#define GLASSGPT_FAST_LAYERS_H

#include "fast_maths.h"
#include "maths.h"

/* y = x scale, scale = (mean(x^2) + eps)^-0.5. y, x (n, C), scale (n,) */
NOINLINE void fast_norm(real *y, real *scale, const real *x, int n, int C, real eps) {
    for (int t = 0; t < n; t++, x += C, y += C) {
        vec sum = splat(0);
        for (int i = 0; i < C; i += LANES) {
            const vec part = load(x + i);
            sum = multiply_add(part, part, sum);
        }
        scale[t] = 1 / real_sqrt(sum_of(sum) / C + eps);
        for (int i = 0; i < C; i += LANES) store(y + i, load(x + i) * splat(scale[t]));
    }
}

/* dx = start + the gradient of x, from that of y = x scale; start may be NULL or dx. */
NOINLINE void fast_norm_backward(real *dx, const real *start, const real *dy,
                                 const real *y, const real *scale, int n, int C) {
    for (int t = 0; t < n; t++, dx += C, dy += C, y += C) {
        vec sum = splat(0);
        for (int i = 0; i < C; i += LANES)
            sum = multiply_add(load(dy + i), load(y + i), sum);
        const vec through_scale = splat(sum_of(sum) / C), s = splat(scale[t]);
        for (int i = 0; i < C; i += LANES) {
            const vec pull = s * (load(dy + i) - through_scale * load(y + i));
            store(dx + i, start ? load(start + i) + pull : pull);
        }
        if (start) start += C;
    }
}

/* x = 0 where it is not above 0 */
INLINE void fast_relu(real *x, size_t count) {
    for (size_t i = 0; i < count; i += LANES) {
        const vec before = load(x + i);
        store(x + i, keep(before > splat(0), before));
    }
}

/* dy = 0 where y, what came out, is 0 */
INLINE void fast_relu_backward(real *dy, const real *y, size_t count) {
    for (size_t i = 0; i < count; i += LANES)
        store(dy + i, keep(load(y + i) > splat(0), load(dy + i)));
}

/* -ln p of a token `gap` below the likeliest, the e^x of all adding up to total;
   without end where p is too small for a number, as it is for the plain loops. */
static double surprise(double gap, double total) {
    const double loss = gap + log(total);
    return loss > (sizeof(real) == 8 ? 745.1 : 103.9) ? loss * __builtin_inf() : loss;
}

/* logits (n, W), of them V in use, become how the loss moves with them, each position
   counting `share`; the sum of -ln p over targets (n,) is returned. */
NOINLINE double fast_cross_entropy(real *logits, const int *targets, int n, int V,
                                   int W, real share) {
    double losses = 0;
    for (int t = 0; t < n; t++, logits += W) {
        vec top = splat(logits[0]), total = splat(0);
        for (int i = 0; i < V; i += LANES)
            top = larger(choose(first_lanes(V - i), load(logits + i), top), top);
        top = largest_of(top);
        const double gap = (double)top[0] - (double)logits[targets[t]];
        for (int i = 0; i < V; i += LANES) {
            const vec grown = exponential(load(logits + i) - top);
            const vec used = keep(first_lanes(V - i), grown);
            store(logits + i, used);
            total += used;
        }
        const real sum = sum_of(total);
        losses += surprise(gap, (double)sum);
        const vec each = splat(share / sum);
        for (int i = 0; i < V; i += LANES)
            store(logits + i, load(logits + i) * each);
        logits[targets[t]] -= share;
    }
    return losses;
}

#endif
