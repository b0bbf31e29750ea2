/* Products of matrices, the whole of a name at once.

   One function is at the bottom of everything: a tile of the result, some rows by one
   or two vectors, stays in registers while the terms of its sums go by. A row of b is
   loaded once for all rows of the tile, a number of a is used for both vectors. There
   is an instance for every number of rows, so that nothing is computed for padding. */
#ifndef GLASSGPT_FAST_PRODUCTS_H
#define GLASSGPT_FAST_PRODUCTS_H

#include "vectors.h"

/* What a tile has at most: it, a row of b and a number of a fit into registers. A
   browser's compiler loads all that a round of a loop needs before it computes: so a
   tile is smaller there and a round has one term, which takes a tenth off a step. */
#ifdef __wasm__
enum { MOST_ROWS = 4, MOST_VECTORS = 2 };
#define TERMS _Pragma("clang loop unroll(disable)")
#else
enum { MOST_ROWS = REGISTERS == 32 ? 8 : 6, MOST_VECTORS = 2 };
#define TERMS _Pragma("GCC unroll 4")
#endif
typedef vec Sums[MOST_VECTORS];
typedef Sums Tile[LANES > 8 ? LANES : 8];

/* sum (rows, vectors) = start + a (rows, terms) b (terms, vectors); start may be NULL.
   In memory the next row of start is start_row numbers on, the next column of a is
   a_column. */
INLINE void sums(Tile sum, const real *start, size_t start_row, const real *a,
                 size_t a_row, size_t a_column, const real *b, size_t b_row, int terms,
                 const int rows, const int vectors) {
    vec part[MOST_VECTORS];
    int k = 0;
    if (start) {
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < vectors; v++)
                sum[r][v] = load(start + r * start_row + v * LANES);
    } else { /* the first term */
        UNROLL for (int v = 0; v < vectors; v++) part[v] = load(b + v * LANES);
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < vectors; v++)
                sum[r][v] = splat(a[r * a_row]) * part[v];
        k++, b += b_row;
    }
    TERMS for (; k < terms; k++, b += b_row) {
        UNROLL for (int v = 0; v < vectors; v++) part[v] = load(b + v * LANES);
        UNROLL for (int r = 0; r < rows; r++) {
            const vec factor = splat(a[r * a_row + k * a_column]);
            UNROLL for (int v = 0; v < vectors; v++)
                sum[r][v] = multiply_add(factor, part[v], sum[r][v]);
        }
    }
}

/* y (rows, vectors) = start + a b */
INLINE void tile(real *y, size_t y_row, const real *start, const real *a, size_t a_row,
                 size_t a_column, const real *b, size_t b_row, int terms,
                 const int rows, const int vectors) {
    Tile sum;
    sums(sum, start, y_row, a, a_row, a_column, b, b_row, terms, rows, vectors);
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++)
            store(y + r * y_row + v * LANES, sum[r][v]);
}

/* y (n, vectors) = start + x (n, terms) w (terms, vectors), tile below tile. */
INLINE void strip(real *y, size_t y_row, const real *start, const real *x, size_t x_row,
                  const real *w, size_t w_row, int n, int terms, const int vectors) {
    while (n > 0) {
        /* as even as can be: 7 positions are 4 and 3, not 6 and 1 */
        const int tiles = (n + MOST_ROWS - 1) / MOST_ROWS;
        const int rows = (n + tiles - 1) / tiles;
#define ROWS(count)                                                                    \
    case count:                                                                        \
        tile(y, y_row, start, x, x_row, 1, w, w_row, terms, count, vectors);           \
        break;
        switch (rows) {
            ROWS(1) ROWS(2) ROWS(3) ROWS(4)
#ifndef __wasm__
            ROWS(5) ROWS(6)
#endif
#if REGISTERS == 32
            ROWS(7) ROWS(8)
#endif
        }
#undef ROWS
        y += rows * y_row, x += rows * x_row, n -= rows;
        if (start) start += rows * y_row;
    }
}

/* How a matrix (terms, columns) lies that is multiplied with: row after row, or in
   panels, each MOST_VECTORS wide and whole before the next. A product then walks
   through memory without a gap, however wide the matrix is. */
enum { IN_ROWS, IN_PANELS, PANEL = MOST_VECTORS * LANES };

/* Of a matrix in rows, what is multiplied with at once: it stays in the first cache
   while all positions and columns take their turn. */
enum { NEAR = 16384 / sizeof(real), LEAST_TERMS = 16 };

/* y (n, columns) = start + x (n, terms) w (terms, columns): a linear layer for n
   positions, forward with its weights turned, backward with them as they are. */
NOINLINE void positions_product(real *y, size_t y_row, const real *start, const real *x,
                                size_t x_row, const real *w, int order, int n,
                                int terms, int columns) {
    const int near = NEAR / columns > LEAST_TERMS ? NEAR / columns : LEAST_TERMS;
    for (int done = 0; done < terms;) {
        const int rest = terms - done;
        const int some = order == IN_ROWS && rest > near ? near : rest;
        int at = 0;
        for (; at + PANEL <= columns; at += PANEL)
            strip(y + at, y_row, start ? start + at : NULL, x, x_row,
                  w + (order == IN_ROWS ? at : at * terms),
                  (size_t)(order == IN_ROWS ? columns : PANEL), n, some, 2);
        if (at < columns)
            strip(y + at, y_row, start ? start + at : NULL, x, x_row,
                  w + (order == IN_ROWS ? at : at * terms),
                  (size_t)(order == IN_ROWS ? columns : LANES), n, some, 1);
        start = y, x += some, w += (size_t)some * columns, done += some;
    }
}

/* Where number `at` of each row lies in panels (terms, columns), and how far apart
   rows are there. */
INLINE real *in_panels(real *panels, int at, int terms, int columns, size_t *row) {
    const int start = at / PANEL * PANEL;
    *row = (size_t)(columns - start < PANEL ? LANES : PANEL);
    return panels + (size_t)start * terms + (at - start);
}

/* to = from (LANES, LANES) turned over its diagonal. */
INLINE void turn_block(real *to, size_t to_row, const real *from, size_t from_row) {
    vec block[LANES];
    UNROLL for (int i = 0; i < LANES; i++) block[i] = load(from + i * from_row);
    turn(block);
    UNROLL for (int i = 0; i < LANES; i++) store(to + i * to_row, block[i]);
}

/* to (columns, rows) = from (rows, columns): rows become columns. In memory the next
   row of `to` is to_row numbers on. columns is a multiple of LANES. */
NOINLINE void turn_over(real *to, size_t to_row, const real *from, size_t from_row,
                        int rows, int columns) {
    int r = 0;
    for (; r + LANES <= rows; r += LANES)
        for (int c = 0; c < columns; c += LANES)
            turn_block(to + c * to_row + r, to_row, from + r * from_row + c, from_row);
    for (; r < rows; r++)
        for (int c = 0; c < columns; c++) to[c * to_row + r] = from[r * from_row + c];
}

/* panels (columns, whole) = w (rows, columns) turned over; whole is rows up to whole
   vectors. columns is a multiple of LANES. */
static void turn_into_panels(real *panels, const real *w, int rows, int columns,
                             int whole) {
    for (int r = 0; r < rows; r += LANES) {
        const int some = rows - r < LANES ? rows - r : LANES;
        size_t row;
        real *to = in_panels(panels, r, columns, whole, &row);
        turn_over(to, row, w + (size_t)r * columns, (size_t)columns, some, columns);
    }
}

#endif
