/* Where everything lies in the block of memory. */
#include "base/arrays.h"
#include "base/random.h"
#include "isa/dispatch.h"

#ifdef GLASSGPT_GUARDED
#include <sanitizer/asan_interface.h>
#endif

static const double MOST_BYTES = 1e15;
enum { ALIGNMENT = 64, MOST_VOCAB = 4096, MOST_MLP_POSITIONS = 64, MOST_LANES = 16 };

/* A count with room for whole vectors of any instruction set. */
static int whole_vectors(int count) {
    return count > INT32_MAX - MOST_LANES
               ? INT32_MAX
               : (count + MOST_LANES - 1) / MOST_LANES * MOST_LANES;
}

static Sizes sizes_of(const glassgpt_config *c) {
    const int gpt = c->step >= 3;
    Sizes s = {.V = c->vocab_size, .C = c->n_embd};
    s.H = gpt ? c->n_head : 1;
    s.L = gpt ? c->n_layer : 1;
    s.T = c->block_size;
    /* without attention a long document is read piece by piece */
    if (!gpt && s.T > MOST_MLP_POSITIONS) s.T = MOST_MLP_POSITIONS;
    s.D = s.C / s.H;
    s.F = 4 * s.C;
    s.O = gpt ? s.C : s.V;
    s.R = 2 * s.L + 1;
    s.N = whole_vectors(s.T);
    s.W = whole_vectors(s.V);
    s.P = gpt ? s.C : s.W;
    return s;
}

static int model_of(const glassgpt_config *c) {
    return c->step == 0 ? BIGRAM : c->step < 3 ? MLP : GPT;
}

static int is_possible(const glassgpt_config *c) {
    if (c->step < 0 || c->step > 5 || c->without < 0 || c->without > 127) return 0;
    if (c->vocab_size < 2 || c->vocab_size > MOST_VOCAB) return 0;
    if (c->n_embd < 1 || c->n_head < 1 || c->n_layer < 1 || c->block_size < 1) return 0;
    if (c->n_embd > 1 << 16 || c->n_layer > 1 << 16) return 0;
    if (c->step >= 3 && c->n_embd % c->n_head) return 0;
    if (c->step == 3 && (c->n_head != 1 || c->n_layer != 1)) return 0;
    return c->rms_eps >= 0 && c->smoothing >= 0;
}

/* Counts bytes as it hands out parts of a block, or without a block, counts only. */
typedef struct {
    char *memory; /* NULL to count */
    double bytes; /* a double: it can't wrap around */
} Block;

static void *take(Block *block, double bytes) {
    char *address = block->memory ? block->memory + (size_t)block->bytes : NULL;
    if (bytes > MOST_BYTES) bytes = MOST_BYTES;
    const uint64_t lines = ((uint64_t)bytes + ALIGNMENT - 1) / ALIGNMENT;
    block->bytes += (double)lines * ALIGNMENT;
#ifdef GLASSGPT_GUARDED /* by the tests: whoever steps over the end is caught there */
    char *end = block->memory + (size_t)block->bytes;
    if (address) ASAN_POISON_MEMORY_REGION(end, ALIGNMENT);
    block->bytes += ALIGNMENT;
#endif
    return address;
}

static double numbers_in(const ActivationShape *shape) {
    double count = shape->axes[0];
    for (int axis = 1; axis < MAX_AXES; axis++)
        if (shape->axes[axis]) count *= shape->axes[axis];
    return count;
}

static void take_activations(Block *block, const glassgpt *g, Activations *a) {
    real **const pointers[NUM_ACTIVATIONS] = {
#define ADDRESS(name, ...) &a->name,
        ACTIVATIONS(ADDRESS)
#undef ADDRESS
    };
    for (int i = 0; i < NUM_ACTIVATIONS; i++) {
        const ActivationShape shape = activation_shape(&g->sizes, i);
        const int has = shape.models & g->model;
        *pointers[i] = has ? take(block, numbers_in(&shape) * sizeof(real)) : NULL;
    }
}

static void take_scratch(Block *block, glassgpt *g) {
    const int C = g->sizes.C, H = g->sizes.H, L = g->sizes.L, F = g->sizes.F;
    const int N = g->sizes.N, W = g->sizes.W, P = g->sizes.P;
#define TAKE(name, models, layers, rows, columns)                                      \
    if (g->model & (models))                                                           \
        g->scratch.name =                                                              \
            take(block, (double)(layers) * (rows) * (columns) * sizeof(real));
    SCRATCH(TAKE)
#undef TAKE
}

/* Puts tensors in their order; returns how many numbers that is. */
static double order_tensors(glassgpt *g) {
    double end = 0, layer_size = 0;
    const int head_last = g->config.step == 3;
    g->num_listed = g->num_tensors = 0;
    for (int pass = 0; pass < 3; pass++) {
        for (int i = 0; i < NUM_TENSORS; i++) {
            const TensorShape shape = tensor_shape(&g->sizes, i);
            const int last = head_last && i == TENSOR_lm_head;
            const int due = last ? 2 : shape.where == EACH_LAYER ? 1 : 0;
            if (due != pass || !(shape.models & g->model)) continue;
            if (end > INT32_MAX) return end;
            g->offset[i] = (int)end;
            g->listed[g->num_listed++] = i;
            g->num_tensors += shape.where == EACH_LAYER ? g->sizes.L : 1;
            end += (double)shape.rows * shape.columns;
            if (pass == 1) layer_size += (double)shape.rows * shape.columns;
        }
        if (pass == 1) end += layer_size * (g->sizes.L - 1);
    }
    g->layer_size = layer_size > INT32_MAX ? 0 : (int)layer_size;
    return end;
}

/* Fills in a context whose parts lie in `block`. Returns 0 for too large a model. */
static int lay_out(glassgpt *g, const glassgpt_config *config, Block *block) {
    g->config = *config;
    g->sizes = sizes_of(config);
    g->model = model_of(config);
    const double count = order_tensors(g);
    const double state = g->model == BIGRAM ? count : 4 * count;
    if (state > INT32_MAX) return 0;
    g->num_weights = (int)count;
    take(block, sizeof *g);
    g->weights = take(block, state * sizeof(real));
    if (g->model != BIGRAM && g->weights) {
        g->grads = g->weights + g->num_weights;
        g->m = g->grads + g->num_weights;
        g->v = g->m + g->num_weights;
    }
    take_activations(block, g, &g->a);
    if (g->model != BIGRAM) take_activations(block, g, &g->da);
    if (simd_isa(g, ISA_BASELINE) != ISA_PLAIN) take_scratch(block, g);
    g->context = take(block, (double)g->sizes.T * sizeof(int));
    g->next = take(block, (double)g->sizes.V * sizeof(real));
    g->marks = take(block, (double)g->sizes.V * sizeof(int));
    g->probs = take(block, (double)g->sizes.V * sizeof(double));
    g->sums = take(block, (double)g->sizes.V * sizeof(double));
    return block->bytes < MOST_BYTES && block->bytes < (double)(SIZE_MAX / 2);
}

size_t glassgpt_size(const glassgpt_config *config) {
    glassgpt g = {0};
    Block block = {NULL, ALIGNMENT}; /* room to align the start */
    if (!is_possible(config) || !lay_out(&g, config, &block)) return 0;
    return (size_t)block.bytes;
}

glassgpt *glassgpt_create(void *memory, const glassgpt_config *config) {
    const uintptr_t past = (uintptr_t)memory % ALIGNMENT;
    char *start = (char *)memory + (past ? ALIGNMENT - past : 0);
    zero_bytes(start, glassgpt_size(config) - ALIGNMENT);
    Block block = {start, 0};
    glassgpt *g = (glassgpt *)start;
    lay_out(g, config, &block);
    glassgpt_use_isa(g, glassgpt_best_isa());
    return g;
}

void glassgpt_init_weights(glassgpt *g, glassgpt_random *random, double init_std) {
    zero(g->weights, (size_t)glassgpt_state_size(g));
    if (g->model == BIGRAM) return;
    for (int i = 0; i < g->num_weights; i++)
        g->weights[i] = (real)random_gauss(random, 0, init_std);
}

void glassgpt_leave_out(glassgpt *g, int without) { g->config.without = without; }

int glassgpt_num_weights(const glassgpt *g) { return g->num_weights; }
real *glassgpt_weights(glassgpt *g) { return g->weights; }
real *glassgpt_grads(glassgpt *g) { return g->grads; }
real *glassgpt_m(glassgpt *g) { return g->m; }
real *glassgpt_v(glassgpt *g) { return g->v; }

int glassgpt_state_size(const glassgpt *g) {
    return g->model == BIGRAM ? g->num_weights : 4 * g->num_weights;
}

void glassgpt_save(const glassgpt *g, real *state) {
    copy(state, g->weights, (size_t)glassgpt_state_size(g));
}

void glassgpt_restore(glassgpt *g, const real *state) {
    copy(g->weights, state, (size_t)glassgpt_state_size(g));
}
