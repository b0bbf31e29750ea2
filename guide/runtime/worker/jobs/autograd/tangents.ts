/* Operations of one Value as curves: the value at each place, and the slope at one. */
import { tools } from "../operations.ts";
import { Reading } from "./expressions.ts";

/** What an operation gives at a place; nothing, and why, where the class has no answer. */
export interface Tangent {
  value: number;
  slope: number;
  /** The Values that it leaves behind, a itself included. */
  nodes: number;
  why: string;
}

/** Of each expression in a its curve over `places`, no number where it has none, and the
    tangent at a; b is 1. */
export async function tangents(input: {
  texts: string[];
  a: number;
  places: number[];
}): Promise<{ curve: Float64Array; at: Tangent }[]> {
  const kernel = await tools();
  const found = (text: string, a: number): Tangent =>
    kernel.freed(() => {
      const reading = new Reading(kernel);
      const numbers = Array.from({ length: 26 }, (_, letter) => (letter ? 1 : a));
      const refusal = reading.read({ text, numbers }) ?? reading.walk(0).refusal;
      if (refusal) return { value: Number.NaN, slope: Number.NaN, nodes: 0, why: refusal.why };
      const nodes = reading.nodes();
      const letter = nodes.findIndex((node) => node.letter === "a");
      const slope = reading.doubles("grad")[letter]!;
      return { value: nodes[reading.top]!.data, slope, nodes: nodes.length, why: "" };
    });
  return input.texts.map((text) => ({
    curve: Float64Array.from(input.places, (place) => found(text, place).value),
    at: found(text, input.a),
  }));
}
