/* Steps 1 and 2, fast: core/mlp.c with one product for all positions of a name. */
#ifndef GLASSGPT_SIMD_MLP_H
#define GLASSGPT_SIMD_MLP_H

#include "base/arrays.h"
#include "simd/layers.h"
#include "simd/weights.h"

static void transpose_mlp(const glassgpt *g) {
    const int V = g->sizes.V, C = g->sizes.C, F = g->sizes.F;
    const Tensors w = tensors_at(g, g->weights, 0);
    transpose_into_panels(g->scratch.transposed_fc1, w.mlp_fc1, F, C, F);
    transpose_into_panels(g->scratch.transposed_fc2, w.mlp_fc2, V, F, g->sizes.W);
}

/* The sum of -ln p over n predictions, and all gradients but those of weights. */
static double mlp_pass(const glassgpt *g, const int *tokens, int n, real loss_scale) {
    const int V = g->sizes.V, W = g->sizes.W, C = g->sizes.C, F = g->sizes.F;
    const Tensors w = tensors_at(g, g->weights, 0);
    const Scratch s = g->scratch;
    for (int t = 0; t < n; t++)
        copy(s.embedding + (size_t)t * C, w.wte + (size_t)tokens[t] * C, (size_t)C);
    positions_product(s.hidden, F, NULL, s.embedding, C, s.transposed_fc1, IN_PANELS, n,
                      C, F);
    simd_relu(s.hidden, (size_t)n * F);
    positions_product(s.logits, W, NULL, s.hidden, F, s.transposed_fc2, IN_PANELS, n, F,
                      W);
    const double loss = simd_cross_entropy(s.logits, tokens + 1, n, V, W, loss_scale);
    positions_product(s.dhidden, F, NULL, s.logits, W, w.mlp_fc2, IN_ROWS, n, V, F);
    simd_relu_backward(s.dhidden, s.hidden, (size_t)n * F);
    positions_product(s.dembedding, C, NULL, s.dhidden, F, w.mlp_fc1, IN_ROWS, n, F, C);
    return loss;
}

static void mlp_weights(const glassgpt *g, const int *tokens, int n, GradSink use) {
    const int V = g->sizes.V, W = g->sizes.W, C = g->sizes.C, F = g->sizes.F;
    const Tensors dw = tensors_at(g, g->grads, 0);
    const Scratch s = g->scratch;
    embedding_gradient(dw.wte, s.dembedding, tokens, n, V, C, use);
    weight_gradient(dw.mlp_fc1, s.dhidden, F, s.embedding, n, F, C, s.transposed_fc1,
                    use);
    weight_gradient(dw.mlp_fc2, s.logits, W, s.hidden, n, V, F, s.transposed_fc2, use);
}

/* The sum of the squares of all that weights' gradients are made of. */
static double mlp_grad_bound(const glassgpt *g, int n) {
    const size_t C = (size_t)(n * g->sizes.C), F = (size_t)(n * g->sizes.F);
    const Scratch s = g->scratch;
    return sum_of_squares(s.logits, (size_t)(n * g->sizes.W)) +
           sum_of_squares(s.hidden, F) + sum_of_squares(s.dhidden, F) +
           sum_of_squares(s.embedding, C) + sum_of_squares(s.dembedding, C);
}

#endif
