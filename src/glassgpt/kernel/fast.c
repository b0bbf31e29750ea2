/* Which fast path: what the machine has, what a model can use, and calling it. */
#include "fast.h"
#include "arrays.h"
#include "maths.h"
#include "optim.h"

#ifdef __x86_64__
#include <cpuid.h>

/* Asked directly: what compilers offer for it does not link into every library. */
static int has_bits(unsigned found, unsigned wanted) { return (found & wanted) == wanted; }

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
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has_bits(b, avx2) || !are_kept(ymm))
        return ISA_BASELINE;
    return has_bits(b, avx512) && are_kept(zmm) ? ISA_AVX512 : ISA_AVX2;
}
#else
int glassgpt_best_isa(void) { return ISA_BASELINE; }
#endif

/* The function of that name for the instruction set. */
#ifdef __x86_64__
#define OF(isa, name)                                                                  \
    ((isa) == ISA_AVX512 ? name##_avx512                                               \
     : (isa) == ISA_AVX2 ? name##_avx2                                                 \
                         : name##_baseline)
#else
#define OF(isa, name) ((void)(isa), name##_baseline)
#endif

int fast_isa(const glassgpt *g, int most) {
    if (g->model == BIGRAM) return ISA_PLAIN;
    for (int isa = most; isa > ISA_PLAIN; isa--)
        if (g->sizes.C % OF(isa, lanes)() == 0) return isa;
    return ISA_PLAIN;
}

int glassgpt_use_isa(glassgpt *g, int isa) {
    if (isa < ISA_PLAIN || isa > glassgpt_best_isa()) return -1;
    return g->isa = fast_isa(g, isa);
}

void fast_turn(const glassgpt *g) { OF(g->isa, turn)(g); }

/* Gradients that no position adds to: all where parts are left out, else only rows of
   the embeddings. */
static void clear(const glassgpt *g) {
    const Sizes s = g->sizes;
    const Tensors dw = tensors_at(g, g->grads, 0);
    if (g->config.without) zero(g->grads, (size_t)g->num_weights);
    else zero(dw.wte, (size_t)(s.V + (g->model == GPT ? s.T : 0)) * s.C);
}

double fast_gradient(const glassgpt *g, const int *tokens, int n, real share, int add) {
    const int T = g->sizes.T;
    if (!add) clear(g);
    add |= g->config.without != 0;
    double total = 0;
    for (int start = (n - 1) / T * T; start >= 0; start -= T) { /* as pass() does */
        const int piece = n - start < T ? n - start : T;
        total += OF(g->isa, gradient)(g, tokens + start, piece, share, add);
        add = 1;
    }
    return total;
}

double fast_update(glassgpt *g, const glassgpt_training *how, int step, int exactly) {
    const int P = g->num_weights;
    double norm = sqrt(OF(g->isa, squares)(g->grads, P));
    if (exactly || how->grad_clip > 0 || !is_finite(norm)) return glassgpt_update(g, how, step);
    OF(g->isa, move)(how, step, g->weights, g->grads, g->m, g->v, P);
    return norm;
}
