/* A sequence's loss and gradient, whichever model it is. */
#include "base/arrays.h"
#include "core/layers.h"
#include "core/models.h"

int are_tokens(const glassgpt *g, const int *tokens, int count) {
    for (int i = 0; i < count; i++)
        if (tokens[i] < 0 || tokens[i] >= g->sizes.V) return 0;
    return 1;
}

static int is_readable(const glassgpt *g, const int *tokens, int n) {
    if (n < 1 || (g->model == GPT && n > g->sizes.T)) return 0;
    return are_tokens(g, tokens, n) && are_tokens(g, tokens + n, 1);
}

static void forward(glassgpt *g, const int *tokens, int n) {
    if (g->model == BIGRAM) bigram_forward(g, tokens, n);
    else if (g->model == MLP) mlp_forward(g, tokens, n);
    else gpt_forward(g, tokens, 0, n);
    cross_entropy_forward(g->a.losses, g->a.probs, tokens + 1, n, g->sizes.V);
}

static void backward(glassgpt *g, const int *tokens, int n, real loss_scale,
                     int mistakes) {
    const int V = g->sizes.V;
    if (g->model == BIGRAM) return;
    if (mistakes & MISTAKE_OVERWRITE) {
        if (g->model == MLP) mlp_backward_overwriting(g, tokens, n, loss_scale);
        else gpt_backward_overwriting(g, tokens, n, loss_scale);
        return;
    }
    zero(g->da.logits, (size_t)n * V);
    cross_entropy_backward(g->da.logits, g->a.probs, tokens + 1, n, V, loss_scale);
    if (g->model == MLP) mlp_backward(g, tokens, n);
    else gpt_backward(g, tokens, n);
}

/* The sum of -ln p over n predictions; with a loss_scale above 0, back through them,
   too. Attention needs all of a sequence at once; without it, one longer than the
   memory for activations goes through piece by piece, the last first, so that its
   beginning is what is left to look at. */
static double pass(glassgpt *g, const int *tokens, int n, real loss_scale,
                   int mistakes) {
    const int T = g->sizes.T;
    double total = 0;
    for (int start = (n - 1) / T * T; start >= 0; start -= T) {
        const int piece = n - start < T ? n - start : T;
        forward(g, tokens + start, piece);
        if (loss_scale) backward(g, tokens + start, piece, loss_scale, mistakes);
        double sum = 0;
        for (int t = 0; t < piece; t++) sum += (double)g->a.losses[t];
        total += sum;
    }
    return total;
}

double glassgpt_loss(glassgpt *g, const int *tokens, int n) {
    return is_readable(g, tokens, n) ? pass(g, tokens, n, 0, 0) / n : -1;
}

double glassgpt_gradient(glassgpt *g, const int *tokens, int n, double weight,
                         int mistakes) {
    if (!is_readable(g, tokens, n)) return -1;
    return pass(g, tokens, n, (real)(weight / n), mistakes) / n;
}

void glassgpt_zero_grads(glassgpt *g) {
    if (g->grads) zero(g->grads, (size_t)g->num_weights);
}

int glassgpt_count(glassgpt *g, const int *tokens, int n) {
    if (g->model != BIGRAM || !is_readable(g, tokens, n)) return -1;
    bigram_count(g, tokens, n);
    return n;
}
