/* Steps 3 to 5, fast: gpt.c with one product for all positions of a name. */
#ifndef GLASSGPT_FAST_GPT_H
#define GLASSGPT_FAST_GPT_H

#include "arrays.h"
#include "fast_attention.h"
#include "fast_layers.h"

INLINE int left_out(const glassgpt *g, int part) { return g->config.without & part; }

static void turn_gpt(const glassgpt *g) {
    const int V = g->sizes.V, C = g->sizes.C, F = g->sizes.F;
    for (int layer = 0; layer < g->sizes.L; layer++) {
        const Tensors w = tensors_at(g, g->weights, layer);
        const Scratch s = scratch_at(g, layer);
        turn_over(s.turned_qkv, 3 * C, w.attn_wq, C, 3 * C, C);
        turn_over(s.turned_wo, C, w.attn_wo, C, C, C);
        turn_over(s.turned_fc1, F, w.mlp_fc1, C, F, C);
        turn_over(s.turned_fc2, C, w.mlp_fc2, F, C, F);
    }
    const Tensors w = tensors_at(g, g->weights, 0);
    turn_over(g->scratch.turned_head, g->sizes.W, w.lm_head, C, V, C);
}

/* --- forward --- */

INLINE void norm_of(const glassgpt *g, real *y, real *scale, const real *x, int n) {
    const int C = g->sizes.C;
    if (left_out(g, WITHOUT_NORMS)) copy(y, x, (size_t)n * C);
    else fast_norm(y, scale, x, n, C, (real)g->config.rms_eps);
}

static Block attention_of(const glassgpt *g) {
    const Sizes s = g->sizes;
    const real root = left_out(g, WITHOUT_SCALE) ? 1 : real_sqrt((real)s.D);
    return (Block){.N = s.N, .width = 3 * s.C, .D = s.D, .over = 1 / root,
                   .masked = !left_out(g, WITHOUT_MASK)};
}

static void embed(const glassgpt *g, const int *tokens, int n) {
    const int C = g->sizes.C;
    const Tensors w = tensors_at(g, g->weights, 0);
    const Scratch s = g->scratch;
    for (int t = 0; t < n; t++) {
        const real *token = w.wte + (size_t)tokens[t] * C, *position = w.wpe + (size_t)t * C;
        real *sum = s.embedding + (size_t)t * C;
        if (left_out(g, WITHOUT_POSITIONS)) copy(sum, token, (size_t)C);
        else
            for (int i = 0; i < C; i += LANES)
                store(sum + i, load(token + i) + load(position + i));
    }
    norm_of(g, s.before, s.emb_scale, s.embedding, n);
}

/* from `before` to `out`, both (n, C): one layer */
static void layer_forward(const glassgpt *g, const Scratch *s, real *out, int n) {
    const int C = g->sizes.C, F = g->sizes.F;
    const int residual = !left_out(g, WITHOUT_RESIDUALS);
    if (left_out(g, WITHOUT_ATTENTION)) copy(s->between, s->before, (size_t)n * C);
    else {
        norm_of(g, s->attn_norm, s->attn_scale, s->before, n);
        positions_product(s->qkv, 3 * C, NULL, s->attn_norm, C, s->turned_qkv, n, C, 3 * C);
        fast_attention_forward(g, s, attention_of(g), n);
        positions_product(s->between, C, residual ? s->before : NULL, s->heads, C,
                          s->turned_wo, n, C, C);
    }
    if (left_out(g, WITHOUT_MLP)) copy(out, s->between, (size_t)n * C);
    else {
        norm_of(g, s->mlp_norm, s->mlp_scale, s->between, n);
        positions_product(s->hidden, F, NULL, s->mlp_norm, C, s->turned_fc1, n, C, F);
        fast_relu(s->hidden, (size_t)n * F);
        positions_product(out, C, residual ? s->between : NULL, s->hidden, F,
                          s->turned_fc2, n, F, C);
    }
}

/* --- backward: dx (n, C) goes from the end of the model to its beginning --- */

INLINE void norm_of_backward(const glassgpt *g, real *dx, const real *dy, const real *y,
                             const real *scale, int n) {
    const int C = g->sizes.C, residual = !left_out(g, WITHOUT_RESIDUALS);
    if (!left_out(g, WITHOUT_NORMS)) {
        fast_norm_backward(dx, residual ? dx : NULL, dy, y, scale, n, C);
        return;
    }
    for (int i = 0; i < n * C; i += LANES)
        store(dx + i, residual ? load(dx + i) + load(dy + i) : load(dy + i));
}

static void layer_backward(const glassgpt *g, const Scratch *s, int layer, int n, int add) {
    const int C = g->sizes.C, F = g->sizes.F;
    const Tensors w = tensors_at(g, g->weights, layer);
    const Tensors dw = tensors_at(g, g->grads, layer);
    if (!left_out(g, WITHOUT_MLP)) {
        positions_product(s->dhidden, F, NULL, s->dx, C, w.mlp_fc2, n, C, F);
        fast_relu_backward(s->dhidden, s->hidden, (size_t)n * F);
        positions_product(s->dpart, C, NULL, s->dhidden, F, w.mlp_fc1, n, F, C);
        gradient_product(dw.mlp_fc2, s->dx, C, s->hidden, n, C, F, add);
        gradient_product(dw.mlp_fc1, s->dhidden, F, s->mlp_norm, n, F, C, add);
        norm_of_backward(g, s->dx, s->dpart, s->mlp_norm, s->mlp_scale, n);
    }
    if (!left_out(g, WITHOUT_ATTENTION)) {
        positions_product(s->dheads, C, NULL, s->dx, C, w.attn_wo, n, C, C);
        gradient_product(dw.attn_wo, s->dx, C, s->heads, n, C, C, add);
        fast_attention_backward(g, s, attention_of(g), n);
        positions_product(s->dpart, C, NULL, s->dqkv, 3 * C, w.attn_wq, n, 3 * C, C);
        gradient_product(dw.attn_wq, s->dqkv, 3 * C, s->attn_norm, n, 3 * C, C, add);
        norm_of_backward(g, s->dx, s->dpart, s->attn_norm, s->attn_scale, n);
    }
}

static void embed_backward(const glassgpt *g, const int *tokens, int n) {
    const int C = g->sizes.C;
    const Tensors dw = tensors_at(g, g->grads, 0);
    const Scratch s = g->scratch;
    if (!left_out(g, WITHOUT_NORMS))
        fast_norm_backward(s.dx, NULL, s.dx, s.before, s.emb_scale, n, C);
    for (int t = 0; t < n; t++) {
        const real *dsum = s.dx + (size_t)t * C;
        real *dtoken = dw.wte + (size_t)tokens[t] * C, *dposition = dw.wpe + (size_t)t * C;
        for (int i = 0; i < C; i += LANES) {
            store(dtoken + i, load(dtoken + i) + load(dsum + i));
            if (!left_out(g, WITHOUT_POSITIONS))
                store(dposition + i, load(dposition + i) + load(dsum + i));
        }
    }
}

static double gpt_gradient(const glassgpt *g, const int *tokens, int n, real share,
                           int add) {
    const int V = g->sizes.V, W = g->sizes.W, C = g->sizes.C, L = g->sizes.L;
    const Tensors w = tensors_at(g, g->weights, 0), dw = tensors_at(g, g->grads, 0);
    const Scratch s = g->scratch;
    embed(g, tokens, n);
    for (int layer = 0; layer < L; layer++) {
        const Scratch at = scratch_at(g, layer);
        layer_forward(g, &at, layer + 1 < L ? at.before + (size_t)g->sizes.N * C : s.after, n);
    }
    positions_product(s.logits, W, NULL, s.after, C, s.turned_head, n, C, W);
    const double loss = fast_cross_entropy(s.logits, tokens + 1, n, V, W, share);
    positions_product(s.dx, C, NULL, s.logits, W, w.lm_head, n, V, C);
    gradient_product(dw.lm_head, s.logits, W, s.after, n, V, C, add);
    for (int layer = L - 1; layer >= 0; layer--) {
        const Scratch at = scratch_at(g, layer);
        layer_backward(g, &at, layer, n, add);
    }
    embed_backward(g, tokens, n);
    return loss;
}

#endif
