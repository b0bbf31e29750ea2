/* The tables of tensors.h as data: shapes, pointers, and asking by number. */
#include "isa/dispatch.h"

TensorShape tensor_shape(const Sizes *s, int tensor) {
    const int V = s->V, T = s->T, C = s->C, F = s->F, O = s->O;
    const TensorShape shapes[NUM_TENSORS] = {
#define SHAPE(name, rows, columns, models, where) {#name, rows, columns, models, where},
        TENSORS(SHAPE)
#undef SHAPE
    };
    return shapes[tensor];
}

ActivationShape activation_shape(const Sizes *s, int activation) {
    const int V = s->V, T = s->T, C = s->C, H = s->H, L = s->L, F = s->F, R = s->R;
    const ActivationShape shapes[NUM_ACTIVATIONS] = {
#define SHAPE(name, models, ...) {#name, models, {__VA_ARGS__}},
        ACTIVATIONS(SHAPE)
#undef SHAPE
    };
    return shapes[activation];
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
        size_t rest = (size_t)(axis1) * (axis2 ? axis2 : 1) * (axis3 ? axis3 : 1);     \
        at.name += rest * (size_t)(axis0 == L ? layer : 2 * layer);                    \
    }
    ACTIVATIONS(POINT)
#undef POINT
    (void)V, (void)R;
    return at;
}

Scratch scratch_at(const glassgpt *g, int layer) {
    const int C = g->sizes.C, H = g->sizes.H, F = g->sizes.F;
    const int N = g->sizes.N, W = g->sizes.W, P = g->sizes.P;
    const int L = -1; /* marks: this one has layers */
    Scratch at = g->scratch;
    if (layer == 0) return at;
#define POINT(name, models, layers, rows, columns)                                     \
    if (at.name && layers < 0) at.name += (size_t)layer * (rows) * (columns);
    SCRATCH(POINT)
#undef POINT
    (void)W;
    return at;
}

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
