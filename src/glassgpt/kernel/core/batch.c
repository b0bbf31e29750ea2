/* Generating many documents side by side.

   Token by token over a group of DECODE_BATCH documents: each that is not yet finished
   draws its next token, in their order, from the one generator. Finished ones free
   their slots; when these add up to a block, the emptiest block moves into them. Which
   slot a document has changes no number. */
#include "base/arrays.h"
#include "core/models.h"
#include "base/random.h"
#include "base/workspace.h"
#include "isa/isa.h"

/* How a token is chosen, and where the documents go. */
typedef struct {
    const int *prompt;
    int num_prompt, limit;
    double temperature;
    int top_k;
    double top_p;
    int *written, *lengths; /* of this group */
} Generation;

static void assign_slots(Workspace *ws, int count, int token) {
    for (int i = 0; i < ws->count * BATCH_LANES; i++) {
        ws->document[i] = i < count ? i : -1;
        ws->token[i] = token;
    }
    for (int i = 0; i < count; i++) ws->slot[i] = i;
    for (int b = 0; b < ws->count; b++) {
        const int rest = count - b * BATCH_LANES;
        ws->used[b] = rest < 0 ? 0 : rest < BATCH_LANES ? rest : BATCH_LANES;
    }
}

/* Copies what slot `from` has read to slot `to`. */
static void move_slot(const glassgpt *g, Workspace *ws, int from, int to,
                      int positions) {
    const KVCache *source = &ws->caches[from / BATCH_LANES],
                  *target = &ws->caches[to / BATCH_LANES];
    const size_t C = (size_t)g->sizes.C, layer = C * (size_t)source->positions;
    for (size_t l = 0; l < (size_t)g->sizes.L; l++) {
        for (size_t i = 0; i < C * (size_t)positions; i++) {
            const size_t row = (l * layer + i) * BATCH_LANES;
            target->keys[row + to % BATCH_LANES] =
                source->keys[row + from % BATCH_LANES];
            target->values[row + to % BATCH_LANES] =
                source->values[row + from % BATCH_LANES];
        }
    }
    ws->document[to] = ws->document[from];
    ws->token[to] = ws->token[from];
    ws->slot[ws->document[to]] = to;
    ws->document[from] = -1;
    ws->used[from / BATCH_LANES]--;
    ws->used[to / BATCH_LANES]++;
}

/* The block with the fewest documents, empty ones aside; `free` is what the others
   could still take. */
static int emptiest_block(const Workspace *ws, int *free) {
    int found = -1;
    *free = 0;
    for (int b = 0; b < ws->count; b++) {
        if (ws->used[b] == 0) continue;
        *free += BATCH_LANES - ws->used[b];
        if (found < 0 || ws->used[b] < ws->used[found]) found = b;
    }
    if (found >= 0) *free -= BATCH_LANES - ws->used[found];
    return found;
}

/* Empties blocks into the holes of others while there are enough of these. */
static void compact_slots(const glassgpt *g, Workspace *ws, int positions) {
    int free;
    for (int b; (b = emptiest_block(ws, &free)) >= 0 && ws->used[b] <= free;) {
        int to = 0;
        for (int from = b * BATCH_LANES; from < (b + 1) * BATCH_LANES; from++) {
            if (ws->document[from] < 0) continue;
            while (to / BATCH_LANES == b || !ws->used[to / BATCH_LANES] ||
                   ws->document[to] >= 0)
                to++;
            move_slot(g, ws, from, to, positions);
        }
    }
}

static void free_slot(Workspace *ws, int document, int length, const Generation *how) {
    const int slot = ws->slot[document];
    how->lengths[document] = length;
    ws->document[slot] = -1;
    ws->used[slot / BATCH_LANES]--;
    ws->slot[document] = -1;
}

/* Chooses as glassgpt_generate does where not every token may be taken. */
static int sample_filtered(glassgpt *g, const real *logits, const Generation *how,
                           double drawn) {
    const int V = g->sizes.V;
    for (int i = 0; i < V; i++) g->next[i] = logits[(size_t)i * BATCH_LANES];
    const double temperature = how->temperature > 0 ? how->temperature : 1;
    glassgpt_softmax(g->next, g->next, V, temperature);
    for (int i = 0; i < V; i++) g->probs[i] = (double)g->next[i];
    return sample_from_probs(g, how->temperature, how->top_k, how->top_p, drawn);
}

/* The next token of each slot of a block, from work->logits. */
static void sample_block(glassgpt *g, const Workspace *ws, const Generation *how,
                         int block, int *picked) {
    const int first = block * BATCH_LANES;
    if (how->temperature > 0 && how->top_k == 0 && how->top_p == 1) {
        OF(g->isa, sample)(&ws->work, g->sizes.V, how->temperature, ws->drawn + first,
                           picked);
        return;
    }
    for (int d = 0; d < BATCH_LANES; d++)
        if (ws->document[first + d] >= 0)
            picked[d] =
                sample_filtered(g, ws->work.logits + d, how, ws->drawn[first + d]);
}

/* Takes in what a block's documents have chosen; 0 when there were no numbers. */
static int accept_tokens(Workspace *ws, const Generation *how, int block,
                         const int *picked, int done, int is_last) {
    for (int d = 0; d < BATCH_LANES; d++) {
        const int slot = block * BATCH_LANES + d, document = ws->document[slot];
        if (document < 0) continue;
        const int token = picked[d];
        if (token < 0) return 0;
        if (token == how->prompt[0]) {
            free_slot(ws, document, done, how);
            continue;
        }
        how->written[(size_t)document * how->limit + done] = ws->token[slot] = token;
        if (is_last) free_slot(ws, document, done + 1, how);
    }
    return 1;
}

/* Each document that goes on has a number drawn for it, in their order. */
static int draw_points(Workspace *ws, const Generation *how, int count,
                       glassgpt_random *random) {
    int going = 0;
    for (int i = 0; i < count; i++) {
        if (ws->slot[i] < 0) continue;
        going++;
        if (how->temperature > 0)
            ws->drawn[ws->slot[i]] = glassgpt_random_random(random);
    }
    return going;
}

/* All documents of a group begin with the same tokens: one block reads them, and what
   it keeps of them is every block's. The next token's logits are in ws->work. */
static void prefill(const glassgpt *g, Workspace *ws, const Generation *how) {
    const size_t layer = (size_t)ws->caches[0].positions * g->sizes.C * BATCH_LANES;
    const size_t read = (size_t)how->num_prompt * g->sizes.C * BATCH_LANES;
    int tokens[BATCH_LANES];
    for (int position = 0; position < how->num_prompt; position++) {
        for (int d = 0; d < BATCH_LANES; d++) tokens[d] = how->prompt[position];
        OF(g->isa, decode)(g, &ws->caches[0], &ws->work, tokens, position);
    }
    for (int b = 1; b < ws->count; b++)
        for (size_t l = 0; l < (size_t)g->sizes.L; l++) {
            copy(ws->caches[b].keys + l * layer, ws->caches[0].keys + l * layer, read);
            copy(ws->caches[b].values + l * layer, ws->caches[0].values + l * layer,
                 read);
        }
}

/* One group, by the transformer. */
static int generate_group(glassgpt *g, Workspace *ws, glassgpt_random *random,
                          const Generation *how, int count) {
    const int last = how->num_prompt - 1;
    assign_slots(ws, count, how->prompt[last]);
    prefill(g, ws, how);
    for (int i = 0; i < count; i++) how->lengths[i] = 0;
    for (int done = 0; done < how->limit && draw_points(ws, how, count, random);
         done++) {
        const int position = last + done;
        const int is_last = done + 1 == how->limit || position + 1 == g->sizes.T;
        for (int b = 0; b < ws->count; b++) {
            if (!ws->used[b]) continue;
            int picked[BATCH_LANES];
            if (done)
                OF(g->isa, decode)(g, &ws->caches[b], &ws->work,
                                   ws->token + b * BATCH_LANES, position);
            sample_block(g, ws, how, b, picked);
            if (!accept_tokens(ws, how, b, picked, done, is_last)) return 0;
        }
        compact_slots(g, ws, position + 1);
    }
    return 1;
}

/* One group of a model that looks at one token only: nothing is kept of the others. */
static int generate_without_cache(glassgpt *g, Workspace *ws, glassgpt_random *random,
                                  const Generation *how, int count) {
    assign_slots(ws, count, how->prompt[how->num_prompt - 1]);
    for (int i = 0; i < count; i++) how->lengths[i] = 0;
    for (int done = 0; done < how->limit && draw_points(ws, how, count, random);
         done++) {
        for (int i = 0; i < count; i++) {
            if (ws->slot[i] < 0) continue;
            glassgpt_decode_step(g, ws->token[i]);
            glassgpt_probabilities(g, how->temperature > 0 ? how->temperature : 1,
                                   g->probs);
            const int token = sample_from_probs(g, how->temperature, how->top_k,
                                                how->top_p, ws->drawn[i]);
            if (token < 0) return 0;
            if (token == how->prompt[0]) {
                free_slot(ws, i, done, how);
                continue;
            }
            how->written[(size_t)i * how->limit + done] = ws->token[i] = token;
            if (done + 1 == how->limit) free_slot(ws, i, done + 1, how);
        }
    }
    return 1;
}

int glassgpt_generate_batch(glassgpt *g, glassgpt_random *random, const int *prompt,
                            int num_prompt, int limit, double temperature, int top_k,
                            double top_p, int count, int *written, int *lengths,
                            void *workspace) {
    if (num_prompt < 1 || !are_tokens(g, prompt, num_prompt)) return -1;
    if (g->model == GPT && num_prompt > g->sizes.T) return -1;
    if (g->model == GPT && is_without(g, WITHOUT_MASK)) return -1;
    const int positions = limit < g->sizes.T ? num_prompt + limit : g->sizes.T;
    Workspace *const ws = lay_out_workspace(g, workspace, count, positions);
    glassgpt_decode_begin(g);
    for (int first = 0; first < count; first += DECODE_BATCH) {
        const int rest = count - first,
                  here = rest < DECODE_BATCH ? rest : DECODE_BATCH;
        const Generation how = {
            prompt, num_prompt, limit, temperature, top_k, top_p,
            written + (size_t)first * limit, lengths + first};
        const int fine = g->model == GPT
                             ? generate_group(g, ws, random, &how, here)
                             : generate_without_cache(g, ws, random, &how, here);
        if (!fine) return -2;
    }
    return count;
}
