/* What a model consists of, each thing named once: its tensors and its activations.

   Sizes, names and pointers are all made from these two tables, so they can't
   disagree. The letters in them are those of glassgpt.h. Only the kernel's own files
   read this. */
#ifndef GLASSGPT_TENSORS_H
#define GLASSGPT_TENSORS_H

#include "glassgpt.h"

enum { BIGRAM = 1, MLP = 2, GPT = 4, ALL = 7 };
enum { ONCE, EACH_LAYER };

/*    name      rows  columns  models      where        in the lesson's order */
#define TENSORS(X)                                                                     \
    X(counts,   V,    V,       BIGRAM,     ONCE)                                       \
    X(wte,      V,    C,       MLP | GPT,  ONCE)                                       \
    X(wpe,      T,    C,       GPT,        ONCE)                                       \
    X(lm_head,  V,    C,       GPT,        ONCE)                                       \
    X(attn_wq,  C,    C,       GPT,        EACH_LAYER)                                 \
    X(attn_wk,  C,    C,       GPT,        EACH_LAYER)                                 \
    X(attn_wv,  C,    C,       GPT,        EACH_LAYER)                                 \
    X(attn_wo,  C,    C,       GPT,        EACH_LAYER)                                 \
    X(mlp_fc1,  F,    C,       MLP | GPT,  EACH_LAYER)                                 \
    X(mlp_fc2,  O,    F,       MLP | GPT,  EACH_LAYER)

/*    name         models     shape           what it is */
#define ACTIVATIONS(X)                                                                 \
    X(embedding,   MLP | GPT, T, C, 0, 0)  /* wte[token] + wpe[position] */            \
    X(emb_scale,   GPT,       T, 0, 0, 0)  /* its factor in rmsnorm */                 \
    X(residual,    GPT,       R, T, C, 0)  /* x: at first, after attention, mlp, ... */\
    X(attn_scale,  GPT,       L, T, 0, 0)  /* factor of the norm before attention */   \
    X(attn_norm,   GPT,       L, T, C, 0)  /* x normed */                              \
    X(q,           GPT,       L, T, C, 0)  /* queries */                               \
    X(k,           GPT,       L, T, C, 0)  /* keys: the cache, too */                  \
    X(v,           GPT,       L, T, C, 0)  /* values: the cache, too */                \
    X(scores,      GPT,       L, H, T, T)  /* q.k / sqrt(D), query by key */           \
    X(weights,     GPT,       L, H, T, T)  /* softmax of the scores */                 \
    X(heads,       GPT,       L, T, C, 0)  /* weighted values, head beside head */     \
    X(attn_out,    GPT,       L, T, C, 0)  /* attn_wo heads */                         \
    X(mlp_scale,   GPT,       L, T, 0, 0)  /* factor of the norm before the mlp */     \
    X(mlp_norm,    GPT,       L, T, C, 0)  /* x normed */                              \
    X(before_relu, MLP | GPT, L, T, F, 0)  /* mlp_fc1 mlp_norm */                      \
    X(hidden,      MLP | GPT, L, T, F, 0)  /* relu of that */                          \
    X(mlp_out,     GPT,       L, T, C, 0)  /* mlp_fc2 hidden */                        \
    X(logits,      ALL,       T, V, 0, 0)  /* of the next token; step 0: ln p */       \
    X(probs,       ALL,       T, V, 0, 0)  /* softmax of the logits */                 \
    X(losses,      ALL,       T, 0, 0, 0)  /* -ln p of the token that came */

/* What they keep between its parts. C, F, H, L, V as in glassgpt.h; N is T, W is V, P
   is the outputs of mlp_fc2, each up to a whole vector of any instruction set.

   name           models     shape      what it is */
#define SCRATCH(X)                                                                     \
    X(transposed_qkv,     GPT,       L, C, 3*C)/* of attn_wq, wk, wv, by columns */    \
    X(transposed_wo,      GPT,       L, C, C)                                          \
    X(transposed_fc1,     MLP | GPT, L, C, F)                                          \
    X(transposed_fc2,     MLP | GPT, L, F, P)                                          \
    X(transposed_head,    GPT,       1, C, W)                                          \
    X(embedding,          MLP | GPT, 1, N, C)                                          \
    X(emb_scale,          GPT,       1, N, 1)                                          \
    X(before,             GPT,       L, N, C)  /* residual stream before a layer, */   \
    X(between,            GPT,       L, N, C)  /* between its two branches, */         \
    X(after,              GPT,       1, N, C)  /* after the last layer */              \
    X(attn_norm,          GPT,       L, N, C)                                          \
    X(attn_scale,         GPT,       L, N, 1)                                          \
    X(qkv,                GPT,       L, N, 3*C)/* query, key and value side by side */ \
    X(weights,            GPT,       L, H*N, N)/* of attention: key by query */        \
    X(heads,              GPT,       L, N, C)                                          \
    X(mlp_norm,           GPT,       L, N, C)                                          \
    X(mlp_scale,          GPT,       L, N, 1)                                          \
    X(hidden,             MLP | GPT, L, N, F)                                          \
    X(logits,             MLP | GPT, 1, N, W)  /* and in their place their gradient */ \
    X(dafter,             GPT,       L, N, C)  /* of the stream after a layer, */      \
    X(dbetween,           GPT,       L, N, C)  /* between its branches, */             \
    X(dembedding,         MLP | GPT, 1, N, C)  /* before the first, or its embedding */\
    X(dnormed,            GPT,       1, N, C)  /* of a branch's normed input */        \
    X(dheads,             GPT,       1, N, C)                                          \
    X(dqkv,               GPT,       L, N, 3*C)                                        \
    X(dhidden,            MLP | GPT, L, N, F)                                          \
    X(transposed_rows,    GPT,       1, C, N)  /* of an array in attention */          \
    X(transposed_out,     GPT,       1, 3*C, N)                                        \
    X(dscores,            GPT,       1, N, N)                                          \
    X(transposed_dscores, GPT,       1, N, N)                                          \
    X(transposed_weights, GPT,       1, N, N)

/* Pointers by name, NULL for what a model does not have. */
#define POINTER(name, ...) real *name;
typedef struct {
    TENSORS(POINTER)
} Tensors;
typedef struct {
    ACTIVATIONS(POINTER)
} Activations;
typedef struct {
    SCRATCH(POINTER)
} Scratch;
#undef POINTER

enum {
#define COUNT(name, ...) TENSOR_##name,
    TENSORS(COUNT) NUM_TENSORS
#undef COUNT
};
enum {
#define COUNT(name, ...) ACTIVATION_##name,
    ACTIVATIONS(COUNT) NUM_ACTIVATIONS
#undef COUNT
};
enum { MAX_AXES = 4 };

/* The sizes that the letters stand for. */
typedef struct {
    int V, T, C, H, L, D, F;
    int O; /* outputs of mlp_fc2: V in the mlp, C in the gpt */
    int R; /* 2 L + 1, moments of the residual stream */
    int N, W, P; /* T, V and O, with room for whole vectors */
} Sizes;

struct glassgpt {
    glassgpt_config config;
    Sizes sizes;
    int model; /* BIGRAM, MLP or GPT */
    int num_weights, num_tensors;
    int offset[NUM_TENSORS]; /* of the tensor, or of layer 0's */
    int layer_size;          /* from a tensor to the same one a layer on */
    int num_listed;          /* tensors in one pass through the table */
    int listed[NUM_TENSORS]; /* which these are, in the order of their weights */
    real *weights, *grads, *m, *v;
    Activations a, da; /* activations and their gradients */
    int isa;           /* what steps are trained with; ISA_PLAIN has no scratch */
    Scratch scratch;
    int *context;          /* (T,) tokens read since glassgpt_decode_begin */
    int context_length;
    int *marks;           /* (V,), as are the three below: they are the next token's */
    real *next;
    double *probs, *sums;
    double operations;
};

typedef struct {
    const char *name;
    int rows, columns, models, where;
} TensorShape;

typedef struct {
    const char *name;
    int models;
    int axes[MAX_AXES];
} ActivationShape;

/* Whether a branch or another part of the model is left out: WITHOUT_... */
static inline int is_without(const glassgpt *g, int part) {
    return g->config.without & part;
}

/* A row of each table, with sizes for letters. */
TensorShape tensor_shape(const Sizes *sizes, int tensor);
ActivationShape activation_shape(const Sizes *sizes, int activation);

/* Layer's tensors in `base`: g->weights or g->grads. */
Tensors tensors_at(const glassgpt *g, real *base, int layer);

/* Layer's activations in `a`: g->a or g->da. What has no layers stays as it is, and
   `residual` is where the layer begins: (3, T, C), before, between and after. */
Activations activations_at(const glassgpt *g, const Activations *a, int layer);

#endif
