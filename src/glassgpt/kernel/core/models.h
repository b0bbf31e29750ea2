/* The three models: a forward and a backward pass over a sequence that fits. */
#ifndef GLASSGPT_MODELS_H
#define GLASSGPT_MODELS_H

#include "base/tensors.h"

/* The logits of positions `first` to n - 1, from tokens (n,); the keys and values of
   those before `first` are taken from the last pass. */
void gpt_forward(glassgpt *g, const int *tokens, int first, int n);

/* The last layer and the logits of one position again, from its heads on. */
void gpt_forward_from_heads(glassgpt *g, int position);

/* Gradients from da.logits (n, V) back to every weight, added to grads. */
void gpt_backward(glassgpt *g, const int *tokens, int n);

void mlp_forward(glassgpt *g, const int *tokens, int n);
void mlp_backward(glassgpt *g, const int *tokens, int n);

/* The counts as probabilities: probs (n, V). There is no way back: it counts. */
void bigram_forward(glassgpt *g, const int *tokens, int n);
void bigram_count(glassgpt *g, const int *tokens, int n);

/* The backward passes of lessons that set gradients with = where they add with +=.
   From probs and targets (n,), each loss counting `loss_scale`. */
void gpt_backward_overwriting(glassgpt *g, const int *tokens, int n, real loss_scale);
void mlp_backward_overwriting(glassgpt *g, const int *tokens, int n, real loss_scale);

/* The next token by g->probs, of which some may be left out, and a number that was
   drawn, which temperature 0 does not need; -2 when they are not numbers. */
int sample_from_probs(glassgpt *g, double temperature, int top_k, double top_p,
                      double drawn);

/* Whether all of tokens (count,) are in the vocabulary. */
int are_tokens(const glassgpt *g, const int *tokens, int count);

#endif
