/* Whether this browser can compute what figures show. */
import { workerStarts } from "./client.ts";

// a function that returns a vector: valid only where SIMD is
const SIMD = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  10,
  1,
  8,
  0,
  65,
  0,
  253,
  15,
  253,
  98,
  11,
);

/** What is missing: "wasm", "simd", "worker", or nothing. */
export function missing(): "wasm" | "simd" | "worker" | null {
  if (typeof WebAssembly !== "object") return "wasm";
  if (!WebAssembly.validate(SIMD)) return "simd";
  return workerStarts() ? null : "worker";
}
