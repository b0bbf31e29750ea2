/* What glassgpt.h's functions take: their numbers, codes and structs. Functions come
   after them, there. */
#ifndef GLASSGPT_TYPES_H
#define GLASSGPT_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef GLASSGPT_FLOAT32
typedef float real;
#else
typedef double real;
#endif

#if defined(_WIN32)
#define GLASSGPT_API __declspec(dllexport)
#else
#define GLASSGPT_API __attribute__((visibility("default")))
#endif

/* Parts of a model that can be left out, added up in `without`. */
enum {
    WITHOUT_POSITIONS = 1, /* wpe is not added */
    WITHOUT_ATTENTION = 2, /* x goes past attention unchanged */
    WITHOUT_RESIDUALS = 4, /* a branch's output takes the place of x */
    WITHOUT_NORMS = 8,     /* rmsnorm gives back what it gets */
    WITHOUT_MLP = 16,      /* x goes past the mlp unchanged */
    WITHOUT_SCALE = 32,    /* scores are not divided by sqrt(D) */
    WITHOUT_MASK = 64      /* a token looks at those after it, too */
};

/* How the weights move. */
enum { SGD = 0, MOMENTUM = 1, RMSPROP = 2, ADAM = 3, ADAMW = 4 };

/* How the learning rate changes. */
enum { LINEAR = 0, CONSTANT = 1, COSINE = 2 };

/* What counts the same in a batch. */
enum { BY_DOCUMENT = 0, BY_TOKEN = 1 };

/* What is done with a document longer than the block. */
enum { TRUNCATE = 0, CHUNK = 1 };

/* How many documents draw in turn where many are generated at once. */
enum { DECODE_BATCH = 256 };

/* What predicts by counts alone; how many observations of a pair of tokens its triple
   must have to count as much as the pair; and how few held-out documents say nothing.
   */
enum {
    BASELINE_UNIFORM = 0,
    BASELINE_LETTER = 1,
    BASELINE_BIGRAM = 2,
    BASELINE_TRIGRAM = 3,
    NUM_BASELINES = 4
};
enum { TRIGRAM_TRUST = 5, FEWEST_HELDOUT = 20 };

/* Mistakes on purpose, added up in `mistakes`. */
enum {
    MISTAKE_KEEP_GRADS = 1, /* gradients are not set to 0 after an update */
    MISTAKE_OVERWRITE = 2   /* = in place of += where a number is used twice */
};

/* With which instructions steps are trained: in plain loops, or in vectors of what
   every machine of its kind has, or of what some have. */
enum { ISA_PLAIN = 0, ISA_BASELINE = 1, ISA_AVX2 = 2, ISA_AVX512 = 3 };

/* The shape of a model. */
typedef struct {
    int step;         /* the lesson whose model this is: 0, counting, to 5 */
    int vocab_size;   /* V, tokens, BOS included: 2 to 4096 */
    int n_embd;       /* C, numbers that stand for a token */
    int n_head;       /* H, attention heads in a layer */
    int n_layer;      /* L, layers */
    int block_size;   /* T, tokens that attention looks at */
    int without;      /* parts left out, 0 for the lesson's model */
    int reserved;     /* 0 */
    double rms_eps;   /* keeps rmsnorm from dividing by 0 */
    double smoothing; /* step 0: added to every count */
} glassgpt_config;

/* How a model is trained. */
typedef struct {
    int optimizer;        /* SGD, MOMENTUM, RMSPROP, ADAM or ADAMW */
    int schedule;         /* LINEAR, CONSTANT or COSINE */
    int bias_correction;  /* Adam's m and v, made up for having begun at 0: 1 or 0 */
    int loss_norm;        /* BY_DOCUMENT or BY_TOKEN */
    int doc_mode;         /* TRUNCATE or CHUNK */
    int batch_docs;       /* documents in a step */
    int num_steps;        /* steps in all, for the schedule */
    int warmup_steps;     /* steps in which the rate climbs */
    int mistakes;         /* 0 for none */
    int reserved;         /* 0 */
    double learning_rate; /* at the start of the schedule */
    double momentum;      /* speed that MOMENTUM keeps */
    double beta1;         /* memory of m */
    double beta2;         /* memory of v */
    double eps_adam;      /* keeps Adam from dividing by 0 */
    double weight_decay;  /* how far ADAMW moves towards 0 */
    double grad_clip;     /* largest gradient norm; 0 is no limit */
} glassgpt_training;

/* The state of a random generator, as CPython's random.Random keeps it. */
typedef struct {
    uint32_t words[624]; /* of the Mersenne Twister */
    int index;           /* of the next word; 624 when all are used */
    int has_gauss;       /* 1 when gauss has a second number waiting */
    double gauss_next;   /* that number */
} glassgpt_random;

#endif
