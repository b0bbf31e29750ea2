/* Products of matrices, the whole of a name at once.

   One function is at the bottom of everything: a tile of the result, some rows by one
   or two vectors, stays in registers while the terms of its sums go by. A row of b is
   loaded once for all rows of the tile, a number of a is used for both vectors. There
   is an instance for every number of rows, so that nothing is computed for padding. */
#ifndef GLASSGPT_SIMD_PRODUCTS_H
#define GLASSGPT_SIMD_PRODUCTS_H

#include "simd/vectors.h"

/* What a tile has at most: it, a row of b and a number of a fit into registers. */
#ifdef __wasm__
enum { MOST_ROWS = 4, MOST_VECTORS = 2 };
#else
enum { MOST_ROWS = REGISTERS == 32 ? 8 : 6, MOST_VECTORS = 2 };
#endif
typedef vec Sums[MOST_VECTORS];
enum { TILE_CAPACITY = LANES > 8 ? LANES : 8 };
typedef Sums Tile[TILE_CAPACITY];

/* How a lies in memory: row after row, or transposed, where the numbers of a term are
   side by side. */
enum { NO_TRANSPOSE, TRANSPOSE };

/* sum (rows, vectors) += a term: the numbers of a that are at `number`, times a row of
   b. `first` leaves out what is in sum. */
INLINE void add_term(Tile sum, const real *const *number, const real *b, const int rows,
                     const int vectors, const int first) {
    vec term[MOST_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) term[v] = load(b + v * LANES);
    UNROLL for (int r = 0; r < rows; r++) {
        const vec factor = splat(*number[r]);
        UNROLL for (int v = 0; v < vectors; v++)
            sum[r][v] =
                first ? factor * term[v] : multiply_add(factor, term[v], sum[r][v]);
    }
}

/* The terms from k on, the first of which has its row of b at `b`. */
#ifdef __wasm__
/* A browser's compiler begins a block of code with all that it loads, and lacks
   registers for two terms: so each is a block, which may be the last. It adds up
   addresses one by one: so each row of a has a pointer. */
INLINE void add_terms(Tile sum, const real *a, size_t a_row, const int layout,
                      const real *b, size_t b_row, int k, int terms, const int rows,
                      const int vectors) {
    const real *row[TILE_CAPACITY], *number[TILE_CAPACITY];
    a += layout == NO_TRANSPOSE ? (size_t)k : k * a_row;
    UNROLL for (int r = 0; r < rows; r++) {
        row[r] = a;
        if (layout == NO_TRANSPOSE) ADVANCE(a, a_row);
    }
    for (int left = terms - k; left > 0; left -= 2) {
        UNROLL for (int t = 0; t < 2 && left != t; t++) {
            UNROLL for (int r = 0; r < rows; r++)
                number[r] = layout == NO_TRANSPOSE ? row[r] + t : a + r;
            add_term(sum, number, b, rows, vectors, 0);
            ADVANCE(b, b_row);
            if (layout == TRANSPOSE) ADVANCE(a, a_row);
        }
        if (layout == NO_TRANSPOSE)
            UNROLL for (int r = 0; r < rows; r++) ADVANCE(row[r], 2);
    }
}
#else
INLINE void add_terms(Tile sum, const real *a, size_t a_row, const int layout,
                      const real *b, size_t b_row, int k, int terms, const int rows,
                      const int vectors) {
    const real *number[TILE_CAPACITY];
    _Pragma("GCC unroll 4") for (; k < terms; k++, b += b_row) {
        UNROLL for (int r = 0; r < rows; r++)
            number[r] = a + (layout == NO_TRANSPOSE ? r * a_row + k : k * a_row + r);
        add_term(sum, number, b, rows, vectors, 0);
    }
}
#endif

/* sum (rows, vectors) = start + a (rows, terms) b (terms, vectors); start may be NULL.
   In memory the next row of start is start_row numbers on, that of b is b_row, and
   a_row is from row to row of a, or, where it is transposed, from term to term. */
INLINE void sums(Tile sum, const real *start, size_t start_row, const real *a,
                 size_t a_row, const int layout, const real *b, size_t b_row, int terms,
                 const int rows, const int vectors) {
    if (start) {
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < vectors; v++)
                sum[r][v] = load(start + r * start_row + v * LANES);
    } else {
        const real *number[TILE_CAPACITY];
        UNROLL for (int r = 0; r < rows; r++)
            number[r] = a + (layout == NO_TRANSPOSE ? r * a_row : (size_t)r);
        add_term(sum, number, b, rows, vectors, 1);
        b += b_row;
    }
    add_terms(sum, a, a_row, layout, b, b_row, !start, terms, rows, vectors);
}

/* y (rows, vectors) = start + a b */
INLINE void tile(real *y, size_t y_row, const real *start, const real *a, size_t a_row,
                 const int layout, const real *b, size_t b_row, int terms,
                 const int rows, const int vectors) {
    Tile sum;
    sums(sum, start, y_row, a, a_row, layout, b, b_row, terms, rows, vectors);
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++)
            store(y + r * y_row + v * LANES, sum[r][v]);
}

/* Rows in tiles as even as can be: 7 are 4 and 3, not 6 and 1. So many of the tiles at
   the end have a row less. */
typedef struct {
    int tiles, rows, lesser;
} Split;

INLINE Split split(int n) {
    const int tiles = (n + MOST_ROWS - 1) / MOST_ROWS, rows = (n + tiles - 1) / tiles;
    return (Split){tiles, rows, tiles * rows - n};
}

/* y (n, vectors) = start + x (n, terms) w (terms, vectors), tile below tile. */
INLINE void strip(real *y, size_t y_row, const real *start, const real *x, size_t x_row,
                  const real *w, size_t w_row, Split n, int terms, const int vectors) {
    for (int left = n.tiles; left > 0; left--) {
        const int rows = n.rows - (left <= n.lesser);
#define ROWS(count)                                                                    \
    case count:                                                                        \
        tile(y, y_row, start, x, x_row, NO_TRANSPOSE, w, w_row, terms, count,          \
             vectors);                                                                 \
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
        y += rows * y_row, x += rows * x_row;
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
   positions, forward with its weights transposed, backward with them as they are. */
NOINLINE void positions_product(real *y, size_t y_row, const real *start, const real *x,
                                size_t x_row, const real *w, int order, int n,
                                int terms, int columns) {
    const int near = NEAR / columns > LEAST_TERMS ? NEAR / columns : LEAST_TERMS;
    const Split rows = split(n);
    for (int done = 0; done < terms;) {
        const int rest = terms - done;
        const int some = order == IN_ROWS && rest > near ? near : rest;
        int at = 0;
        for (; at + PANEL <= columns; at += PANEL)
            strip(y + at, y_row, start ? start + at : NULL, x, x_row,
                  w + (order == IN_ROWS ? at : at * terms),
                  (size_t)(order == IN_ROWS ? columns : PANEL), rows, some, 2);
        if (at < columns)
            strip(y + at, y_row, start ? start + at : NULL, x, x_row,
                  w + (order == IN_ROWS ? at : at * terms),
                  (size_t)(order == IN_ROWS ? columns : LANES), rows, some, 1);
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

/* to = from (LANES, LANES) transposed. */
INLINE void transpose_block(real *to, size_t to_row, const real *from,
                            size_t from_row) {
    vec block[LANES];
    UNROLL for (int i = 0; i < LANES; i++) block[i] = load(from + i * from_row);
    transpose_lanes(block);
    UNROLL for (int i = 0; i < LANES; i++) store(to + i * to_row, block[i]);
}

/* to (columns, rows) = from (rows, columns): rows become columns. In memory the next
   row of `to` is to_row numbers on. columns is a multiple of LANES. */
NOINLINE void transpose(real *to, size_t to_row, const real *from, size_t from_row,
                        int rows, int columns) {
    int r = 0;
    for (; r + LANES <= rows; r += LANES)
        for (int c = 0; c < columns; c += LANES)
            transpose_block(to + c * to_row + r, to_row, from + r * from_row + c,
                            from_row);
    for (; r < rows; r++)
        for (int c = 0; c < columns; c++) to[c * to_row + r] = from[r * from_row + c];
}

/* panels (columns, whole) = w (rows, columns) transposed; whole is rows up to whole
   vectors. columns is a multiple of LANES. */
static void transpose_into_panels(real *panels, const real *w, int rows, int columns,
                                  int whole) {
    for (int r = 0; r < rows; r += LANES) {
        const int some = rows - r < LANES ? rows - r : LANES;
        size_t row;
        real *to = in_panels(panels, r, columns, whole, &row);
        transpose(to, row, w + (size_t)r * columns, (size_t)columns, some, columns);
    }
}

#endif
