/* Which documents are held out: the kernel hashes them and chooses, as it does for Python. */
import type { Kernel } from "../kernel/kernel.ts";

const encoder = new TextEncoder();

/** Distinct documents not in `trained`, in the order of their hash, at most `limit`. */
export function heldout(
  kernel: Kernel,
  documents: Iterable<string>,
  trained: Set<string>,
  seed: number,
  limit: number,
): { chosen: string[]; available: number } {
  const unseen = [...new Set(documents)].filter((text) => !trained.has(text));
  const order = kernel.freed(() => {
    const bytes = encoder.encode(unseen.join(""));
    const [digits, texts, offsets, hashes, places] = [
      kernel.putBytes(encoder.encode(`${seed}\0`)),
      kernel.putBytes(bytes),
      kernel.putInts(offsetsOf(unseen, bytes.length)),
      kernel.allocate(8 * unseen.length),
      kernel.allocate(4 * unseen.length),
    ];
    kernel.call.hash_texts(digits, texts, offsets, unseen.length, hashes);
    const count = kernel.call.heldout(hashes, unseen.length, 1, limit, places);
    return kernel.ints(places, count);
  });
  const chosen = Array.from(order, (place) => unseen[place]!);
  return { chosen, available: unseen.length };
}

/** A text's hash, in hexadecimal digits: what tells it from others. */
export function fingerprint(kernel: Kernel, text: string): string {
  return kernel.freed(() => {
    const bytes = encoder.encode(text);
    const [digits, texts, offsets, hash] = [
      kernel.putBytes(encoder.encode("0\0")),
      kernel.putBytes(bytes),
      kernel.putInts([0, bytes.length]),
      kernel.allocate(8),
    ];
    kernel.call.hash_texts(digits, texts, offsets, 1, hash);
    return Array.from(kernel.viewBytes(hash, 8), (byte) => byte.toString(16).padStart(2, "0")).join(
      "",
    );
  });
}

/** Where each text begins and ends in the UTF-8 of all, which is so many bytes. */
function offsetsOf(texts: string[], bytes: number): Int32Array {
  const isAscii = texts.reduce((sum, text) => sum + text.length, 0) === bytes;
  const offsets = new Int32Array(texts.length + 1);
  texts.forEach((text, i) => {
    offsets[i + 1] = offsets[i]! + (isAscii ? text.length : encoder.encode(text).length);
  });
  return offsets;
}
