/* How weights move, on vectors: the rules of optim.c, two vectors at a time.

   A square root and a division take as long as all the rest of a step at n_embd 16.
   Where there is an instruction that guesses 1/sqrt x or 1/x to 12 bits or more, that
   and Newton's steps take their place; else two vectors share a division. The pairs
   begin anew with each tensor, so that a weight moves the same in whatever order it
   comes. */
#ifndef GLASSGPT_FAST_UPDATE_H
#define GLASSGPT_FAST_UPDATE_H

#include "optim.h"
#include "vectors.h"

/* What an update multiplies with, the same for all weights of a step. */
typedef struct {
    vec rate, momentum, pull; /* pull is what AdamW takes off a weight */
    vec beta1, rest1, beta2, rest2, over2, corrected, eps;
} Rates;

static Rates rates_of(const glassgpt_training *how, int step) {
    const double rate = glassgpt_learning_rate(how, step);
    return (Rates){
        .rate = splat((real)rate),
        .momentum = splat((real)how->momentum),
        .pull = splat((real)rate * (real)how->weight_decay),
        .beta1 = splat((real)how->beta1),
        .rest1 = splat((real)(1 - how->beta1)),
        .beta2 = splat((real)how->beta2),
        .rest2 = splat((real)(1 - how->beta2)),
        .over2 = splat((real)(1 / filled(how, how->beta2, step))),
        .corrected = splat((real)(rate / filled(how, how->beta1, step))),
        .eps = splat((real)how->eps_adam),
    };
}

/* w - x / (sqrt(y s) + eps), where y and s are not below 0 and eps is above */
INLINE vec less_over_root(vec w, vec x, vec y, vec s, vec eps) {
    if (GUESSES == 0) return w - x / (square_root(y * s) + eps);
    /* of 0 there is no 1/sqrt; what is added is lost in any y that counts beside eps */
    const vec least = splat(sizeof(real) == 4 ? (real)1e-37 : (real)1e-300);
    const vec positive = multiply_add(y, s, least), half = positive * splat((real)-0.5);
    vec root = guess_over_root(positive);
    UNROLL for (int i = 0; i < GUESSES; i++)
        root =
            multiply_add(multiply_add(half * root, root, splat((real)0.5)), root, root);
    const vec below = multiply_add(positive, root, eps);
    vec over = guess_over(below);
    UNROLL for (int i = 0; i < GUESSES; i++)
        over = multiply_add(multiply_add(-below, over, splat(1)), over, over);
    return multiply_add(-x, over, w);
}

/* The same for one or two vectors of w. */
INLINE void take_over_roots(vec *w, const vec *x, const vec *y, const int vectors,
                            vec s, vec eps) {
    if (GUESSES || vectors == 1) {
        UNROLL for (int i = 0; i < vectors; i++)
            w[i] = less_over_root(w[i], x[i], y[i], s, eps);
        return;
    }
    const vec a = square_root(y[0] * s) + eps, b = square_root(y[1] * s) + eps;
    const vec over = splat(1) / (a * b);
    w[0] = multiply_add(-x[0], b * over, w[0]);
    w[1] = multiply_add(-x[1], a * over, w[1]);
}

/* Where weights lie, and what moves with them. */
typedef struct {
    real *w, *m, *v;
} Moved;

/* One or two vectors of weights, at index `at` and `at + next`, by their gradients. */
INLINE void move_weights(Moved to, size_t at, size_t next, const vec *slope,
                         const int vectors, const Rates *r, const int rule) {
    vec weight[2], change[2], square[2];
    UNROLL for (int i = 0; i < vectors; i++) {
        real *m = to.m + at + i * next, *v = to.v + at + i * next;
        weight[i] = load(to.w + at + i * next);
        if (rule == ADAMW) weight[i] -= r->pull * weight[i];
        if (rule == SGD) weight[i] -= r->rate * slope[i];
        if (rule == RMSPROP) change[i] = r->rate * slope[i];
        if (rule == MOMENTUM) {
            const vec speed = multiply_add(r->momentum, load(m), slope[i]);
            store(m, speed);
            weight[i] -= r->rate * speed;
        }
        if (rule == ADAM || rule == ADAMW) {
            const vec mean = multiply_add(r->beta1, load(m), r->rest1 * slope[i]);
            store(m, mean);
            change[i] = r->corrected * mean;
        }
        if (rule != SGD && rule != MOMENTUM) {
            square[i] =
                multiply_add(r->beta2, load(v), r->rest2 * (slope[i] * slope[i]));
            store(v, square[i]);
        }
    }
    if (rule != SGD && rule != MOMENTUM)
        take_over_roots(weight, change, square, vectors,
                        rule == RMSPROP ? splat(1) : r->over2, r->eps);
    UNROLL for (int i = 0; i < vectors; i++) store(to.w + at + i * next, weight[i]);
}

/* All weights of a tensor, by gradients (count,) in memory. count is a multiple of
   LANES. */
INLINE void move_all(Moved to, const real *slopes, size_t count, const Rates *r,
                     const int rule) {
    size_t at = 0;
    for (; at + 2 * LANES <= count; at += 2 * LANES) {
        const vec slope[2] = {load(slopes + at), load(slopes + at + LANES)};
        move_weights(to, at, LANES, slope, 2, r, rule);
    }
    if (at == count) return;
    const vec slope = load(slopes + at);
    move_weights(to, at, LANES, &slope, 1, r, rule);
}

NOINLINE void move_tensor(Moved to, const real *slopes, size_t count, const Rates *r,
                          int rule) {
    if (rule == SGD) move_all(to, slopes, count, r, SGD);
    if (rule == MOMENTUM) move_all(to, slopes, count, r, MOMENTUM);
    if (rule == RMSPROP) move_all(to, slopes, count, r, RMSPROP);
    if (rule == ADAM) move_all(to, slopes, count, r, ADAM);
    if (rule == ADAMW) move_all(to, slopes, count, r, ADAMW);
}

/* The sum of the squares of numbers (count,), a multiple of LANES. */
NOINLINE double squares(const real *numbers, size_t count) {
    vec even = splat(0), odd = splat(0);
    size_t i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        const vec a = load(numbers + i), b = load(numbers + i + LANES);
        even = multiply_add(a, a, even), odd = multiply_add(b, b, odd);
    }
    for (; i < count; i += LANES)
        even = multiply_add(load(numbers + i), load(numbers + i), even);
    return (double)sum_of(even + odd);
}

#endif
