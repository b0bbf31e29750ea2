/* Random numbers for the other files of the kernel; what each does: glassgpt.h. */
#ifndef GLASSGPT_RANDOM_H
#define GLASSGPT_RANDOM_H

#include "glassgpt.h"

double random_gauss(glassgpt_random *random, double mu, double sigma);

#endif
