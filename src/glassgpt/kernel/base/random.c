/* CPython's random numbers: a seed gives the same shuffle, weights and names there.

   Sources: Matsumoto and Nishimura 1998 (MT19937); Python's documentation of random. */
#include "base/random.h"
#include "base/maths.h"

enum { N = 624, M = 397 };

/* --- the Mersenne Twister: 624 words, stirred 624 at a time --- */

static void start(uint32_t *words, uint32_t seed) {
    words[0] = seed;
    for (uint32_t i = 1; i < N; i++)
        words[i] = 1812433253u * (words[i - 1] ^ words[i - 1] >> 30) + i;
}

void glassgpt_random_seed(glassgpt_random *random, const uint32_t *words, int count) {
    uint32_t *mt = random->words;
    start(mt, 19650218u);
    int i = 1, j = 0;
    for (int turns = count > N ? count : N; turns > 0; turns--) {
        const uint32_t mixed = (mt[i - 1] ^ mt[i - 1] >> 30) * 1664525u;
        mt[i] = (mt[i] ^ mixed) + words[j] + (uint32_t)j;
        if (++i == N) mt[0] = mt[N - 1], i = 1;
        if (++j == count) j = 0;
    }
    for (int turns = N - 1; turns > 0; turns--) {
        const uint32_t mixed = (mt[i - 1] ^ mt[i - 1] >> 30) * 1566083941u;
        mt[i] = (mt[i] ^ mixed) - (uint32_t)i;
        if (++i == N) mt[0] = mt[N - 1], i = 1;
    }
    mt[0] = 0x80000000u;
    random->index = N;
    random->has_gauss = 0;
    random->gauss_next = 0;
}

/* A word from the top bit of one, the rest of the next, and one `far` off. */
static uint32_t stirred(uint32_t top, uint32_t rest, uint32_t far) {
    const uint32_t both = (top & 0x80000000u) | (rest & 0x7fffffffu);
    return far ^ both >> 1 ^ (0x9908b0dfu & (0u - (both & 1)));
}

/* In three pieces, so that none needs to ask where the circle of words closes. */
static void stir(uint32_t *mt) {
    int i = 0;
    for (; i < N - M; i++) mt[i] = stirred(mt[i], mt[i + 1], mt[i + M]);
    for (; i < N - 1; i++) mt[i] = stirred(mt[i], mt[i + 1], mt[i + M - N]);
    mt[i] = stirred(mt[i], mt[0], mt[M - 1]);
}

static uint32_t next_word(glassgpt_random *random) {
    if (random->index >= N) stir(random->words), random->index = 0;
    uint32_t y = random->words[random->index++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

/* --- what Python makes of them --- */

double glassgpt_random_random(glassgpt_random *random) {
    const uint32_t high = next_word(random) >> 5, low = next_word(random) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}

double random_gauss(glassgpt_random *random, double mu, double sigma) {
    double z = random->gauss_next;
    if (random->has_gauss) {
        random->has_gauss = 0;
    } else {
        /* two at a time: a point's angle and its distance from the middle */
        const double angle = glassgpt_random_random(random) * 6.283185307179586;
        const double u = 1.0 - glassgpt_random_random(random);
        const double distance = sqrt(-2.0 * log(u));
        z = cos(angle) * distance;
        random->gauss_next = sin(angle) * distance;
        random->has_gauss = 1;
    }
    return mu + z * sigma;
}

void glassgpt_random_gauss(glassgpt_random *random, double mu, double sigma,
                           double *numbers, int count) {
    for (int i = 0; i < count; i++) numbers[i] = random_gauss(random, mu, sigma);
}

/* A number from 0 to below `limit`, which is at least 1. */
static uint32_t below(glassgpt_random *random, uint32_t limit) {
    int bits = 0;
    while (bits < 32 && limit >> bits) bits++;
    uint32_t r;
    do r = next_word(random) >> (32 - bits);
    while (r >= limit);
    return r;
}

void glassgpt_random_shuffle(glassgpt_random *random, int *items, int count) {
    for (int i = count - 1; i > 0; i--) {
        const int j = (int)below(random, (uint32_t)i + 1);
        const int kept = items[i];
        items[i] = items[j];
        items[j] = kept;
    }
}

/* The first whose running sum is above the point. */
static int first_above(const double *sums, int count, double point) {
    int low = 0, high = count - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (point < sums[middle]) high = middle;
        else low = middle + 1;
    }
    return low;
}

/* The running sums, whose last must be a positive finite number: else 0. */
static double sum_up(const double *weights, int count, double *sums) {
    double total = 0;
    for (int i = 0; i < count; i++) sums[i] = total += weights[i];
    return total > 0 && is_finite(total) ? total : 0;
}

int random_pick(const double *weights, int count, double *sums, double drawn) {
    const double total = sum_up(weights, count, sums);
    return total > 0 ? first_above(sums, count, drawn * total) : -1;
}

int glassgpt_random_choice(glassgpt_random *random, const double *weights, int count,
                           double *sums, double *drawn) {
    const double total = sum_up(weights, count, sums);
    if (!(total > 0)) return -1;
    *drawn = glassgpt_random_random(random);
    return first_above(sums, count, *drawn * total);
}
