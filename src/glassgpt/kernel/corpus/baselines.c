/* Predicting by counts alone, to have something to compare a model with.

   What was seen is counted in tables of the caller's memory: a pair of tokens, a
   triple, a pair at its place in the document, and what these two begin with. At a
   document's start the token before the first is taken to be the first. */
#include "base/arrays.h"
#include "base/maths.h"

/* How often each key was seen: a hash table with open addressing. */
typedef struct {
    uint64_t key; /* and one more: 0 is an empty place */
    uint64_t count;
} Entry;
typedef struct {
    Entry *entries;
    uint64_t capacity; /* a power of two, at least twice the entries */
} Table;

typedef struct {
    uint64_t vocab_size, total;
    uint64_t *letters,
        *rows; /* (V,): each as what comes next, and as what was before */
    Table pairs, starts, triples, stands, placed;
} Counts;

static uint64_t capacity_for(double keys, int tokens) {
    uint64_t capacity = 2;
    while (capacity < 2 * (keys < tokens ? keys : tokens)) capacity *= 2;
    return capacity;
}

/* Lays the tables out in memory; without it, counts bytes only. */
static size_t lay_out(Counts *counts, int vocab_size, int tokens, char *memory) {
    const double V = vocab_size;
    const double keys[] = {V * V, V * V, V * V * V, V * tokens, V * V * tokens};
    Table *const tables[] = {&counts->pairs, &counts->starts, &counts->triples,
                             &counts->stands, &counts->placed};
    size_t bytes = 2 * (size_t)vocab_size * sizeof(uint64_t);
    counts->vocab_size = (uint64_t)vocab_size;
    counts->letters = (uint64_t *)memory;
    counts->rows = memory ? counts->letters + vocab_size : NULL;
    for (int i = 0; i < 5; i++) {
        tables[i]->capacity = capacity_for(keys[i], tokens);
        tables[i]->entries = memory ? (Entry *)(memory + bytes) : NULL;
        bytes += (size_t)tables[i]->capacity * sizeof(Entry);
    }
    return bytes;
}

size_t glassgpt_baselines_size(int vocab_size, int num_tokens) {
    Counts counts;
    return lay_out(&counts, vocab_size, num_tokens, NULL);
}

/* The entry of a key, or the empty place where it belongs. */
static Entry *entry_of(const Table *table, uint64_t key) {
    uint64_t at = (key + 1) * 0x9e3779b97f4a7c15u;
    at ^= at >> 32;
    for (;; at++) {
        Entry *entry = table->entries + (at & (table->capacity - 1));
        if (entry->key == key + 1 || entry->key == 0) return entry;
    }
}

static void add(Table *table, uint64_t key) {
    Entry *entry = entry_of(table, key);
    entry->key = key + 1;
    entry->count++;
}

/* Three tokens in a row, and how many stand before the second. */
typedef struct {
    uint64_t before, token, after, place;
} Triple;

static Triple triple_at(const int *tokens, int start, int i) {
    return (Triple){(uint64_t)tokens[i - 1 > start ? i - 2 : start],
                    (uint64_t)tokens[i - 1], (uint64_t)tokens[i],
                    (uint64_t)(i - 1 - start)};
}

static uint64_t start_key(const Counts *c, Triple t) {
    return t.before * c->vocab_size + t.token;
}

static uint64_t triple_key(const Counts *c, Triple t) {
    return start_key(c, t) * c->vocab_size + t.after;
}

static uint64_t stand_key(const Counts *c, Triple t) {
    return t.place * c->vocab_size + t.token;
}

static uint64_t placed_key(const Counts *c, Triple t) {
    return stand_key(c, t) * c->vocab_size + t.after;
}

static void count_triple(Counts *c, Triple t) {
    c->total++;
    c->letters[t.after]++;
    c->rows[t.token]++;
    add(&c->pairs, t.token * c->vocab_size + t.after);
    add(&c->starts, start_key(c, t));
    add(&c->triples, triple_key(c, t));
    add(&c->stands, stand_key(c, t));
    add(&c->placed, placed_key(c, t));
}

/* Each possibility counts once more, as Step 0 has it. */
static double smoothed(const Counts *c, uint64_t seen, uint64_t total) {
    return (double)(seen + 1) / (double)(total + c->vocab_size);
}

/* What was seen so often of so many, as if its pair had been seen some times more. */
static double leaning(uint64_t seen, uint64_t total, double pair) {
    return ((double)seen + PAIR_TRUST * pair) / ((double)total + PAIR_TRUST);
}

static void probabilities_of(const Counts *c, Triple t, double *p) {
    const uint64_t pair = entry_of(&c->pairs, t.token * c->vocab_size + t.after)->count;
    const uint64_t start = entry_of(&c->starts, start_key(c, t))->count;
    const uint64_t triple = entry_of(&c->triples, triple_key(c, t))->count;
    const uint64_t stand = entry_of(&c->stands, stand_key(c, t))->count;
    const uint64_t placed = entry_of(&c->placed, placed_key(c, t))->count;
    p[BASELINE_UNIFORM] = 1 / (double)c->vocab_size;
    p[BASELINE_LETTER] = smoothed(c, c->letters[t.after], c->total);
    p[BASELINE_BIGRAM] = smoothed(c, pair, c->rows[t.token]);
    p[BASELINE_TRIGRAM] = leaning(triple, start, p[BASELINE_BIGRAM]);
    p[BASELINE_PLACE] = leaning(placed, stand, p[BASELINE_BIGRAM]);
}

static int are_readable(const int *tokens, int count, int vocab_size) {
    for (int i = 0; i < count; i++)
        if (tokens[i] < 0 || tokens[i] >= vocab_size) return 0;
    return 1;
}

int glassgpt_baselines(int vocab_size, const int *tokens, const int *offsets,
                       int num_trained, int num_heldout, double *losses,
                       void *workspace) {
    const int documents = num_trained + num_heldout;
    if (!are_readable(tokens, offsets[documents], vocab_size)) return -1;
    Counts counts = {0};
    zero_bytes(workspace,
               lay_out(&counts, vocab_size, offsets[num_trained], workspace));
    for (int d = 0; d < num_trained; d++)
        for (int i = offsets[d] + 1; i < offsets[d + 1]; i++)
            count_triple(&counts, triple_at(tokens, offsets[d], i));

    double lost[NUM_BASELINES] = {0}, p[NUM_BASELINES];
    int predictions = 0;
    for (int b = 0; b < NUM_BASELINES; b++) losses[b] = 0;
    for (int d = num_trained; d < documents; d++)
        for (int i = offsets[d] + 1; i < offsets[d + 1]; i++, predictions++) {
            probabilities_of(&counts, triple_at(tokens, offsets[d], i), p);
            for (int b = 0; b < NUM_BASELINES; b++) { /* what a sum loses is kept */
                const double term = -log(p[b]) - lost[b], sum = losses[b] + term;
                lost[b] = (sum - losses[b]) - term;
                losses[b] = sum;
            }
        }
    for (int b = 0; b < NUM_BASELINES; b++) losses[b] /= predictions;
    return predictions;
}
