// Training in WebAssembly, through the files that the guide's pages use. First the
// compiler goes to stdout; then, for each line on stdin, a run is made from the first
// weights, and its seconds a step are written.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const given = JSON.parse(readFileSync(process.argv[2], 'utf-8'));
const made = new WebAssembly.Module(readFileSync(given.library));
const { exports: kernel } = new WebAssembly.Instance(made, {});
const Reals = kernel.glassgpt_real_bits() === 32 ? Float32Array : Float64Array;
const PAGE = 65536;
let free = kernel.__heap_base.value;

function room(bytes) {
  const at = Math.ceil(free / 64) * 64;
  free = at + bytes;
  const missing = free - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE));
  return at;
}

function put(array) {
  const at = room(array.byteLength);
  new array.constructor(kernel.memory.buffer, at, array.length).set(array);
  return at;
}

function text(at) {
  const bytes = new Uint8Array(kernel.memory.buffer, at);
  return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
}

const config = put(Uint8Array.from(given.config));
const how = put(Uint8Array.from(given.training));
const tokens = put(Int32Array.from(given.tokens));
const offsets = put(Int32Array.from(given.offsets));
const order = put(Int32Array.from(given.order));
const losses = room(8 * given.order.length);
const g = kernel.glassgpt_create(room(kernel.glassgpt_size(config)), config);
const first = put(new Reals(kernel.glassgpt_state_size(g)));
new Reals(kernel.memory.buffer, first).set(given.weights);

function run() {
  const count = given.order.length;
  kernel.glassgpt_restore(g, first);
  const start = performance.now();
  const done = kernel.glassgpt_train(
    g, how, tokens, offsets, order, 0, count, losses, 0, 0, 0, 0,
  );
  if (done !== count) throw new Error(`it stopped at step ${done}`);
  return (performance.now() - start) / 1000 / count;
}

console.log(text(kernel.glassgpt_compiler()));
for await (const _ of createInterface({ input: process.stdin })) console.log(run());
