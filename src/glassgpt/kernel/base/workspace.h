/* The memory in which many documents are worked on side by side.

   Each document has a slot: a lane of a block (simd/lanes.h). A block's key-value cache
   holds the BATCH_LANES documents in it. */
#ifndef GLASSGPT_WORKSPACE_H
#define GLASSGPT_WORKSPACE_H

#include "simd/lanes.h"

enum { MOST_BLOCKS = DECODE_BATCH / BATCH_LANES };

/* What lies in the caller's workspace. */
typedef struct {
    DecodeWork work;
    int count; /* blocks */
    KVCache caches[MOST_BLOCKS];
    int used[MOST_BLOCKS];                   /* documents that are in it */
    int document[MOST_BLOCKS * BATCH_LANES]; /* which has this slot; -1 for none */
    int token[MOST_BLOCKS * BATCH_LANES];    /* to be read next */
    int slot[DECODE_BATCH];                  /* of each document; -1 when finished */
    double drawn[MOST_BLOCKS * BATCH_LANES];
} Workspace;

/* Lays it out in `memory`, of glassgpt_workspace_size(g, count, positions) bytes. */
Workspace *lay_out_workspace(const glassgpt *g, void *memory, int count, int positions);

#endif
