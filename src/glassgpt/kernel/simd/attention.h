/* Attention with queries in the lanes.

   A row is a key, a lane is a query, so that softmax goes down the rows and never
   across a vector. All sums are products of products.h: a head's keys times its
   queries, its values times the weights. For them queries lie transposed, (C, N), and
   what comes out does, too. Lanes past the last query hold numbers without meaning,
   which stay in them. */
#ifndef GLASSGPT_SIMD_ATTENTION_H
#define GLASSGPT_SIMD_ATTENTION_H

#include "isa/dispatch.h"
#include "simd/maths.h"
#include "simd/products.h"

/* One head and the queries from `from` on, LANES of them, against the keys below
   `keys`. Rows of scores and of what is transposed are N apart, rows of what is not are
   `width`. */
typedef struct {
    int N, width, D, from, keys, masked;
    real scale; /* scores are multiplied by it */
} Block;

/* y (rows, LANES) = a b, for any number of rows */
INLINE void rows_product(real *y, const real *a, size_t a_row, const int layout,
                         const real *b, int N, int terms, int rows) {
    const size_t next = layout == NO_TRANSPOSE ? a_row : 1;
    int r = 0;
    for (; r + 4 <= rows; r += 4)
        tile(y + r * N, N, NULL, a + r * next, a_row, layout, b, N, terms, 4, 1);
    for (; r < rows; r++)
        tile(y + r * N, N, NULL, a + r * next, a_row, layout, b, N, terms, 1, 1);
}

#define UNSEEN(lane) (-__builtin_inff())
/* What keeps the lanes below `count` from a key: of -infinity, softmax makes 0. */
INLINE vec hidden_from(int count) {
    static const real hidden[2 * LANES] = {EACH_LANE(UNSEEN)};
    return load(hidden + LANES - count);
}

/* weights (keys, LANES): from scores to softmax */
INLINE void softmax_down(real *weights, const Block *at) {
    const int seen_by_all = at->masked ? at->from + 1 : at->keys;
    vec top = load(weights), total = splat(0);
    for (int s = 1; s < seen_by_all; s++) top = larger(load(weights + s * at->N), top);
    for (int s = seen_by_all; s < at->keys; s++) {
        const vec score = load(weights + s * at->N) + hidden_from(s - at->from);
        store(weights + s * at->N, score);
        top = larger(score, top);
    }
    for (int s = 0; s < at->keys; s++) {
        const vec score = load(weights + s * at->N);
        const vec grown = exponential((score - top) * splat(at->scale));
        store(weights + s * at->N, grown);
        total += grown;
    }
    const vec loss_scale = splat(1) / total;
    for (int s = 0; s < at->keys; s++)
        store(weights + s * at->N, load(weights + s * at->N) * loss_scale);
}

/* dscores (keys, LANES): from the gradient of the weights to that of the scores */
INLINE void softmax_down_backward(real *dscores, const real *weights, const Block *at) {
    vec mean = splat(0);
    for (int s = 0; s < at->keys; s++)
        mean = multiply_add(load(weights + s * at->N), load(dscores + s * at->N), mean);
    for (int s = 0; s < at->keys; s++) {
        const vec centered = load(dscores + s * at->N) - mean;
        store(dscores + s * at->N,
              load(weights + s * at->N) * splat(at->scale) * centered);
    }
}

/* How many keys the queries of a block look at. */
INLINE int keys_of(const Block *at, int n) {
    const int end = at->from + LANES;
    return at->masked && end < n ? end : n;
}

/* heads (n, C), and weights (H, N, N), from qkv (n, 3 C) */
INLINE void attention_forward(const Scratch *s, Block at, int n) {
    const int C = at.width / 3, D = at.D, N = at.N,
              lanes_up = (n + LANES - 1) / LANES * LANES;
    transpose(s->transposed_rows, N, s->qkv, at.width, lanes_up, C);
    for (int h = 0; h < C / D; h++) {
        const real *queries = s->transposed_rows + h * D * N;
        const real *keys = s->qkv + C + h * D, *values = keys + C;
        real *weights = s->weights + (size_t)h * N * N,
             *out = s->transposed_out + h * D * N;
        for (at.from = 0; at.from < n; at.from += LANES) {
            at.keys = keys_of(&at, n);
            rows_product(weights + at.from, keys, at.width, NO_TRANSPOSE,
                         queries + at.from, N, D, at.keys);
            softmax_down(weights + at.from, &at);
            rows_product(out + at.from, values, at.width, TRANSPOSE, weights + at.from,
                         N, at.keys, D);
        }
    }
    transpose(s->heads, C, s->transposed_out, N, C, lanes_up);
}

/* From dheads (n, C) to dqkv (n, 3 C). What the keys and values hear comes from queries
   as rows: so weights and dscores are transposed, too, block by block. */
INLINE void attention_backward(const Scratch *s, Block at, int n) {
    const int C = at.width / 3, D = at.D, N = at.N,
              lanes_up = (n + LANES - 1) / LANES * LANES;
    transpose(s->transposed_rows, N, s->dheads, C, lanes_up, C);
    for (int h = 0; h < C / D; h++) {
        const real *dheads = s->dheads + h * D,
                   *dheads_transposed = s->transposed_rows + h * D * N;
        const real *queries = s->qkv + h * D, *keys = queries + C, *values = keys + C;
        const real *weights = s->weights + (size_t)h * N * N;
        real *dq = s->transposed_out + h * D * N, *dk = dq + C * N, *dv = dk + C * N;
        for (at.from = 0; at.from < n; at.from += LANES) {
            at.keys = keys_of(&at, n);
            rows_product(s->dscores + at.from, values, at.width, NO_TRANSPOSE,
                         dheads_transposed + at.from, N, D, at.keys);
            softmax_down_backward(s->dscores + at.from, weights + at.from, &at);
            rows_product(dq + at.from, keys, at.width, TRANSPOSE, s->dscores + at.from,
                         N, at.keys, D);
        }
        for (int key = 0; key < n; key += LANES) {
            const int first = at.masked ? key : 0; /* the first query that sees it */
            for (int t = first; t < n; t += LANES) {
                transpose_block(s->transposed_dscores + t * N + key, N,
                                s->dscores + key * N + t, N);
                transpose_block(s->transposed_weights + t * N + key, N,
                                weights + key * N + t, N);
            }
            rows_product(dk + key, queries + first * at.width, at.width, TRANSPOSE,
                         s->transposed_dscores + first * N + key, N, n - first, D);
            rows_product(dv + key, dheads + first * C, C, TRANSPOSE,
                         s->transposed_weights + first * N + key, N, n - first, D);
        }
    }
    transpose(s->dqkv, at.width, s->transposed_out, N, 3 * C, lanes_up);
}

/* The same at the lessons' size, for which the compiler can write out the loops. */
#define OF_SIZE(function)                                                              \
    NOINLINE void simd_##function(const Scratch *s, Block at, int n) {                 \
        const Block lessons = {                                                        \
            .N = 16, .width = 3 * LESSONS_C, .D = 4, .scale = 0.5, .masked = 1};       \
        if (at.N == lessons.N && at.width == lessons.width && at.D == lessons.D &&     \
            at.scale == lessons.scale && at.masked)                                    \
            function(s, lessons, n);                                                   \
        else function(s, at, n);                                                       \
    }
OF_SIZE(attention_forward)
OF_SIZE(attention_backward)
#undef OF_SIZE

#endif
