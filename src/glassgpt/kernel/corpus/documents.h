/* Documents in the caller's token ids, and the sequences that they are read in.

   A document longer than the block is cut there: only its beginning is used (truncate),
   or windows that each start with the last token of the one before (chunk). */
#ifndef GLASSGPT_DOCUMENTS_H
#define GLASSGPT_DOCUMENTS_H

#include "base/tensors.h"

/* Document d is tokens[offsets[d]] to tokens[offsets[d + 1] - 1]. */
typedef struct {
    const int *tokens, *offsets;
} Corpus;

typedef struct {
    const int *tokens; /* (n + 1,) */
    int n;             /* predictions in it */
} Sequence;

/* A document with the predictions that are used. */
Sequence document_at(const glassgpt *g, const Corpus *corpus, int number, int doc_mode);

/* The sequence that begins `done` predictions into a document. */
Sequence sequence_at(const glassgpt *g, Sequence document, int done);

/* The predictions in documents order (count,); 0 where one of them can't be read. */
int64_t predictions_in(const glassgpt *g, const Corpus *corpus, const int *order,
                       int count, int doc_mode);

#endif
