/* How weights move, on vectors: the rules of core/optimizers.c, two vectors at a
   time.

   A square root and a division take as long as all the rest of a step at n_embd 16.
   Where there is an instruction that guesses 1/x to 12 bits or more, that and Newton's
   steps take the place of the division, and in vectors of 64 bytes of the root, too;
   else two vectors of float64 share a division. The pairs begin anew with each tensor,
   so that a weight moves the same in whatever order it comes. */
#ifndef GLASSGPT_SIMD_OPTIMIZERS_H
#define GLASSGPT_SIMD_OPTIMIZERS_H

#include "base/maths.h"
#include "core/optimizers.h"
#include "simd/vectors.h"

/* What an update multiplies with, the same for all weights of a step. */
typedef struct {
    vec rate, momentum, decay; /* decay is what AdamW takes off a weight */
    vec beta1, beta2;
    vec inv_rate, eps; /* both divided by how far a weight moves for m / sqrt(v) */
} Rates;

/* With m / (1 - beta1^t) and v / (1 - beta2^t), a weight moves by
   m / ((sqrt(v) + eps c2) inv_rate), where inv_rate is c1 / (rate c2) and c2 a root:
   so the corrections cost nothing. */
static Rates rates_of(const glassgpt_training *how, int step) {
    const double rate = glassgpt_learning_rate(how, step);
    const int corrects = how->optimizer >= ADAM;
    const double c1 = corrects ? bias_correction(how, how->beta1, step) : 1;
    const double c2 = corrects ? sqrt(bias_correction(how, how->beta2, step)) : 1;
    return (Rates){
        .rate = splat((real)rate),
        .momentum = splat((real)how->momentum),
        .decay = splat((real)rate * (real)how->weight_decay),
        .beta1 = splat((real)how->beta1),
        .beta2 = splat((real)how->beta2),
        .inv_rate = splat((real)(c1 / (rate * c2))),
        .eps = splat((real)(how->eps_adam * c1 / rate)),
    };
}

/* sqrt(y), y not below 0 */
INLINE vec fast_sqrt(vec y) {
    if (!APPROX_SQRT) return square_root(y);
    /* of 0 there is no 1/sqrt; what is added is lost in any y that counts beside eps */
    const vec positive = y + splat(sizeof(real) == 4 ? (real)1e-37 : (real)1e-300);
    const vec half = positive * splat((real)-0.5);
    vec root = approx_rsqrt(positive);
    UNROLL for (int i = 0; i < NEWTON_STEPS; i++)
        root =
            multiply_add(multiply_add(half * root, root, splat((real)0.5)), root, root);
    return positive * root;
}

/* w - x / below */
INLINE vec subtract_quotient(vec w, vec x, vec below) {
    vec inverse = approx_reciprocal(below);
    UNROLL for (int i = 0; i < NEWTON_STEPS; i++)
        inverse =
            multiply_add(subtract_product(splat(1), below, inverse), inverse, inverse);
    return subtract_product(w, x, inverse);
}

/* w - x / ((root + eps) inv_rate), for one or two vectors of w. */
INLINE void subtract_scaled(vec *w, const vec *x, const vec *roots, const int vectors,
                            vec inv_rate, vec eps) {
    vec below[2];
    UNROLL for (int i = 0; i < vectors; i++)
        below[i] = multiply_add(roots[i], inv_rate, eps);
    if (NEWTON_STEPS > 0) {
        UNROLL for (int i = 0; i < vectors; i++)
            w[i] = subtract_quotient(w[i], x[i], below[i]);
    } else if (vectors == 1 || sizeof(real) == 4) {
        UNROLL for (int i = 0; i < vectors; i++) w[i] -= x[i] / below[i];
    } else {
        const vec inverse = splat(1) / (below[0] * below[1]);
        w[0] = subtract_product(w[0], x[0], below[1] * inverse);
        w[1] = subtract_product(w[1], x[1], below[0] * inverse);
    }
}

/* Where weights lie, and how far from each what moves with it. */
typedef struct {
    real *w;
    size_t to_m, to_v;
} WeightState;

/* The running average of what was averaged before and what comes now. */
INLINE vec ema(vec beta, vec before, vec now) {
    return multiply_add(beta, before - now, now); /* one operation less */
}

/* One or two vectors of weights, the second `next` numbers on, by their gradients,
   whose place they take. */
INLINE void update_vectors(WeightState to, size_t next, vec *grad, const int vectors,
                           const Rates *r, const int rule) {
    vec weight[2], change[2], root[2];
    UNROLL for (int i = 0; i < vectors; i++) {
        real *m = to.w + to.to_m + i * next, *v = to.w + to.to_v + i * next;
        weight[i] = load(to.w + i * next);
        if (rule == ADAMW) weight[i] -= r->decay * weight[i];
        if (rule == SGD) weight[i] -= r->rate * grad[i];
        if (rule == RMSPROP) change[i] = grad[i];
        if (rule == MOMENTUM) {
            const vec speed = multiply_add(r->momentum, load(m), grad[i]);
            store(m, speed);
            weight[i] -= r->rate * speed;
        }
        if (rule == ADAM || rule == ADAMW) {
            change[i] = ema(r->beta1, load(m), grad[i]);
            store(m, change[i]);
        }
        if (rule != SGD && rule != MOMENTUM) {
            const vec square = ema(r->beta2, load(v), grad[i] * grad[i]);
            store(v, square);
            root[i] = fast_sqrt(square);
        }
    }
    if (rule != SGD && rule != MOMENTUM)
        subtract_scaled(weight, change, root, vectors, r->inv_rate, r->eps);
    UNROLL for (int i = 0; i < vectors; i++) {
        store(to.w + i * next, weight[i]);
        grad[i] = weight[i];
    }
}

/* All weights of a tensor, by gradients (count,) in memory. count is a multiple of
   LANES. */
INLINE void update_all(WeightState to, const real *grads, size_t count, const Rates *r,
                       const int rule) {
    size_t at = 0;
    for (; at + 2 * LANES <= count; at += 2 * LANES, to.w += 2 * LANES) {
        vec grad[2] = {load(grads + at), load(grads + at + LANES)};
        update_vectors(to, LANES, grad, 2, r, rule);
    }
    if (at == count) return;
    vec grad = load(grads + at);
    update_vectors(to, LANES, &grad, 1, r, rule);
}

NOINLINE void update_tensor(WeightState to, const real *grads, size_t count,
                            const Rates *r, int rule) {
    if (rule == SGD) update_all(to, grads, count, r, SGD);
    if (rule == MOMENTUM) update_all(to, grads, count, r, MOMENTUM);
    if (rule == RMSPROP) update_all(to, grads, count, r, RMSPROP);
    if (rule == ADAM) update_all(to, grads, count, r, ADAM);
    if (rule == ADAMW) update_all(to, grads, count, r, ADAMW);
}

/* The sum of the squares of numbers (count,), a multiple of LANES. */
NOINLINE double sum_of_squares(const real *numbers, size_t count) {
    enum { SUMS = 4 };
    vec sum[SUMS] = {{0}};
    for (; count >= SUMS * LANES; count -= SUMS * LANES) {
        UNROLL for (int i = 0; i < SUMS; i++) {
            const vec x = load(numbers + i * LANES);
            sum[i] = multiply_add(x, x, sum[i]);
        }
        ADVANCE(numbers, SUMS * LANES);
    }
    for (; count > 0; count -= LANES, numbers += LANES)
        sum[0] = multiply_add(load(numbers), load(numbers), sum[0]);
    return (double)sum_of((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

#endif
