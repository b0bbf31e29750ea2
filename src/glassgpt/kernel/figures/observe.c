/* What a figure wants to see: the same numbers, looked at from other sides. */
#include "corpus/documents.h"
#include "base/maths.h"
#include "core/models.h"
#include "core/optimizers.h"

void glassgpt_update_terms(const glassgpt *g, const glassgpt_training *how, int step,
                           int weight, double *terms) {
    const double factor = clip_factor(how, grad_norm(g));
    const real before = g->weights[weight], grad = g->grads[weight] * (real)factor;
    real w = before, m = g->m[weight], v = g->v[weight];
    glassgpt_optimizer_step(how, step, &w, &grad, &m, &v, 1);
    terms[0] = grad; /* after clipping */
    terms[1] = m;
    terms[2] = v;
    terms[3] = (double)m / bias_correction(how, how->beta1, step);
    terms[4] = (double)v / bias_correction(how, how->beta2, step);
    terms[5] = glassgpt_learning_rate(how, step);
    terms[6] = before;
    terms[7] = w;
    terms[8] = w - before;
    terms[9] = factor;
}

/* The loss with one weight at another value. The weight is put back. */
static double loss_at(glassgpt *g, const int *tokens, int n, int weight, real value) {
    const real kept = g->weights[weight];
    g->weights[weight] = value;
    const double loss = glassgpt_loss(g, tokens, n);
    g->weights[weight] = kept;
    return loss;
}

int glassgpt_numerical_gradients(glassgpt *g, const int *tokens, int n, int first,
                                 int count, double eps, int central, double *grads) {
    const double here = glassgpt_loss(g, tokens, n);
    if (here == -1) return -1;
    for (int i = first; i < first + count; i++) {
        const real w = g->weights[i];
        const double above = loss_at(g, tokens, n, i, w + (real)eps);
        const double below = central ? loss_at(g, tokens, n, i, w - (real)eps) : here;
        *grads++ = (above - below) / (central ? 2 * eps : eps);
    }
    return count;
}

void glassgpt_loss_along(glassgpt *g, const int *tokens, int n, int weight,
                         const double *values, int count, double *losses) {
    for (int i = 0; i < count; i++)
        losses[i] = loss_at(g, tokens, n, weight, (real)values[i]);
}

/* The sum of -ln p over a document. */
static double document_loss(glassgpt *g, Sequence document) {
    double sum = 0;
    for (int done = 0; done < document.n;) {
        const Sequence piece = sequence_at(g, document, done);
        sum += piece.n * glassgpt_loss(g, piece.tokens, piece.n);
        done += piece.n;
    }
    return sum;
}

int glassgpt_evaluate(glassgpt *g, int doc_mode, const int *tokens, const int *offsets,
                      const int *chosen, int count, double *losses, int *predictions) {
    const Corpus corpus = {tokens, offsets};
    const int64_t total = predictions_in(g, &corpus, chosen, count, doc_mode);
    if (total == 0 || total > INT32_MAX) return -1;
    for (int i = 0; i < count; i++) {
        const Sequence document = document_at(g, &corpus, chosen[i], doc_mode);
        losses[i] = document_loss(g, document);
        predictions[i] = document.n;
    }
    return (int)total;
}

double glassgpt_relative_change(const glassgpt *g, int tensor, const real *before) {
    const int start = glassgpt_tensor_offset(g, tensor);
    const int rows = glassgpt_tensor_rows(g, tensor);
    const int count = rows * glassgpt_tensor_columns(g, tensor);
    double moved = 0;
    for (int i = start; i < start + count; i++) {
        const double change = (double)g->weights[i] - (double)before[i];
        moved += change * change;
    }
    return sqrt(moved) / glassgpt_norm(before + start, count);
}

static double entropy(const real *p, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        if (p[i] > 0) sum -= (double)p[i] * log((double)p[i]);
    return sum;
}

void glassgpt_attention_entropies(const glassgpt *g, int n, double *entropies) {
    const Sizes s = g->sizes;
    const int masked = !is_without(g, WITHOUT_MASK);
    for (size_t row = 0; row < (size_t)s.L * s.H; row++)
        for (int t = 0; t < n; t++)
            *entropies++ =
                entropy(g->a.weights + (row * s.T + t) * s.T, masked ? t + 1 : n);
}
