/* How weights move, on vectors: the five rules of optim.c, in the same order.

   A square root and a division take as long as all the rest of a step at n_embd 16.
   Where float32 has an instruction that guesses 1/sqrt x or 1/x to 12 bits or more, that
   and one step of Newton's take their place. count is a multiple of LANES. */
#ifndef GLASSGPT_FAST_UPDATE_H
#define GLASSGPT_FAST_UPDATE_H

#include "optim.h"
#include "vectors.h"

/* What an update multiplies with, the same for all weights of a step. */
typedef struct {
    vec rate, momentum, pull; /* pull is what AdamW takes off a weight */
    vec beta1, rest1, beta2, rest2, over1, over2, eps;
} Rates;

INLINE Rates rates_of(const glassgpt_training *how, int step) {
    const double rate = glassgpt_learning_rate(how, step);
    return (Rates){
        .rate = splat((real)rate),
        .momentum = splat((real)how->momentum),
        .pull = splat((real)rate * (real)how->weight_decay),
        .beta1 = splat((real)how->beta1),
        .rest1 = splat((real)(1 - how->beta1)),
        .beta2 = splat((real)how->beta2),
        .rest2 = splat((real)(1 - how->beta2)),
        .over1 = splat((real)(1 / filled(how, how->beta1, step))),
        .over2 = splat((real)(1 / filled(how, how->beta2, step))),
        .eps = splat((real)how->eps_adam),
    };
}

/* x / (sqrt(y) + eps), y not below 0 */
INLINE vec over_root(vec x, vec y, vec eps) {
    if (GUESSES == 0) return x / (square_root(y) + eps);
    const vec positive = larger(y, splat(sizeof(real) == 4 ? 1e-37f : (real)1e-300));
    const vec half = positive * splat((real)0.5);
    vec root = guess_over_root(positive);
    UNROLL for (int i = 0; i < GUESSES; i++)
        root = multiply_add(root, splat((real)0.5) - half * root * root, root);
    const vec below = multiply_add(y, root, eps);
    vec over = guess_over(below);
    UNROLL for (int i = 0; i < GUESSES; i++)
        over = multiply_add(over, splat(1) - below * over, over);
    return x * over;
}

INLINE void move_sgd(real *w, const real *g, int count, Rates r) {
    for (int i = 0; i < count; i += LANES)
        store(w + i, load(w + i) - r.rate * load(g + i));
}

INLINE void move_momentum(real *w, const real *g, real *m, int count, Rates r) {
    for (int i = 0; i < count; i += LANES) {
        const vec mean = r.momentum * load(m + i) + load(g + i);
        store(m + i, mean);
        store(w + i, load(w + i) - r.rate * mean);
    }
}

INLINE void move_rmsprop(real *w, const real *g, real *v, int count, Rates r) {
    for (int i = 0; i < count; i += LANES) {
        const vec slope = load(g + i);
        const vec square = r.beta2 * load(v + i) + r.rest2 * (slope * slope);
        store(v + i, square);
        store(w + i, load(w + i) - over_root(r.rate * slope, square, r.eps));
    }
}

INLINE void move_adam(real *w, const real *g, real *m, real *v, int count, Rates r,
                      const int decays) {
    for (int i = 0; i < count; i += LANES) {
        const vec slope = load(g + i);
        const vec mean = r.beta1 * load(m + i) + r.rest1 * slope;
        const vec square = r.beta2 * load(v + i) + r.rest2 * (slope * slope);
        store(m + i, mean), store(v + i, square);
        vec weight = load(w + i);
        if (decays) weight -= r.pull * weight;
        const vec change = over_root(r.rate * (mean * r.over1), square * r.over2, r.eps);
        store(w + i, weight - change);
    }
}

INLINE void move(const glassgpt_training *how, int step, real *w, const real *g, real *m,
                 real *v, int count) {
    const Rates r = rates_of(how, step);
    if (how->optimizer == SGD) move_sgd(w, g, count, r);
    if (how->optimizer == MOMENTUM) move_momentum(w, g, m, count, r);
    if (how->optimizer == RMSPROP) move_rmsprop(w, g, v, count, r);
    if (how->optimizer == ADAM) move_adam(w, g, m, v, count, r, 0);
    if (how->optimizer == ADAMW) move_adam(w, g, m, v, count, r, 1);
}

/* The sum of the squares of numbers (count,). */
INLINE double squares(const real *numbers, int count) {
    vec sum[2] = {splat(0), splat(0)};
    int i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        const vec a = load(numbers + i), b = load(numbers + i + LANES);
        sum[0] = multiply_add(a, a, sum[0]);
        sum[1] = multiply_add(b, b, sum[1]);
    }
    for (; i < count; i += LANES) {
        const vec a = load(numbers + i);
        sum[0] = multiply_add(a, a, sum[0]);
    }
    return (double)sum_of(sum[0] + sum[1]);
}

#endif
