/* Small sums for the ideas that the lessons begin with. */
import { corpusOf } from "../data/corpus.ts";
import type { Source } from "../data/record.ts";
import { linear, tools } from "./operations.ts";

/** A line through the lengths of documents and their mean numbers of different
    characters: what it says, and the mean of the squares of what it misses. */
export async function dials(input: { source: Source; slope: number; start: number }): Promise<{
  lengths: number[];
  means: number[];
  documents: number[];
  said: Float64Array;
  loss: number;
}> {
  const corpus = await corpusOf(input.source);
  const sums = new Map<number, [documents: number, different: number]>();
  for (const text of corpus.documents) {
    const characters = [...text];
    const [documents, different] = sums.get(characters.length) ?? [0, 0];
    sums.set(characters.length, [documents + 1, different + new Set(characters).size]);
  }
  const lengths = [...sums.keys()].sort((a, b) => a - b);
  const rows = lengths.map((length) => sums.get(length)!);
  const means = rows.map(([documents, different]) => different / documents);
  const w = lengths.flatMap((length) => [length, 1]);
  const said = await linear({ x: [input.slope, input.start], w });
  const squares = means.map((mean, i) => (said[i]! - mean) * (said[i]! - mean));
  const loss = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  return { lengths, means, documents: rows.map(([documents]) => documents), said, loss };
}

/** The dot product of two vectors, and how long each is. */
export async function dot(input: { u: number[]; v: number[] }): Promise<{
  dot: number;
  lengths: [u: number, v: number];
}> {
  const kernel = await tools();
  const [found] = await linear({ x: input.u, w: input.v });
  const length = (numbers: number[]): number =>
    kernel.freed(() => kernel.call.norm(kernel.putReals(numbers), numbers.length));
  return { dot: found!, lengths: [length(input.u), length(input.v)] };
}

/** A dial that is nudged, what it makes of an input, and what that then costs; each
    before and after, and how far it moved for each unit that the one before it did. */
export async function nudged(input: {
  dial: number;
  input: number;
  wanted: number;
  nudge: number;
}): Promise<{
  before: [dial: number, said: number, loss: number];
  after: [dial: number, said: number, loss: number];
  /** said by dial, loss by said, loss by dial. */
  slopes: [number, number, number];
}> {
  const at = async (dial: number): Promise<[number, number, number]> => {
    const [said] = await linear({ x: [dial], w: [input.input] });
    const miss = said! - input.wanted;
    return [dial, said!, miss * miss];
  };
  const before = await at(input.dial);
  const after = await at(input.dial + input.nudge);
  const moved = after.map((value, i) => value - before[i]!) as [number, number, number];
  return {
    before,
    after,
    slopes: [moved[1] / moved[0], moved[2] / moved[1], moved[2] / moved[0]],
  };
}

/** A weight in the valley w² / 2, whose slope at w is w itself: where each step of gradient
    descent takes it, the start included, and the loss there. */
export async function descent(input: {
  start: number;
  rate: number;
  steps: number;
}): Promise<{ places: Float64Array; losses: Float64Array }> {
  const places = new Float64Array(input.steps + 1);
  places[0] = input.start;
  for (let step = 0; step < input.steps; step++)
    places[step + 1] = places[step]! - input.rate * places[step]!;
  return { places, losses: places.map((w) => (w * w) / 2) };
}
