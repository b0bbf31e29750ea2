/* Which fast path: what the machine has, what a model can use, and calling it. */
#include "isa/dispatch.h"
#include "base/arrays.h"
#include "base/maths.h"
#include "core/optimizers.h"
#include "isa/isa.h"

#ifdef HAS_AVX
#include <cpuid.h>

/* Asked directly: what compilers offer for it does not link into every library. */
static int has_bits(unsigned found, unsigned wanted) {
    return (found & wanted) == wanted;
}

/* Whether the system keeps these registers when another program has its turn. */
static int are_kept(unsigned registers) {
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return has_bits(low, registers);
}

int glassgpt_best_isa(void) {
    const unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28, avx2 = 1u << 5;
    const unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F DQ BW VL */
    const unsigned ymm = 0x6, zmm = 0xe6;
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !has_bits(c, fma | osxsave | avx))
        return ISA_BASELINE;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has_bits(b, avx2) ||
        !are_kept(ymm))
        return ISA_BASELINE;
    return has_bits(b, avx512) && are_kept(zmm) ? ISA_AVX512 : ISA_AVX2;
}
#else
int glassgpt_best_isa(void) { return ISA_BASELINE; }
#endif

int simd_isa(const glassgpt *g, int most) {
    if (g->model == BIGRAM) return ISA_PLAIN;
    for (int isa = most; isa > ISA_PLAIN; isa--)
        if (g->sizes.C % OF(isa, lanes)() == 0) return isa;
    return ISA_PLAIN;
}

int glassgpt_use_isa(glassgpt *g, int isa) {
    if (isa < ISA_PLAIN || isa > glassgpt_best_isa()) return -1;
    return g->isa = simd_isa(g, isa);
}

double glassgpt_peak(int isa, int rounds, real *sums) {
    if (isa < ISA_BASELINE || isa > glassgpt_best_isa()) return 0;
    return OF(isa, peak)(rounds, sums);
}

void simd_transpose(const glassgpt *g) { OF(g->isa, transpose)(g); }

double simd_gradient(const glassgpt *g, const int *tokens, int n, real loss_scale,
                     int adds) {
    const int T = g->sizes.T;
    if (!adds && g->config.without) {
        /* of what is left out, nothing is heard */
        zero(g->grads, (size_t)g->num_weights);
        adds = 1;
    }
    double total = 0;
    for (int start = (n - 1) / T * T; start >= 0; start -= T) { /* as pass() does */
        const int piece = n - start < T ? n - start : T;
        total += OF(g->isa, gradient)(g, tokens + start, piece, loss_scale, adds);
        adds = 1;
    }
    return total;
}

/* Below it, 1 / (sqrt(v) + eps) needs more care than the fast rules take. */
static const double LEAST_EPS = 1e-12;

/* The fast rules divide by the rate, too. */
static const double LEAST_RATE = 1e-12;

/* Whether simd/optimizers.h has the rule; others move weights by the plain loops. */
static int is_vectored(int optimizer) { return optimizer <= ADAMW; }

static int is_plain_update(const glassgpt_training *how, int step) {
    if (!is_vectored(how->optimizer)) return 1;
    return how->optimizer >= RMSPROP &&
           (how->eps_adam < LEAST_EPS ||
            !(glassgpt_learning_rate(how, step) >= LEAST_RATE));
}

/* A norm that leaves room for squares of gradients in float32. */
static const double LARGE_NORM = 1e15;

double simd_update(glassgpt *g, const glassgpt_training *how, int step, int exactly) {
    double norm = sqrt(OF(g->isa, sum_of_squares)(g->grads, g->num_weights));
    if (!(norm < LARGE_NORM)) return glassgpt_update(g, how, step);
    if (exactly || how->grad_clip > 0) norm = clip_grads(g, how);
    if (is_plain_update(how, step))
        glassgpt_optimizer_step(how, step, g->weights, g->grads, g->m, g->v,
                                g->num_weights);
    else OF(g->isa, update)(g, how, step);
    return norm;
}

int simd_can_fuse_step(const glassgpt *g, const glassgpt_training *how) {
    const int row = g->sizes.C, lanes = OF(g->isa, lanes)();
    if (g->config.without || how->grad_clip > 0 || how->batch_docs > 1) return 0;
    if (how->mistakes || (row != lanes && row % (2 * lanes))) return 0;
    return how->optimizer == SGD || how->optimizer == ADAM;
}

int simd_fused_step(glassgpt *g, const glassgpt_training *how, int step,
                    const int *tokens, int n, double *loss) {
    if (n > g->sizes.T || is_plain_update(how, step)) return 0;
    if (!OF(g->isa, fused_step)(g, how, step, tokens, n, loss)) return 0;
    *loss = 1.0 / n * *loss;
    return 1;
}
