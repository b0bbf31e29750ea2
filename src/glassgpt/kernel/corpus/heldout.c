/* Which documents are held out: the rule of docs/documents.md.

   The first 8 bytes of the sha256 of seed, LF and text decide, never a generator: every
   engine and every run keeps out the same documents, and all copies of a text go the
   same way. sha256 is that of FIPS 180-4. */
#include "base/arrays.h"

enum { BLOCK = 64, WORDS = 16, ROUNDS = 64, LENGTH_BYTES = 8 };

/* The fractions of the cube roots of the first 64 primes. */
static const uint32_t ROUND_CONSTANTS[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

/* A digest while bytes go in. */
typedef struct {
    uint32_t state[8];
    uint8_t block[BLOCK];
    uint64_t count; /* bytes so far */
} Digest;

static uint32_t rotated(uint32_t x, int by) { return x >> by | x << (32 - by); }

static void expand(uint32_t *w, const uint8_t *block) {
    for (int i = 0; i < WORDS; i++, block += 4)
        w[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 |
               (uint32_t)block[2] << 8 | block[3];
    for (int i = WORDS; i < ROUNDS; i++) {
        const uint32_t a = w[i - 15], b = w[i - 2];
        const uint32_t s0 = rotated(a, 7) ^ rotated(a, 18) ^ a >> 3;
        const uint32_t s1 = rotated(b, 17) ^ rotated(b, 19) ^ b >> 10;
        w[i] = w[i - WORDS] + s0 + w[i - 7] + s1;
    }
}

static void digest_block(uint32_t *state, const uint8_t *block) {
    uint32_t w[ROUNDS];
    expand(w, block);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < ROUNDS; i++) {
        const uint32_t s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
        const uint32_t s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
        const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[i] + w[i];
        const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void add_bytes(Digest *digest, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        const size_t used = digest->count % BLOCK, room = BLOCK - used;
        const size_t some = count < room ? count : room;
        __builtin_memcpy(digest->block + used, bytes, some);
        digest->count += some, bytes += some, count -= some;
        if (some == room) digest_block(digest->state, digest->block);
    }
}

/* Pads as the standard says: a 1 bit, zeros, the length in bits. The first 8 bytes. */
static uint64_t finished(Digest digest) {
    static const uint8_t padding[BLOCK] = {0x80};
    const uint64_t bits = 8 * digest.count;
    const size_t used = digest.count % BLOCK, end = BLOCK - LENGTH_BYTES;
    uint8_t length[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    add_bytes(&digest, padding, used < end ? end - used : BLOCK + end - used);
    add_bytes(&digest, length, LENGTH_BYTES);
    return (uint64_t)digest.state[0] << 32 | digest.state[1];
}

void glassgpt_hash_texts(const char *seed, const uint8_t *bytes, const int *offsets,
                         int count, uint64_t *hashes) {
    Digest begun = {.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
    for (; *seed; seed++) add_bytes(&begun, (const uint8_t *)seed, 1);
    add_bytes(&begun, (const uint8_t *)"\n", 1);
    for (int i = 0; i < count; i++) {
        Digest digest = begun;
        add_bytes(&digest, bytes + offsets[i], (size_t)(offsets[i + 1] - offsets[i]));
        hashes[i] = finished(digest);
    }
}

/* Whether place a comes before place b: by hash, and the first of equals first. */
static int is_before(const uint64_t *hashes, int a, int b) {
    return hashes[a] != hashes[b] ? hashes[a] < hashes[b] : a < b;
}

/* Lets a place sink until no later one stands below it, in a heap of `count`. */
static void sink(const uint64_t *hashes, int *order, int at, int count) {
    const int place = order[at];
    for (int child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_before(hashes, order[child], order[child + 1]))
            child++;
        if (!is_before(hashes, place, order[child])) break;
        order[at] = order[child];
    }
    order[at] = place;
}

static void heapsort(const uint64_t *hashes, int *order, int count) {
    for (int at = count / 2 - 1; at >= 0; at--) sink(hashes, order, at, count);
    for (int end = count - 1; end > 0; end--) {
        const int last = order[end];
        order[end] = order[0], order[0] = last;
        sink(hashes, order, 0, end);
    }
}

int glassgpt_heldout(const uint64_t *hashes, int count, double fraction, int limit,
                     int *order) {
    int below = 0, kept = 0;
    for (int i = 0; i < count; i++)
        if ((double)hashes[i] / 0x1p64 < fraction) order[below++] = i;
    heapsort(hashes, order, below);
    for (int i = 0; i < below && (limit == 0 || kept < limit); i++)
        if (kept == 0 || hashes[order[i]] != hashes[order[kept - 1]])
            order[kept++] = order[i];
    return kept;
}
