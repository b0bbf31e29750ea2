/* Which documents are held out: those of smallest sha256(seed, LF, text), as
   docs/documents.md says. Written out here because the browser's own sha256 answers one
   text at a time and later, and a data set has tens of thousands. */

const PRIMES = primes(64);
const ROUNDS = PRIMES.map((p) => fraction(p, 3));
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
const turn = (x: number, by: number): number => (x >>> by) | (x << (32 - by));

/** The first 8 bytes of the sha256, as two unsigned halves. */
export function hash(text: string): [number, number] {
  const bytes = new TextEncoder().encode(text);
  const size = ((bytes.length + 9 + 63) >> 6) << 6;
  const padded = new Uint8Array(size);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(size - 8, BigInt(bytes.length) * 8n);
  const state = Int32Array.from(START);
  for (let at = 0; at < size; at += 64) block(state, view, at);
  return [state[0]! >>> 0, state[1]! >>> 0];
}

function block(state: Int32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const a = words[i - 15]!;
    const b = words[i - 2]!;
    const s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
    const s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
    words[i] = (words[i - 16]! + s0 + words[i - 7]! + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as number[] as [
    number, number, number, number, number, number, number, number,
  ];
  for (let i = 0; i < 64; i++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i]! + words[i]!) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  const added = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] = (state[i]! + added[i]!) | 0;
}

/** Distinct documents not in `trained`, in the order of their hash, at most `limit`. */
export function heldout(
  documents: Iterable<string>,
  trained: Set<string>,
  seed: number,
  limit: number,
): { chosen: string[]; available: number } {
  const unseen: [number, number, string][] = [];
  for (const text of new Set(documents))
    if (!trained.has(text)) unseen.push([...hash(`${seed}\n${text}`), text]);
  unseen.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chosen = unseen.slice(0, limit).map((each) => each[2]);
  return { chosen, available: unseen.length };
}
