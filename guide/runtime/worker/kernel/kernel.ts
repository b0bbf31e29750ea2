/* The kernel in the browser: a WebAssembly module, its memory and typed calls. */
import relaxed from "../../../../src/glassgpt/kernel/built/glassgpt-f32-relaxed.wasm?url";
import f32 from "../../../../src/glassgpt/kernel/built/glassgpt-f32.wasm?url";
import f64 from "../../../../src/glassgpt/kernel/built/glassgpt-f64.wasm?url";
import { CONSTANTS, PREFIX, STRUCTS, type Address, type Calls } from "./calls.ts";

export type Precision = "float64" | "float32";
export type Reals = Float64Array | Float32Array;
type Fields<S extends keyof typeof STRUCTS> = Partial<
  Record<keyof (typeof STRUCTS)[S]["fields"], number>
>;

type Layout = Record<string, { type: string; offset: number }>;

// a module whose only function is one f32x4.relaxed_madd
const RELAXED = Uint8Array.of(
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
  19,
  1,
  17,
  0,
  65,
  0,
  253,
  15,
  65,
  0,
  253,
  15,
  65,
  0,
  253,
  15,
  253,
  133,
  2,
  11,
);
const FILES: Record<Precision, string> = {
  float64: f64,
  float32: WebAssembly.validate(RELAXED) ? relaxed : f32,
};
const modules = new Map<Precision, Promise<WebAssembly.Module>>();

/** The code of the constant of that name: code("adam") is ADAM. */
export function code(name: string): number {
  const found = CONSTANTS[name.toUpperCase() as keyof typeof CONSTANTS];
  if (found === undefined) throw new Error(`unknown constant: ${name}`);
  return found;
}

function fetchModule(precision: Precision): Promise<WebAssembly.Module> {
  const known = modules.get(precision);
  if (known) return known;
  const loading = fetch(FILES[precision])
    .then((answer) => {
      if (!answer.ok) throw new Error(`missing kernel: ${answer.status}`);
      return answer.arrayBuffer();
    })
    .then((bytes) => WebAssembly.compile(bytes));
  modules.set(precision, loading);
  loading.catch(() => modules.delete(precision));
  return loading;
}

const spare: Kernel[] = [];

/** An instance with its own memory. What is allocated stays until the whole is dropped,
    or until `freed` ends. */
export class Kernel {
  readonly call: Calls;
  private readonly memory: WebAssembly.Memory;
  private readonly start: Address;
  private next: Address;
  private freeing = 0;

  private constructor(
    instance: WebAssembly.Instance,
    readonly precision: Precision,
  ) {
    const exports = instance.exports;
    this.memory = exports["memory"] as WebAssembly.Memory;
    this.start = (exports["__heap_base"] as WebAssembly.Global).value as number;
    this.next = this.start;
    const found = Object.entries(exports)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, called]) => [name.slice(PREFIX.length), called]);
    this.call = Object.fromEntries(found) as Calls;
  }

  /** One that was given back, or a new one. */
  static async open(precision: Precision): Promise<Kernel> {
    const known = spare.findIndex((each) => each.precision === precision);
    if (known >= 0) return spare.splice(known, 1)[0]!;
    const module = await fetchModule(precision);
    return new Kernel(await WebAssembly.instantiate(module), precision);
  }

  /** Nothing in it is used any more. Memory that was used is faster than new memory: a
      system clears each page before it hands it out. */
  giveBack(): void {
    this.next = this.start;
    spare.push(this);
  }

  /** The address of so many bytes; the memory grows. */
  allocate(size: number): Address {
    const address = Math.ceil(this.next / 16) * 16;
    this.next = address + size;
    const missing = this.next - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65536));
    return address;
  }

  /** The same where it must outlive all that surrounds it: an error inside `freed`. */
  allocateToStay(size: number): Address {
    if (this.freeing) throw new Error("what stays can't be allocated where all is freed");
    return this.allocate(size);
  }

  /** What is allocated inside is free again afterwards. */
  freed<T>(work: () => T): T {
    const before = this.next;
    this.freeing++;
    try {
      return work();
    } finally {
      this.freeing--;
      this.next = before;
    }
  }

  putBytes(bytes: Uint8Array): Address {
    const address = this.allocate(bytes.length);
    this.viewBytes(address, bytes.length).set(bytes);
    return address;
  }

  putInts(numbers: ArrayLike<number>): Address {
    const address = this.allocate(4 * numbers.length);
    new Int32Array(this.memory.buffer, address, numbers.length).set(numbers);
    return address;
  }

  putDoubles(numbers: ArrayLike<number>): Address {
    const address = this.allocate(8 * numbers.length);
    this.viewDoubles(address, numbers.length).set(numbers);
    return address;
  }

  putReals(numbers: ArrayLike<number>): Address {
    const address = this.allocate(this.realSize * numbers.length);
    this.viewReals(address, numbers.length).set(numbers);
    return address;
  }

  /** A view: gone when the memory grows, so use it at once or copy it. */
  viewReals(address: Address, count: number): Reals {
    return this.precision === "float64"
      ? new Float64Array(this.memory.buffer, address, count)
      : new Float32Array(this.memory.buffer, address, count);
  }

  viewDoubles(address: Address, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, count);
  }

  viewBytes(address: Address, count: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, count);
  }

  ints(address: Address, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, count).slice();
  }

  doubles(address: Address, count: number): Float64Array {
    return this.viewDoubles(address, count).slice();
  }

  /** A copy, always of 64 bits. */
  reals(address: Address, count: number): Float64Array {
    return Float64Array.from(this.viewReals(address, count));
  }

  get realSize(): number {
    return this.precision === "float64" ? 8 : 4;
  }

  text(address: Address): string {
    const bytes = new Uint8Array(this.memory.buffer, address, 64);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }

  /** Writes one field of a struct that is there. */
  setField<S extends keyof typeof STRUCTS>(
    name: S,
    address: Address,
    key: keyof (typeof STRUCTS)[S]["fields"],
    value: number,
  ): void {
    const layout = STRUCTS[name];
    const view = new DataView(this.memory.buffer, address, layout.size);
    this.write(view, layout.fields as Layout, key as string, value);
  }

  private write(view: DataView, fields: Layout, key: string, value: number): void {
    const { type, offset } = fields[key]!;
    if (type === "double") view.setFloat64(offset, value, true);
    else view.setInt32(offset, value, true);
  }

  /** A struct with these fields, the others 0. */
  struct<S extends keyof typeof STRUCTS>(name: S, values: Fields<S>): Address {
    const layout = STRUCTS[name];
    const address = this.allocate(layout.size);
    this.viewBytes(address, layout.size).fill(0);
    const view = new DataView(this.memory.buffer, address, layout.size);
    const fields = layout.fields as Layout;
    for (const [key, value] of Object.entries(values))
      this.write(view, fields, key, value as number);
    return address;
  }
}
