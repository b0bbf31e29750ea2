/* The gradients of weights, and what becomes of them.

   When all gradients of inputs are known, a matrix needs nothing but two arrays: what
   went in, x, and how the loss moves with what came out, dy. So its gradient can be
   used up at once, a tile at a time, while it is in registers: weights, m and v move,
   and the gradient never reaches memory. That takes a fifth off a step of float64 at
   n_embd 16, and a tenth off one of float32. */
#ifndef GLASSGPT_FAST_WEIGHTS_H
#define GLASSGPT_FAST_WEIGHTS_H

#include "fast.h"
#include "fast_products.h"
#include "fast_update.h"

/* What becomes of a gradient. */
enum { STORED = 16, ADDED = 17 }; /* or SGD, ADAM, ...: the weights move by it */
typedef struct {
    int what;
    size_t P; /* from a weight to its gradient, from there to its m, and on to its v */
    const Rates *rates;
} Use;

INLINE Moved moved_by(const real *dw, Use use) {
    real *at = (real *)dw;
    return (Moved){at - use.P, at + use.P, at + 2 * use.P};
}

INLINE void use_tile(real *dw, size_t row, Tile sum, const int rows, const int vectors,
                     Use use, const int what) {
    const Moved to = moved_by(dw, use);
    if (what >= STORED) {
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < vectors; v++)
                store(dw + r * row + v * LANES, sum[r][v]);
    } else if (vectors == 2) {
        UNROLL for (int r = 0; r < rows; r++)
            move_weights(to, r * row, LANES, sum[r], 2, use.rates, what);
    } else {
        UNROLL for (int r = 0; r < rows; r += 2) {
            const vec pair[2] = {sum[r][0], sum[r + (r + 1 < rows)][0]};
            move_weights(to, r * row, row, pair, r + 1 < rows ? 2 : 1, use.rates, what);
        }
    }
}

/* Some rows of a matrix: dw (rows, columns) from dy (n, rows) and x (n, columns) */
INLINE void some_rows(real *dw, const real *dy, size_t dy_row, const real *x, int n,
                      const int rows, int columns, Use use, const int what) {
    const size_t row = (size_t)columns;
    Tile sum;
    int at = 0;
    for (; at + 2 * LANES <= columns; at += 2 * LANES) {
        sums(sum, what == ADDED ? dw + at : NULL, row, dy, 1, dy_row, x + at, row, n,
             rows, 2);
        use_tile(dw + at, row, sum, rows, 2, use, what);
    }
    if (at == columns) return;
    sums(sum, what == ADDED ? dw + at : NULL, row, dy, 1, dy_row, x + at, row, n, rows,
         1);
    use_tile(dw + at, row, sum, rows, 1, use, what);
}

INLINE void all_rows(real *dw, const real *dy, size_t dy_row, const real *x, int n,
                     int rows, int columns, Use use, const int what) {
    const size_t row = (size_t)columns;
    int r = 0;
    for (; r + 4 <= rows; r += 4)
        some_rows(dw + r * row, dy + r, dy_row, x, n, 4, columns, use, what);
    for (; r + 2 <= rows; r += 2)
        some_rows(dw + r * row, dy + r, dy_row, x, n, 2, columns, use, what);
    if (r < rows) some_rows(dw + r * row, dy + r, dy_row, x, n, 1, columns, use, what);
}

/* dw (rows, columns) = dy^T x: a linear layer's, from n positions. */
NOINLINE void weight_gradient(real *dw, const real *dy, size_t dy_row, const real *x,
                              int n, int rows, int columns, Use use) {
    if (use.what == STORED) all_rows(dw, dy, dy_row, x, n, rows, columns, use, STORED);
    if (use.what == ADDED) all_rows(dw, dy, dy_row, x, n, rows, columns, use, ADDED);
    if (use.what == SGD) all_rows(dw, dy, dy_row, x, n, rows, columns, use, SGD);
    if (use.what == ADAM) all_rows(dw, dy, dy_row, x, n, rows, columns, use, ADAM);
}

/* Rows of an embedding (rows, columns) from dx (n, columns): row[t] hears of position
   t, or with row NULL row t does. */
NOINLINE void embedding_gradient(real *dw, const real *dx, const int *row, int n,
                                 int rows, int columns, Use use) {
    const size_t count = (size_t)rows * (size_t)columns;
    if (use.what != ADDED)
        for (size_t i = 0; i < count; i += LANES) store(dw + i, splat(0));
    for (int t = 0; t < n; t++, dx += columns) {
        real *to = dw + (size_t)(row ? row[t] : t) * columns;
        for (int i = 0; i < columns; i += LANES)
            store(to + i, load(to + i) + load(dx + i));
    }
    if (use.what < STORED)
        move_tensor(moved_by(dw, use), dw, count, use.rates, use.what);
}

#endif
