/* What comes next, and names written from it. */
import type { Asked } from "../data/record.ts";
import type { Model } from "../model/model.ts";
import { generator, write } from "../model/sampling.ts";
import { reach, sampled, type Job, type Sample } from "./job.ts";

export interface Generated {
  probs: Float64Array;
  /** The running sums that the drawn number falls between. */
  sums: Float64Array;
  drawn: number;
  token: number;
}

/** What comes after a beginning, at a temperature. */
export async function next(
  input: { asked: Asked; at: number; prefix: string; token?: string; temperature: number },
  job: Job,
): Promise<{ probs: Float64Array; logits: Float64Array; vocabulary: string[] }> {
  const { model } = await reach(input.asked, input.at, job);
  const { kernel, corpus } = model;
  kernel.call.decode_begin(model.g);
  const tokens =
    input.token === undefined ? model.prompt(input.prefix) : [corpus.idOf(input.token)];
  for (const token of tokens) kernel.call.decode_step(model.g, token);
  const logits = kernel.reals(kernel.call.logits(model.g), corpus.vocabSize);
  return {
    probs: model.probabilities(input.temperature),
    logits,
    vocabulary: corpus.vocabulary,
  };
}

/** Names at a temperature: the same generator each time, so only that differs. */
export async function names(
  input: { asked: Asked; at: number; count: number; temperature: number; seed?: number },
  job: Job,
): Promise<Sample[]> {
  const { model } = await reach(input.asked, input.at, job);
  return sampled(model, write(model, input.count, input.temperature, input.seed ?? 0));
}

/** One name, token by token, with everything that chose it. */
export async function generate(
  input: {
    asked: Asked;
    at: number;
    prefix: string;
    temperature: number;
    seed: number;
    draw: number;
  },
  job: Job,
): Promise<{
  prompt: number[];
  steps: Generated[];
  text: string;
  known: boolean;
  vocabulary: string[];
  multiplications: { cached: number; again: number };
  largestDifference: number;
}> {
  const { model } = await reach(input.asked, input.at, job);
  const { kernel, corpus, g } = model;
  const { call } = kernel;
  const size = corpus.vocabSize;
  return kernel.freed(() => {
    const random = generator(model, input.seed);
    const prompt = model.prompt(input.prefix);
    const limit = model.run.model.block_size - (prompt.length - 1);
    const address = kernel.putInts(prompt);
    const written = kernel.allocate(4 * limit);
    // the draws before this one, from the same generator: none depends on another
    for (let i = 0; i < input.draw; i++)
      call.generate(g, random, address, prompt.length, limit, input.temperature, 0, 1, written);
    const probs = kernel.allocate(8 * size);
    const sums = kernel.allocate(8 * size);
    const drawn = kernel.allocate(8);
    call.decode_begin(g);
    for (const token of prompt) call.decode_step(g, token);
    const steps: Generated[] = [];
    const ids = [...prompt];
    while (steps.length < limit) {
      call.probabilities(g, input.temperature, probs);
      const token = call.random_choice(random, probs, size, sums, drawn);
      steps.push({
        probs: kernel.doubles(probs, size),
        sums: kernel.doubles(sums, size),
        drawn: kernel.doubles(drawn, 1)[0]!,
        token,
      });
      if (token < 0 || token === corpus.bos) break;
      ids.push(token);
      if (steps.length < limit && call.decode_step(g, token) < 0) break;
    }
    const cached = call.operations(g);
    const again = compare(model, ids, input.temperature, steps, prompt.length);
    const text = corpus.decode(ids);
    return {
      prompt,
      steps,
      text,
      known: corpus.known.has(text),
      vocabulary: corpus.vocabulary,
      multiplications: { cached, again: again.multiplications },
      largestDifference: again.difference,
    };
  });
}

/** The same tokens without the cache: its cost, and the largest difference. */
function compare(
  model: Model,
  ids: number[],
  temperature: number,
  steps: Generated[],
  prompted: number,
): { multiplications: number; difference: number } {
  const { call } = model.kernel;
  call.decode_begin(model.g);
  let difference = 0;
  ids.slice(0, prompted + steps.length - 1).forEach((token, i) => {
    if (call.decode_step_uncached(model.g, token) < 0 || i < prompted - 1) return;
    const probs = model.probabilities(temperature);
    steps[i - prompted + 1]!.probs.forEach((p, id) => {
      difference = Math.max(difference, Math.abs(p - probs[id]!));
    });
  });
  return { multiplications: call.operations(model.g), difference };
}

/** How often each token comes first in many independent draws. */
export async function tally(
  input: {
    asked: Asked;
    at: number;
    prefix: string;
    temperature: number;
    seed: number;
    draws: number;
  },
  job: Job,
): Promise<Float64Array> {
  const { model } = await reach(input.asked, input.at, job);
  const { kernel, corpus, g } = model;
  const size = corpus.vocabSize;
  return kernel.freed(() => {
    const random = generator(model, input.seed);
    kernel.call.decode_begin(g);
    for (const token of model.prompt(input.prefix)) kernel.call.decode_step(g, token);
    const probs = kernel.putDoubles(model.probabilities(input.temperature));
    const sums = kernel.allocate(8 * size);
    const drawn = kernel.allocate(8);
    const counts = new Float64Array(size);
    for (let i = 0; i < input.draws; i++)
      counts[kernel.call.random_choice(random, probs, size, sums, drawn)]!++;
    return counts;
  });
}
