/* Writing and measuring many documents side by side, in lanes (simd/lanes.h).

   Writing goes token by token over a group of TOGETHER documents: each that is not yet
   finished draws its next token, in their order, from the one generator. Finished ones
   leave holes among the lanes; when these add up to a block, the emptiest block moves
   into them. Who sits where changes no number. */
#include "core/arrays.h"
#include "core/documents.h"
#include "simd/isa.h"
#include "simd/lanes.h"
#include "core/maths.h"
#include "core/models.h"
#include "core/random.h"

enum { ALIGNMENT = 64, MOST_BLOCKS = TOGETHER / ABREAST };

/* What lies in the caller's room. */
typedef struct {
    LanesWork work;
    int count; /* blocks */
    Lanes lanes[MOST_BLOCKS];
    int used[MOST_BLOCKS];             /* documents that sit in it */
    int document[MOST_BLOCKS * ABREAST]; /* who sits in each lane; -1 for nobody */
    int token[MOST_BLOCKS * ABREAST];    /* to be read next */
    int lane[TOGETHER];                /* where each document sits; -1 when finished */
    double drawn[MOST_BLOCKS * ABREAST];
} Room;

static int blocks_for(int count) {
    const int most = count < TOGETHER ? count : TOGETHER;
    return (most + ABREAST - 1) / ABREAST;
}

/* How many numbers the rows of a model take: shared ones, and those of each block. */
static double shared_numbers(const Sizes *s, int positions) {
    return ABREAST * (5.0 * s->C + s->F + positions + 2.0 * s->V);
}
static double block_numbers(const Sizes *s, int positions) {
    return ABREAST * 2.0 * s->L * positions * s->C;
}

size_t glassgpt_room(const glassgpt *g, int count, int positions) {
    if (count < 1 || positions < 1) return 0;
    if (g->model != GPT) return sizeof(Room) + ALIGNMENT;
    const Sizes *s = &g->sizes;
    const int used = positions < s->T ? positions : s->T;
    const double rows = shared_numbers(s, used) + blocks_for(count) * block_numbers(s, used);
    const double bytes = rows * sizeof(real) + sizeof(Room) + 2 * ALIGNMENT;
    return bytes < (double)(SIZE_MAX / 2) ? (size_t)bytes : 0;
}

static real *take(real **next, size_t rows) {
    real *taken = *next;
    *next += rows * ABREAST;
    return taken;
}

static char *aligned(void *memory) {
    const uintptr_t past = (uintptr_t)memory % ALIGNMENT;
    return (char *)memory + (past ? ALIGNMENT - past : 0);
}

static Room *lay_out(const glassgpt *g, void *memory, int count, int positions) {
    const Sizes s = g->sizes;
    Room *room = (Room *)aligned(memory);
    real *next = (real *)aligned(room + 1);
    const size_t used = (size_t)(positions < s.T ? positions : s.T);
    room->count = blocks_for(count);
    if (g->model != GPT) return room;
    LanesWork *work = &room->work;
    real **const of_C[] = {&work->x, &work->normed, &work->q, &work->heads,
                           &work->part};
    for (int i = 0; i < 5; i++) *of_C[i] = take(&next, (size_t)s.C);
    work->hidden = take(&next, (size_t)s.F);
    work->scores = take(&next, used);
    work->logits = take(&next, (size_t)s.V);
    work->sums = take(&next, (size_t)s.V);
    for (int b = 0; b < room->count; b++) {
        Lanes *lanes = &room->lanes[b];
        lanes->positions = (int)used;
        lanes->keys = take(&next, (size_t)s.L * used * s.C);
        lanes->values = take(&next, (size_t)s.L * used * s.C);
    }
    return room;
}

/* --- writing --- */

/* How a token is chosen, and where the documents go. */
typedef struct {
    const int *prompt;
    int num_prompt, limit;
    double temperature;
    int top_k;
    double top_p;
    int *written, *lengths; /* of this group */
} Writing;

static void seat(Room *room, int count, int token) {
    for (int i = 0; i < room->count * ABREAST; i++) {
        room->document[i] = i < count ? i : -1;
        room->token[i] = token;
    }
    for (int i = 0; i < count; i++) room->lane[i] = i;
    for (int b = 0; b < room->count; b++) {
        const int rest = count - b * ABREAST;
        room->used[b] = rest < 0 ? 0 : rest < ABREAST ? rest : ABREAST;
    }
}

/* Copies what lane `from` has read to lane `to`. */
static void move_lane(const glassgpt *g, Room *room, int from, int to, int positions) {
    const Lanes *source = &room->lanes[from / ABREAST], *target = &room->lanes[to / ABREAST];
    const size_t C = (size_t)g->sizes.C, layer = C * (size_t)source->positions;
    for (size_t l = 0; l < (size_t)g->sizes.L; l++) {
        for (size_t i = 0; i < C * (size_t)positions; i++) {
            const size_t row = (l * layer + i) * ABREAST;
            target->keys[row + to % ABREAST] = source->keys[row + from % ABREAST];
            target->values[row + to % ABREAST] = source->values[row + from % ABREAST];
        }
    }
    room->document[to] = room->document[from];
    room->token[to] = room->token[from];
    room->lane[room->document[to]] = to;
    room->document[from] = -1;
    room->used[from / ABREAST]--;
    room->used[to / ABREAST]++;
}

/* The block with the fewest documents, empty ones aside; `free` is what the others
   could still seat. */
static int emptiest(const Room *room, int *free) {
    int found = -1;
    *free = 0;
    for (int b = 0; b < room->count; b++) {
        if (room->used[b] == 0) continue;
        *free += ABREAST - room->used[b];
        if (found < 0 || room->used[b] < room->used[found]) found = b;
    }
    if (found >= 0) *free -= ABREAST - room->used[found];
    return found;
}

/* Empties blocks into the holes of others while there are enough of these. */
static void close_holes(const glassgpt *g, Room *room, int positions) {
    int free;
    for (int b; (b = emptiest(room, &free)) >= 0 && room->used[b] <= free;) {
        int to = 0;
        for (int from = b * ABREAST; from < (b + 1) * ABREAST; from++) {
            if (room->document[from] < 0) continue;
            while (to / ABREAST == b || !room->used[to / ABREAST] || room->document[to] >= 0)
                to++;
            move_lane(g, room, from, to, positions);
        }
    }
}

static void leave(Room *room, int document, int length, const Writing *how) {
    const int lane = room->lane[document];
    how->lengths[document] = length;
    room->document[lane] = -1;
    room->used[lane / ABREAST]--;
    room->lane[document] = -1;
}

/* Chooses as glassgpt_write does where not every token may be taken. */
static int choose_likely(glassgpt *g, const real *logits, const Writing *how,
                         double drawn) {
    const int V = g->sizes.V;
    for (int i = 0; i < V; i++) g->next[i] = logits[(size_t)i * ABREAST];
    const double temperature = how->temperature > 0 ? how->temperature : 1;
    glassgpt_softmax(g->next, g->next, V, temperature);
    for (int i = 0; i < V; i++) g->probs[i] = (double)g->next[i];
    return choose_from_probs(g, how->temperature, how->top_k, how->top_p, drawn);
}

/* The next token of each lane of a block, from work->logits. */
static void choose(glassgpt *g, const Room *room, const Writing *how, int block,
                   int *picked) {
    const int first = block * ABREAST;
    if (how->temperature > 0 && how->top_k == 0 && how->top_p == 1) {
        OF(g->isa, pick)(&room->work, g->sizes.V, how->temperature, room->drawn + first,
                   picked);
        return;
    }
    for (int d = 0; d < ABREAST; d++)
        if (room->document[first + d] >= 0)
            picked[d] = choose_likely(g, room->work.logits + d, how,
                                      room->drawn[first + d]);
}

/* Takes in what a block's documents have chosen; 0 when there were no numbers. */
static int take_in(Room *room, const Writing *how, int block, const int *picked,
                   int done, int is_last) {
    for (int d = 0; d < ABREAST; d++) {
        const int lane = block * ABREAST + d, document = room->document[lane];
        if (document < 0) continue;
        const int token = picked[d];
        if (token < 0) return 0;
        if (token == how->prompt[0]) {
            leave(room, document, done, how);
            continue;
        }
        how->written[(size_t)document * how->limit + done] = room->token[lane] = token;
        if (is_last) leave(room, document, done + 1, how);
    }
    return 1;
}

/* Each document that goes on has a number drawn for it, in their order. */
static int draw(Room *room, const Writing *how, int count, glassgpt_random *random) {
    int going = 0;
    for (int i = 0; i < count; i++) {
        if (room->lane[i] < 0) continue;
        going++;
        if (how->temperature > 0)
            room->drawn[room->lane[i]] = glassgpt_random_random(random);
    }
    return going;
}

/* All documents of a group begin with the same tokens: one block reads them, and what it
   keeps of them is every block's. The next token's logits are in room->work. */
static void read_prompt(const glassgpt *g, Room *room, const Writing *how) {
    const size_t layer = (size_t)room->lanes[0].positions * g->sizes.C * ABREAST;
    const size_t read = (size_t)how->num_prompt * g->sizes.C * ABREAST;
    int tokens[ABREAST];
    for (int position = 0; position < how->num_prompt; position++) {
        for (int d = 0; d < ABREAST; d++) tokens[d] = how->prompt[position];
        OF(g->isa, read)(g, &room->lanes[0], &room->work, tokens, position);
    }
    for (int b = 1; b < room->count; b++)
        for (size_t l = 0; l < (size_t)g->sizes.L; l++) {
            copy(room->lanes[b].keys + l * layer, room->lanes[0].keys + l * layer, read);
            copy(room->lanes[b].values + l * layer, room->lanes[0].values + l * layer,
                 read);
        }
}

/* One group, by the transformer. */
static int write_group(glassgpt *g, Room *room, glassgpt_random *random,
                       const Writing *how, int count) {
    const int last = how->num_prompt - 1;
    seat(room, count, how->prompt[last]);
    read_prompt(g, room, how);
    for (int i = 0; i < count; i++) how->lengths[i] = 0;
    for (int done = 0; done < how->limit && draw(room, how, count, random); done++) {
        const int position = last + done;
        const int is_last = done + 1 == how->limit || position + 1 == g->sizes.T;
        for (int b = 0; b < room->count; b++) {
            if (!room->used[b]) continue;
            int picked[ABREAST];
            if (done)
                OF(g->isa, read)(g, &room->lanes[b], &room->work, room->token + b * ABREAST,
                           position);
            choose(g, room, how, b, picked);
            if (!take_in(room, how, b, picked, done, is_last)) return 0;
        }
        close_holes(g, room, position + 1);
    }
    return 1;
}

/* One group of a model that looks at one token only: nothing is kept of the others. */
static int write_singly(glassgpt *g, Room *room, glassgpt_random *random,
                        const Writing *how, int count) {
    seat(room, count, how->prompt[how->num_prompt - 1]);
    for (int i = 0; i < count; i++) how->lengths[i] = 0;
    for (int done = 0; done < how->limit && draw(room, how, count, random); done++) {
        for (int i = 0; i < count; i++) {
            if (room->lane[i] < 0) continue;
            glassgpt_feed(g, room->token[i]);
            glassgpt_probabilities(g, how->temperature > 0 ? how->temperature : 1,
                                   g->probs);
            const int token = choose_from_probs(g, how->temperature, how->top_k,
                                                how->top_p, room->drawn[i]);
            if (token < 0) return 0;
            if (token == how->prompt[0]) {
                leave(room, i, done, how);
                continue;
            }
            how->written[(size_t)i * how->limit + done] = room->token[i] = token;
            if (done + 1 == how->limit) leave(room, i, done + 1, how);
        }
    }
    return 1;
}

int glassgpt_write_together(glassgpt *g, glassgpt_random *random, const int *prompt,
                            int num_prompt, int limit, double temperature, int top_k,
                            double top_p, int count, int *written, int *lengths,
                            void *room) {
    if (num_prompt < 1 || !are_tokens(g, prompt, num_prompt)) return -1;
    if (g->model == GPT && num_prompt > g->sizes.T) return -1;
    if (g->model == GPT && g->config.without & WITHOUT_MASK) return -1;
    const int positions = limit < g->sizes.T ? num_prompt + limit : g->sizes.T;
    Room *const laid = lay_out(g, room, count, positions);
    glassgpt_begin(g);
    for (int first = 0; first < count; first += TOGETHER) {
        const int rest = count - first, here = rest < TOGETHER ? rest : TOGETHER;
        const Writing how = {prompt, num_prompt, limit, temperature, top_k, top_p,
                             written + (size_t)first * limit, lengths + first};
        const int fine = g->model == GPT ? write_group(g, laid, random, &how, here)
                                         : write_singly(g, laid, random, &how, here);
        if (!fine) return -2;
    }
    return count;
}

/* --- measuring --- */

/* A sequence of a document, waiting for a lane. */
typedef struct {
    Sequence read;
    int document;
} Waiting;

/* Measures up to ABREAST sequences of about the same length. */
static void measure(const glassgpt *g, const Room *room, const Waiting *waiting,
                    int count, double *losses) {
    int tokens[ABREAST] = {0}, targets[ABREAST] = {0};
    double found[ABREAST];
    int longest = 0;
    for (int d = 0; d < count; d++)
        if (waiting[d].read.n > longest) longest = waiting[d].read.n;
    for (int position = 0; position < longest; position++) {
        for (int d = 0; d < count; d++) {
            if (position >= waiting[d].read.n) continue;
            tokens[d] = waiting[d].read.tokens[position];
            targets[d] = waiting[d].read.tokens[position + 1];
        }
        OF(g->isa, read)(g, &room->lanes[0], &room->work, tokens, position);
        OF(g->isa, surprises)(&room->work, g->sizes.V, targets, found);
        for (int d = 0; d < count; d++)
            if (position < waiting[d].read.n) losses[waiting[d].document] += found[d];
    }
}

/* Longest first, so that neighbours are about as long. */
static void sort(Waiting *waiting, int count) {
    for (int i = 1; i < count; i++) {
        const Waiting one = waiting[i];
        int j = i;
        for (; j > 0 && waiting[j - 1].read.n < one.read.n; j--)
            waiting[j] = waiting[j - 1];
        waiting[j] = one;
    }
}

static void measure_all(const glassgpt *g, const Room *room, Waiting *waiting,
                        int count, double *losses) {
    sort(waiting, count);
    for (int first = 0; first < count; first += ABREAST) {
        const int rest = count - first;
        measure(g, room, waiting + first, rest < ABREAST ? rest : ABREAST, losses);
    }
}

int glassgpt_evaluate_together(glassgpt *g, int doc_mode, const int *tokens,
                               const int *offsets, const int *chosen, int count,
                               double *losses, int *predictions, void *room) {
    if (g->model != GPT || g->config.without & WITHOUT_MASK)
        return glassgpt_evaluate(g, doc_mode, tokens, offsets, chosen, count, losses,
                                 predictions);
    const Corpus corpus = {tokens, offsets};
    const int64_t total = predictions_in(g, &corpus, chosen, count, doc_mode);
    if (total == 0 || total > INT32_MAX) return -1;
    const Room *laid = lay_out(g, room, 1, g->sizes.T);
    Waiting waiting[TOGETHER];
    int num_waiting = 0;
    for (int i = 0; i < count; i++) {
        const Sequence document = document_at(g, &corpus, chosen[i], doc_mode);
        losses[i] = 0;
        predictions[i] = document.n;
        for (int done = 0; done < document.n;) {
            const Sequence part = sequence_at(g, document, done);
            waiting[num_waiting++] = (Waiting){part, i};
            if (num_waiting == TOGETHER) {
                measure_all(g, laid, waiting, num_waiting, losses);
                num_waiting = 0;
            }
            done += part.n;
        }
    }
    measure_all(g, laid, waiting, num_waiting, losses);
    return (int)total;
}
