/* Where everything lies in the block of memory, and asking for it by number. */
#include "arrays.h"
#include "random.h"
#include "tensors.h"

#ifdef GLASSGPT_GUARDED
#include <sanitizer/asan_interface.h>
#endif

enum { ALIGNMENT = 64, MOST_VOCAB = 4096, MOST_MLP_POSITIONS = 64 };

typedef struct {
    const char *name;
    int rows, columns, models, where;
} TensorShape;

typedef struct {
    const char *name;
    int models;
    int axes[MAX_AXES];
} ActivationShape;

static TensorShape tensor_shape(const Sizes *s, int tensor) {
    const int V = s->V, T = s->T, C = s->C, F = s->F, O = s->O;
    const TensorShape shapes[NUM_TENSORS] = {
#define SHAPE(name, rows, columns, models, where) {#name, rows, columns, models, where},
        TENSORS(SHAPE)
#undef SHAPE
    };
    return shapes[tensor];
}

static ActivationShape activation_shape(const Sizes *s, int activation) {
    const int V = s->V, T = s->T, C = s->C, H = s->H, L = s->L, F = s->F, R = s->R;
    const ActivationShape shapes[NUM_ACTIVATIONS] = {
#define SHAPE(name, models, ...) {#name, models, {__VA_ARGS__}},
        ACTIVATIONS(SHAPE)
#undef SHAPE
    };
    return shapes[activation];
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
    char *part = block->memory ? block->memory + (size_t)block->bytes : NULL;
    const double lines = (bytes + ALIGNMENT - 1) / ALIGNMENT;
    block->bytes += (double)(uint64_t)lines * ALIGNMENT;
#ifdef GLASSGPT_GUARDED /* by the tests: whoever steps over the end is caught there */
    if (part) ASAN_POISON_MEMORY_REGION(block->memory + (size_t)block->bytes, ALIGNMENT);
    block->bytes += ALIGNMENT;
#endif
    return part;
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

/* Puts tensors in their order; returns how many numbers that is. */
static double order_tensors(glassgpt *g) {
    double end = 0, layer_size = 0;
    const int head_last = g->config.step == 3;
    g->num_listed = g->num_tensors = 0;
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < NUM_TENSORS; i++) {
            const TensorShape shape = tensor_shape(&g->sizes, i);
            const int last = head_last && i == TENSOR_lm_head;
            const int due = last ? 2 : shape.where == EACH_LAYER ? 1 : 0;
            if (due != turn || !(shape.models & g->model)) continue;
            if (end > INT32_MAX) return end;
            g->offset[i] = (int)end;
            g->listed[g->num_listed++] = i;
            g->num_tensors += shape.where == EACH_LAYER ? g->sizes.L : 1;
            end += (double)shape.rows * shape.columns;
            if (turn == 1) layer_size += (double)shape.rows * shape.columns;
        }
        if (turn == 1) end += layer_size * (g->sizes.L - 1);
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
    g->fed = take(block, (double)g->sizes.T * sizeof(int));
    g->marks = take(block, (double)g->sizes.V * sizeof(int));
    g->probs = take(block, (double)g->sizes.V * sizeof(double));
    g->sums = take(block, (double)g->sizes.V * sizeof(double));
    return block->bytes < (double)(SIZE_MAX / 2);
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
    return g;
}

Tensors tensors_at(const glassgpt *g, real *base, int layer) {
    const int past = layer * g->layer_size, *at = g->offset;
    Tensors t = {0};
#define POINT(name, rows, columns, models, where)                                      \
    if ((models) & g->model)                                                           \
        t.name = base + at[TENSOR_##name] + (where == EACH_LAYER ? past : 0);
    TENSORS(POINT)
#undef POINT
    return t;
}

Activations activations_at(const glassgpt *g, const Activations *a, int layer) {
    const int V = 1, T = g->sizes.T, C = g->sizes.C, H = g->sizes.H, F = g->sizes.F;
    const int L = -1, R = -2; /* marks: axis 0 counts layers, or moments */
    Activations at = *a;
#define POINT(name, models, axis0, axis1, axis2, axis3)                                \
    if (at.name && axis0 < 0) {                                                        \
        const size_t rest = (size_t)(axis1) * (axis2 ? axis2 : 1) * (axis3 ? axis3 : 1); \
        at.name += rest * (size_t)(axis0 == L ? layer : 2 * layer);                    \
    }
    ACTIVATIONS(POINT)
#undef POINT
    (void)V, (void)R;
    return at;
}

void glassgpt_draw_weights(glassgpt *g, glassgpt_random *random, double init_std) {
    zero(g->weights, (size_t)glassgpt_state_size(g));
    if (g->model == BIGRAM) return;
    for (int i = 0; i < g->num_weights; i++)
        g->weights[i] = (real)random_gauss(random, 0, init_std);
}

void glassgpt_leave_out(glassgpt *g, int without) { g->config.without = without; }

int glassgpt_num_weights(const glassgpt *g) { return g->num_weights; }
int glassgpt_num_tensors(const glassgpt *g) { return g->num_tensors; }

/* A tensor by its number: which row of the table, in which layer. */
typedef struct {
    int index, layer;
} Place;

static Place place_of(const glassgpt *g, int tensor) {
    int before = 0, each = 0;
    for (int i = 0; i < g->num_listed; i++) {
        const TensorShape shape = tensor_shape(&g->sizes, g->listed[i]);
        each += shape.where == EACH_LAYER;
        before += shape.where == ONCE && each == 0;
    }
    const int inside = tensor - before, L = g->sizes.L;
    if (inside < 0) return (Place){g->listed[tensor], 0};
    if (inside >= each * L) return (Place){g->listed[tensor - each * (L - 1)], 0};
    return (Place){g->listed[before + inside % each], inside / each};
}

static TensorShape shape_of(const glassgpt *g, int tensor) {
    return tensor_shape(&g->sizes, place_of(g, tensor).index);
}

const char *glassgpt_tensor_name(const glassgpt *g, int tensor) {
    return shape_of(g, tensor).name;
}

int glassgpt_tensor_layer(const glassgpt *g, int tensor) {
    const int named = g->config.step > 3 && shape_of(g, tensor).where == EACH_LAYER;
    return named ? place_of(g, tensor).layer : -1;
}

int glassgpt_tensor_offset(const glassgpt *g, int tensor) {
    const Place place = place_of(g, tensor);
    return g->offset[place.index] + place.layer * g->layer_size;
}

int glassgpt_tensor_rows(const glassgpt *g, int tensor) {
    return shape_of(g, tensor).rows;
}

int glassgpt_tensor_columns(const glassgpt *g, int tensor) {
    return shape_of(g, tensor).columns;
}

real *glassgpt_weights(glassgpt *g) { return g->weights; }
real *glassgpt_grads(glassgpt *g) { return g->grads; }
real *glassgpt_m(glassgpt *g) { return g->m; }
real *glassgpt_v(glassgpt *g) { return g->v; }

int glassgpt_num_activations(void) { return NUM_ACTIVATIONS; }

const char *glassgpt_activation_name(int activation) {
    const Sizes none = {0};
    return activation_shape(&none, activation).name;
}

int glassgpt_activation_size(const glassgpt *g, int activation, int axis) {
    const ActivationShape shape = activation_shape(&g->sizes, activation);
    return shape.models & g->model ? shape.axes[axis] : 0;
}

static real *named(const Activations *a, int activation) {
    real *const pointers[NUM_ACTIVATIONS] = {
#define VALUE(name, ...) a->name,
        ACTIVATIONS(VALUE)
#undef VALUE
    };
    return pointers[activation];
}

real *glassgpt_activation(glassgpt *g, int activation) {
    return named(&g->a, activation);
}

real *glassgpt_activation_grad(glassgpt *g, int activation) {
    return named(&g->da, activation);
}

int glassgpt_state_size(const glassgpt *g) {
    return g->model == BIGRAM ? g->num_weights : 4 * g->num_weights;
}

void glassgpt_save(const glassgpt *g, real *state) {
    copy(state, g->weights, (size_t)glassgpt_state_size(g));
}

void glassgpt_restore(glassgpt *g, const real *state) {
    copy(g->weights, state, (size_t)glassgpt_state_size(g));
}

int glassgpt_real_bits(void) { return 8 * (int)sizeof(real); }

#ifndef GLASSGPT_SOURCES
#define GLASSGPT_SOURCES ""
#endif
const char *glassgpt_sources(void) { return GLASSGPT_SOURCES; }
