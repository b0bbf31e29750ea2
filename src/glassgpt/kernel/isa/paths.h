/* The fast paths of one instruction set, which the file that includes this has named:
   FOR_ISA(name) is name_avx2, and so on. dispatch.h says what each function does. */
#include "simd/batch.h"
#include "simd/gpt.h"
#include "simd/mlp.h"

static double pass(const glassgpt *g, const int *tokens, int n, real loss_scale) {
    return g->model == MLP ? mlp_pass(g, tokens, n, loss_scale)
                           : gpt_pass(g, tokens, n, loss_scale);
}

static void weights(const glassgpt *g, const int *tokens, int n, GradSink use) {
    if (g->model == MLP) mlp_weights(g, tokens, n, use);
    else gpt_weights(g, tokens, n, use);
}

/* Twelve sums at once: more than the machine can add to before the first is done. */
double FOR_ISA(peak)(int rounds, real *sums) {
    enum { SUMS = 12 };
    vec sum[SUMS];
    const vec kept = splat((real)0.999), added = splat((real)0.001);
    UNROLL for (int i = 0; i < SUMS; i++) sum[i] = splat((real)i);
    for (int round = 0; round < rounds; round++)
        UNROLL for (int i = 0; i < SUMS; i++)
            sum[i] = multiply_add(sum[i], kept, added);
    UNROLL for (int i = 0; i < SUMS; i++) sums[i] = sum_of(sum[i]);
    return 2.0 * rounds * SUMS * LANES;
}

int FOR_ISA(lanes)(void) { return LANES; }

void FOR_ISA(transpose)(const glassgpt *g) {
    if (g->model == MLP) transpose_mlp(g);
    else transpose_gpt(g);
}

double FOR_ISA(gradient)(const glassgpt *g, const int *tokens, int n, real loss_scale,
                         int adds) {
    const double loss = pass(g, tokens, n, loss_scale);
    weights(g, tokens, n, (GradSink){.kind = adds ? ADDED : STORED});
    return loss;
}

/* A gradient is a sum of products of two numbers, so none is above half the sum of all
   their squares: if that is small, no gradient is out of range, and simd_update would
   not find their norm too large. */
int FOR_ISA(fused_step)(const glassgpt *g, const glassgpt_training *how, int step,
                        const int *tokens, int n, double *loss) {
    const double most = 1e13;
    *loss = pass(g, tokens, n, (real)(1.0 / n));
    const double grad_bound =
        g->model == MLP ? mlp_grad_bound(g, n) : gpt_grad_bound(g, n);
    if (!(grad_bound < most) || !is_finite(*loss)) return 0;
    const Rates rates = rates_of(how, step);
    weights(g, tokens, n, (GradSink){how->optimizer, (size_t)g->num_weights, &rates});
    return 1;
}

double FOR_ISA(sum_of_squares)(const real *numbers, int count) {
    return sum_of_squares(numbers, (size_t)count);
}

void FOR_ISA(update)(glassgpt *g, const glassgpt_training *how, int step) {
    const Rates rates = rates_of(how, step);
    const size_t P = (size_t)g->num_weights;
    for (int i = 0; i < g->num_tensors; i++) {
        const int start = glassgpt_tensor_offset(g, i);
        const int end =
            i + 1 < g->num_tensors ? glassgpt_tensor_offset(g, i + 1) : (int)P;
        const real *dw = g->grads + start;
        update_tensor(state_of(dw, (GradSink){.P = P}), dw, (size_t)(end - start),
                      &rates, how->optimizer);
    }
}
