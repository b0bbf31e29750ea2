/* Steps 3 to 5, fast: core/gpt.c with one product for all positions of a name. */
#ifndef GLASSGPT_SIMD_GPT_H
#define GLASSGPT_SIMD_GPT_H

#include "base/arrays.h"
#include "simd/attention.h"
#include "simd/layers.h"
#include "simd/weights.h"

static void transpose_layer(const glassgpt *g, int layer) {
    const int C = g->sizes.C, F = g->sizes.F;
    const Tensors w = tensors_at(g, g->weights, layer);
    const Scratch s = scratch_at(g, layer);
    transpose_into_panels(s.transposed_qkv, w.attn_wq, 3 * C, C, 3 * C);
    transpose_into_panels(s.transposed_wo, w.attn_wo, C, C, C);
    transpose_into_panels(s.transposed_fc1, w.mlp_fc1, F, C, F);
    transpose_into_panels(s.transposed_fc2, w.mlp_fc2, C, F, C);
}

static void transpose_gpt(const glassgpt *g) {
    const int V = g->sizes.V, C = g->sizes.C;
    const Tensors w = tensors_at(g, g->weights, 0);
    for (int layer = 0; layer < g->sizes.L; layer++) transpose_layer(g, layer);
    transpose_into_panels(g->scratch.transposed_head, w.lm_head, V, C, g->sizes.W);
}

/* --- forward --- */

INLINE void norm_of(const glassgpt *g, real *y, real *scale, const real *x, int n) {
    const int C = g->sizes.C;
    if (is_without(g, WITHOUT_NORMS)) copy(y, x, (size_t)n * C);
    else simd_norm(y, scale, x, n, C, (real)g->config.rms_eps);
}

static Block attention_of(const glassgpt *g) {
    const Sizes s = g->sizes;
    const real root = is_without(g, WITHOUT_SCALE) ? 1 : real_sqrt((real)s.D);
    const int masked = !is_without(g, WITHOUT_MASK);
    return (Block){
        .N = s.N, .width = 3 * s.C, .D = s.D, .scale = 1 / root, .masked = masked};
}

static void embed(const glassgpt *g, const int *tokens, int n) {
    const int C = g->sizes.C;
    const Tensors w = tensors_at(g, g->weights, 0);
    const Scratch s = g->scratch;
    for (int t = 0; t < n; t++) {
        const real *token = w.wte + (size_t)tokens[t] * C,
                   *position = w.wpe + (size_t)t * C;
        real *sum = s.embedding + (size_t)t * C;
        if (is_without(g, WITHOUT_POSITIONS)) copy(sum, token, (size_t)C);
        else
            for (int i = 0; i < C; i += LANES)
                store(sum + i, load(token + i) + load(position + i));
    }
    norm_of(g, s.before, s.emb_scale, s.embedding, n);
}

/* from `before` to `out`, both (n, C): one layer */
static void layer_forward(const glassgpt *g, const Scratch *s, real *out, int n) {
    const int C = g->sizes.C, F = g->sizes.F;
    const int residual = !is_without(g, WITHOUT_RESIDUALS);
    if (is_without(g, WITHOUT_ATTENTION)) copy(s->between, s->before, (size_t)n * C);
    else {
        norm_of(g, s->attn_norm, s->attn_scale, s->before, n);
        positions_product(s->qkv, 3 * C, NULL, s->attn_norm, C, s->transposed_qkv,
                          IN_PANELS, n, C, 3 * C);
        simd_attention_forward(s, attention_of(g), n);
        positions_product(s->between, C, residual ? s->before : NULL, s->heads, C,
                          s->transposed_wo, IN_PANELS, n, C, C);
    }
    if (is_without(g, WITHOUT_MLP)) copy(out, s->between, (size_t)n * C);
    else {
        norm_of(g, s->mlp_norm, s->mlp_scale, s->between, n);
        positions_product(s->hidden, F, NULL, s->mlp_norm, C, s->transposed_fc1,
                          IN_PANELS, n, C, F);
        simd_relu(s->hidden, (size_t)n * F);
        positions_product(out, C, residual ? s->between : NULL, s->hidden, F,
                          s->transposed_fc2, IN_PANELS, n, F, C);
    }
}

/* --- backward: first how the loss moves with every input --- */

/* dx = the gradient of what a branch reads, from dy, that of its normed input, and
   dout, that of what comes out at the branch's end */
INLINE void branch_backward(const glassgpt *g, real *dx, const real *dout,
                            const real *dy, const real *y, const real *scale, int n) {
    const int C = g->sizes.C;
    const real *start = is_without(g, WITHOUT_RESIDUALS) ? NULL : dout;
    if (!is_without(g, WITHOUT_NORMS)) {
        simd_norm_backward(dx, start, dy, y, scale, n, C);
        return;
    }
    for (int i = 0; i < n * C; i += LANES)
        store(dx + i, start ? load(start + i) + load(dy + i) : load(dy + i));
}

/* from s->dafter by s->dbetween to dbefore, all (n, C) */
static void layer_backward(const glassgpt *g, const Scratch *s, const Tensors *w,
                           real *dbefore, int n) {
    const int C = g->sizes.C, F = g->sizes.F;
    if (is_without(g, WITHOUT_MLP)) copy(s->dbetween, s->dafter, (size_t)n * C);
    else {
        positions_product(s->dhidden, F, NULL, s->dafter, C, w->mlp_fc2, IN_ROWS, n, C,
                          F);
        simd_relu_backward(s->dhidden, s->hidden, (size_t)n * F);
        positions_product(s->dnormed, C, NULL, s->dhidden, F, w->mlp_fc1, IN_ROWS, n, F,
                          C);
        branch_backward(g, s->dbetween, s->dafter, s->dnormed, s->mlp_norm,
                        s->mlp_scale, n);
    }
    if (is_without(g, WITHOUT_ATTENTION)) copy(dbefore, s->dbetween, (size_t)n * C);
    else {
        positions_product(s->dheads, C, NULL, s->dbetween, C, w->attn_wo, IN_ROWS, n, C,
                          C);
        simd_attention_backward(s, attention_of(g), n);
        positions_product(s->dnormed, C, NULL, s->dqkv, 3 * C, w->attn_wq, IN_ROWS, n,
                          3 * C, C);
        branch_backward(g, dbefore, s->dbetween, s->dnormed, s->attn_norm,
                        s->attn_scale, n);
    }
}

/* The sum of -ln p over n predictions, and all gradients but those of weights. */
static double gpt_pass(const glassgpt *g, const int *tokens, int n, real loss_scale) {
    const int V = g->sizes.V, W = g->sizes.W, C = g->sizes.C, last = g->sizes.L - 1;
    const Tensors w = tensors_at(g, g->weights, 0);
    const Scratch s = g->scratch, end = scratch_at(g, last);
    embed(g, tokens, n);
    for (int layer = 0; layer <= last; layer++) {
        const Scratch at = scratch_at(g, layer);
        layer_forward(g, &at, layer < last ? scratch_at(g, layer + 1).before : s.after,
                      n);
    }
    positions_product(s.logits, W, NULL, s.after, C, s.transposed_head, IN_PANELS, n, C,
                      W);
    const double loss = simd_cross_entropy(s.logits, tokens + 1, n, V, W, loss_scale);
    positions_product(end.dafter, C, NULL, s.logits, W, w.lm_head, IN_ROWS, n, V, C);
    for (int layer = last; layer >= 0; layer--) {
        const Scratch at = scratch_at(g, layer);
        const Tensors own = tensors_at(g, g->weights, layer);
        real *dbefore = layer ? scratch_at(g, layer - 1).dafter : s.dembedding;
        layer_backward(g, &at, &own, dbefore, n);
    }
    if (!is_without(g, WITHOUT_NORMS))
        simd_norm_backward(s.dembedding, NULL, s.dembedding, s.before, s.emb_scale, n,
                           C);
    return loss;
}

/* --- and then with every weight --- */

static void layer_weights(const glassgpt *g, int layer, int n, GradSink use) {
    const int C = g->sizes.C, F = g->sizes.F;
    const Tensors dw = tensors_at(g, g->grads, layer);
    const Scratch s = scratch_at(g, layer);
    if (!is_without(g, WITHOUT_ATTENTION)) {
        weight_gradient(dw.attn_wq, s.dqkv, 3 * C, s.attn_norm, n, 3 * C, C,
                        s.transposed_qkv, use);
        weight_gradient(dw.attn_wo, s.dbetween, C, s.heads, n, C, C, s.transposed_wo,
                        use);
    }
    if (!is_without(g, WITHOUT_MLP)) {
        weight_gradient(dw.mlp_fc1, s.dhidden, F, s.mlp_norm, n, F, C, s.transposed_fc1,
                        use);
        weight_gradient(dw.mlp_fc2, s.dafter, C, s.hidden, n, C, F, s.transposed_fc2,
                        use);
    }
}

static void gpt_weights(const glassgpt *g, const int *tokens, int n, GradSink use) {
    const int V = g->sizes.V, W = g->sizes.W, T = g->sizes.T, C = g->sizes.C;
    const Tensors dw = tensors_at(g, g->grads, 0);
    const Scratch s = g->scratch;
    embedding_gradient(dw.wte, s.dembedding, tokens, n, V, C, use);
    if (!is_without(g, WITHOUT_POSITIONS))
        embedding_gradient(dw.wpe, s.dembedding, NULL, n, T, C, use);
    weight_gradient(dw.lm_head, s.logits, W, s.after, n, V, C, s.transposed_head, use);
    for (int layer = 0; layer < g->sizes.L; layer++) layer_weights(g, layer, n, use);
}

/* At least the sum of the squares of all that weights' gradients are made of. What a
   norm gives has C for each position, how the loss moves with logits below 2 in all. */
static double gpt_grad_bound(const glassgpt *g, int n) {
    const size_t C = (size_t)(n * g->sizes.C), F = (size_t)(n * g->sizes.F);
    const Scratch s = g->scratch;
    double sum = 2 + sum_of_squares(s.after, C) + sum_of_squares(s.dembedding, C);
    for (int layer = 0; layer < g->sizes.L; layer++) {
        const Scratch at = scratch_at(g, layer);
        sum += 2 * (double)C + sum_of_squares(at.dqkv, 3 * C) +
               sum_of_squares(at.heads, C) + sum_of_squares(at.dbetween, C) +
               sum_of_squares(at.dhidden, F) + sum_of_squares(at.hidden, F) +
               sum_of_squares(at.dafter, C);
    }
    return sum;
}

#endif
