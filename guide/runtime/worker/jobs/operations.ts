/* Single operations on numbers that the reader edits. */
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
