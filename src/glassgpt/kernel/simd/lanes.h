/* Many documents abreast: place d in each row of numbers is document d's.

   A token of each of BATCH_LANES documents goes through the transformer at once. What
   is one number in core/gpt.c is a row of BATCH_LANES numbers here, so that each weight
   is read once for all of them and no sum needs two places of a row: what a document's
   numbers are does not depend on who its neighbours are, nor on how wide the machine's
   vectors are. */
#ifndef GLASSGPT_SIMD_LANES_H
#define GLASSGPT_SIMD_LANES_H

#include "base/tensors.h"

enum { BATCH_LANES = 64 / sizeof(real) };

/* A block of documents and what was kept of the tokens they have read. */
typedef struct {
    real *keys, *values; /* (L, positions, C) rows */
    int positions;       /* how many there is room for */
} KVCache;

/* Rows that each token writes over; every block uses the same. */
typedef struct {
    real *x, *normed, *q, *heads, *branch; /* (C) rows */
    real *hidden;                          /* (F) rows */
    real *scores;                          /* (positions) rows */
    real *logits;                          /* (V) rows */
    real *sums;                            /* (V) rows, running sums of exp(logits) */
} DecodeWork;

#define DECLARE(isa)                                                                   \
    void decode_##isa(const glassgpt *g, const KVCache *lanes, const DecodeWork *work, \
                      const int *tokens, int position);                                \
    void sample_##isa(const DecodeWork *work, int V, double temperature,               \
                      const double *drawn, int *picked);                               \
    void surprisals_##isa(const DecodeWork *work, int V, const int *targets,           \
                          double *losses);
/* decode: tokens (BATCH_LANES,), all at one position; work->logits are then of the
   next. sample: the token that `drawn` (BATCH_LANES,), from 0 to below 1, picks at a
   temperature above 0, to picked (BATCH_LANES,); -1 where the probabilities are not
   numbers. surprisals: -ln p of targets (BATCH_LANES,), to losses (BATCH_LANES,). */
DECLARE(baseline)
DECLARE(avx2)
DECLARE(avx512)
#undef DECLARE

#endif
