/* Random numbers for the other files of the kernel; what each does: glassgpt.h. */
#ifndef GLASSGPT_RANDOM_H
#define GLASSGPT_RANDOM_H

#include "glassgpt.h"

double random_gauss(glassgpt_random *random, double mu, double sigma);

/* What glassgpt_random_choice takes for a number that was drawn already. */
int random_pick(const double *weights, int count, double *sums, double drawn);

#endif
