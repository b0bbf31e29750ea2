/* The pieces that models are made of, as plain loops. What each does: layers.h. */
#include "core/layers.h"
#include "base/arrays.h"
#include "base/maths.h"

enum { LANES = 8 };

/* In lanes: a compiler can use vectors and still keep the order of additions. */
static inline real dot(const real *a, const real *b, int count) {
    real lane[LANES] = {0};
    int i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++) lane[l] += a[i + l] * b[i + l];
    real sum = 0;
    for (; i < count; i++) sum += a[i] * b[i];
    for (int l = 0; l < LANES; l++) sum += lane[l];
    return sum;
}

/* y += factor x, both (count,) */
static inline void add_times(real *restrict y, real factor, const real *restrict x,
                             int count) {
    for (int i = 0; i < count; i++) y[i] += factor * x[i];
}

void linear_forward(real *y, const real *x, const real *w, int n, int rows,
                    int columns) {
    for (int i = 0; i < rows; i++)
        for (int t = 0; t < n; t++)
            y[(size_t)t * rows + i] =
                dot(w + (size_t)i * columns, x + (size_t)t * columns, columns);
}

void linear_backward(real *dx, real *dw, const real *dy, const real *x, const real *w,
                     int n, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
        const real *wi = w + (size_t)i * columns;
        real *dwi = dw + (size_t)i * columns;
        for (int t = 0; t < n; t++) {
            const real g = dy[(size_t)t * rows + i];
            add_times(dwi, g, x + (size_t)t * columns, columns);
            add_times(dx + (size_t)t * columns, g, wi, columns);
        }
    }
}

void rmsnorm_forward(real *y, real *scale, const real *x, int n, int C, double eps) {
    for (int t = 0; t < n; t++, x += C, y += C) {
        scale[t] = 1 / real_sqrt(dot(x, x, C) / C + (real)eps);
        for (int i = 0; i < C; i++) y[i] = x[i] * scale[t];
    }
}

void rmsnorm_backward(real *dx, const real *dy, const real *x, const real *scale, int n,
                      int C) {
    for (int t = 0; t < n; t++, dx += C, dy += C, x += C) {
        const real s = scale[t];
        const real through_scale = s * s * s * dot(dy, x, C) / C;
        for (int i = 0; i < C; i++) dx[i] += s * dy[i] - through_scale * x[i];
    }
}

void relu_forward(real *y, const real *x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : 0;
}

void relu_backward(real *dx, const real *dy, const real *x, size_t count) {
    for (size_t i = 0; i < count; i++) dx[i] += x[i] > 0 ? dy[i] : 0;
}

void add_forward(real *y, const real *a, const real *b, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

void add_backward(real *da, const real *dy, size_t count) {
    for (size_t i = 0; i < count; i++) da[i] += dy[i];
}

void softmax_forward(real *p, const real *x, int count) {
    real top = x[0], total = 0;
    for (int i = 1; i < count; i++)
        if (x[i] > top) top = x[i];
    for (int i = 0; i < count; i++) total += p[i] = real_exp(x[i] - top);
    for (int i = 0; i < count; i++) p[i] /= total;
}

void softmax_backward(real *dx, const real *dp, const real *p, int count) {
    const real mean = dot(dp, p, count);
    for (int i = 0; i < count; i++) dx[i] += p[i] * (dp[i] - mean);
}

void cross_entropy_forward(real *losses, const real *probs, const int *targets, int n,
                           int V) {
    for (int t = 0; t < n; t++, probs += V) losses[t] = -real_log(probs[targets[t]]);
}

void cross_entropy_backward(real *dlogits, const real *probs, const int *targets, int n,
                            int V, real loss_scale) {
    for (int t = 0; t < n; t++, dlogits += V, probs += V) {
        for (int i = 0; i < V; i++) dlogits[i] += probs[i] * loss_scale;
        dlogits[targets[t]] -= loss_scale;
    }
}

void mix_forward(real *mixed, const real *weights, const real *v, int keys, int D,
                 int C) {
    zero(mixed, (size_t)D);
    for (int s = 0; s < keys; s++) add_times(mixed, weights[s], v + (size_t)s * C, D);
}

/* How many keys a query at position t looks at. */
static int grad_bound(AttentionShape shape, int t, int n) {
    return shape.masked ? t + 1 : n;
}

void attention_forward(real *heads, real *weights, real *scores, const real *q,
                       const real *k, const real *v, AttentionShape shape, int first,
                       int n) {
    const int T = shape.T, D = shape.D, C = shape.H * D;
    for (int h = 0; h < shape.H; h++) {
        for (int t = first; t < n; t++) {
            const size_t own = (size_t)t * C + h * D, row = ((size_t)h * T + t) * T;
            const int keys = grad_bound(shape, t, n);
            for (int s = 0; s < keys; s++) {
                const real *key = k + (size_t)s * C + h * D; /* (D,) */
                scores[row + s] = dot(q + own, key, D) / shape.root;
            }
            softmax_forward(weights + row, scores + row, keys);
            mix_forward(heads + own, weights + row, v + h * D, keys, D, C);
        }
    }
}

void attention_backward(real *dq, real *dk, real *dv, real *dweights, real *dscores,
                        const real *dheads, const real *weights, const real *q,
                        const real *k, const real *v, AttentionShape shape, int n) {
    const int T = shape.T, D = shape.D, C = shape.H * D;
    for (int h = 0; h < shape.H; h++) {
        for (int t = 0; t < n; t++) {
            const size_t own = (size_t)t * C + h * D, row = ((size_t)h * T + t) * T;
            const int keys = grad_bound(shape, t, n);
            for (int s = 0; s < keys; s++) {
                const size_t past = (size_t)s * C + h * D;
                dweights[row + s] = dot(dheads + own, v + past, D);
                add_times(dv + past, weights[row + s], dheads + own, D);
            }
            zero(dscores + row, (size_t)keys);
            softmax_backward(dscores + row, dweights + row, weights + row, keys);
            for (int s = 0; s < keys; s++) {
                const size_t past = (size_t)s * C + h * D;
                const real g = dscores[row + s] / shape.root;
                add_times(dq + own, g, k + past, D);
                add_times(dk + past, g, q + own, D);
            }
        }
    }
}
