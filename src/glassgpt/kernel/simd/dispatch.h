/* The fast paths: what the plain loops of a step's gradient and update can be replaced
   with, and where these keep their numbers.

   The same source is compiled for each instruction set of the machine's kind. It adds
   in another order than the plain loops and shows no activations; all else is the same.
   At n_embd 16 a step of float64 takes a fourth of the plain loops' time, of float32 a
   fourth, too (AVX2). A model has a fast path when a row of its matrices is whole
   vectors. */
#ifndef GLASSGPT_SIMD_DISPATCH_H
#define GLASSGPT_SIMD_DISPATCH_H

#include "core/tensors.h"

/* A layer's part of what they keep: g->scratch, further on by `layer`. */
Scratch scratch_at(const glassgpt *g, int layer);

/* The instruction set that a model is trained with: the widest that divides a row, up
   to `most`; ISA_PLAIN where none does. */
int fast_isa(const glassgpt *g, int most);

/* Brings the turned weights up to date. */
void fast_turn(const glassgpt *g);

/* The sum of -ln p over n predictions from tokens (n + 1,). The gradient of `share`
   times it takes the place of grads, or is added to them. */
double fast_gradient(const glassgpt *g, const int *tokens, int n, real share, int adds);

/* glassgpt_update, on vectors. The norm of float32 gradients is one of sums in float32
   unless `exactly`. */
double fast_update(glassgpt *g, const glassgpt_training *how, int step, int exactly);

/* A whole step whose gradients nobody asks for and which never reach memory; weights
   come out as from fast_gradient and fast_update. fast_step returns 0 where the numbers
   are too large to be sure that no gradient is out of range; nothing has then changed.
   */
int fast_can_step(const glassgpt *g, const glassgpt_training *how);
int fast_step(glassgpt *g, const glassgpt_training *how, int step, const int *tokens,
              int n, double *loss);

#define DECLARE(isa)                                                                   \
    double peak_##isa(int rounds, real *sums);                                         \
    int lanes_##isa(void);                                                             \
    void turn_##isa(const glassgpt *g);                                                \
    double gradient_##isa(const glassgpt *g, const int *tokens, int n, real share,     \
                          int adds);                                                   \
    int step_##isa(const glassgpt *g, const glassgpt_training *how, int step,          \
                   const int *tokens, int n, double *loss);                            \
    double squares_##isa(const real *numbers, int count);                              \
    void move_##isa(glassgpt *g, const glassgpt_training *how, int step);
DECLARE(baseline)
DECLARE(avx2)
DECLARE(avx512)
#undef DECLARE

#endif
