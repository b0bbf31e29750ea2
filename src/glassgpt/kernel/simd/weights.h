/* The gradients of weights, and what becomes of them.

   When all gradients of inputs are known, a matrix needs nothing but two arrays: what
   went in, x, and how the loss moves with what came out, dy. So its gradient can be
   used up at once, a tile at a time, while it is in registers: weights, m and v move,
   the gradient never reaches memory, and the weights are transposed before they leave.
   */
#ifndef GLASSGPT_SIMD_WEIGHTS_H
#define GLASSGPT_SIMD_WEIGHTS_H

#include "isa/dispatch.h"
#include "simd/optimizers.h"
#include "simd/products.h"

/* A matrix in memory, or what begins inside it: `row` numbers from a row to the next.
   */
typedef struct {
    real *at;
    size_t row;
} View;

INLINE View view_from(View whole, size_t numbers) {
    return (View){whole.at + numbers, whole.row};
}

/* What becomes of a gradient. */
enum { STORED = 16, ADDED = 17 }; /* or SGD, ADAM, ...: the weights move by it */
typedef struct {
    int kind;
    size_t P; /* from a weight to its gradient, from there to its m, and on to its v */
    const Rates *rates;
} GradSink;

INLINE WeightState state_of(const real *dw, GradSink use) {
    return (WeightState){(real *)dw - use.P, 2 * use.P, 3 * use.P};
}

/* A tile of LANES rows can be transposed in registers; with fewer lanes than 8 there
   are registers for two vectors of each. */
enum { TILE_ROWS = LANES < 4 ? 4 : LANES, TILE_VECTORS = LANES < 8 ? 2 : 1 };

/* The gradient `sum` of a tile is stored, or its weights move by it and come out in its
   place. */
INLINE void use_tile(View dw, Sums *sum, const int rows, const int vectors,
                     GradSink use, const int kind) {
    WeightState to = state_of(dw.at, use);
    if (kind >= STORED) {
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < vectors; v++)
                store(dw.at + r * dw.row + v * LANES, sum[r][v]);
    } else if (vectors == 2 || NEWTON_STEPS > 0) {
        UNROLL for (int r = 0; r < rows; r++) {
            update_vectors(to, LANES, sum[r], vectors, use.rates, kind);
            ADVANCE(to.w, dw.row);
        }
    } else {
        UNROLL for (int r = 0; r < rows; r += 2) {
            const int count = r + 1 < rows ? 2 : 1;
            vec pair[2] = {sum[r][0], sum[r + count - 1][0]};
            update_vectors(to, dw.row, pair, count, use.rates, kind);
            sum[r][0] = pair[0];
            if (count == 2) sum[r + 1][0] = pair[1];
            ADVANCE(to.w, 2 * dw.row);
        }
    }
}

/* A tile of weights, transposed: LANES rows of it are a block of columns. */
INLINE void transpose_tile(View transposed, const Sums *w, const int rows,
                           const int vectors) {
    UNROLL for (int v = 0; v < vectors; v++)
        UNROLL for (int r = 0; r + LANES <= rows; r += LANES) {
            vec block[LANES];
            UNROLL for (int l = 0; l < LANES; l++) block[l] = w[r + l][v];
            transpose_lanes(block);
            real *to = transposed.at + v * LANES * transposed.row + r;
            UNROLL for (int l = 0; l < LANES; l++) {
                store(to, block[l]);
                ADVANCE(to, transposed.row);
            }
        }
}

/* A root of float64 takes twice as long as one of float32, what needs it waits, and a
   machine can look past only so much that waits. So Adam moves a tile in two halves: m
   and v, whose roots are put aside; and, when they are long there and the next tile has
   begun, the weights. */
enum { SPLIT_ADAM = sizeof(real) == 8 && !APPROX_SQRT };
enum { TILE_SIZE = TILE_ROWS * TILE_VECTORS * LANES };

/* A tile that waits for its second half; none while w is NULL. */
typedef struct {
    WeightState to;
    View transposed;
    real *roots, *next_roots; /* its own (TILE_SIZE,), and memory for the next tile's */
} PendingTile;

INLINE void adam_moments(WeightState to, size_t row, const Sums *sum, real *roots,
                         const Rates *r) {
    const vec beta1 = r->beta1, beta2 = r->beta2;
    UNROLL for (int i = 0; i < TILE_ROWS; i++) {
        UNROLL for (int c = 0; c < TILE_VECTORS; c++) {
            const vec grad = sum[i][c];
            real *m = to.w + to.to_m + c * LANES, *v = to.w + to.to_v + c * LANES;
            store(m, ema(beta1, load(m), grad));
            const vec square = ema(beta2, load(v), grad * grad);
            store(v, square);
            store(roots + (i * TILE_VECTORS + c) * LANES, fast_sqrt(square));
        }
        ADVANCE(to.w, row);
    }
}

INLINE void adam_apply(PendingTile *tile, size_t row, const Rates *r) {
    const vec inv_rate = r->inv_rate, eps = r->eps;
    const real *roots = tile->roots;
    WeightState to = tile->to;
    Tile w;
    UNROLL for (int i = 0; i < TILE_ROWS; i++) {
        vec change[TILE_VECTORS], root[TILE_VECTORS];
        UNROLL for (int c = 0; c < TILE_VECTORS; c++) {
            root[c] = load(roots + (i * TILE_VECTORS + c) * LANES);
            change[c] = load(to.w + to.to_m + c * LANES);
            w[i][c] = load(to.w + c * LANES);
        }
        subtract_scaled(w[i], change, root, TILE_VECTORS, inv_rate, eps);
        UNROLL for (int c = 0; c < TILE_VECTORS; c++) store(to.w + c * LANES, w[i][c]);
        ADVANCE(to.w, row);
    }
    transpose_tile(tile->transposed, w, TILE_ROWS, TILE_VECTORS);
    tile->to.w = NULL;
}

INLINE void one_tile(View dw, View dy, const real *x, int n, const int rows,
                     const int vectors, View transposed, GradSink use, const int kind,
                     PendingTile *pending) {
    Tile sum;
    sums(sum, kind == ADDED ? dw.at : NULL, dw.row, dy.at, dy.row, TRANSPOSE, x, dw.row,
         n, rows, vectors);
    if (SPLIT_ADAM && kind == ADAM && rows == TILE_ROWS && vectors == TILE_VECTORS) {
        const WeightState to = state_of(dw.at, use);
        real *const roots = pending->next_roots;
        adam_moments(to, dw.row, sum, roots, use.rates);
        if (pending->to.w) adam_apply(pending, dw.row, use.rates);
        *pending = (PendingTile){to, transposed, roots, pending->roots};
        return;
    }
    use_tile(dw, sum, rows, vectors, use, kind);
    if (kind < STORED && rows % LANES == 0)
        transpose_tile(transposed, sum, rows, vectors);
}

/* Some rows of a matrix: dw (rows, columns) from dy (n, rows) and x (n, columns) */
INLINE void some_rows(View dw, View dy, const real *x, int n, const int rows,
                      View transposed, GradSink use, const int kind,
                      PendingTile *pending) {
    const int columns = (int)dw.row;
    int at = 0;
    for (; at + TILE_VECTORS * LANES <= columns; at += TILE_VECTORS * LANES)
        one_tile(view_from(dw, at), dy, x + at, n, rows, TILE_VECTORS,
                 view_from(transposed, at * transposed.row), use, kind, pending);
    if (at < columns)
        one_tile(view_from(dw, at), dy, x + at, n, rows, 1,
                 view_from(transposed, at * transposed.row), use, kind, pending);
    if (kind < STORED && rows % LANES)
        transpose(transposed.at, transposed.row, state_of(dw.at, use).w, dw.row, rows,
                  columns);
}

INLINE void all_rows(real *dw, View dy, const real *x, int n, int rows, int columns,
                     real *transposed, GradSink use, const int kind) {
    real roots[2 * TILE_SIZE];
    PendingTile last = {
        .to = {NULL, 0, 0}, .roots = roots, .next_roots = roots + TILE_SIZE};
    int r = 0;
    while (r < rows) {
        View to;
        to.at = in_panels(transposed, r, columns, (int)dy.row, &to.row);
        const View at = {dw + (size_t)r * columns, (size_t)columns};
        const View from = view_from(dy, (size_t)r);
        const int rest = rows - r;
#define SOME(count)                                                                    \
    if (rest >= count) {                                                               \
        some_rows(at, from, x, n, count, to, use, kind, &last);                        \
        r += count;                                                                    \
        continue;                                                                      \
    }
        SOME(TILE_ROWS)
        SOME(4)
        SOME(2)
        SOME(1)
#undef SOME
    }
    if (SPLIT_ADAM && kind == ADAM && last.to.w)
        adam_apply(&last, (size_t)columns, use.rates);
}

/* A function for each use: a browser compiles them one by one, when they are called. */
#define WEIGHTS(kind)                                                                  \
    NOINLINE void weights_##kind(real *dw, View dy, const real *x, int n, int rows,    \
                                 int columns, real *transposed, GradSink use) {        \
        all_rows(dw, dy, x, n, rows, columns, transposed, use, kind);                  \
    }
WEIGHTS(STORED)
WEIGHTS(ADDED)
WEIGHTS(SGD)
WEIGHTS(ADAM)
#undef WEIGHTS

/* dw (rows, columns) = dy^T x: a linear layer's, from n positions. Where the weights
   move, `transposed` are they in panels; its rows are dy's. */
static void weight_gradient(real *dw, real *dy, int dy_row, const real *x, int n,
                            int rows, int columns, real *transposed, GradSink use) {
    const View from = {dy, (size_t)dy_row};
#define CASE(kind)                                                                     \
    case kind: weights_##kind(dw, from, x, n, rows, columns, transposed, use); break;
    switch (use.kind) {
        CASE(STORED) CASE(ADDED) CASE(SGD) CASE(ADAM)
    }
#undef CASE
}

/* Rows of an embedding (rows, columns) from dx (n, columns): row[t] hears of position
   t, or with row NULL row t does. */
NOINLINE void embedding_gradient(real *dw, const real *dx, const int *row, int n,
                                 int rows, int columns, GradSink use) {
    const size_t count = (size_t)rows * (size_t)columns;
    if (use.kind != ADDED)
        for (size_t i = 0; i < count; i += LANES) store(dw + i, splat(0));
    for (int t = 0; t < n; t++, dx += columns) {
        real *to = dw + (size_t)(row ? row[t] : t) * columns;
        for (int i = 0; i < columns; i += LANES)
            store(to + i, load(to + i) + load(dx + i));
    }
    if (use.kind < STORED)
        update_tensor(state_of(dw, use), dw, count, use.rates, use.kind);
}

#endif
