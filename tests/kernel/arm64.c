/* Trains the same model with the plain loops and with vectors, and says how far apart
   their losses, gradients and weights are: for machines without Python. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "glassgpt.h"

enum { DOCS = 4, STEPS = 12 };
static const int tokens[] = {26, 0, 1, 2, 26, 26, 4, 26, 26, 7, 7, 8, 9, 10, 11, 12, 13,
                             14, 15, 16, 26, 26, 3, 20, 19, 18, 5, 6, 26};
static const int offsets[] = {0, 5, 8, 21, 29};
static const int order[STEPS] = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3};

static glassgpt *trained(int step, int optimizer, int isa, double *losses) {
    const glassgpt_config config = {
        .step = step, .vocab_size = 27, .n_embd = 16, .n_head = step > 3 ? 4 : 1,
        .n_layer = 1, .block_size = 16, .rms_eps = 1e-5, .smoothing = 1};
    const glassgpt_training how = {
        .optimizer = optimizer, .bias_correction = 1, .batch_docs = 1, .num_steps = STEPS,
        .learning_rate = 0.01, .momentum = 0.9, .beta1 = 0.85, .beta2 = 0.99,
        .eps_adam = 1e-6, .weight_decay = 0.01};
    const uint32_t seed = 42;
    glassgpt_random random = {0};
    glassgpt_random_seed(&random, &seed, 1);
    glassgpt *g = glassgpt_create(malloc(glassgpt_size(&config)), &config);
    if (glassgpt_use_isa(g, isa) != isa) exit(2);
    glassgpt_init_weights(g, &random, 0.08);
    if (glassgpt_train(g, &how, tokens, offsets, order, 0, STEPS, losses, NULL, NULL, 0,
                       NULL) != STEPS)
        exit(3);
    return g;
}

static double apart(const real *a, const real *b, int count) {
    double most = 0;
    for (int i = 0; i < count; i++) most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

int main(void) {
    for (int step = 1; step <= 5; step++)
        for (int rule = SGD; rule <= ADAMW; rule++) {
            double a[STEPS], b[STEPS], most = 0;
            glassgpt *plain = trained(step, rule, ISA_PLAIN, a);
            glassgpt *fast = trained(step, rule, ISA_BASELINE, b);
            for (int i = 0; i < STEPS; i++) most = fmax(most, fabs(a[i] - b[i]));
            const int P = glassgpt_num_weights(plain);
            printf("%d %d %.3g %.3g %.3g\n", step, rule, most,
                   apart(glassgpt_grads(plain), glassgpt_grads(fast), P),
                   apart(glassgpt_weights(plain), glassgpt_weights(fast), P));
        }
    return 0;
}
