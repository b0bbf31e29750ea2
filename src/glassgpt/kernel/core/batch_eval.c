/* Measuring many documents side by side: what glassgpt_evaluate finds. */
#include "corpus/documents.h"
#include "base/maths.h"
#include "core/models.h"
#include "base/workspace.h"
#include "isa/isa.h"

/* A sequence of a document, to be read in a slot. */
typedef struct {
    Sequence read;
    int document;
} Piece;

/* Measures up to BATCH_LANES sequences of about the same length. */
static void measure(const glassgpt *g, const Workspace *ws, const Piece *pieces,
                    int count, double *losses) {
    int tokens[BATCH_LANES] = {0}, targets[BATCH_LANES] = {0};
    double found[BATCH_LANES];
    int longest = 0;
    for (int d = 0; d < count; d++)
        if (pieces[d].read.n > longest) longest = pieces[d].read.n;
    for (int position = 0; position < longest; position++) {
        for (int d = 0; d < count; d++) {
            if (position >= pieces[d].read.n) continue;
            tokens[d] = pieces[d].read.tokens[position];
            targets[d] = pieces[d].read.tokens[position + 1];
        }
        OF(g->isa, decode)(g, &ws->caches[0], &ws->work, tokens, position);
        OF(g->isa, surprisals)(&ws->work, g->sizes.V, targets, found);
        for (int d = 0; d < count; d++)
            if (position < pieces[d].read.n) losses[pieces[d].document] += found[d];
    }
}

/* Longest first, so that neighbours are about as long: by insertion, for there are few.
   */
static void sort(Piece *pieces, int count) {
    for (int i = 1; i < count; i++) {
        const Piece one = pieces[i];
        int j = i;
        for (; j > 0 && pieces[j - 1].read.n < one.read.n; j--)
            pieces[j] = pieces[j - 1];
        pieces[j] = one;
    }
}

static void measure_all(const glassgpt *g, const Workspace *ws, Piece *pieces,
                        int count, double *losses) {
    sort(pieces, count);
    for (int first = 0; first < count; first += BATCH_LANES) {
        const int rest = count - first;
        measure(g, ws, pieces + first, rest < BATCH_LANES ? rest : BATCH_LANES, losses);
    }
}

int glassgpt_evaluate_batch(glassgpt *g, int doc_mode, const int *tokens,
                            const int *offsets, const int *chosen, int count,
                            double *losses, int *predictions, void *workspace) {
    if (g->model != GPT || is_without(g, WITHOUT_MASK))
        return glassgpt_evaluate(g, doc_mode, tokens, offsets, chosen, count, losses,
                                 predictions);
    const Corpus corpus = {tokens, offsets};
    const int64_t total = predictions_in(g, &corpus, chosen, count, doc_mode);
    if (total == 0 || total > INT32_MAX) return -1;
    const Workspace *ws = lay_out_workspace(g, workspace, 1, g->sizes.T);
    Piece pieces[DECODE_BATCH];
    int num_pieces = 0;
    for (int i = 0; i < count; i++) {
        const Sequence document = document_at(g, &corpus, chosen[i], doc_mode);
        losses[i] = 0;
        predictions[i] = document.n;
        for (int done = 0; done < document.n;) {
            const Sequence piece = sequence_at(g, document, done);
            pieces[num_pieces++] = (Piece){piece, i};
            if (num_pieces == DECODE_BATCH) {
                measure_all(g, ws, pieces, num_pieces, losses);
                num_pieces = 0;
            }
            done += piece.n;
        }
    }
    measure_all(g, ws, pieces, num_pieces, losses);
    return (int)total;
}
