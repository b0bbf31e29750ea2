/* Generating: a token is read, the next one drawn and fed back, until BOS or the limit.
   */
#include "base/maths.h"
#include "core/models.h"
#include "base/random.h"

void glassgpt_decode_begin(glassgpt *g) {
    g->context_length = 0;
    g->operations = 0;
}

/* Reads a token: the gpt's earlier ones lie in k and v already, or are read again. */
static int decode_token(glassgpt *g, int token, int cached) {
    /* a token that looks ahead changes with what follows: there is nothing to keep */
    if (is_without(g, WITHOUT_MASK)) cached = 0;
    if (g->model != GPT) g->context_length = 0; /* one token is all they look at */
    if (!are_tokens(g, &token, 1) || g->context_length == g->sizes.T) return -1;
    const int position = g->context_length++;
    g->context[position] = token;
    if (g->model == BIGRAM) bigram_forward(g, g->context, 1);
    else if (g->model == MLP) mlp_forward(g, g->context, 1);
    else gpt_forward(g, g->context, cached ? position : 0, position + 1);
    return position;
}

int glassgpt_decode_step(glassgpt *g, int token) { return decode_token(g, token, 1); }
int glassgpt_decode_step_uncached(glassgpt *g, int token) {
    return decode_token(g, token, 0);
}

double glassgpt_operations(const glassgpt *g) { return g->operations; }

/* The row of the token that was read last. */
static real *last_row(real *rows, const glassgpt *g) {
    return rows + (size_t)(g->context_length - 1) * g->sizes.V;
}

const real *glassgpt_logits(const glassgpt *g) { return last_row(g->a.logits, g); }

/* p^(1 / temperature), made to add up to 1 again */
static void bigram_at(const real *probs, double temperature, double *out, int V) {
    double total = 0;
    for (int i = 0; i < V; i++) {
        const double p = (double)probs[i];
        total += out[i] = temperature == 1 ? p : pow(p, 1 / temperature);
    }
    for (int i = 0; i < V; i++) out[i] /= total;
}

void glassgpt_probabilities(glassgpt *g, double temperature, double *probs) {
    const int V = g->sizes.V;
    if (g->model == BIGRAM) {
        bigram_at(last_row(g->a.probs, g), temperature, probs, V);
        return;
    }
    glassgpt_softmax(g->next, glassgpt_logits(g), V, temperature);
    for (int i = 0; i < V; i++) probs[i] = (double)g->next[i];
}

/* The likeliest that is not marked yet; the first of equals. */
static int argmax_unmarked(const double *probs, int count, const int *marks) {
    int best = -1;
    for (int i = 0; i < count; i++)
        if (!(marks && marks[i]) && (best < 0 || probs[i] > probs[best])) best = i;
    return best;
}

void glassgpt_filter_probs(double *probs, int count, int top_k, double top_p,
                           int *marks) {
    if (top_k == 0 && top_p == 1) return;
    if (top_k == 0 || top_k > count) top_k = count;
    for (int i = 0; i < count; i++) marks[i] = 0;
    double total = 0;
    for (int kept = 0; kept < top_k && (kept == 0 || total < top_p); kept++) {
        const int i = argmax_unmarked(probs, count, marks);
        marks[i] = 1;
        total += probs[i];
    }
    for (int i = 0; i < count; i++)
        if (!marks[i]) probs[i] = 0;
}

static int are_finite(const double *numbers, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += numbers[i];
    return is_finite(sum);
}

int sample_from_probs(glassgpt *g, double temperature, int top_k, double top_p,
                      double drawn) {
    const int V = g->sizes.V;
    if (!are_finite(g->probs, V)) return -2;
    if (temperature == 0) return argmax_unmarked(g->probs, V, NULL);
    glassgpt_filter_probs(g->probs, V, top_k, top_p, g->marks);
    return random_pick(g->probs, V, g->sums, drawn);
}

/* The next token; -2 when the probabilities are not numbers. */
static int sample_next(glassgpt *g, glassgpt_random *random, double temperature,
                       int top_k, double top_p) {
    glassgpt_probabilities(g, temperature > 0 ? temperature : 1, g->probs);
    const int draws = temperature > 0 && are_finite(g->probs, g->sizes.V);
    const double drawn = draws ? glassgpt_random_random(random) : 0;
    return sample_from_probs(g, temperature, top_k, top_p, drawn);
}

int glassgpt_generate(glassgpt *g, glassgpt_random *random, const int *prompt,
                      int num_prompt, int limit, double temperature, int top_k,
                      double top_p, int *written) {
    if (num_prompt < 1 || !are_tokens(g, prompt, num_prompt)) return -1;
    if (g->model == GPT && num_prompt > g->sizes.T) return -1;
    const int bos = prompt[0];
    glassgpt_decode_begin(g);
    for (int i = 0; i < num_prompt; i++) glassgpt_decode_step(g, prompt[i]);
    for (int count = 0; count < limit; count++) {
        const int token = sample_next(g, random, temperature, top_k, top_p);
        if (token < 0) return token;
        if (token == bos) return count;
        written[count] = token;
        const int is_last = count + 1 == limit;
        if (is_last || glassgpt_decode_step(g, token) < 0)
            return count + 1; /* a full block */
    }
    return 0;
}
