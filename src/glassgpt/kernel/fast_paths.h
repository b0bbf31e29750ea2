/* The fast paths of one instruction set, which the file that includes this has named:
   FAST(name) is name_avx2, and so on. fast.h says what each function does. */
#include "fast_gpt.h"
#include "fast_mlp.h"
#include "fast_update.h"

int FAST(lanes)(void) { return LANES; }

void FAST(turn)(const glassgpt *g) {
    if (g->model == MLP) turn_mlp(g);
    else turn_gpt(g);
}

double FAST(gradient)(const glassgpt *g, const int *tokens, int n, real share, int add) {
    if (g->model == MLP) return mlp_gradient(g, tokens, n, share, add);
    return gpt_gradient(g, tokens, n, share, add);
}

double FAST(squares)(const real *numbers, int count) { return squares(numbers, count); }

void FAST(move)(const glassgpt_training *how, int step, real *w, const real *g, real *m,
                real *v, int count) {
    move(how, step, w, g, m, v, count);
}
