/* The pieces that models are made of, each forward and backward, for n positions.

   x_backward takes dy, how the loss moves with each output, and gives dx, how it moves
   with each input. Gradients of inputs and weights are added to what is there. */
#ifndef GLASSGPT_LAYERS_H
#define GLASSGPT_LAYERS_H

#include "glassgpt.h"

/* y = x w^T: a dot product a row. y (n, rows), x (n, columns), w (rows, columns) */
void linear_forward(real *y, const real *x, const real *w, int n, int rows,
                    int columns);
void linear_backward(real *dx, real *dw, const real *dy, const real *x, const real *w,
                     int n, int rows, int columns);

/* y = x scale, scale = (mean(x^2) + eps)^-0.5. y, x (n, C), scale (n,) */
void rmsnorm_forward(real *y, real *scale, const real *x, int n, int C, double eps);
void rmsnorm_backward(real *dx, const real *dy, const real *x, const real *scale, int n,
                      int C);

/* y = x where x is above 0, else 0. y, x (count,) */
void relu_forward(real *y, const real *x, size_t count);
void relu_backward(real *dx, const real *dy, const real *x, size_t count);

/* y = a + b, all (count,) */
void add_forward(real *y, const real *a, const real *b, size_t count);
void add_backward(real *da, const real *dy, size_t count);

/* p = exp(x) / sum(exp(x)) over a row of `count`. p, x (count,) */
void softmax_forward(real *p, const real *x, int count);
void softmax_backward(real *dx, const real *dp, const real *p, int count);

/* loss = -ln p of the token that came; back through softmax to the logits, too.
   losses, targets (n,), probs, dlogits (n, V). Each loss counts `loss_scale` */
void cross_entropy_forward(real *losses, const real *probs, const int *targets, int n,
                           int V);
void cross_entropy_backward(real *dlogits, const real *probs, const int *targets, int n,
                            int V, real loss_scale);

/* What one query gathers: mixed (D,) = the sum of weights (keys,) times the first D
   numbers of each row of v (keys, C). */
void mix_forward(real *mixed, const real *weights, const real *v, int keys, int D,
                 int C);

/* Each query against the keys of its past, and of its future without a mask.
   q, k, v, heads (T, C); scores, weights (H, T, T); C = H D. Queries are those from
   position `first` on, keys all those below n. */
typedef struct {
    int T, H, D, masked;
    real root; /* what scores are divided by */
} AttentionShape;

void attention_forward(real *heads, real *weights, real *scores, const real *q,
                       const real *k, const real *v, AttentionShape shape, int first,
                       int n);
void attention_backward(real *dq, real *dk, real *dv, real *dweights, real *dscores,
                        const real *dheads, const real *weights, const real *q,
                        const real *k, const real *v, AttentionShape shape, int n);

#endif
