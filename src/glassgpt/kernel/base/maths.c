/* exp, log, cos, sin and powers from additions and multiplications, for WebAssembly.

   Each does the same three things: bring the argument near 0, where a short series is
   exact enough; sum the series; undo what was done to the argument. */
#include "base/maths.h"

/* ln 2 and pi/2 as sums of parts: the first has so few digits that a whole number
   times it is exact, the second holds what is left. */
static const double LN2_HIGH = 0x1.62e42fee00000p-1, LN2_LOW = 0x1.a39ef35793c76p-33;
static const double HALF_PI_HIGH = 0x1.921fb54400000p0;
static const double HALF_PI_LOW = 0x1.0b4611a626331p-34;

typedef union {
    double number;
    uint64_t bits; /* sign 1, exponent 11 (1023 stands for 0), fraction 52 */
} Bits;

/* 2^k, for k from -1022 to 1023. */
static double power_of_two(int k) {
    const Bits b = {.bits = (uint64_t)(k + 1023) << 52};
    return b.number;
}

static double nearest(double x) {
    return (double)(int)(x < 0 ? x - 0.5 : x + 0.5);
}

double own_exp(double x) {
    if (x != x) return x;
    if (x > 709.8) return __builtin_inf();
    if (x < -745.2) return 0;
    /* x = k ln 2 + r, so e^x = 2^k e^r with r from -0.35 to 0.35 */
    const double k = nearest(x * 1.4426950408889634);
    const double high = x - k * LN2_HIGH, low = k * LN2_LOW;
    const double r = high - low;
    double tail = 0; /* of e^r = 1 + r + r^2 tail */
    for (int i = 14; i >= 2; i--) {
        static const double one_over[] = {
            0,          0,           1.0 / 2,     1.0 / 6,      1.0 / 24,
            1.0 / 120,  1.0 / 720,   1.0 / 5040,  1.0 / 40320,  1.0 / 362880,
            1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800,
            1.0 / 87178291200};
        tail = tail * r + one_over[i];
    }
    const double lost = (high - r) - low; /* what r could not hold */
    const double power = 1 + (r + (lost + r * r * tail));
    /* in two steps, for at the ends 2^k alone is out of range */
    const int half = (int)k / 2;
    return power * power_of_two(half) * power_of_two((int)k - half);
}

double own_log(double x) {
    if (x != x || x == __builtin_inf()) return x;
    if (x == 0) return -__builtin_inf();
    if (x < 0) return __builtin_nan("");
    int k = 0;
    if (x < 0x1p-1022) x *= 0x1p54, k = -54;
    /* x = 2^k m with m from 0.7 to 1.41, so ln x = k ln 2 + ln m */
    Bits b = {.number = x};
    k += (int)(b.bits >> 52) - 1023;
    b.bits = (b.bits & 0xfffffffffffff) | (uint64_t)1023 << 52;
    if (b.number > 1.4142135623730951) b.number *= 0.5, k++;
    /* with s = f / (2 + f), ln (1 + f) = 2 (s + s^3/3 + s^5/5 + ...); what is summed is
       how far that is from f - f^2/2, whose first term has no rounding at all */
    const double f = b.number - 1, s = f / (2 + f), s2 = s * s;
    double tail = 0;
    for (int i = 21; i >= 3; i -= 2) tail = (tail + 2.0 / i) * s2;
    const double half = 0.5 * f * f;
    return k * LN2_HIGH + (f - (half - (s * (half + tail) + k * LN2_LOW)));
}

/* cos r, or with odd = 1 sin r, for r + low near 0. */
static double series(double r, double low, int odd) {
    const double r2 = r * r;
    double tail = 0;
    for (int i = odd ? 17 : 18; i > 2 + odd; i -= 2)
        tail = (1 - tail) * r2 / (i * (i - 1));
    /* tail is 1 - what the first terms below are multiplied by */
    if (odd) return r + (low * (1 - r2 / 2) - r * r2 * (1 - tail) / 6);
    const double half = 0.5 * r2, start = 1 - half;
    return start + ((1 - start) - half + (half * tail - r * low));
}

/* sin (x + quarters pi/2). */
static double transposed_sin(double x, int quarters) {
    const double k = nearest(x / 1.5707963267948966);
    const double high = x - k * HALF_PI_HIGH, low = k * HALF_PI_LOW;
    const double r = high - low;
    quarters = (quarters + (int)k) & 3;
    const double y = series(r, (high - r) - low, !(quarters & 1));
    return quarters & 2 ? -y : y;
}

double own_sin(double x) { return transposed_sin(x, 0); }
double own_cos(double x) { return transposed_sin(x, 1); }

/* By multiplications alone where the exponent is small and whole: 3 to the 2 is 9. */
double own_pow(double x, double n) {
    if (n >= -64 && n <= 64 && n == (double)(int)n) {
        double found = 1;
        for (int left = n < 0 ? -(int)n : (int)n; left > 0; left /= 2, x *= x)
            if (left % 2) found *= x;
        return n < 0 ? 1 / found : found;
    }
    if (x == 0) return n < 0 ? __builtin_inf() : 0;
    const double size = own_exp(n * own_log(x < 0 ? -x : x));
    return x < 0 && (int)n % 2 ? -size : size;
}
