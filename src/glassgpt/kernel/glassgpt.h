/* The kernel: the models of the six steps in C, with the same numbers as the lessons.

   One context is one model. It lives in one block of memory that the caller gives and
   keeps; nothing else is allocated, nothing is global, nothing is printed.

     context | weights | grads | m | v | activations | their gradients | cache, scratch
               \______ state, 4 P ____/

   weights, grads, m and v each hold the same P numbers in the same order, that of the
   lesson's state_dict, without gaps. Steps 4 and 5:

     wte | wpe | lm_head | layer0: wq | wk | wv | wo | fc1 | fc2 | layer1: wq | ...

   A weight is known by its index in there, 0 .. P-1. Which tensor begins where is asked
   from glassgpt_tensor_...; tables in base/tensors.h hold their names and shapes, once.
   A gradient has the name of its number with a d before it: dx is the gradient of x.

   Letters in shapes, the same everywhere:

     V  vocab_size     C  n_embd           H  n_head      L  n_layer
     T  positions      F  4 C, hidden      D  C / H       n  positions in use
     P  all weights

   Steps are trained in vectors where the machine has them (simd): to the same
   numbers, but for the order of additions. What shows activations is plain loops.

   Arrays are row-major. `real` is double or float, as the library was built. A document
   is its token ids, BOS at both ends; n predictions take n + 1 tokens. Functions that
   can refuse say in their comment what they then return; nothing is changed by then. */
#ifndef GLASSGPT_H
#define GLASSGPT_H

#include "types.h"

typedef struct glassgpt glassgpt;

/* --- a model in memory (base/layout.c, base/tensors.c) --- */

/* The bytes that a model of this shape takes; 0 for a shape that cannot be. */
GLASSGPT_API size_t glassgpt_size(const glassgpt_config *config);

/* Lays a model out in `memory`, all numbers 0. It must not be moved after that. */
GLASSGPT_API glassgpt *glassgpt_create(void *memory, const glassgpt_config *config);

/* Draws the weights: gauss(0, init_std) in order. m, v and gradients become 0. */
GLASSGPT_API void glassgpt_init_weights(glassgpt *g, glassgpt_random *random,
                                        double init_std);

/* Leaves parts out from now on, or puts them back: WITHOUT_... added up. */
GLASSGPT_API void glassgpt_leave_out(glassgpt *g, int without);

/* The widest instructions that this machine has: ISA_... */
GLASSGPT_API int glassgpt_best_isa(void);

/* Trains with these instructions from now on, or where a row of this model is no whole
   number of their vectors, with the widest below. Returns which; -1 where the machine
   does not have them. A new model has the best. */
GLASSGPT_API int glassgpt_use_isa(glassgpt *g, int isa);

/* P, how many numbers `weights` holds. */
GLASSGPT_API int glassgpt_num_weights(const glassgpt *g);

/* How many tensors those are. */
GLASSGPT_API int glassgpt_num_tensors(const glassgpt *g);

/* The name of a tensor, without its layer: "attn_wq". */
GLASSGPT_API const char *glassgpt_tensor_name(const glassgpt *g, int tensor);

/* The layer of a tensor; -1 when the lesson's name for it has none. */
GLASSGPT_API int glassgpt_tensor_layer(const glassgpt *g, int tensor);

/* The index of the first number of a tensor. */
GLASSGPT_API int glassgpt_tensor_offset(const glassgpt *g, int tensor);

/* The rows of a tensor. */
GLASSGPT_API int glassgpt_tensor_rows(const glassgpt *g, int tensor);

/* The columns of a tensor. */
GLASSGPT_API int glassgpt_tensor_columns(const glassgpt *g, int tensor);

/* The weights, (P,). Step 0's are its counts. */
GLASSGPT_API real *glassgpt_weights(glassgpt *g);

/* Their gradients, (P,); NULL for step 0. */
GLASSGPT_API real *glassgpt_grads(glassgpt *g);

/* The moving average of each gradient, (P,); NULL for step 0. */
GLASSGPT_API real *glassgpt_m(glassgpt *g);

/* The moving average of its square, (P,); NULL for step 0. */
GLASSGPT_API real *glassgpt_v(glassgpt *g);

/* How many kinds of activation there are, in this model or another. */
GLASSGPT_API int glassgpt_num_activations(void);

/* The name of a kind of activation: "q". */
GLASSGPT_API const char *glassgpt_activation_name(int activation);

/* Its size along axis 0 to 3: 0 past the last axis, and where a model has none. */
GLASSGPT_API int glassgpt_activation_size(const glassgpt *g, int activation, int axis);

/* The activation that the last forward pass left; NULL when the model has none. */
GLASSGPT_API real *glassgpt_activation(glassgpt *g, int activation);

/* Its gradient, of the same shape, that the last backward pass left. */
GLASSGPT_API real *glassgpt_activation_grad(glassgpt *g, int activation);

/* How many numbers a snapshot takes: 4 P, for step 0 P. */
GLASSGPT_API int glassgpt_state_size(const glassgpt *g);

/* Copies weights, gradients, m and v to state: (state_size,). */
GLASSGPT_API void glassgpt_save(const glassgpt *g, real *state);

/* Copies them back from state: (state_size,). */
GLASSGPT_API void glassgpt_restore(glassgpt *g, const real *state);

/* --- loss and gradient of one sequence (core/model.c) --- */

/* The mean of -ln p over n predictions from tokens (n + 1,); -1 where it refuses: a
   token outside the vocabulary, n below 1 or, for steps 3 to 5, above the block. */
GLASSGPT_API double glassgpt_loss(glassgpt *g, const int *tokens, int n);

/* The same, and weight times its gradient is added to grads. Refuses as loss does. */
GLASSGPT_API double glassgpt_gradient(glassgpt *g, const int *tokens, int n,
                                      double weight, int mistakes);

/* Sets the gradients to 0. */
GLASSGPT_API void glassgpt_zero_grads(glassgpt *g);

/* Step 0: adds one to the count of each of the n pairs; -1 where it refuses, else n. */
GLASSGPT_API int glassgpt_count(glassgpt *g, const int *tokens, int n);

/* --- training (core/train.c, core/optimizers.c, core/schedule.c) --- */

/* The learning rate of a step, counted from 0. */
GLASSGPT_API double glassgpt_learning_rate(const glassgpt_training *how, int step);

/* Trains `count` steps, the first of them `first_step`; returns how many were done.

   Document d is tokens[offsets[d]] to tokens[offsets[d + 1] - 1]; order (count,
   batch_docs) says which documents each step takes. The loss of each step goes to
   losses (count,), the norm of its gradient before clipping to norms (count,) unless
   NULL. For each weight in traced (num_traced,) its w before the update, g, m, v and
   the change of w go to trace (count, num_traced, 5), unless NULL.

   Fewer than `count`: the loss or the gradient of the next step was not a finite
   number; its loss and norm are written, no weight was changed. -1: a document has
   fewer than two tokens, or one outside the vocabulary. The numbers do not depend on
   how a run is cut into calls. */
GLASSGPT_API int glassgpt_train(glassgpt *g, const glassgpt_training *how,
                                const int *tokens, const int *offsets, const int *order,
                                int first_step, int count, double *losses,
                                double *norms, const int *traced, int num_traced,
                                double *trace);

/* Trains several models on the same documents, one after another, each as
   glassgpt_train does: models and how (num_models,), which take equally many documents
   a step; losses (num_models, count). What glassgpt_train returns of each goes to done
   (num_models,). */
GLASSGPT_API void glassgpt_train_models(glassgpt *const *models,
                                        const glassgpt_training *how, int num_models,
                                        const int *tokens, const int *offsets,
                                        const int *order, int first_step, int count,
                                        double *losses, int *done);

/* The gradient of one step's documents, order (batch_docs,), added to grads. Returns
   the loss, -1 where glassgpt_train would. */
GLASSGPT_API double glassgpt_batch_gradient(glassgpt *g, const glassgpt_training *how,
                                            const int *tokens, const int *offsets,
                                            const int *order);

/* Moves every weight by the gradients in grads, which are clipped there. Returns their
   norm before that; when it is not a finite number, nothing was moved. */
GLASSGPT_API double glassgpt_update(glassgpt *g, const glassgpt_training *how,
                                    int step);

/* --- random numbers, those of CPython (base/random.c) --- */

/* Seeds as random.seed(int) does; words (count,) are the seed's 32-bit digits, the
   lowest first, at least one. */
GLASSGPT_API void glassgpt_random_seed(glassgpt_random *random, const uint32_t *words,
                                       int count);

/* A number from 0 to below 1. */
GLASSGPT_API double glassgpt_random_random(glassgpt_random *random);

/* `count` numbers of the normal distribution, each random.gauss(mu, sigma). */
GLASSGPT_API void glassgpt_random_gauss(glassgpt_random *random, double mu,
                                        double sigma, double *numbers, int count);

/* Shuffles items (count,) in place, as random.shuffle does a list. */
GLASSGPT_API void glassgpt_random_shuffle(glassgpt_random *random, int *items,
                                          int count);

/* One of 0 .. count-1, as random.choices does: the running sums of weights (count,)
   go to sums (count,), the number drawn, from 0 to below 1, to drawn. -1 when the
   weights do not add up to a positive finite number; nothing is then drawn. */
GLASSGPT_API int glassgpt_random_choice(glassgpt_random *random, const double *weights,
                                        int count, double *sums, double *drawn);

/* --- generating (core/sample.c) --- */

/* Begins a new document: the cache is empty, operations are counted from 0. */
GLASSGPT_API void glassgpt_decode_begin(glassgpt *g);

/* Reads one more token, with the keys and values of those before. Returns its position,
   -1 where it refuses: a token outside the vocabulary, or the block is full. */
GLASSGPT_API int glassgpt_decode_step(glassgpt *g, int token);

/* The same without the cache: every token is computed again. */
GLASSGPT_API int glassgpt_decode_step_uncached(glassgpt *g, int token);

/* The multiplications in forward passes since glassgpt_decode_begin. */
GLASSGPT_API double glassgpt_operations(const glassgpt *g);

/* After a decode_step: the logits of the next token, (V,). Step 0 gives ln p. */
GLASSGPT_API const real *glassgpt_logits(const glassgpt *g);

/* After a decode_step: the probability of each next token at a temperature above 0, to
   probs (V,). */
GLASSGPT_API void glassgpt_probabilities(glassgpt *g, double temperature,
                                         double *probs);

/* Sets to 0 what is not among the top_k likeliest, or the likeliest whose sum reaches
   top_p; 0 and 1 keep all. probs is (count,), marks (count,) is written over. */
GLASSGPT_API void glassgpt_filter_probs(double *probs, int count, int top_k,
                                        double top_p, int *marks);

/* Writes a document: begins with prompt (num_prompt,), BOS first, draws until BOS or
   until `limit` tokens are drawn. They go to written (limit,), BOS left out. Returns
   how many. Temperature 0 takes the likeliest and draws nothing. -1 where it refuses:
   an empty prompt, a token outside the vocabulary, or a block too short for the prompt;
   -2 when the probabilities are not numbers. */
GLASSGPT_API int glassgpt_generate(glassgpt *g, glassgpt_random *random,
                                   const int *prompt, int num_prompt, int limit,
                                   double temperature, int top_k, double top_p,
                                   int *written);

/* --- many documents side by side (core/batch.c) --- */

/* The bytes that working on `count` documents side by side takes, none of which has
   more than `positions` tokens; 0 where it takes too many. */
GLASSGPT_API size_t glassgpt_workspace_size(const glassgpt *g, int count,
                                            int positions);

/* Writes `count` documents as glassgpt_generate does, to written (count, limit) and
   their lengths to lengths (count,), but draws in another order. They are in groups of
   DECODE_BATCH: in each, every document that goes on draws its first token, in their
   order, then every one its second, and so on. workspace is glassgpt_workspace_size(g,
   count, num_prompt + limit) bytes. Returns count; -1 where glassgpt_generate refuses,
   and without the mask; -2 when the probabilities are not numbers. */
GLASSGPT_API int glassgpt_generate_batch(glassgpt *g, glassgpt_random *random,
                                         const int *prompt, int num_prompt, int limit,
                                         double temperature, int top_k, double top_p,
                                         int count, int *written, int *lengths,
                                         void *workspace);

/* What glassgpt_evaluate finds, document beside document; workspace is
   glassgpt_workspace_size(g, 1, block_size) bytes. */
GLASSGPT_API int glassgpt_evaluate_batch(glassgpt *g, int doc_mode, const int *tokens,
                                         const int *offsets, const int *chosen,
                                         int count, double *losses, int *predictions,
                                         void *workspace);

/* --- held-out documents and baselines (corpus/heldout.c, corpus/baselines.c) --- */

/* What decides which documents are held out: of each of texts (count,) the first 8
   bytes of the sha256 of seed, LF and the text, to hashes (count,). Text i is UTF-8,
   from bytes[offsets[i]] to bytes[offsets[i + 1] - 1]; seed is a number in decimal
   digits. */
GLASSGPT_API void glassgpt_hash_texts(const char *seed, const uint8_t *bytes,
                                      const int *offsets, int count, uint64_t *hashes);

/* The documents that are held out of those with these hashes (count,): where the hash
   as a fraction of 2^64 is below `fraction`, 1 for all, and of these at most the
   `limit` of smallest hash, 0 for all. Their places go to order (count,), smallest hash
   first, the first of equals standing for all. Returns how many. */
GLASSGPT_API int glassgpt_heldout(const uint64_t *hashes, int count, double fraction,
                                  int limit, int *order);

/* The bytes that the counts of training documents of so many tokens take. */
GLASSGPT_API size_t glassgpt_baselines_size(int vocab_size, int num_tokens);

/* The mean of -ln p of each baseline over the predictions of num_heldout documents, to
   losses (NUM_BASELINES,), after counting the num_trained documents that stand before
   them in tokens; document d is tokens[offsets[d]] to tokens[offsets[d + 1] - 1].
   Letters and pairs count each possibility once more, as Step 0 does. A triple, and a
   token at its place in the document, lean on the pair as if that had been seen
   PAIR_TRUST times: (c + 5 p2) / (total + 5). No place is too far: one that no training
   document reaches has the pair alone.
   workspace is glassgpt_baselines_size(vocab_size, offsets[num_trained]) bytes. Returns
   how many predictions there were; -1 for a token outside the vocabulary. */
GLASSGPT_API int glassgpt_baselines(int vocab_size, const int *tokens,
                                    const int *offsets, int num_trained,
                                    int num_heldout, double *losses, void *workspace);

/* --- how fast this machine is (isa/dispatch.c) --- */

/* Multiplies and adds in vectors, as fast as these instructions can, and returns how
   many operations that was; 0 where the machine does not have them. sums is (12,). */
GLASSGPT_API double glassgpt_peak(int isa, int rounds, real *sums);

/* --- which build this is (core/version.c) --- */

/* 64 or 32, the bits of `real`. */
GLASSGPT_API int glassgpt_real_bits(void);

/* A hash of the sources that this was built from; "" when the build gave none. */
GLASSGPT_API const char *glassgpt_sources(void);

/* The compiler that built this, and its version: "gcc 12.2.0". */
GLASSGPT_API const char *glassgpt_compiler(void);

#include "figures.h"

#endif
