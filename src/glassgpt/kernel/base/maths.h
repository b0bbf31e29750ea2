/* exp, log, sqrt, cos and sin: the C library's, or where there is none, our own. */
#ifndef GLASSGPT_MATHS_H
#define GLASSGPT_MATHS_H

#include "glassgpt.h"

/* Our own, good to about one unit in the last place (maths.c). cos and sin are for
   arguments from -100 to 100; a power of x below 0 takes a whole
   exponent, at most 1e9. */
double own_exp(double x);
double own_log(double x);
double own_cos(double x);
double own_sin(double x);
double own_pow(double x, double n);

#ifdef __wasm__
#define exp own_exp
#define log own_log
#define cos own_cos
#define sin own_sin
#define pow own_pow
#define sqrt __builtin_sqrt
#define sqrtf __builtin_sqrtf
static inline float expf(float x) { return (float)own_exp(x); }
static inline float logf(float x) { return (float)own_log(x); }
#else
#include <math.h>
#endif

#ifdef GLASSGPT_FLOAT32
static inline real real_exp(real x) { return expf(x); }
static inline real real_log(real x) { return logf(x); }
static inline real real_sqrt(real x) { return sqrtf(x); }
#else
static inline real real_exp(real x) { return exp(x); }
static inline real real_log(real x) { return log(x); }
static inline real real_sqrt(real x) { return sqrt(x); }
#endif

/* Neither infinite nor "not a number". */
static inline int is_finite(double x) { return x - x == 0; }

#endif
