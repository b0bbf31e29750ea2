/* Many documents abreast, on vectors: lanes.h says how they lie.

   The plain loops of core/gpt.c go through one document's numbers, whose dot products
   are short and end in sums across a vector. Here a vector is documents, and a dot
   product is a chain of multiply and add for all of them. */
#ifndef GLASSGPT_SIMD_BATCH_H
#define GLASSGPT_SIMD_BATCH_H

#include "base/maths.h"
#include "simd/lanes.h"
#include "simd/maths.h"
#include "simd/products.h"

/* As many sums of rows at once as the registers hold, beside a row of x. */
enum { ROW_VECTORS = BATCH_LANES / LANES };
enum { ROWS_AT_ONCE = ROW_VECTORS == 1 ? 12 : ROW_VECTORS == 2 ? 6 : 2 };

/* A row of numbers, in registers. */
typedef struct {
    vec vector[ROW_VECTORS];
} Row;

#define EACH_VECTOR UNROLL for (int v = 0; v < ROW_VECTORS; v++)

INLINE Row row_at(const real *rows, int i) {
    Row row;
    EACH_VECTOR row.vector[v] = load(rows + (size_t)i * BATCH_LANES + v * LANES);
    return row;
}
INLINE void put_row(real *rows, int i, Row row) {
    EACH_VECTOR store(rows + (size_t)i * BATCH_LANES + v * LANES, row.vector[v]);
}
INLINE Row row_of(real x) {
    Row row;
    EACH_VECTOR row.vector[v] = splat(x);
    return row;
}
INLINE Row times(Row a, Row b) {
    EACH_VECTOR a.vector[v] *= b.vector[v];
    return a;
}
INLINE Row plus_product(Row sum, Row a, Row b) {
    EACH_VECTOR sum.vector[v] = multiply_add(a.vector[v], b.vector[v], sum.vector[v]);
    return sum;
}
INLINE Row larger_row(Row a, Row b) {
    EACH_VECTOR a.vector[v] = larger(a.vector[v], b.vector[v]);
    return a;
}

/* `rows` rows of y = w x, which stay in registers; x (columns) rows, w (rows, columns)
   */
INLINE void lane_rows(real *y, const real *x, const real *w, int columns,
                      const int rows) {
    Row sum[ROWS_AT_ONCE];
    UNROLL for (int r = 0; r < rows; r++) sum[r] = row_of(0);
    _Pragma("GCC unroll 4") for (int j = 0; j < columns; j++) {
        const Row xj = row_at(x, j);
        UNROLL for (int r = 0; r < rows; r++)
            sum[r] = plus_product(sum[r], xj, row_of(w[(size_t)r * columns + j]));
    }
    UNROLL for (int r = 0; r < rows; r++) put_row(y, r, sum[r]);
}

/* y = w x; x (columns) rows, y (rows) rows, w (rows, columns) */
INLINE void product(real *y, const real *x, const real *w, int rows, int columns) {
    while (rows > 0) {
        const int some = rows < ROWS_AT_ONCE ? rows : ROWS_AT_ONCE;
#define ROWS(count)                                                                    \
    case count: lane_rows(y, x, w, columns, count); break;
        switch (some) {
            ROWS(1) ROWS(2)
#if VECTOR_BYTES > 16
            ROWS(3) ROWS(4) ROWS(5) ROWS(6)
#endif
#if VECTOR_BYTES > 32
            ROWS(7) ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12)
#endif
        }
#undef ROWS
        y += (size_t)some * BATCH_LANES, w += (size_t)some * columns, rows -= some;
    }
}

/* y = x (mean(x^2) + eps)^-0.5, x and y (C) rows */
INLINE void norm_rows(const glassgpt *g, real *y, const real *x, int C) {
    Row scale = row_of(0);
    for (int i = 0; i < C; i++) {
        const Row xi = row_at(x, i);
        scale = plus_product(scale, xi, xi);
    }
    EACH_VECTOR scale.vector[v] =
        splat(1) /
        square_root(scale.vector[v] / splat((real)C) + splat((real)g->config.rms_eps));
    if (is_without(g, WITHOUT_NORMS)) scale = row_of(1);
    for (int i = 0; i < C; i++) put_row(y, i, times(row_at(x, i), scale));
}

/* x += branch; where residuals are left out, x = branch */
INLINE void add_residual(const glassgpt *g, real *x, const real *branch, int C) {
    const Row kept = row_of(is_without(g, WITHOUT_RESIDUALS) ? 0 : 1);
    for (int i = 0; i < C; i++)
        put_row(x, i, plus_product(row_at(branch, i), row_at(x, i), kept));
}

/* x (C) rows from a row of wte for each document: rows become columns. */
INLINE void gather(real *x, const real *wte, const int *tokens, int C) {
    if (C % LANES) {
        for (int d = 0; d < BATCH_LANES; d++)
            for (int i = 0; i < C; i++)
                x[(size_t)i * BATCH_LANES + d] = wte[(size_t)tokens[d] * C + i];
        return;
    }
    for (int d = 0; d < BATCH_LANES; d += LANES)
        for (int i = 0; i < C; i += LANES) {
            vec block[LANES];
            UNROLL for (int l = 0; l < LANES; l++)
                block[l] = load(wte + (size_t)tokens[d + l] * C + i);
            transpose_lanes(block);
            UNROLL for (int l = 0; l < LANES; l++)
                store(x + (size_t)(i + l) * BATCH_LANES + d, block[l]);
        }
}

INLINE void embed_tokens(const glassgpt *g, real *x, const int *tokens, int position,
                         int C) {
    const Tensors w = tensors_at(g, g->weights, 0);
    gather(x, w.wte, tokens, C);
    if (is_without(g, WITHOUT_POSITIONS)) return;
    for (int i = 0; i < C; i++) {
        Row sum = row_at(x, i);
        EACH_VECTOR sum.vector[v] += splat(w.wpe[(size_t)position * C + i]);
        put_row(x, i, sum);
    }
}

/* One head: D rows of q, and of keys and values C rows apart, for `count` positions. */
INLINE void attend(real *heads, real *scores, const real *q, const real *keys,
                   const real *values, int C, int D, int count, real scale_of_scores) {
    Row top = row_of(-__builtin_inff());
    for (int s = 0; s < count; s++) {
        Row sum = row_of(0);
        for (int i = 0; i < D; i++)
            sum = plus_product(sum, row_at(q, i), row_at(keys, s * C + i));
        sum = times(sum, row_of(scale_of_scores));
        put_row(scores, s, sum);
        top = larger_row(top, sum);
    }
    Row total = row_of(0);
    for (int s = 0; s < count; s++) {
        Row exps = row_at(scores, s);
        EACH_VECTOR exps.vector[v] = exponential(exps.vector[v] - top.vector[v]);
        EACH_VECTOR total.vector[v] += exps.vector[v];
        put_row(scores, s, exps);
    }
    EACH_VECTOR total.vector[v] = splat(1) / total.vector[v];
    for (int i = 0; i < D; i++) {
        Row sum = row_of(0);
        for (int s = 0; s < count; s++)
            sum = plus_product(sum, row_at(scores, s), row_at(values, s * C + i));
        put_row(heads, i, times(sum, total));
    }
}

INLINE void attention_rows(const glassgpt *g, const KVCache *lanes,
                           const DecodeWork *work, Tensors w, int layer, int position,
                           int C, int D) {
    const size_t start = (size_t)layer * lanes->positions * C * BATCH_LANES;
    real *keys = lanes->keys + start, *values = lanes->values + start;
    const size_t here = (size_t)position * C * BATCH_LANES;
    const int scaled = !is_without(g, WITHOUT_SCALE);
    const real scale_of_scores = scaled ? 1 / real_sqrt((real)D) : 1;
    norm_rows(g, work->normed, work->x, C);
    product(work->q, work->normed, w.attn_wq, C, C);
    product(keys + here, work->normed, w.attn_wk, C, C);
    product(values + here, work->normed, w.attn_wv, C, C);
    for (int i = 0; i < C; i += D) {
        const size_t own = (size_t)i * BATCH_LANES;
        attend(work->heads + own, work->scores, work->q + own, keys + own, values + own,
               C, D, position + 1, scale_of_scores);
    }
    product(work->branch, work->heads, w.attn_wo, C, C);
    add_residual(g, work->x, work->branch, C);
}

INLINE void mlp_rows(const glassgpt *g, const DecodeWork *work, Tensors w, int C,
                     int F) {
    norm_rows(g, work->normed, work->x, C);
    product(work->hidden, work->normed, w.mlp_fc1, F, C);
    for (int i = 0; i < F; i++)
        put_row(work->hidden, i, larger_row(row_at(work->hidden, i), row_of(0)));
    product(work->branch, work->hidden, w.mlp_fc2, C, F);
    add_residual(g, work->x, work->branch, C);
}

INLINE void decode_tokens(const glassgpt *g, const KVCache *lanes,
                          const DecodeWork *work, const int *tokens, int position,
                          int C, int D, int F) {
    const int without = g->config.without;
    embed_tokens(g, work->x, tokens, position, C);
    norm_rows(g, work->x, work->x, C);
    for (int layer = 0; layer < g->sizes.L; layer++) {
        const Tensors w = tensors_at(g, g->weights, layer);
        if (!(without & WITHOUT_ATTENTION))
            attention_rows(g, lanes, work, w, layer, position, C, D);
        if (!(without & WITHOUT_MLP)) mlp_rows(g, work, w, C, F);
    }
    product(work->logits, work->x, tensors_at(g, g->weights, 0).lm_head, g->sizes.V, C);
}

void FOR_ISA(decode)(const glassgpt *g, const KVCache *lanes, const DecodeWork *work,
                     const int *tokens, int position) {
    const Sizes s = g->sizes;
    /* the lessons' size, for which the compiler can write out the loops */
    if (s.C == LESSONS_C && s.D == 4)
        decode_tokens(g, lanes, work, tokens, position, LESSONS_C, 4, 4 * LESSONS_C);
    else decode_tokens(g, lanes, work, tokens, position, s.C, s.D, s.F);
}

/* The largest of V logits. */
INLINE Row largest_row(const real *logits, int V) {
    Row top = row_at(logits, 0);
    for (int i = 1; i < V; i++) top = larger_row(row_at(logits, i), top);
    return top;
}

/* Running sums of e^((logit - top) / temperature), to work->sums; the last of them. */
INLINE Row running_sums(const DecodeWork *work, int V, real inv_temperature, Row top) {
    Row total = row_of(0);
    for (int i = 0; i < V; i++) {
        const Row logit = row_at(work->logits, i);
        EACH_VECTOR total.vector[v] +=
            exponential((logit.vector[v] - top.vector[v]) * splat(inv_temperature));
        put_row(work->sums, i, total);
    }
    return total;
}

void FOR_ISA(sample)(const DecodeWork *work, int V, double temperature,
                     const double *drawn, int *picked) {
    const Row top = largest_row(work->logits, V);
    const Row total = running_sums(work, V, (real)(1 / temperature), top);
    /* the point must stay below the last sum, also where real has fewer digits */
    const real most = sizeof(real) == 4 ? (real)(1 - 0x1p-24) : (real)(1 - 0x1p-53);
    real points[BATCH_LANES], totals[BATCH_LANES];
    for (int d = 0; d < BATCH_LANES; d++)
        points[d] = drawn[d] < (double)most ? (real)drawn[d] : most;
    const Row point = times(row_at(points, 0), total);
    put_row(totals, 0, total);
    EACH_VECTOR {
        mask passed = {0}; /* the first whose sum is above the point */
        for (int i = 0; i < V; i++)
            passed -= row_at(work->sums, i).vector[v] <= point.vector[v];
        for (int l = 0; l < LANES; l++) picked[v * LANES + l] = (int)passed[l];
    }
    for (int d = 0; d < BATCH_LANES; d++)
        if (!is_finite((double)totals[d])) picked[d] = -1;
}

void FOR_ISA(surprisals)(const DecodeWork *work, int V, const int *targets,
                         double *losses) {
    real tops[BATCH_LANES], totals[BATCH_LANES];
    put_row(tops, 0, largest_row(work->logits, V));
    put_row(totals, 0, running_sums(work, V, 1, row_at(tops, 0)));
    for (int d = 0; d < BATCH_LANES; d++) {
        const real logit = work->logits[(size_t)targets[d] * BATCH_LANES + d];
        losses[d] = (double)(real_log(totals[d]) - (logit - tops[d]));
    }
}

#endif
