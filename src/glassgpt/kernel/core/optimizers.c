/* How weights move, given their gradients: five rules, and clipping before them.

   Sources: Polyak 1964 (momentum), Tieleman and Hinton 2012 (RMSProp), Kingma and Ba
   2014 (Adam), Loshchilov and Hutter 2019 (the W in AdamW). All arrays are (count,). */
#include "core/optimizers.h"
#include "base/arrays.h"
#include "base/maths.h"
#include "base/tensors.h"

static void sgd(real *restrict w, const real *restrict g, int count, real rate) {
    for (int i = 0; i < count; i++) w[i] -= rate * g[i];
}

static void momentum(real *restrict w, const real *restrict g, real *restrict m,
                     int count, real rate, real kept) {
    for (int i = 0; i < count; i++) {
        m[i] = kept * m[i] + g[i];
        w[i] -= rate * m[i];
    }
}

static void rmsprop(real *restrict w, const real *restrict g, real *restrict v,
                    int count, real rate, real beta2, real one_minus_beta2, real eps) {
    for (int i = 0; i < count; i++) {
        v[i] = beta2 * v[i] + one_minus_beta2 * (g[i] * g[i]);
        w[i] -= rate * g[i] / (real_sqrt(v[i]) + eps);
    }
}

static void adam(real *restrict w, const real *restrict g, real *restrict m,
                 real *restrict v, int count, real rate, const glassgpt_training *how,
                 int step) {
    const real beta1 = (real)how->beta1, one_minus_beta1 = (real)(1 - how->beta1);
    const real beta2 = (real)how->beta2, one_minus_beta2 = (real)(1 - how->beta2);
    /* to multiply by an inverse is quicker than to divide */
    const real inv_correction1 = (real)(1 / bias_correction(how, how->beta1, step));
    const real inv_correction2 = (real)(1 / bias_correction(how, how->beta2, step));
    const int is_inside = how->mistakes & MISTAKE_EPS_INSIDE;
    const real eps = (real)how->eps_adam;
    const real inside = is_inside ? eps : 0, beside = is_inside ? 0 : eps;
    for (int i = 0; i < count; i++) {
        m[i] = beta1 * m[i] + one_minus_beta1 * g[i];
        v[i] = beta2 * v[i] + one_minus_beta2 * (g[i] * g[i]);
        const real m_hat = m[i] * inv_correction1, v_hat = v[i] * inv_correction2;
        w[i] -= rate * m_hat / (real_sqrt(v_hat + inside) + beside);
    }
}

static void decay(real *w, int count, real decay_rate) {
    for (int i = 0; i < count; i++) w[i] -= decay_rate * w[i];
}

double bias_correction(const glassgpt_training *how, double beta, int step) {
    if (!how->bias_correction) return 1;
    double power = 1, square = beta; /* beta^(step + 1), by squaring */
    for (int64_t rest = (int64_t)step + 1; rest > 0; rest /= 2, square *= square)
        if (rest % 2) power *= square;
    return 1 - power;
}

void glassgpt_optimizer_step(const glassgpt_training *how, int step, real *w,
                             const real *g, real *m, real *v, int count) {
    const real rate = (real)glassgpt_learning_rate(how, step);
    if (how->optimizer == SGD) sgd(w, g, count, rate);
    if (how->optimizer == MOMENTUM) momentum(w, g, m, count, rate, (real)how->momentum);
    if (how->optimizer == RMSPROP)
        rmsprop(w, g, v, count, rate, (real)how->beta2, (real)(1 - how->beta2),
                (real)how->eps_adam);
    if (how->optimizer == ADAMW) decay(w, count, rate * (real)how->weight_decay);
    if (how->optimizer == ADAM || how->optimizer == ADAMW)
        adam(w, g, m, v, count, rate, how, step);
}

double glassgpt_norm(const real *numbers, int count) {
    enum { LANES = 8 };
    double lane[LANES] = {0}, sum = 0;
    int i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += (double)numbers[i + l] * (double)numbers[i + l];
    for (; i < count; i++) sum += (double)numbers[i] * (double)numbers[i];
    for (int l = 0; l < LANES; l++) sum += lane[l];
    return sqrt(sum);
}

double grad_norm(const glassgpt *g) {
    return g->grads ? glassgpt_norm(g->grads, g->num_weights) : 0;
}

double clip_factor(const glassgpt_training *how, double norm) {
    return how->grad_clip > 0 && norm > how->grad_clip ? how->grad_clip / norm : 1;
}

double clip_grads(glassgpt *g, const glassgpt_training *how) {
    const double norm = grad_norm(g), factor = clip_factor(how, norm);
    if (g->grads && is_finite(norm) && factor != 1)
        for (int i = 0; i < g->num_weights; i++) g->grads[i] *= (real)factor;
    return norm;
}

double glassgpt_update(glassgpt *g, const glassgpt_training *how, int step) {
    const double norm = clip_grads(g, how);
    if (g->grads && is_finite(norm))
        glassgpt_optimizer_step(how, step, g->weights, g->grads, g->m, g->v,
                                g->num_weights);
    return norm;
}
