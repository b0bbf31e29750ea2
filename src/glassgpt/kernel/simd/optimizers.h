/* How weights move, on vectors: the rules of core/optimizers.c, two vectors at a
   time.

   A square root and a division take as long as all the rest of a step at n_embd 16.
   Where there is an instruction that guesses 1/x to 12 bits or more, that and Newton's
   steps take the place of the division, and in vectors of 64 bytes of the root, too;
   else two vectors of float64 share a division. The pairs begin anew with each tensor,
   so that a weight moves the same in whatever order it comes. */
#ifndef GLASSGPT_SIMD_OPTIMIZERS_H
#define GLASSGPT_SIMD_OPTIMIZERS_H

#include "core/maths.h"
#include "core/optimizers.h"
#include "simd/vectors.h"

/* What an update multiplies with, the same for all weights of a step. */
typedef struct {
    vec rate, momentum, pull; /* pull is what AdamW takes off a weight */
    vec beta1, beta2;
    vec over_rate, eps; /* both divided by how far a weight moves for m / sqrt(v) */
} Rates;

/* With m / (1 - beta1^t) and v / (1 - beta2^t), a weight moves by
   m / ((sqrt(v) + eps c2) over_rate), where over_rate is c1 / (rate c2) and c2 a root:
   so the corrections cost nothing. */
static Rates rates_of(const glassgpt_training *how, int step) {
    const double rate = glassgpt_learning_rate(how, step);
    const int corrects = how->optimizer >= ADAM;
    const double c1 = corrects ? filled(how, how->beta1, step) : 1;
    const double c2 = corrects ? sqrt(filled(how, how->beta2, step)) : 1;
    return (Rates){
        .rate = splat((real)rate),
        .momentum = splat((real)how->momentum),
        .pull = splat((real)rate * (real)how->weight_decay),
        .beta1 = splat((real)how->beta1),
        .beta2 = splat((real)how->beta2),
        .over_rate = splat((real)(c1 / (rate * c2))),
        .eps = splat((real)(how->eps_adam * c1 / rate)),
    };
}

/* sqrt(y), y not below 0 */
INLINE vec root_of(vec y) {
    if (!GUESSES_ROOTS) return square_root(y);
    /* of 0 there is no 1/sqrt; what is added is lost in any y that counts beside eps */
    const vec positive = y + splat(sizeof(real) == 4 ? (real)1e-37 : (real)1e-300);
    const vec half = positive * splat((real)-0.5);
    vec root = guess_over_root(positive);
    UNROLL for (int i = 0; i < GUESSES; i++)
        root =
            multiply_add(multiply_add(half * root, root, splat((real)0.5)), root, root);
    return positive * root;
}

/* w - x / below */
INLINE vec less_over(vec w, vec x, vec below) {
    vec over = guess_over(below);
    UNROLL for (int i = 0; i < GUESSES; i++)
        over = multiply_add(less_product(splat(1), below, over), over, over);
    return less_product(w, x, over);
}

/* w - x / ((root + eps) over_rate), for one or two vectors of w. */
INLINE void take_over_roots(vec *w, const vec *x, const vec *roots, const int vectors,
                            vec over_rate, vec eps) {
    vec below[2];
    UNROLL for (int i = 0; i < vectors; i++)
        below[i] = multiply_add(roots[i], over_rate, eps);
    if (GUESSES > 0) {
        UNROLL for (int i = 0; i < vectors; i++) w[i] = less_over(w[i], x[i], below[i]);
    } else if (vectors == 1 || sizeof(real) == 4) {
        UNROLL for (int i = 0; i < vectors; i++) w[i] -= x[i] / below[i];
    } else {
        const vec over = splat(1) / (below[0] * below[1]);
        w[0] = less_product(w[0], x[0], below[1] * over);
        w[1] = less_product(w[1], x[1], below[0] * over);
    }
}

/* Where weights lie, and how far from each what moves with it. */
typedef struct {
    real *w;
    size_t to_m, to_v;
} Moved;

/* The running average of what was averaged before and what comes now. */
INLINE vec averaged(vec beta, vec before, vec now) {
    return multiply_add(beta, before - now, now); /* one operation less */
}

/* One or two vectors of weights, the second `next` numbers on, by their gradients,
   whose place they take. */
INLINE void move_weights(Moved to, size_t next, vec *slope, const int vectors,
                         const Rates *r, const int rule) {
    vec weight[2], change[2], root[2];
    UNROLL for (int i = 0; i < vectors; i++) {
        real *m = to.w + to.to_m + i * next, *v = to.w + to.to_v + i * next;
        weight[i] = load(to.w + i * next);
        if (rule == ADAMW) weight[i] -= r->pull * weight[i];
        if (rule == SGD) weight[i] -= r->rate * slope[i];
        if (rule == RMSPROP) change[i] = slope[i];
        if (rule == MOMENTUM) {
            const vec speed = multiply_add(r->momentum, load(m), slope[i]);
            store(m, speed);
            weight[i] -= r->rate * speed;
        }
        if (rule == ADAM || rule == ADAMW) {
            change[i] = averaged(r->beta1, load(m), slope[i]);
            store(m, change[i]);
        }
        if (rule != SGD && rule != MOMENTUM) {
            const vec square = averaged(r->beta2, load(v), slope[i] * slope[i]);
            store(v, square);
            root[i] = root_of(square);
        }
    }
    if (rule != SGD && rule != MOMENTUM)
        take_over_roots(weight, change, root, vectors, r->over_rate, r->eps);
    UNROLL for (int i = 0; i < vectors; i++) {
        store(to.w + i * next, weight[i]);
        slope[i] = weight[i];
    }
}

/* All weights of a tensor, by gradients (count,) in memory. count is a multiple of
   LANES. */
INLINE void move_all(Moved to, const real *slopes, size_t count, const Rates *r,
                     const int rule) {
    size_t at = 0;
    for (; at + 2 * LANES <= count; at += 2 * LANES, to.w += 2 * LANES) {
        vec slope[2] = {load(slopes + at), load(slopes + at + LANES)};
        move_weights(to, LANES, slope, 2, r, rule);
    }
    if (at == count) return;
    vec slope = load(slopes + at);
    move_weights(to, LANES, &slope, 1, r, rule);
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
    enum { SUMS = 4 };
    vec sum[SUMS] = {{0}};
    for (; count >= SUMS * LANES; count -= SUMS * LANES) {
        UNROLL for (int i = 0; i < SUMS; i++) {
            const vec part = load(numbers + i * LANES);
            sum[i] = multiply_add(part, part, sum[i]);
        }
        WALK(numbers, SUMS * LANES);
    }
    for (; count > 0; count -= LANES, numbers += LANES)
        sum[0] = multiply_add(load(numbers), load(numbers), sum[0]);
    return (double)sum_of((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

#endif
