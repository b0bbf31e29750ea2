/* The fast paths for what every machine of the kind has: SSE2, NEON or SIMD128. */
#define FOR_ISA(name) name##_baseline
#include "isa/paths.h"
