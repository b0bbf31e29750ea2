/* The past mixed by the reader's own weights, in the place of those that attention has. */
#include "base/maths.h"
#include "core/layers.h"
#include "core/models.h"

double glassgpt_loss_with_weights(glassgpt *g, const int *tokens, int position,
                                  const real *weights) {
    if (g->model != GPT || is_without(g, WITHOUT_ATTENTION)) return -1;
    if (position < 0 || glassgpt_loss(g, tokens, position + 1) == -1) return -1;
    const int C = g->sizes.C, D = g->sizes.D, keys = position + 1;
    const Activations a = activations_at(g, &g->a, g->sizes.L - 1);
    for (int h = 0; h < g->sizes.H; h++)
        mix_forward(a.heads + (size_t)position * C + h * D, weights + (size_t)h * keys,
                    a.v + h * D, keys, D, C);
    gpt_forward_from_heads(g, position);
    cross_entropy_forward(a.losses + position, a.probs + (size_t)position * g->sizes.V,
                          tokens + keys, 1, g->sizes.V);
    return a.losses[position];
}
