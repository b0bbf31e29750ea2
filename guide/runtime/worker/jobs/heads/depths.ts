/* Models of Steps 4 and 5 with more layers than the lesson's one, or with none. */
import type { Asked, Source } from "../../data/record.ts";
import { evaluate } from "../../model/evaluation.ts";
import type { Progress } from "../../model/states.ts";
import type { Tensor } from "../../model/model.ts";
import { passOf } from "../attention/passes.ts";
import { reach, type Job } from "../job.ts";

/** A record with so many layers. None is one to which neither attention nor MLP adds. */
const withLayers = (asked: Asked, layers: number): Asked =>
  layers > 0
    ? { ...asked, nLayer: layers }
    : { ...asked, nLayer: 1, without: ["attention", "mlp"] };

export interface Stack {
  weights: Float64Array;
  tensors: Tensor[];
  /** How many weights a layer has of its own. */
  perLayer: number;
}

/** The weights of a model with so many layers, at a step of its training. */
export async function stack(
  input: { asked: Asked; layers: number; at: number },
  job: Job,
): Promise<Stack> {
  const { model } = await reach(withLayers(input.asked, input.layers), input.at, job);
  const all = model.tensors();
  const perLayer = all.reduce(
    (sum, { layer, rows, columns }) => sum + (layer === 0 ? rows * columns : 0),
    0,
  );
  const tensors = all.filter(({ layer }) => layer < input.layers);
  return { weights: model.weights(), tensors, perLayer };
}

/** What a training with so many layers comes to; null where it broke off, or too few
    documents are left to measure on. */
export interface Depth {
  layers: number;
  seed: number;
  loss: number | null;
}

/** Trained with each number of layers, from each seed. It tells of each as it comes. */
export async function depths(
  input: { asked: Asked; layers: number[]; seeds: number[] },
  job: Job,
): Promise<Depth[]> {
  const { numSteps = 0 } = input.asked;
  const found: Depth[] = [];
  for (const seed of input.seeds)
    for (const layers of input.layers) {
      const asked = withLayers({ ...input.asked, seed }, layers);
      const { diverged, model } = await reach(asked, numSteps, job);
      const loss = diverged === null ? (evaluate(model)?.loss ?? null) : null;
      found.push({ layers, seed, loss });
      job.tell(() => [...found]);
      await job.pause();
    }
  return found;
}

/** What a model keeps of a word: of each layer a key and a value for each token. */
export interface KeptLists {
  tokens: number[];
  vocabulary: string[];
  layers: number;
  /** How many numbers a key has. */
  size: number;
  /** (layers, tokens, size). */
  keys: Float64Array;
  values: Float64Array;
}

/** Of a model of Step 4 with so many layers, trained as in the lesson. */
export async function lists(
  input: { source: Source; layers: number; numSteps: number; word: string },
  job: Job,
): Promise<KeptLists> {
  const { source, layers, numSteps, word } = input;
  const asked: Asked = withLayers({ step: 4, source, numSteps }, layers);
  const tell = (at: number): void => job.tell((): Progress => ({ at, numSteps }));
  const { model } = await reach(asked, numSteps, job, tell);
  const { tokens, vocabulary, positions, k, v } = passOf(model, word);
  const size = model.run.model.n_embd;
  return {
    ...{ vocabulary, layers, size, keys: k, values: v },
    tokens: tokens.slice(0, positions),
  };
}
