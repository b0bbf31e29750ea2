/* Training: documents to sequences, their gradients, an update; as many steps as asked.

   A step's loss is a weighted mean over the sequences of its documents. With
   BY_DOCUMENT each document counts the same, with BY_TOKEN each prediction. */
#include "core/documents.h"
#include "simd/dispatch.h"
#include "core/maths.h"
#include "core/models.h"
#include "core/optimizers.h"

/* How gradients are computed: fast, and added to those that are there. */
typedef struct {
    int fast, adds;
} Pass;

/* The gradient of a document, whose predictions are a share of `whole`. Returns its
   part of the loss. */
static double learn(glassgpt *g, const glassgpt_training *how, Sequence document,
                    double whole, Pass *pass) {
    double loss = 0;
    for (int done = 0; done < document.n;) {
        const Sequence part = sequence_at(g, document, done);
        const double weight = part.n / whole;
        const real share = (real)(weight / part.n);
        if (pass->fast)
            loss += weight / part.n *
                    fast_gradient(g, part.tokens, part.n, share, pass->adds);
        else
            loss += weight *
                    glassgpt_gradient(g, part.tokens, part.n, weight, how->mistakes);
        pass->adds = 1;
        done += part.n;
    }
    return loss;
}

static double step_gradient(glassgpt *g, const glassgpt_training *how,
                            const Corpus *corpus, const int *order, Pass pass) {
    const int B = how->batch_docs, mode = how->doc_mode;
    const double total = (double)predictions_in(g, corpus, order, B, mode);
    if (total == 0) return -1;
    double loss = 0;
    for (int b = 0; b < B; b++) {
        const Sequence document = document_at(g, corpus, order[b], mode);
        const double each = (double)document.n * B;
        const double whole = how->loss_norm == BY_TOKEN ? total : each;
        loss += learn(g, how, document, whole, &pass);
    }
    return loss;
}

/* A step of one document that is one sequence, at once. Returns 0 where it was not
   made. */
static int whole_step(glassgpt *g, const glassgpt_training *how, const Corpus *corpus,
                      const int *order, int step, double *loss) {
    const Sequence document = document_at(g, corpus, order[0], how->doc_mode);
    return fast_step(g, how, step, document.tokens, document.n, loss);
}

/* Step 0's update. */
static void count_pairs(glassgpt *g, const glassgpt_training *how, const Corpus *corpus,
                        const int *order) {
    for (int b = 0; b < how->batch_docs; b++) {
        const Sequence document = document_at(g, corpus, order[b], how->doc_mode);
        bigram_count(g, document.tokens, document.n);
    }
}

double glassgpt_batch_gradient(glassgpt *g, const glassgpt_training *how,
                               const int *tokens, const int *offsets,
                               const int *order) {
    const Corpus corpus = {tokens, offsets};
    return step_gradient(g, how, &corpus, order, (Pass){0, 1});
}

enum { TRACED_NUMBERS = 5 };

static void trace_before(const glassgpt *g, const int *traced, int count, double *row) {
    for (int i = 0; i < count; i++)
        row[TRACED_NUMBERS * i] = (double)g->weights[traced[i]];
}

static void trace_after(const glassgpt *g, const int *traced, int count, double *row) {
    for (int i = 0; i < count; i++, row += TRACED_NUMBERS) {
        const int at = traced[i];
        row[1] = g->grads ? (double)g->grads[at] : 0;
        row[2] = g->grads ? (double)g->m[at] : 0;
        row[3] = g->grads ? (double)g->v[at] : 0;
        row[4] = (double)g->weights[at] - row[0];
    }
}

/* Whether every document of these steps can be read. */
static int are_readable(const glassgpt *g, const glassgpt_training *how,
                        const Corpus *corpus, const int *order, int count) {
    for (int i = 0; i < count; i++, order += how->batch_docs)
        if (predictions_in(g, corpus, order, how->batch_docs, how->doc_mode) == 0)
            return 0;
    return 1;
}

int glassgpt_train(glassgpt *g, const glassgpt_training *how, const int *tokens,
                   const int *offsets, const int *order, int first_step, int count,
                   double *losses, double *norms, const int *traced, int num_traced,
                   double *trace) {
    const Corpus corpus = {tokens, offsets};
    const int keeps = how->mistakes & MISTAKE_KEEP_GRADS;
    const Pass pass = {g->isa != ISA_PLAIN && !(how->mistakes & MISTAKE_OVERWRITE),
                       keeps};
    if (!are_readable(g, how, &corpus, order, count)) return -1;
    const int whole = pass.fast && !norms && !trace && fast_can_step(g, how);
    if (pass.fast) fast_turn(g);
    for (int i = 0; i < count; i++, order += how->batch_docs) {
        double *row = trace ? trace + (size_t)i * num_traced * TRACED_NUMBERS : NULL;
        if (row) trace_before(g, traced, num_traced, row);
        if (!pass.fast && !keeps) glassgpt_zero_grads(g);
        /* the last step leaves its gradients where a caller can see them */
        if (whole && i + 1 < count &&
            whole_step(g, how, &corpus, order, first_step + i, losses + i))
            continue;

        losses[i] = step_gradient(g, how, &corpus, order, pass);
        const double norm = !is_finite(losses[i]) ? grad_norm(g)
                            : pass.fast
                                ? fast_update(g, how, first_step + i, norms != NULL)
                                : glassgpt_update(g, how, first_step + i);
        if (norms) norms[i] = norm;
        if (!is_finite(losses[i]) || !is_finite(norm)) return i;

        if (pass.fast && i + 1 < count) fast_turn(g);
        if (g->model == BIGRAM) count_pairs(g, how, &corpus, order);
        if (row) trace_after(g, traced, num_traced, row);
    }
    return count;
}

void glassgpt_train_models(glassgpt *const *models, const glassgpt_training *how,
                           int num_models, const int *tokens, const int *offsets,
                           const int *order, int first_step, int count, double *losses,
                           int *done) {
    for (int i = 0; i < num_models; i++, losses += count)
        done[i] = glassgpt_train(models[i], how + i, tokens, offsets, order, first_step,
                                 count, losses, NULL, NULL, 0, NULL);
}
