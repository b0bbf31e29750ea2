/* The fast paths: what the plain loops of a step's gradient and update can be replaced
   with, and where these keep their numbers.

   The same source is compiled for each instruction set of the machine's kind. It adds in
   another order than the plain loops and shows no activations; all else is the same. A
   model has a fast path when a row of its matrices is whole vectors. */
#ifndef GLASSGPT_FAST_H
#define GLASSGPT_FAST_H

#include "tensors.h"

/* A layer's part of what they keep: g->scratch, further on by `layer`. */
Scratch scratch_at(const glassgpt *g, int layer);

/* The instruction set that a model is trained with: the widest that divides a row, up to
   `most`; ISA_PLAIN where none does. */
int fast_isa(const glassgpt *g, int most);

/* Brings the turned weights up to date. */
void fast_turn(const glassgpt *g);

/* The sum of -ln p over n predictions from tokens (n + 1,). The gradient of `share`
   times it is added to grads, or with add = 0 takes their place. */
double fast_gradient(const glassgpt *g, const int *tokens, int n, real share, int add);

/* glassgpt_update, on vectors. The norm of float32 gradients is that of sums in float32
   unless `exactly`. */
double fast_update(glassgpt *g, const glassgpt_training *how, int step, int exactly);

#define DECLARE(isa)                                                                   \
    int lanes_##isa(void);                                                             \
    void turn_##isa(const glassgpt *g);                                                \
    double gradient_##isa(const glassgpt *g, const int *tokens, int n, real share,     \
                          int add);                                                    \
    double squares_##isa(const real *numbers, int count);                              \
    void move_##isa(const glassgpt_training *how, int step, real *w, const real *g,    \
                    real *m, real *v, int count);
DECLARE(baseline)
DECLARE(avx2)
DECLARE(avx512)
#undef DECLARE

#endif
