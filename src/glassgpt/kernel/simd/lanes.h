/* Many documents abreast: place d in each row of numbers is document d's.

   A token of each of ABREAST documents goes through the transformer at once. What is one
   number in core/gpt.c is a row of ABREAST numbers here, so that each weight is read once for
   all of them and no sum needs two places of a row: what a document's numbers are does
   not depend on who its neighbours are, nor on how wide the machine's vectors are. */
#ifndef GLASSGPT_SIMD_LANES_H
#define GLASSGPT_SIMD_LANES_H

#include "core/tensors.h"

enum { ABREAST = 64 / sizeof(real) };

/* A block of documents and what was kept of the tokens they have read. */
typedef struct {
    real *keys, *values; /* (L, positions, C) rows */
    int positions;       /* how many there is room for */
} Lanes;

/* Rows that each token writes over; every block uses the same. */
typedef struct {
    real *x, *normed, *q, *heads, *part; /* (C) rows */
    real *hidden;                        /* (F) rows */
    real *scores;                        /* (positions) rows */
    real *logits;                        /* (V) rows */
    real *sums;                          /* (V) rows, running sums of exp(logits) */
} LanesWork;

#define DECLARE(isa)                                                                   \
    void read_##isa(const glassgpt *g, const Lanes *lanes, const LanesWork *work,      \
                    const int *tokens, int position);                                  \
    void pick_##isa(const LanesWork *work, int V, double temperature,                  \
                    const double *drawn, int *picked);                                 \
    void surprises_##isa(const LanesWork *work, int V, const int *targets,             \
                         double *losses);
/* read: tokens (ABREAST,), all at one position; work->logits are then of the next.
   pick: the token that `drawn` (ABREAST,), from 0 to below 1, picks at a temperature
   above 0, to picked (ABREAST,); -1 where the probabilities are not numbers.
   surprises: -ln p of targets (ABREAST,), to losses (ABREAST,). */
DECLARE(baseline)
DECLARE(avx2)
DECLARE(avx512)
#undef DECLARE

#endif
