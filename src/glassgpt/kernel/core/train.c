/* Training: documents to sequences, their gradients, an update; as many steps as asked.

   A step's loss is a weighted mean over the sequences of its documents. With
   BY_DOCUMENT each document counts the same, with BY_TOKEN each prediction. */
#include "corpus/documents.h"
#include "base/maths.h"
#include "core/models.h"
#include "core/optimizers.h"
#include "isa/dispatch.h"

/* How gradients are computed: in vectors, and added to those that are there. */
typedef struct {
    int simd, adds;
} Pass;

/* The gradient of a document, whose predictions are a share of `whole`. Returns its
   share of the loss. */
static double document_gradient(glassgpt *g, const glassgpt_training *how,
                                Sequence document, double whole, Pass *pass) {
    double loss = 0;
    for (int done = 0; done < document.n;) {
        const Sequence piece = sequence_at(g, document, done);
        const double weight = piece.n / whole;
        const real loss_scale = (real)(weight / piece.n);
        if (pass->simd)
            loss += weight / piece.n *
                    simd_gradient(g, piece.tokens, piece.n, loss_scale, pass->adds);
        else
            loss += weight *
                    glassgpt_gradient(g, piece.tokens, piece.n, weight, how->mistakes);
        pass->adds = 1;
        done += piece.n;
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
        loss += document_gradient(g, how, document, whole, &pass);
    }
    return loss;
}

/* A step of one document that is one sequence, at once. Returns 0 where it was not
   made. */
static int fused_step(glassgpt *g, const glassgpt_training *how, const Corpus *corpus,
                      const int *order, int step, double *loss) {
    const Sequence document = document_at(g, corpus, order[0], how->doc_mode);
    return simd_fused_step(g, how, step, document.tokens, document.n, loss);
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

/* What a call trains, and where the numbers of its steps go. */
typedef struct {
    glassgpt *g;
    const glassgpt_training *how;
    Corpus corpus;
    Pass pass;
    double *losses, *norms; /* norms and trace may be NULL */
    const int *traced;
    int num_traced;
    double *trace;
} Call;

/* Moves the weights by their gradients; the norm of these before clipping. */
static double update(const Call *call, int step) {
    return call->pass.simd ? simd_update(call->g, call->how, step, call->norms != NULL)
                           : glassgpt_update(call->g, call->how, step);
}

/* Step number i of a call, all of whose numbers can be seen. Returns 0 where they are
   not finite; nothing has then moved. */
static int observed_step(const Call *call, const int *order, int step, int i) {
    glassgpt *g = call->g;
    const int traced = call->num_traced;
    double *row =
        call->trace ? call->trace + (size_t)i * traced * TRACED_NUMBERS : NULL;
    if (row) trace_before(g, call->traced, traced, row);
    if (!call->pass.simd && !call->pass.adds) glassgpt_zero_grads(g);

    const double loss = step_gradient(g, call->how, &call->corpus, order, call->pass);
    const double norm = is_finite(loss) ? update(call, step) : grad_norm(g);
    call->losses[i] = loss;
    if (call->norms) call->norms[i] = norm;
    if (!is_finite(loss) || !is_finite(norm)) return 0;

    if (g->model == BIGRAM) count_pairs(g, call->how, &call->corpus, order);
    if (row) trace_after(g, call->traced, traced, row);
    return 1;
}

int glassgpt_train(glassgpt *g, const glassgpt_training *how, const int *tokens,
                   const int *offsets, const int *order, int first_step, int count,
                   double *losses, double *norms, const int *traced, int num_traced,
                   double *trace) {
    const int plain_only = MISTAKE_OVERWRITE | MISTAKE_EPS_INSIDE;
    const int simd = g->isa != ISA_PLAIN && !(how->mistakes & plain_only);
    const Pass pass = {simd, how->mistakes & MISTAKE_KEEP_GRADS};
    const Corpus corpus = {tokens, offsets};
    const Call call = {g, how, corpus, pass, losses, norms, traced, num_traced, trace};
    if (!are_readable(g, how, &corpus, order, count)) return -1;
    const int fuses = simd && !norms && !trace && simd_can_fuse_step(g, how);
    if (simd) simd_transpose(g);
    for (int i = 0; i < count; i++, order += how->batch_docs) {
        const int step = first_step + i, is_last = i + 1 == count;
        /* the last step leaves its gradients where a caller can see them */
        if (fuses && !is_last && fused_step(g, how, &corpus, order, step, losses + i))
            continue;
        if (!observed_step(&call, order, step, i)) return i;
        if (simd && !is_last) simd_transpose(g);
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
