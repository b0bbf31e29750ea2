/* Step 0: which token follows which, counted. */
#include "base/maths.h"
#include "core/models.h"

void bigram_forward(glassgpt *g, const int *tokens, int n) {
    const int V = g->sizes.V;
    const real smoothing = (real)g->config.smoothing;
    for (int t = 0; t < n; t++) {
        const real *row = g->weights + (size_t)tokens[t] * V; /* (V,) */
        real *probs = g->a.probs + (size_t)t * V;             /* (V,) */
        real *logits = g->a.logits + (size_t)t * V;           /* (V,) */
        real total = 0;
        for (int i = 0; i < V; i++) total += row[i];
        total += smoothing * V;
        for (int i = 0; i < V; i++) probs[i] = (row[i] + smoothing) / total;
        for (int i = 0; i < V; i++) logits[i] = real_log(probs[i]);
    }
}

void bigram_count(glassgpt *g, const int *tokens, int n) {
    for (int t = 0; t < n; t++)
        g->weights[(size_t)tokens[t] * g->sizes.V + tokens[t + 1]] += 1;
}
