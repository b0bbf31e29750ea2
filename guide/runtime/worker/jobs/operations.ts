/* Single operations on numbers that the reader edits. */
import { runOf } from "../data/record.ts";
import { Kernel } from "../kernel/kernel.ts";

let toolbox: Promise<Kernel> | undefined;
/** A kernel without a model, for small operations. */
export const tools = (): Promise<Kernel> => (toolbox ??= Kernel.open("float64"));

/** w x: a row's dot product each. */
export async function linear(input: { x: number[]; w: number[] }): Promise<Float64Array> {
  const kernel = await tools();
  const rows = input.w.length / input.x.length;
  return kernel.freed(() => {
    const y = kernel.allocate(kernel.realSize * rows);
    const [x, w] = [kernel.putReals(input.x), kernel.putReals(input.w)];
    kernel.call.linear(y, x, w, rows, input.x.length);
    return kernel.reals(y, rows);
  });
}

/** Softmax at a temperature. */
export async function softmax(input: {
  logits: number[];
  temperature: number;
}): Promise<Float64Array> {
  const kernel = await tools();
  return kernel.freed(() => {
    const probs = kernel.allocate(kernel.realSize * input.logits.length);
    const logits = kernel.putReals(input.logits);
    kernel.call.softmax(probs, logits, input.logits.length, input.temperature);
    return kernel.reals(probs, input.logits.length);
  });
}

/** How large a vector's numbers are: the mean of their squares, its root, and how long the
    vector is. */
export interface Sizes {
  square: number;
  root: number;
  length: number;
}

export interface Normed {
  y: Float64Array;
  scale: number;
  eps: number;
  before: Sizes;
  after: Sizes;
}

/** Numbers scaled as the lessons' rmsnorm does. */
export async function rmsnorm(input: { x: number[] }): Promise<Normed> {
  const kernel = await tools();
  const { rms_eps: eps } = runOf({ step: 3, source: "names" }).model;
  const count = input.x.length;
  const sizes = (numbers: number): Sizes => {
    const length = kernel.call.norm(numbers, count);
    const square = (length * length) / count;
    return { square, root: Math.sqrt(square), length };
  };
  return kernel.freed(() => {
    const y = kernel.allocate(kernel.realSize * count);
    const x = kernel.putReals(input.x);
    const scale = kernel.call.rmsnorm(y, x, count, eps);
    return { y: kernel.reals(y, count), scale, eps, before: sizes(x), after: sizes(y) };
  });
}
