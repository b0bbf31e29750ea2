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

/* What predicts by counts alone; how often a triple, or a token at its place, must have
   been seen to count as much as the pair; and how few held-out documents say nothing.
   */
enum {
    BASELINE_UNIFORM = 0,
    BASELINE_LETTER = 1,
    BASELINE_BIGRAM = 2,
    BASELINE_TRIGRAM = 3,
    BASELINE_PLACE = 4, /* a token and how many stand before it */
    NUM_BASELINES = 5
};
enum { PAIR_TRUST = 5, FEWEST_HELDOUT = 20 };

/* Mistakes on purpose, added up in `mistakes`. */
enum {
    MISTAKE_KEEP_GRADS = 1, /* gradients are not set to 0 after an update */
    MISTAKE_OVERWRITE = 2,  /* = in place of += where a number is used twice */
    MISTAKE_EPS_INSIDE = 4  /* Adam's eps under the root and not beside it */
};

/* What a node of an expression's graph is: the lesson's basic operations. The last three
   are those that follow from them, of several nodes. */
enum {
    OP_LETTER = 0, /* its number is given */
    OP_NUMBER = 1,
    OP_ADD = 2,
    OP_MUL = 3,
    OP_POW = 4, /* to a plain number */
    OP_LOG = 5,
    OP_EXP = 6,
    OP_RELU = 7,
    OP_NEG = 8,
    OP_SUB = 9,
    OP_DIV = 10
};

/* Ways back that are wrong, added up in `walk`; 0 is the lesson's. */
enum {
    WALK_RECURSION = 1, /* no order: each node tells its children as soon as it is told */
    WALK_OVERWRITE = 2, /* = in place of += */
    WALK_TWICE = 4      /* a second time, with the gradients of the first left standing */
};

/* How large an expression and its walk may be. */
enum { MOST_CHARACTERS = 400, MOST_NODES = 200, MOST_PUSHES = 4000 };

/* Why an expression is refused. */
enum {
    REFUSED_EMPTY = 1,        /* nothing is written */
    REFUSED_UNFINISHED = 2,   /* it ends where a letter, a number or "(" must follow */
    REFUSED_OPERAND = 3,      /* here one must stand, and something else does */
    REFUSED_OPERATION = 4,    /* before this an operation is missing */
    REFUSED_UNCLOSED = 5,     /* this "(" is not closed */
    REFUSED_UNOPENED = 6,     /* this ")" closes nothing */
    REFUSED_CHARACTER = 7,    /* this character means nothing here */
    REFUSED_NAME = 8,         /* neither a letter from a to z nor log, exp, relu */
    REFUSED_CALL = 9,         /* after log, exp and relu "(" must follow */
    REFUSED_DIGITS = 10,      /* this is no number, or one of too many digits */
    REFUSED_CARET = 11,       /* a power is written ** */
    REFUSED_ASSIGNMENT = 12,  /* left of = stands one letter, and it stands once */
    REFUSED_LONG = 13,        /* more than MOST_CHARACTERS characters */
    REFUSED_DEEP = 14,        /* brackets in brackets, too many of them */
    REFUSED_NODES = 15,       /* more than MOST_NODES nodes */
    REFUSED_PLAIN = 16,       /* a plain number: no Value is made */
    REFUSED_NUMBER_FIRST = 17, /* number - Value, number / Value: not in the class */
    REFUSED_EXPONENT = 18,    /* a Value as an exponent: not in the class */
    REFUSED_PLUS_SIGN = 19,   /* + before a Value: not in the class */
    REFUSED_LOG = 20,         /* the log of a number that is not above 0 */
    REFUSED_ZERO = 21,        /* a division by 0 */
    REFUSED_ROOT = 22,        /* a power that is no whole number, of one below 0 */
    REFUSED_LARGE = 23,       /* a number too large for 64 bits */
    REFUSED_STEEP = 24,       /* a slope that is no number: a power of 0 below 1 */
    REFUSED_PUSHES = 25       /* a walk of more than MOST_PUSHES edges */
};

/* What made a number of a loss's graph: nothing (a weight, a constant), or which of the
   lesson's operations. A power is 1 / x, the only one there. */
enum {
    GRAPH_LEAF = 0,
    GRAPH_ADD = 1,
    GRAPH_MULTIPLY = 2,
    GRAPH_POWER = 3,
    GRAPH_LOG = 4,
    GRAPH_EXP = 5,
    GRAPH_RELU = 6
};

/* Where in the lesson's forward pass that was, in its order. A dot product begins with
   the 0 of sum(), and makes a product and a sum of each number. */
enum {
    GRAPH_WEIGHT = 0,
    GRAPH_FC1_ZERO = 1,
    GRAPH_FC1_PRODUCT = 2,
    GRAPH_FC1_SUM = 3,
    GRAPH_HIDDEN = 4,
    GRAPH_FC2_ZERO = 5,
    GRAPH_FC2_PRODUCT = 6,
    GRAPH_FC2_SUM = 7, /* the last of a row is a logit */
    GRAPH_TOP = 8,     /* the largest logit, with a minus */
    GRAPH_SHIFTED = 9,
    GRAPH_EXPS = 10,
    GRAPH_TOTAL_ZERO = 11,
    GRAPH_TOTAL = 12,
    GRAPH_INVERSE = 13,
    GRAPH_PROBABILITY = 14, /* of the token that came */
    GRAPH_LN = 15,
    GRAPH_MINUS_ONE = 16,
    GRAPH_PAIR_LOSS = 17,
    GRAPH_SUM_ZERO = 18,
    GRAPH_SUM = 19,
    GRAPH_SHARE = 20, /* 1 / n */
    GRAPH_LOSS = 21,
    GRAPH_PARTS = 22
};

/* The nodes of a loss's graph, children before what is made of them and the loss last.
   about (size, GRAPH_ABOUT): what made a node, its part of the forward pass, the pair (-1
   for what belongs to none), its place in that part (a weight's index, or row by row),
   and its two children, -1 for none. numbers (size, GRAPH_NUMBERS): its value, its
   gradient, and how it moves with each child. And how many nodes are too many. */
enum { GRAPH_ABOUT = 6, GRAPH_NUMBERS = 4, GRAPH_LARGEST = 2000000 };

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

/* An expression as the graph of the Values that the lesson's class would make, in the
   order in which it makes them: node i is made before node i + 1. */
typedef struct {
    int num_nodes;            /* N */
    int num_order;            /* how many of them the top was made from, it included */
    int top;                  /* the node that the last statement made */
    int error_start;          /* where in the text a mistake is */
    int error_length;         /* of how many characters, 0 at the end of the text */
    int reserved;             /* 0 */
    int op[200];              /* OP_LETTER to OP_RELU */
    int letter[200];          /* 0 to 25, the letter that is its name; -1 for none */
    int first[200];           /* the node it was made from; -1 for none */
    int second[200];          /* the other one; -1 for none */
    int start[200];           /* where in the text its operation stands */
    int length[200];          /* of how many characters */
    int whole[200];           /* the last node of the OP_NEG, OP_SUB, OP_DIV it is in */
    int derived[200];         /* of that last node: which it is; 0 elsewhere */
    int order[200];           /* children before parents, the top last, (num_order,) */
    double number[200];       /* of OP_NUMBER the number, of OP_POW the exponent */
    double data[200];         /* the values */
    double first_slope[200];  /* how it moves when the node it was made from does */
    double second_slope[200]; /* and when the other one does */
    double through[200];      /* of OP_SUB, OP_DIV: slope to the second operand */
    double grad[200];         /* how the top moves when it does */
} glassgpt_graph;

#endif
