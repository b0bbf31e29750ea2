/* What figures ask for: a model looked into, small operations on numbers of the caller's
   own, and an expression as a graph. A part of glassgpt.h, which says how to read it. */
#ifndef GLASSGPT_FIGURES_H
#define GLASSGPT_FIGURES_H

/* --- what a figure wants to see (figures/observe.c, mixing.c, graph.c) --- */

/* An update of one weight, shown and not kept, to terms (10,): gradient, m, v, m_hat,
   v_hat, learning rate, weight before and after, change, and the factor of clipping. */
GLASSGPT_API void glassgpt_update_terms(const glassgpt *g, const glassgpt_training *how,
                                        int step, int weight, double *terms);

/* The gradient of each of `count` weights from `first` on, by finite differences,
   to grads (count,): (loss(w + eps) - loss(w)) / eps or, when central, (loss(w + eps)
   - loss(w - eps)) / (2 eps). -1 where glassgpt_loss refuses, else count. */
GLASSGPT_API int glassgpt_numerical_gradients(glassgpt *g, const int *tokens, int n,
                                              int first, int count, double eps,
                                              int central, double *grads);

/* The loss with a weight at each of values (count,), to losses (count,); -1 refuses. */
GLASSGPT_API void glassgpt_loss_along(glassgpt *g, const int *tokens, int n, int weight,
                                      const double *values, int count, double *losses);

/* The sum of -ln p over each of the documents in chosen (count,), to losses (count,),
   and how many predictions that were, to predictions (count,). Returns all predictions
   together; -1 where glassgpt_train would. */
GLASSGPT_API int glassgpt_evaluate(glassgpt *g, int doc_mode, const int *tokens,
                                   const int *offsets, const int *chosen, int count,
                                   double *losses, int *predictions);

/* The square root of the sum of the squares of numbers (count,). */
GLASSGPT_API double glassgpt_norm(const real *numbers, int count);

/* How far a tensor is from what it was, as a fraction: |w - w0| / |w0|; before (P,). */
GLASSGPT_API double glassgpt_relative_change(const glassgpt *g, int tensor,
                                             const real *before);

/* The entropy of the attention weights of the first n positions, in nats, to entropies
   (L, H, n). A plain average over p tokens has ln p. */
GLASSGPT_API void glassgpt_attention_entropies(const glassgpt *g, int n,
                                               double *entropies);

/* -ln p of the token after `position`, where the last layer's attention has these
   weights (H, position + 1) there in the place of its own. They stay in no activation,
   what they lead to does. -1 where glassgpt_loss refuses, and without attention. */
GLASSGPT_API double glassgpt_loss_with_weights(glassgpt *g, const int *tokens,
                                               int position, const real *weights);

/* How many Values the loss of Steps 1 and 2 is made of; 0 where no graph is made. */
GLASSGPT_API int glassgpt_loss_graph_size(const glassgpt *g, const int *tokens, int n);

/* All of them, as types.h says at GRAPH_ABOUT. Returns glassgpt_loss_graph_size. */
GLASSGPT_API int glassgpt_loss_graph(const glassgpt *g, const int *tokens, int n,
                                     int *about, double *numbers);

/* --- small operations on the caller's own numbers (figures/ops.c) --- */

/* y = w x. y is (rows,), x (columns,), w (rows, columns). */
GLASSGPT_API void glassgpt_linear(real *y, const real *x, const real *w, int rows,
                                  int columns);

/* probs = softmax(logits / temperature), both (count,). */
GLASSGPT_API void glassgpt_softmax(real *probs, const real *logits, int count,
                                   double temperature);

/* y = x (mean(x^2) + eps)^-0.5, both (count,). Returns the factor. */
GLASSGPT_API double glassgpt_rmsnorm(real *y, const real *x, int count, double eps);

/* -ln p. */
GLASSGPT_API double glassgpt_surprisal(double p);

/* The moving average a = beta a + (1 - beta) x of numbers (count,), from 0, to averages
   (count,); corrected: divided by 1 - beta^t. */
GLASSGPT_API void glassgpt_moving_average(double *averages, const double *numbers,
                                          int count, double beta, int corrected);

/* One update of w, m and v by gradients g, all (count,), as training does. */
GLASSGPT_API void glassgpt_optimizer_step(const glassgpt_training *how, int step,
                                          real *w, const real *g, real *m, real *v,
                                          int count);

/* --- an expression as a graph (figures/reader.c, figures/tape.c) --- */

/* Reads text (length,), code points: statements between ; of + - * / ** ( ) log exp relu
   = numbers and letters. Returns 0, or REFUSED_...: its place is then in graph. */
GLASSGPT_API int glassgpt_expression_read(glassgpt_graph *graph, const int *text,
                                          int length);

/* Values and slopes where the letters are numbers (26,). Returns 0, or REFUSED_... */
GLASSGPT_API int glassgpt_expression_data(glassgpt_graph *graph, const double *numbers);

/* Walks back from the top, which sets the gradients. Each time a node tells another one
   its share, pushes (MOST_PUSHES, 3) has which turn of a node it was, that node, and 0 or
   1 for the first or the second it was made from; amounts (MOST_PUSHES, 3) has its own
   gradient, the share, and the other one's gradient after. Returns how many times, or
   minus a REFUSED_... */
GLASSGPT_API int glassgpt_expression_walk(glassgpt_graph *graph, int walk, int *pushes,
                                          double *amounts);

#endif
