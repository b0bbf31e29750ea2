/* Products of matrices, the whole of a name at once.

   One function is at the bottom of everything: a tile of the result, some rows by one
   or two vectors, stays in registers while the terms of its sums go by. A row of b is
   loaded once for all rows of the tile, a number of a is used for both vectors. There
   is an instance for every number of rows, so that nothing is computed for padding. */
#ifndef GLASSGPT_FAST_PRODUCTS_H
#define GLASSGPT_FAST_PRODUCTS_H

#include "vectors.h"

/* What a tile has at most: it, a row of b and a number of a fit into registers. */
enum { MOST_ROWS = REGISTERS == 32 ? 8 : 6, MOST_VECTORS = 2 };
#define TERMS _Pragma("GCC unroll 4")
typedef vec Tile[8][MOST_VECTORS];

/* sum (rows, vectors) = start + a (rows, terms) b (terms, vectors); start may be NULL.
   In memory the next row of start is start_row numbers on, the next column of a is
   a_column. */
INLINE void sums(Tile sum, const real *start, size_t start_row, const real *a,
                 size_t a_row, size_t a_column, const real *b, size_t b_row, int terms,
                 const int rows, const int vectors) {
    vec part[MOST_VECTORS];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++)
            sum[r][v] = start ? load(start + r * start_row + v * LANES) : splat(0);
    TERMS for (int k = 0; k < terms; k++, b += b_row) {
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

/* The same for `columns` numbers in a row, a multiple of LANES. */
INLINE void strip(real *y, size_t y_row, const real *start, const real *a, size_t a_row,
                  size_t a_column, const real *b, size_t b_row, int terms,
                  const int rows, int columns) {
    int at = 0;
    for (; at + 2 * LANES <= columns; at += 2 * LANES)
        tile(y + at, y_row, start ? start + at : NULL, a, a_row, a_column, b + at,
             b_row, terms, rows, 2);
    if (at < columns)
        tile(y + at, y_row, start ? start + at : NULL, a, a_row, a_column, b + at,
             b_row, terms, rows, 1);
}

/* y (n, columns) = start + x (n, terms) w (terms, columns): a linear layer for n
   positions, forward with its weights turned, backward with them as they are. */
NOINLINE void positions_product(real *y, size_t y_row, const real *start, const real *x,
                                size_t x_row, const real *w, int n, int terms,
                                int columns) {
    const size_t w_row = (size_t)columns;
    while (n > 0) {
        /* as even as can be: 7 positions are 4 and 3, not 6 and 1 */
        const int tiles = (n + MOST_ROWS - 1) / MOST_ROWS;
        const int rows = (n + tiles - 1) / tiles;
#define ROWS(count)                                                                    \
    case count:                                                                        \
        strip(y, y_row, start, x, x_row, 1, w, w_row, terms, count, columns);          \
        break;
        switch (rows) {
            ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6)
#if REGISTERS == 32
            ROWS(7) ROWS(8)
#endif
        }
#undef ROWS
        y += rows * y_row, x += rows * x_row, n -= rows;
        if (start) start += rows * y_row;
    }
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
    /* along the rows of `to`: at n_embd 128 these lie far apart */
    for (int c = 0; c < columns; c += LANES) {
        int r = 0;
        for (; r + LANES <= rows; r += LANES)
            turn_block(to + c * to_row + r, to_row, from + r * from_row + c, from_row);
        for (; r < rows; r++)
            for (int i = c; i < c + LANES; i++)
                to[i * to_row + r] = from[r * from_row + i];
    }
}

#endif
