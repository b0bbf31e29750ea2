/* The gradients of weights, and what becomes of them.

   When all gradients of inputs are known, a matrix needs nothing but two arrays: what
   went in, x, and how the loss moves with what came out, dy. So its gradient can be
   used up at once, a tile at a time, while it is in registers: weights, m and v move,
   the gradient never reaches memory, and the weights are turned over before they leave.
   That the gradient stays takes a fifth off a step of float64 at n_embd 16, and a tenth
   off one of float32; turning in passing, a tenth at n_embd 64 and a fourth at 128
   (float32, AVX2). That Adam's divisions wait for the next tile takes 2 percent off one
   of float64, 5 in WebAssembly. */
#ifndef GLASSGPT_SIMD_WEIGHTS_H
#define GLASSGPT_SIMD_WEIGHTS_H

#include "simd/dispatch.h"
#include "simd/products.h"
#include "simd/optimizers.h"

/* What becomes of a gradient. */
enum { STORED = 16, ADDED = 17 }; /* or SGD, ADAM, ...: the weights move by it */
typedef struct {
    int what;
    size_t P; /* from a weight to its gradient, from there to its m, and on to its v */
    const Rates *rates;
} Use;

INLINE Moved moved_by(const real *dw, Use use) {
    return (Moved){(real *)dw - use.P, 2 * use.P, 3 * use.P};
}

/* A tile of LANES rows can be turned over in registers; with fewer lanes than 8 there
   are registers for two vectors of each. */
enum { TILE_ROWS = LANES < 4 ? 4 : LANES, TILE_VECTORS = LANES < 8 ? 2 : 1 };

/* The gradient `sum` of a tile is stored, or its weights move by it and come out in its
   place. */
INLINE void use_tile(real *dw, size_t row, Sums *sum, const int rows, const int vectors,
                     Use use, const int what) {
    Moved to = moved_by(dw, use);
    if (what >= STORED) {
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < vectors; v++)
                store(dw + r * row + v * LANES, sum[r][v]);
    } else if (vectors == 2 || GUESSES > 0) {
        UNROLL for (int r = 0; r < rows; r++) {
            move_weights(to, LANES, sum[r], vectors, use.rates, what);
            WALK(to.w, row);
        }
    } else {
        UNROLL for (int r = 0; r < rows; r += 2) {
            const int many = r + 1 < rows ? 2 : 1;
            vec pair[2] = {sum[r][0], sum[r + many - 1][0]};
            move_weights(to, row, pair, many, use.rates, what);
            sum[r][0] = pair[0];
            if (many == 2) sum[r + 1][0] = pair[1];
            WALK(to.w, 2 * row);
        }
    }
}

/* A tile of weights, turned over: LANES rows of it are a block of columns. */
INLINE void turn_tile(real *turned, size_t turned_row, const Sums *w, const int rows,
                      const int vectors) {
    UNROLL for (int v = 0; v < vectors; v++)
        UNROLL for (int r = 0; r + LANES <= rows; r += LANES) {
            vec block[LANES];
            UNROLL for (int l = 0; l < LANES; l++) block[l] = w[r + l][v];
            turn(block);
            real *to = turned + v * LANES * turned_row + r;
            UNROLL for (int l = 0; l < LANES; l++) {
                store(to, block[l]);
                WALK(to, turned_row);
            }
        }
}

/* A root of float64 takes twice as long as one of float32, what needs it waits, and a
   machine can look past only so much that waits. So Adam moves a tile in two halves: m
   and v, whose roots are put aside; and, when they are long there and the next tile has
   begun, the weights. */
enum { IN_HALVES = sizeof(real) == 8 && !GUESSES_ROOTS };
enum { TILE_SIZE = TILE_ROWS * TILE_VECTORS * LANES };

/* A tile that waits for its second half; none while w is NULL. */
typedef struct {
    Moved to;
    real *turned;
    size_t turned_row;
    real *roots, *spare; /* its own (TILE_SIZE,), and room for the next tile's */
} Waiting;

INLINE void first_half(Moved to, size_t row, const Sums *sum, real *roots,
                       const Rates *r) {
    const vec beta1 = r->beta1, beta2 = r->beta2;
    UNROLL for (int i = 0; i < TILE_ROWS; i++) {
        UNROLL for (int c = 0; c < TILE_VECTORS; c++) {
            const vec slope = sum[i][c];
            real *m = to.w + to.to_m + c * LANES, *v = to.w + to.to_v + c * LANES;
            store(m, averaged(beta1, load(m), slope));
            const vec square = averaged(beta2, load(v), slope * slope);
            store(v, square);
            store(roots + (i * TILE_VECTORS + c) * LANES, root_of(square));
        }
        WALK(to.w, row);
    }
}

INLINE void second_half(Waiting *tile, size_t row, const Rates *r) {
    const vec over_rate = r->over_rate, eps = r->eps;
    const real *roots = tile->roots;
    Moved to = tile->to;
    Tile w;
    UNROLL for (int i = 0; i < TILE_ROWS; i++) {
        vec change[TILE_VECTORS], root[TILE_VECTORS];
        UNROLL for (int c = 0; c < TILE_VECTORS; c++) {
            root[c] = load(roots + (i * TILE_VECTORS + c) * LANES);
            change[c] = load(to.w + to.to_m + c * LANES);
            w[i][c] = load(to.w + c * LANES);
        }
        take_over_roots(w[i], change, root, TILE_VECTORS, over_rate, eps);
        UNROLL for (int c = 0; c < TILE_VECTORS; c++) store(to.w + c * LANES, w[i][c]);
        WALK(to.w, row);
    }
    turn_tile(tile->turned, tile->turned_row, w, TILE_ROWS, TILE_VECTORS);
    tile->to.w = NULL;
}

INLINE void one_tile(real *dw, size_t row, const real *dy, size_t dy_row, const real *x,
                     int n, const int rows, const int vectors, real *turned,
                     size_t turned_row, Use use, const int what, Waiting *before) {
    Tile sum;
    sums(sum, what == ADDED ? dw : NULL, row, dy, dy_row, TURNED, x, row, n, rows,
         vectors);
    if (IN_HALVES && what == ADAM && rows == TILE_ROWS && vectors == TILE_VECTORS) {
        const Moved to = moved_by(dw, use);
        real *const roots = before->spare;
        first_half(to, row, sum, roots, use.rates);
        if (before->to.w) second_half(before, row, use.rates);
        *before = (Waiting){to, turned, turned_row, roots, before->roots};
        return;
    }
    use_tile(dw, row, sum, rows, vectors, use, what);
    if (what < STORED && rows % LANES == 0)
        turn_tile(turned, turned_row, sum, rows, vectors);
}

/* Some rows of a matrix: dw (rows, columns) from dy (n, rows) and x (n, columns) */
INLINE void some_rows(real *dw, const real *dy, size_t dy_row, const real *x, int n,
                      const int rows, int columns, real *turned, size_t turned_row,
                      Use use, const int what, Waiting *before) {
    const size_t row = (size_t)columns;
    int at = 0;
    for (; at + TILE_VECTORS * LANES <= columns; at += TILE_VECTORS * LANES)
        one_tile(dw + at, row, dy, dy_row, x + at, n, rows, TILE_VECTORS,
                 turned + at * turned_row, turned_row, use, what, before);
    if (at < columns)
        one_tile(dw + at, row, dy, dy_row, x + at, n, rows, 1, turned + at * turned_row,
                 turned_row, use, what, before);
    if (what < STORED && rows % LANES) {
        const real *w = moved_by(dw, use).w;
        turn_over(turned, turned_row, w, row, rows, columns);
    }
}

INLINE void all_rows(real *dw, const real *dy, size_t dy_row, const real *x, int n,
                     int rows, int columns, real *turned, Use use, const int what) {
    real roots[2 * TILE_SIZE];
    Waiting last = {.to = {NULL, 0, 0}, .roots = roots, .spare = roots + TILE_SIZE};
    int r = 0;
    while (r < rows) {
        size_t turned_row;
        real *to = in_panels(turned, r, columns, (int)dy_row, &turned_row);
        const int rest = rows - r, some = rest >= TILE_ROWS ? TILE_ROWS
                                          : rest >= 4       ? 4
                                          : rest >= 2       ? 2
                                                            : 1;
        real *at = dw + (size_t)r * columns;
        if (some == TILE_ROWS)
            some_rows(at, dy + r, dy_row, x, n, TILE_ROWS, columns, to, turned_row, use,
                      what, &last);
        else if (some == 4)
            some_rows(at, dy + r, dy_row, x, n, 4, columns, to, turned_row, use, what,
                      &last);
        else if (some == 2)
            some_rows(at, dy + r, dy_row, x, n, 2, columns, to, turned_row, use, what,
                      &last);
        else
            some_rows(at, dy + r, dy_row, x, n, 1, columns, to, turned_row, use, what,
                      &last);
        r += some;
    }
    if (IN_HALVES && what == ADAM && last.to.w)
        second_half(&last, (size_t)columns, use.rates);
}

/* A function for each use: a browser compiles them one by one, when they are called. */
#define WEIGHTS(use_of_it)                                                             \
    NOINLINE void weights_##use_of_it(real *dw, const real *dy, size_t dy_row,         \
                                      const real *x, int n, int rows, int columns,     \
                                      real *turned, Use use) {                         \
        all_rows(dw, dy, dy_row, x, n, rows, columns, turned, use, use_of_it);         \
    }
WEIGHTS(STORED)
WEIGHTS(ADDED)
WEIGHTS(SGD)
WEIGHTS(ADAM)
#undef WEIGHTS

/* dw (rows, columns) = dy^T x: a linear layer's, from n positions. Where the weights
   move, `turned` are they in panels; its rows are dy's. */
static void weight_gradient(real *dw, const real *dy, size_t dy_row, const real *x,
                            int n, int rows, int columns, real *turned, Use use) {
#define CASE(use_of_it)                                                                \
    case use_of_it:                                                                    \
        weights_##use_of_it(dw, dy, dy_row, x, n, rows, columns, turned, use);         \
        break;
    switch (use.what) { CASE(STORED) CASE(ADDED) CASE(SGD) CASE(ADAM) }
#undef CASE
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
