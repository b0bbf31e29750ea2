/* Steps 3 to 5: the transformer, from tokens to logits, and back to every weight. */
#include "base/arrays.h"
#include "core/layers.h"
#include "base/maths.h"
#include "core/models.h"

static AttentionShape attention_shape(const glassgpt *g) {
    const Sizes s = g->sizes;
    const real root = is_without(g, WITHOUT_SCALE) ? 1 : real_sqrt((real)s.D);
    return (AttentionShape){s.T, s.H, s.D, !is_without(g, WITHOUT_MASK), root};
}

/* linear, with its multiplications counted */
static void linear(glassgpt *g, real *y, const real *x, const real *w, int n, int rows,
                   int columns) {
    linear_forward(y, x, w, n, rows, columns);
    g->operations += (double)n * rows * columns;
}

/* rmsnorm, or, where norms are left out, y = x */
static void norm(const glassgpt *g, real *y, real *scale, const real *x, int n) {
    const int C = g->sizes.C;
    if (!is_without(g, WITHOUT_NORMS)) {
        rmsnorm_forward(y, scale, x, n, C, g->config.rms_eps);
        return;
    }
    copy(y, x, (size_t)n * C);
    for (int t = 0; t < n; t++) scale[t] = 1;
}

static void norm_backward(const glassgpt *g, real *dx, const real *dy, const real *x,
                          const real *scale, int n) {
    const int C = g->sizes.C;
    if (is_without(g, WITHOUT_NORMS)) add_backward(dx, dy, (size_t)n * C);
    else rmsnorm_backward(dx, dy, x, scale, n, C);
}

/* after = before + branch, or just branch where residuals are left out. All (n, C) */
static void residual(const glassgpt *g, real *after, const real *before,
                     const real *branch, size_t count) {
    if (is_without(g, WITHOUT_RESIDUALS)) copy(after, branch, count);
    else add_forward(after, before, branch, count);
}

/* --- forward: positions `first` to n - 1, row 0 of a pointer being position 0 --- */

static void embed_forward(glassgpt *g, const int *tokens, int first, int n) {
    const int C = g->sizes.C;
    const Tensors w = tensors_at(g, g->weights, 0);
    const Activations a = g->a;
    for (int t = first; t < n; t++) {
        const real *tok_emb = w.wte + (size_t)tokens[t] * C; /* (C,) */
        const real *pos_emb = w.wpe + (size_t)t * C;         /* (C,) */
        real *sum = a.embedding + (size_t)t * C;             /* (C,) */
        if (is_without(g, WITHOUT_POSITIONS)) copy(sum, tok_emb, (size_t)C);
        else add_forward(sum, tok_emb, pos_emb, (size_t)C);
    }
    const size_t from = (size_t)first * C;
    norm(g, a.residual + from, a.emb_scale + first, a.embedding + from, n - first);
}

/* from what the heads mixed to mid (T, C): the last part of attention */
static void put_back_forward(glassgpt *g, int layer, int first, int n) {
    const int T = g->sizes.T, C = g->sizes.C, m = n - first;
    const size_t from = (size_t)first * C;
    const Activations a = activations_at(g, &g->a, layer);
    const real *wo = tensors_at(g, g->weights, layer).attn_wo;
    real *x = a.residual, *mid = a.residual + (size_t)T * C;
    linear(g, a.attn_out + from, a.heads + from, wo, m, C, C);
    residual(g, mid + from, x + from, a.attn_out + from, (size_t)m * C);
}

/* x (T, C), what comes in; mid (T, C), what goes out */
static void attention_part_forward(glassgpt *g, int layer, int first, int n) {
    const int T = g->sizes.T, C = g->sizes.C, m = n - first;
    const size_t from = (size_t)first * C, count = (size_t)m * C;
    const Tensors w = tensors_at(g, g->weights, layer);
    const Activations a = activations_at(g, &g->a, layer);
    real *x = a.residual, *mid = a.residual + (size_t)T * C;
    if (is_without(g, WITHOUT_ATTENTION)) {
        copy(mid + from, x + from, count);
        return;
    }
    norm(g, a.attn_norm + from, a.attn_scale + first, x + from, m);
    linear(g, a.q + from, a.attn_norm + from, w.attn_wq, m, C, C);
    linear(g, a.k + from, a.attn_norm + from, w.attn_wk, m, C, C);
    linear(g, a.v + from, a.attn_norm + from, w.attn_wv, m, C, C);
    const AttentionShape shape = attention_shape(g);
    attention_forward(a.heads, a.weights, a.scores, a.q, a.k, a.v, shape, first, n);
    for (int t = first; t < n; t++)
        g->operations += 2.0 * C * (shape.masked ? t + 1 : n);
    put_back_forward(g, layer, first, n);
}

/* mid (T, C), what comes in; out (T, C), what goes out */
static void mlp_part_forward(glassgpt *g, int layer, int first, int n) {
    const int T = g->sizes.T, C = g->sizes.C, F = g->sizes.F, m = n - first;
    const size_t from = (size_t)first * C, wide = (size_t)first * F;
    const Tensors w = tensors_at(g, g->weights, layer);
    const Activations a = activations_at(g, &g->a, layer);
    real *mid = a.residual + (size_t)T * C, *out = mid + (size_t)T * C;
    if (is_without(g, WITHOUT_MLP)) {
        copy(out + from, mid + from, (size_t)m * C);
        return;
    }
    norm(g, a.mlp_norm + from, a.mlp_scale + first, mid + from, m);
    linear(g, a.before_relu + wide, a.mlp_norm + from, w.mlp_fc1, m, F, C);
    relu_forward(a.hidden + wide, a.before_relu + wide, (size_t)m * F);
    linear(g, a.mlp_out + from, a.hidden + wide, w.mlp_fc2, m, C, F);
    residual(g, out + from, mid + from, a.mlp_out + from, (size_t)m * C);
}

/* from what is left of x (T, C) at the end to logits and probabilities */
static void head_forward(glassgpt *g, int first, int n) {
    const int V = g->sizes.V, C = g->sizes.C, L = g->sizes.L;
    const Activations last = activations_at(g, &g->a, L);
    real *logits = g->a.logits + (size_t)first * V, *probs = g->a.probs;
    linear(g, logits, last.residual + (size_t)first * C,
           tensors_at(g, g->weights, 0).lm_head, n - first, V, C);
    for (int t = first; t < n; t++)
        softmax_forward(probs + (size_t)t * V, g->a.logits + (size_t)t * V, V);
}

void gpt_forward(glassgpt *g, const int *tokens, int first, int n) {
    embed_forward(g, tokens, first, n);
    for (int layer = 0; layer < g->sizes.L; layer++) {
        attention_part_forward(g, layer, first, n);
        mlp_part_forward(g, layer, first, n);
    }
    head_forward(g, first, n);
}

void gpt_forward_from_heads(glassgpt *g, int position) {
    const int last = g->sizes.L - 1;
    put_back_forward(g, last, position, position + 1);
    mlp_part_forward(g, last, position, position + 1);
    head_forward(g, position, position + 1);
}

/* --- backward: each branch in the opposite order, all n positions --- */

/* from dout (n, C) to dmid (n, C) */
static void mlp_part_backward(glassgpt *g, int layer, int n) {
    const int T = g->sizes.T, C = g->sizes.C, F = g->sizes.F;
    const size_t count = (size_t)n * C, wide = (size_t)n * F;
    const Tensors w = tensors_at(g, g->weights, layer);
    const Tensors dw = tensors_at(g, g->grads, layer);
    const Activations a = activations_at(g, &g->a, layer);
    const Activations da = activations_at(g, &g->da, layer);
    const real *mid = a.residual + (size_t)T * C;
    real *dmid = da.residual + (size_t)T * C, *dout = dmid + (size_t)T * C;
    if (is_without(g, WITHOUT_MLP)) {
        copy(dmid, dout, count);
        return;
    }
    copy(da.mlp_out, dout, count);
    if (is_without(g, WITHOUT_RESIDUALS)) zero(dmid, count);
    else copy(dmid, dout, count);
    zero(da.hidden, wide);
    linear_backward(da.hidden, dw.mlp_fc2, da.mlp_out, a.hidden, w.mlp_fc2, n, C, F);
    zero(da.before_relu, wide);
    relu_backward(da.before_relu, da.hidden, a.before_relu, wide);
    zero(da.mlp_norm, count);
    linear_backward(da.mlp_norm, dw.mlp_fc1, da.before_relu, a.mlp_norm, w.mlp_fc1, n,
                    F, C);
    norm_backward(g, dmid, da.mlp_norm, mid, a.mlp_scale, n);
}

/* from dmid (n, C) to dx (n, C) */
static void attention_part_backward(glassgpt *g, int layer, int n) {
    const int T = g->sizes.T, C = g->sizes.C;
    const size_t count = (size_t)n * C;
    const Tensors w = tensors_at(g, g->weights, layer);
    const Tensors dw = tensors_at(g, g->grads, layer);
    const Activations a = activations_at(g, &g->a, layer);
    const Activations da = activations_at(g, &g->da, layer);
    real *dx = da.residual, *dmid = da.residual + (size_t)T * C;
    if (is_without(g, WITHOUT_ATTENTION)) {
        copy(dx, dmid, count);
        return;
    }
    copy(da.attn_out, dmid, count);
    if (is_without(g, WITHOUT_RESIDUALS)) zero(dx, count);
    else copy(dx, dmid, count);
    zero(da.heads, count);
    linear_backward(da.heads, dw.attn_wo, da.attn_out, a.heads, w.attn_wo, n, C, C);
    zero(da.q, count), zero(da.k, count), zero(da.v, count);
    attention_backward(da.q, da.k, da.v, da.weights, da.scores, da.heads, a.weights,
                       a.q, a.k, a.v, attention_shape(g), n);
    zero(da.attn_norm, count);
    linear_backward(da.attn_norm, dw.attn_wq, da.q, a.attn_norm, w.attn_wq, n, C, C);
    linear_backward(da.attn_norm, dw.attn_wk, da.k, a.attn_norm, w.attn_wk, n, C, C);
    linear_backward(da.attn_norm, dw.attn_wv, da.v, a.attn_norm, w.attn_wv, n, C, C);
    norm_backward(g, dx, da.attn_norm, a.residual, a.attn_scale, n);
}

static void embed_backward(glassgpt *g, const int *tokens, int n) {
    const int C = g->sizes.C;
    const Tensors dw = tensors_at(g, g->grads, 0);
    const Activations a = g->a, da = g->da;
    zero(da.embedding, (size_t)n * C);
    norm_backward(g, da.embedding, da.residual, a.embedding, a.emb_scale, n);
    for (int t = 0; t < n; t++) {
        const real *dsum = da.embedding + (size_t)t * C; /* (C,) */
        add_backward(dw.wte + (size_t)tokens[t] * C, dsum, (size_t)C);
        if (!is_without(g, WITHOUT_POSITIONS))
            add_backward(dw.wpe + (size_t)t * C, dsum, (size_t)C);
    }
}

void gpt_backward(glassgpt *g, const int *tokens, int n) {
    const int V = g->sizes.V, C = g->sizes.C, L = g->sizes.L;
    const Tensors w = tensors_at(g, g->weights, 0), dw = tensors_at(g, g->grads, 0);
    const Activations last = activations_at(g, &g->a, L);
    const Activations dlast = activations_at(g, &g->da, L);
    zero(dlast.residual, (size_t)n * C);
    linear_backward(dlast.residual, dw.lm_head, g->da.logits, last.residual, w.lm_head,
                    n, V, C);
    for (int layer = L - 1; layer >= 0; layer--) {
        mlp_part_backward(g, layer, n);
        attention_part_backward(g, layer, n);
    }
    embed_backward(g, tokens, n);
}
