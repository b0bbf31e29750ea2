/* Which documents are held out: those of smallest sha256(seed, LF, text), as
   docs/documents.md says. Written out here because the browser's own sha256 answers one
   text at a time and later, and a data set has tens of thousands. */

const PRIMES = primes(64);
const ROUNDS = Int32Array.from(PRIMES, (p) => fraction(p, 3));
const START = PRIMES.slice(0, 8).map((p) => fraction(p, 2));

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p)) found.push(n);
  return found;
}

/** The first 32 bits of the fraction of a prime's square or cube root, exactly. */
function fraction(prime: number, root: 2 | 3): number {
  const wanted = BigInt(prime) << BigInt(32 * root);
  let low = 0n;
  let high = BigInt(prime) << 32n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(root) <= wanted) low = middle;
    else high = middle;
  }
  return Number(low & 0xffffffffn) | 0;
}

const words = new Int32Array(64);
const state = new Int32Array(8);
const encoder = new TextEncoder();
let padded = new DataView(new ArrayBuffer(64));
const turn = (x: number, by: number): number => (x >>> by) | (x << (32 - by));

/** The first 8 bytes of the sha256, as two unsigned halves. */
export function hash(text: string): [number, number] {
  digest(text);
  return [state[0]! >>> 0, state[1]! >>> 0];
}

/** To `state`. A code unit is at most 3 bytes of UTF-8. */
function digest(text: string): void {
  const most = ((3 * text.length + 9 + 63) >> 6) << 6;
  if (most > padded.byteLength) padded = new DataView(new ArrayBuffer(2 * most));
  const bytes = new Uint8Array(padded.buffer);
  const { written } = encoder.encodeInto(text, bytes);
  const size = ((written + 9 + 63) >> 6) << 6;
  bytes.fill(0, written, size);
  bytes[written] = 0x80;
  padded.setUint32(size - 8, Math.floor(written / 2 ** 29));
  padded.setUint32(size - 4, written << 3);
  state.set(START);
  for (let at = 0; at < size; at += 64) block(at);
}

function block(at: number): void {
  for (let i = 0; i < 16; i++) words[i] = padded.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const a = words[i - 15]!;
    const b = words[i - 2]!;
    const s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
    const s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
    words[i] = (words[i - 16]! + s0 + words[i - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i]! + words[i]!) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

/** Distinct documents not in `trained`, in the order of their hash, at most `limit`. */
export function heldout(
  documents: Iterable<string>,
  trained: Set<string>,
  seed: number,
  limit: number,
): { chosen: string[]; available: number } {
  const unseen = [...new Set(documents)].filter((text) => !trained.has(text));
  const first = new Uint32Array(unseen.length);
  const second = new Uint32Array(unseen.length);
  unseen.forEach((text, i) => {
    digest(`${seed}\n${text}`);
    first[i] = state[0]!;
    second[i] = state[1]!;
  });
  const chosen = smallest(first, limit)
    .sort((i, j) => first[i]! - first[j]! || second[i]! - second[j]!)
    .slice(0, limit)
    .map((i) => unseen[i]!);
  return { chosen, available: unseen.length };
}

/** Where the `limit` smallest of evenly spread numbers are, and a few more: sorting them
    all would take as long as hashing. */
function smallest(numbers: Uint32Array, limit: number): number[] {
  const wanted = Math.min(limit, numbers.length);
  for (let share = (2 * wanted) / numbers.length; ; share *= 2) {
    const found: number[] = [];
    for (let i = 0; i < numbers.length; i++)
      if (share >= 1 || numbers[i]! < share * 2 ** 32) found.push(i);
    if (found.length >= wanted) return found;
  }
}
