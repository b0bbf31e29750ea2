/* The fast paths: what the plain loops of a step's gradient and update can be replaced
   with, and where these keep their numbers.

   The same source is compiled for each instruction set of the machine's kind. It adds
   in another order than the plain loops and shows no activations; all else is the same.
   A model has a fast path when a row of its matrices is whole vectors. */
#ifndef GLASSGPT_SIMD_DISPATCH_H
#define GLASSGPT_SIMD_DISPATCH_H

#include "base/tensors.h"

/* A layer's part of what they keep: g->scratch, further on by `layer`. */
Scratch scratch_at(const glassgpt *g, int layer);

/* The instruction set that a model is trained with: the widest that divides a row, up
   to `most`; ISA_PLAIN where none does. */
int simd_isa(const glassgpt *g, int most);

/* Brings the transposed weights up to date. */
void simd_transpose(const glassgpt *g);

/* The sum of -ln p over n predictions from tokens (n + 1,). The gradient of
   `loss_scale` times it takes the place of grads, or is added to them. */
double simd_gradient(const glassgpt *g, const int *tokens, int n, real loss_scale,
                     int adds);

/* glassgpt_update, on vectors. The norm of float32 gradients is one of sums in float32
   unless `exactly`. */
double simd_update(glassgpt *g, const glassgpt_training *how, int step, int exactly);

/* A whole step whose gradients nobody asks for and which never reach memory; weights
   come out as from simd_gradient and simd_update. simd_fused_step returns 0 where the
   numbers are too large to be sure that no gradient is out of range; nothing has then
   changed. */
int simd_can_fuse_step(const glassgpt *g, const glassgpt_training *how);
int simd_fused_step(glassgpt *g, const glassgpt_training *how, int step,
                    const int *tokens, int n, double *loss);

#define DECLARE(isa)                                                                   \
    double peak_##isa(int rounds, real *sums);                                         \
    int lanes_##isa(void);                                                             \
    void transpose_##isa(const glassgpt *g);                                           \
    double gradient_##isa(const glassgpt *g, const int *tokens, int n,                 \
                          real loss_scale, int adds);                                  \
    int fused_step_##isa(const glassgpt *g, const glassgpt_training *how, int step,    \
                         const int *tokens, int n, double *loss);                      \
    double sum_of_squares_##isa(const real *numbers, int count);                       \
    void update_##isa(glassgpt *g, const glassgpt_training *how, int step);
DECLARE(baseline)
DECLARE(avx2)
DECLARE(avx512)
#undef DECLARE

#endif
