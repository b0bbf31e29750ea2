/* Where everything lies that many documents need side by side. */
#include "base/workspace.h"

enum { ALIGNMENT = 64 };

static int blocks_for(int count) {
    const int most = count < DECODE_BATCH ? count : DECODE_BATCH;
    return (most + BATCH_LANES - 1) / BATCH_LANES;
}

/* How many numbers the rows of a model take: shared ones, and those of each block. */
static double shared_numbers(const Sizes *s, int positions) {
    return BATCH_LANES * (5.0 * s->C + s->F + positions + 2.0 * s->V);
}
static double block_numbers(const Sizes *s, int positions) {
    return BATCH_LANES * 2.0 * s->L * positions * s->C;
}

size_t glassgpt_workspace_size(const glassgpt *g, int count, int positions) {
    if (count < 1 || positions < 1) return 0;
    if (g->model != GPT) return sizeof(Workspace) + ALIGNMENT;
    const Sizes *s = &g->sizes;
    const int used = positions < s->T ? positions : s->T;
    const double rows =
        shared_numbers(s, used) + blocks_for(count) * block_numbers(s, used);
    const double bytes = rows * sizeof(real) + sizeof(Workspace) + 2 * ALIGNMENT;
    return bytes < (double)(SIZE_MAX / 2) ? (size_t)bytes : 0;
}

static real *take(real **next, size_t rows) {
    real *taken = *next;
    *next += rows * BATCH_LANES;
    return taken;
}

static char *aligned(void *memory) {
    const uintptr_t past = (uintptr_t)memory % ALIGNMENT;
    return (char *)memory + (past ? ALIGNMENT - past : 0);
}

Workspace *lay_out_workspace(const glassgpt *g, void *memory, int count,
                             int positions) {
    const Sizes s = g->sizes;
    Workspace *ws = (Workspace *)aligned(memory);
    real *next = (real *)aligned(ws + 1);
    const size_t used = (size_t)(positions < s.T ? positions : s.T);
    ws->count = blocks_for(count);
    if (g->model != GPT) return ws;
    DecodeWork *work = &ws->work;
    real **const of_C[] = {&work->x, &work->normed, &work->q, &work->heads,
                           &work->branch};
    for (int i = 0; i < 5; i++) *of_C[i] = take(&next, (size_t)s.C);
    work->hidden = take(&next, (size_t)s.F);
    work->scores = take(&next, used);
    work->logits = take(&next, (size_t)s.V);
    work->sums = take(&next, (size_t)s.V);
    for (int b = 0; b < ws->count; b++) {
        KVCache *cache = &ws->caches[b];
        cache->positions = (int)used;
        cache->keys = take(&next, (size_t)s.L * used * s.C);
        cache->values = take(&next, (size_t)s.L * used * s.C);
    }
    return ws;
}
