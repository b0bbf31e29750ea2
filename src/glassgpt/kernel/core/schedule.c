/* The learning rate of each step: it climbs for a while, then follows its schedule. */
#include "base/maths.h"

double glassgpt_learning_rate(const glassgpt_training *how, int step) {
    const double rate = how->learning_rate, warmup = how->warmup_steps;
    if (step < warmup) return rate * (step + 1) / warmup;
    const double done = (step - warmup) / (how->num_steps - warmup);
    if (how->schedule == LINEAR) return rate * (1 - done);
    if (how->schedule == COSINE)
        return rate * 0.5 * (1 + cos(3.141592653589793 * done));
    return rate;
}
