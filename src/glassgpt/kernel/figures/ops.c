/* Small operations on the caller's own numbers: those of the models, one at a time. */
#include "core/layers.h"
#include "base/maths.h"

void glassgpt_linear(real *y, const real *x, const real *w, int rows, int columns) {
    linear_forward(y, x, w, 1, rows, columns);
}

void glassgpt_softmax(real *probs, const real *logits, int count, double temperature) {
    for (int i = 0; i < count; i++) probs[i] = logits[i] / (real)temperature;
    softmax_forward(probs, probs, count);
}

double glassgpt_rmsnorm(real *y, const real *x, int count, double eps) {
    real scale;
    rmsnorm_forward(y, &scale, x, 1, count, eps);
    return scale;
}

double glassgpt_surprisal(double p) { return -log(p); }

void glassgpt_moving_average(double *averages, const double *numbers, int count,
                             double beta, int corrected) {
    double average = 0, empty = 1;
    for (int i = 0; i < count; i++) {
        average = beta * average + (1 - beta) * numbers[i];
        empty *= beta; /* how much of it is still the 0 that it began at */
        averages[i] = corrected ? average / (1 - empty) : average;
    }
}
