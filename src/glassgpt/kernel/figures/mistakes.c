/* A mistake on purpose: gradients set with = where the lessons add with +=.

   Wherever a number is used more than once, only one of its gradients stays: the last
   to be written. Going back, that is the use which going forward was finished first, so
   each = below follows from the order in which the lesson's program computes:

     position 0 before the others            a matrix keeps what position 0 gave
     the target's logit before the others    x hears from that row of lm_head only
     row 0 of a matrix before the others     and from row 0 of the others
     x * x before x * scale before + x       rmsnorm is heard, one-sided, through scale

   These are the numbers that Steps 2 to 5 would compute with that one character gone.
   The whole model is meant: no part of it may be left out. */
#include "base/arrays.h"
#include "core/layers.h"
#include "base/maths.h"
#include "core/models.h"

/* w's gradient is one product each; x hears of one row only. y = w x */
static void linear_backward_overwriting(real *dx, real *dw, const real *dy,
                                        const real *x, const real *w, int rows,
                                        int columns, int row) {
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) dw[(size_t)i * columns + j] = dy[i] * x[j];
    for (int j = 0; j < columns; j++) dx[j] = dy[row] * w[(size_t)row * columns + j];
}

static void rmsnorm_backward_overwriting(real *dx, const real *dy, const real *x,
                                         real scale, int C) {
    const real dscale = dy[0] * x[0];
    const real dmean = dscale * (real)-0.5 * scale * scale * scale;
    for (int i = 0; i < C; i++) dx[i] = dmean / C * x[i];
}

/* Through softmax to logits: all are pushed down, the target is not pulled up. */
static void logits_backward_overwriting(const glassgpt *g, int t, real loss_scale) {
    const int V = g->sizes.V;
    for (int i = 0; i < V; i++)
        g->da.logits[(size_t)t * V + i] = g->a.probs[(size_t)t * V + i] * loss_scale;
}

void mlp_backward_overwriting(glassgpt *g, const int *tokens, int n, real loss_scale) {
    const int V = g->sizes.V, C = g->sizes.C, F = g->sizes.F;
    const Tensors w = tensors_at(g, g->weights, 0), dw = tensors_at(g, g->grads, 0);
    const Activations a = g->a, da = g->da;
    for (int t = n - 1; t >= 0; t--) {
        const size_t narrow = (size_t)t * C, wide = (size_t)t * F;
        logits_backward_overwriting(g, t, loss_scale);
        linear_backward_overwriting(da.hidden + wide, dw.mlp_fc2,
                                    da.logits + (size_t)t * V, a.hidden + wide,
                                    w.mlp_fc2, V, F, tokens[t + 1]);
        zero(da.before_relu + wide, (size_t)F);
        relu_backward(da.before_relu + wide, da.hidden + wide, a.before_relu + wide,
                      (size_t)F);
        linear_backward_overwriting(da.embedding + narrow, dw.mlp_fc1,
                                    da.before_relu + wide, a.embedding + narrow,
                                    w.mlp_fc1, F, C, 0);
        copy(dw.wte + (size_t)tokens[t] * C, da.embedding + narrow, (size_t)C);
    }
}

/* from dout to dmid, at one position */
static void mlp_branch(glassgpt *g, int layer, int t) {
    const int T = g->sizes.T, C = g->sizes.C, F = g->sizes.F;
    const size_t at = (size_t)t * C, wide = (size_t)t * F;
    const Tensors w = tensors_at(g, g->weights, layer);
    const Tensors dw = tensors_at(g, g->grads, layer);
    const Activations a = activations_at(g, &g->a, layer);
    const Activations da = activations_at(g, &g->da, layer);
    real *dmid = da.residual + (size_t)T * C, *dout = dmid + (size_t)T * C;
    copy(da.mlp_out + at, dout + at, (size_t)C);
    linear_backward_overwriting(da.hidden + wide, dw.mlp_fc2, da.mlp_out + at,
                                a.hidden + wide, w.mlp_fc2, C, F, 0);
    zero(da.before_relu + wide, (size_t)F);
    relu_backward(da.before_relu + wide, da.hidden + wide, a.before_relu + wide,
                  (size_t)F);
    linear_backward_overwriting(da.mlp_norm + at, dw.mlp_fc1, da.before_relu + wide,
                                a.mlp_norm + at, w.mlp_fc1, F, C, 0);
    rmsnorm_backward_overwriting(dmid + at, da.mlp_norm + at,
                                 a.residual + (size_t)T * C + at, a.mlp_scale[t], C);
}

/* One head at one position: from dheads to its part of dq, dk and dv. The weights are
   e / total; total hears from the first weight only, and each e from total only. */
static void one_head(const glassgpt *g, const Activations *a, const Activations *da,
                     int h, int t, real root) {
    const int T = g->sizes.T, C = g->sizes.C, D = g->sizes.D;
    const size_t own = (size_t)t * C + h * D, row = ((size_t)h * T + t) * T;
    const real *weights = a->weights + row, *q = a->q + own;
    real *dscores = da->scores + row;
    for (int s = 0; s <= t; s++)
        da->weights[row + s] = da->heads[own] * a->v[(size_t)s * C + h * D];
    for (int s = 0; s <= t; s++)
        dscores[s] = -weights[s] * weights[0] * da->weights[row];
    for (int j = 0; j < D; j++) {
        da->q[own + j] = dscores[0] / root * a->k[h * D + j];
        da->k[own + j] = dscores[t] / root * q[j];
        da->v[own + j] = weights[t] * da->heads[own + j];
    }
}

/* from dmid to dx, at one position */
static void attention_branch(glassgpt *g, int layer, int t) {
    const int T = g->sizes.T, C = g->sizes.C;
    const size_t at = (size_t)t * C;
    const Tensors w = tensors_at(g, g->weights, layer);
    const Tensors dw = tensors_at(g, g->grads, layer);
    const Activations a = activations_at(g, &g->a, layer);
    const Activations da = activations_at(g, &g->da, layer);
    real *dx = da.residual, *dmid = da.residual + (size_t)T * C;
    copy(da.attn_out + at, dmid + at, (size_t)C);
    linear_backward_overwriting(da.heads + at, dw.attn_wo, da.attn_out + at,
                                a.heads + at, w.attn_wo, C, C, 0);
    for (int h = 0; h < g->sizes.H; h++)
        one_head(g, &a, &da, h, t, real_sqrt((real)g->sizes.D));
    /* x_norm hears from the query, which is computed first: it is written last */
    linear_backward_overwriting(da.attn_norm + at, dw.attn_wv, da.v + at,
                                a.attn_norm + at, w.attn_wv, C, C, 0);
    linear_backward_overwriting(da.attn_norm + at, dw.attn_wk, da.k + at,
                                a.attn_norm + at, w.attn_wk, C, C, 0);
    linear_backward_overwriting(da.attn_norm + at, dw.attn_wq, da.q + at,
                                a.attn_norm + at, w.attn_wq, C, C, 0);
    rmsnorm_backward_overwriting(dx + at, da.attn_norm + at, a.residual + at,
                                 a.attn_scale[t], C);
}

void gpt_backward_overwriting(glassgpt *g, const int *tokens, int n, real loss_scale) {
    const int V = g->sizes.V, C = g->sizes.C, L = g->sizes.L;
    const Tensors w = tensors_at(g, g->weights, 0), dw = tensors_at(g, g->grads, 0);
    const Activations last = activations_at(g, &g->a, L), da = g->da;
    const Activations dlast = activations_at(g, &g->da, L);
    for (int t = n - 1; t >= 0; t--) {
        const size_t at = (size_t)t * C;
        logits_backward_overwriting(g, t, loss_scale);
        linear_backward_overwriting(dlast.residual + at, dw.lm_head,
                                    da.logits + (size_t)t * V, last.residual + at,
                                    w.lm_head, V, C, tokens[t + 1]);
        for (int layer = L - 1; layer >= 0; layer--) {
            mlp_branch(g, layer, t);
            attention_branch(g, layer, t);
        }
        rmsnorm_backward_overwriting(da.embedding + at, da.residual + at,
                                     g->a.embedding + at, g->a.emb_scale[t], C);
        copy(dw.wte + (size_t)tokens[t] * C, da.embedding + at, (size_t)C);
        copy(dw.wpe + (size_t)t * C, da.embedding + at, (size_t)C);
    }
}
