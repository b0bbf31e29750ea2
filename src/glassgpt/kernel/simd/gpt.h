/* Steps 3 to 5, fast: core/gpt.c with one product for all positions of a name. */
#ifndef GLASSGPT_SIMD_GPT_H
#define GLASSGPT_SIMD_GPT_H

#include "core/arrays.h"
#include "simd/attention.h"
#include "simd/layers.h"
#include "simd/weights.h"

INLINE int left_out(const glassgpt *g, int part) { return g->config.without & part; }

static void turn_layer(const glassgpt *g, int layer) {
    const int C = g->sizes.C, F = g->sizes.F;
    const Tensors w = tensors_at(g, g->weights, layer);
    const Scratch s = scratch_at(g, layer);
    turn_into_panels(s.turned_qkv, w.attn_wq, 3 * C, C, 3 * C);
    turn_into_panels(s.turned_wo, w.attn_wo, C, C, C);
    turn_into_panels(s.turned_fc1, w.mlp_fc1, F, C, F);
    turn_into_panels(s.turned_fc2, w.mlp_fc2, C, F, C);
}

static void turn_gpt(const glassgpt *g) {
    const int V = g->sizes.V, C = g->sizes.C;
    const Tensors w = tensors_at(g, g->weights, 0);
    for (int layer = 0; layer < g->sizes.L; layer++) turn_layer(g, layer);
    turn_into_panels(g->scratch.turned_head, w.lm_head, V, C, g->sizes.W);
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
        const real *token = w.wte + (size_t)tokens[t] * C,
                   *position = w.wpe + (size_t)t * C;
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
        positions_product(s->qkv, 3 * C, NULL, s->attn_norm, C, s->turned_qkv,
                          IN_PANELS, n, C, 3 * C);
        fast_attention_forward(s, attention_of(g), n);
        positions_product(s->between, C, residual ? s->before : NULL, s->heads, C,
                          s->turned_wo, IN_PANELS, n, C, C);
    }
    if (left_out(g, WITHOUT_MLP)) copy(out, s->between, (size_t)n * C);
    else {
        norm_of(g, s->mlp_norm, s->mlp_scale, s->between, n);
        positions_product(s->hidden, F, NULL, s->mlp_norm, C, s->turned_fc1, IN_PANELS,
                          n, C, F);
        fast_relu(s->hidden, (size_t)n * F);
        positions_product(out, C, residual ? s->between : NULL, s->hidden, F,
                          s->turned_fc2, IN_PANELS, n, F, C);
    }
}

/* --- backward: first how the loss moves with every input --- */

/* dx = the gradient of what a part reads, from dy, that of its normed input, and dout,
   that of what comes out at the part's end */
INLINE void part_backward(const glassgpt *g, real *dx, const real *dout, const real *dy,
                          const real *y, const real *scale, int n) {
    const int C = g->sizes.C;
    const real *start = left_out(g, WITHOUT_RESIDUALS) ? NULL : dout;
    if (!left_out(g, WITHOUT_NORMS)) {
        fast_norm_backward(dx, start, dy, y, scale, n, C);
        return;
    }
    for (int i = 0; i < n * C; i += LANES)
        store(dx + i, start ? load(start + i) + load(dy + i) : load(dy + i));
}

/* from s->dafter by s->dbetween to dbefore, all (n, C) */
static void layer_backward(const glassgpt *g, const Scratch *s, const Tensors *w,
                           real *dbefore, int n) {
    const int C = g->sizes.C, F = g->sizes.F;
    if (left_out(g, WITHOUT_MLP)) copy(s->dbetween, s->dafter, (size_t)n * C);
    else {
        positions_product(s->dhidden, F, NULL, s->dafter, C, w->mlp_fc2, IN_ROWS, n, C,
                          F);
        fast_relu_backward(s->dhidden, s->hidden, (size_t)n * F);
        positions_product(s->dpart, C, NULL, s->dhidden, F, w->mlp_fc1, IN_ROWS, n, F,
                          C);
        part_backward(g, s->dbetween, s->dafter, s->dpart, s->mlp_norm, s->mlp_scale,
                      n);
    }
    if (left_out(g, WITHOUT_ATTENTION)) copy(dbefore, s->dbetween, (size_t)n * C);
    else {
        positions_product(s->dheads, C, NULL, s->dbetween, C, w->attn_wo, IN_ROWS, n, C,
                          C);
        fast_attention_backward(s, attention_of(g), n);
        positions_product(s->dpart, C, NULL, s->dqkv, 3 * C, w->attn_wq, IN_ROWS, n,
                          3 * C, C);
        part_backward(g, dbefore, s->dbetween, s->dpart, s->attn_norm, s->attn_scale,
                      n);
    }
}

/* The sum of -ln p over n predictions, and all gradients but those of weights. */
static double gpt_pass(const glassgpt *g, const int *tokens, int n, real share) {
    const int V = g->sizes.V, W = g->sizes.W, C = g->sizes.C, last = g->sizes.L - 1;
    const Tensors w = tensors_at(g, g->weights, 0);
    const Scratch s = g->scratch, end = scratch_at(g, last);
    embed(g, tokens, n);
    for (int layer = 0; layer <= last; layer++) {
        const Scratch at = scratch_at(g, layer);
        layer_forward(g, &at, layer < last ? scratch_at(g, layer + 1).before : s.after,
                      n);
    }
    positions_product(s.logits, W, NULL, s.after, C, s.turned_head, IN_PANELS, n, C, W);
    const double loss = fast_cross_entropy(s.logits, tokens + 1, n, V, W, share);
    positions_product(end.dafter, C, NULL, s.logits, W, w.lm_head, IN_ROWS, n, V, C);
    for (int layer = last; layer >= 0; layer--) {
        const Scratch at = scratch_at(g, layer);
        const Tensors own = tensors_at(g, g->weights, layer);
        real *dbefore = layer ? scratch_at(g, layer - 1).dafter : s.dembedding;
        layer_backward(g, &at, &own, dbefore, n);
    }
    if (!left_out(g, WITHOUT_NORMS))
        fast_norm_backward(s.dembedding, NULL, s.dembedding, s.before, s.emb_scale, n,
                           C);
    return loss;
}

/* --- and then with every weight --- */

static void layer_weights(const glassgpt *g, int layer, int n, Use use) {
    const int C = g->sizes.C, F = g->sizes.F;
    const Tensors dw = tensors_at(g, g->grads, layer);
    const Scratch s = scratch_at(g, layer);
    if (!left_out(g, WITHOUT_ATTENTION)) {
        weight_gradient(dw.attn_wq, s.dqkv, 3 * C, s.attn_norm, n, 3 * C, C, s.turned_qkv,
                        use);
        weight_gradient(dw.attn_wo, s.dbetween, C, s.heads, n, C, C, s.turned_wo,
                        use);
    }
    if (!left_out(g, WITHOUT_MLP)) {
        weight_gradient(dw.mlp_fc1, s.dhidden, F, s.mlp_norm, n, F, C, s.turned_fc1,
                        use);
        weight_gradient(dw.mlp_fc2, s.dafter, C, s.hidden, n, C, F, s.turned_fc2,
                        use);
    }
}

static void gpt_weights(const glassgpt *g, const int *tokens, int n, Use use) {
    const int V = g->sizes.V, W = g->sizes.W, T = g->sizes.T, C = g->sizes.C;
    const Tensors dw = tensors_at(g, g->grads, 0);
    const Scratch s = g->scratch;
    embedding_gradient(dw.wte, s.dembedding, tokens, n, V, C, use);
    if (!left_out(g, WITHOUT_POSITIONS))
        embedding_gradient(dw.wpe, s.dembedding, NULL, n, T, C, use);
    weight_gradient(dw.lm_head, s.logits, W, s.after, n, V, C, s.turned_head, use);
    for (int layer = 0; layer < g->sizes.L; layer++) layer_weights(g, layer, n, use);
}

/* At least the sum of the squares of all that weights' gradients are made of. What a
   norm gives has C for each position, how the loss moves with logits below 2 in all. */
static double gpt_reach(const glassgpt *g, int n) {
    const size_t C = (size_t)(n * g->sizes.C), F = (size_t)(n * g->sizes.F);
    const Scratch s = g->scratch;
    double sum = 2 + squares(s.after, C) + squares(s.dembedding, C);
    for (int layer = 0; layer < g->sizes.L; layer++) {
        const Scratch at = scratch_at(g, layer);
        sum += 2 * (double)C + squares(at.dqkv, 3 * C) + squares(at.heads, C) +
               squares(at.dbetween, C) + squares(at.dhidden, F) +
               squares(at.hidden, F) + squares(at.dafter, C);
    }
    return sum;
}

#endif
