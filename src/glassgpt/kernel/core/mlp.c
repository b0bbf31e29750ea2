/* Steps 1 and 2: a token's row, two layers, and the logits of the next token. */
#include "base/arrays.h"
#include "core/layers.h"
#include "core/models.h"

void mlp_forward(glassgpt *g, const int *tokens, int n) {
    const int V = g->sizes.V, C = g->sizes.C, F = g->sizes.F;
    const Tensors w = tensors_at(g, g->weights, 0);
    const Activations a = g->a;
    for (int t = 0; t < n; t++)
        copy(a.embedding + (size_t)t * C, w.wte + (size_t)tokens[t] * C, (size_t)C);
    linear_forward(a.before_relu, a.embedding, w.mlp_fc1, n, F, C);
    relu_forward(a.hidden, a.before_relu, (size_t)n * F);
    linear_forward(a.logits, a.hidden, w.mlp_fc2, n, V, F);
    for (int t = 0; t < n; t++)
        softmax_forward(a.probs + (size_t)t * V, a.logits + (size_t)t * V, V);
    g->operations += (double)n * (F * C + V * F);
}

void mlp_backward(glassgpt *g, const int *tokens, int n) {
    const int V = g->sizes.V, C = g->sizes.C, F = g->sizes.F;
    const Tensors w = tensors_at(g, g->weights, 0), dw = tensors_at(g, g->grads, 0);
    const Activations a = g->a, da = g->da;
    zero(da.hidden, (size_t)n * F);
    linear_backward(da.hidden, dw.mlp_fc2, da.logits, a.hidden, w.mlp_fc2, n, V, F);
    zero(da.before_relu, (size_t)n * F);
    relu_backward(da.before_relu, da.hidden, a.before_relu, (size_t)n * F);
    zero(da.embedding, (size_t)n * C);
    linear_backward(da.embedding, dw.mlp_fc1, da.before_relu, a.embedding, w.mlp_fc1, n,
                    F, C);
    for (int t = 0; t < n; t++)
        add_backward(dw.wte + (size_t)tokens[t] * C, da.embedding + (size_t)t * C,
                     (size_t)C);
}
