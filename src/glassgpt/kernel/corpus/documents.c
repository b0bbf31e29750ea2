/* Documents and the sequences that they are read in: documents.h says how. */
#include "corpus/documents.h"
#include "core/models.h"

/* How many predictions a sequence has at most: no end without attention. */
static int window(const glassgpt *g) {
    return g->model == GPT ? g->sizes.T : INT32_MAX;
}

Sequence document_at(const glassgpt *g, const Corpus *corpus, int number,
                     int doc_mode) {
    const int start = corpus->offsets[number], end = corpus->offsets[number + 1];
    const int n = end - start - 1, most = window(g);
    const int used = doc_mode == TRUNCATE && n > most ? most : n;
    return (Sequence){corpus->tokens + start, used};
}

Sequence sequence_at(const glassgpt *g, Sequence document, int done) {
    const int rest = document.n - done, most = window(g);
    return (Sequence){document.tokens + done, rest < most ? rest : most};
}

int64_t predictions_in(const glassgpt *g, const Corpus *corpus, const int *order,
                       int count, int doc_mode) {
    int64_t total = 0;
    for (int i = 0; i < count; i++) {
        const Sequence doc = document_at(g, corpus, order[i], doc_mode);
        if (doc.n < 1 || !are_tokens(g, doc.tokens, doc.n)) return 0;
        if (!are_tokens(g, doc.tokens + doc.n, 1)) return 0;
        total += doc.n;
    }
    return total;
}
