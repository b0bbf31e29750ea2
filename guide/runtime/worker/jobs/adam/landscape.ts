/* The loss along two weights, seen from above, and how SGD and Adam go there. */
import type { Source } from "../../data/record.ts";
import { joined } from "../../data/setup.ts";
import { code } from "../../kernel/kernel.ts";
import type { Model } from "../../model/model.ts";
import { traces, type Trace } from "../../model/tracing.ts";
import type { Training } from "../../model/training.ts";
import { reach, type Job } from "../job.ts";

const SGD = 4; // the step that trains the same model without Adam
const ADAM = 5;
/** The loss of the map is the mean over the first so many documents of training. */
const DOCUMENTS = 100;
/** Cells from one edge of the map to the other: the start is in the middle. */
const CELLS = 21;

export interface Steepest {
  /** The weight's place among all. */
  index: number;
  /** The mean slope along it, at the start. */
  slope: number;
}

/** Of each tensor the weight along which the mean loss is steepest at the start. */
function steepest(training: Training): Steepest[] {
  const { model } = training;
  const sums = new Float64Array(model.weights().length);
  for (let step = 0; step < DOCUMENTS; step++)
    training.withGradients(step, (slopes) =>
      slopes.forEach((slope, i) => (sums[i] = sums[i]! + slope / DOCUMENTS)),
    );
  return model.tensors().map(({ offset, rows, columns }) => {
    let index = offset;
    for (let i = offset; i < offset + rows * columns; i++)
      if (Math.abs(sums[i]!) > Math.abs(sums[index]!)) index = i;
    return { index, slope: sums[index]! };
  });
}

const begun = (step: 4 | 5, source: Source, rate: number | undefined, job: Job) =>
  reach(rate === undefined ? { step, source } : { step, source, learningRate: rate }, 0, job);

/** Places of a weight, from where it began: before the first step and after each. */
function way({ before, change }: Trace): Float64Array {
  const start = before[0] ?? 0;
  const places = Float64Array.from(before, (place) => place - start);
  const last = places.length - 1;
  return Float64Array.from([...places, places[last]! + change[last]!]);
}

/** How far both ways of training have moved two weights after each step. */
export async function ways(
  input: { source: Source; across: number; up: number; rate: number },
  job: Job,
): Promise<{
  tensors: ReturnType<Model["tensors"]>;
  across: Steepest;
  up: Steepest;
  sgd: Float64Array[];
  adam: Float64Array[];
}> {
  const { source, across, up, rate } = input;
  const adam = await begun(ADAM, source, undefined, job);
  const weights = steepest(adam);
  const [x, y] = [weights[across]!, weights[up]!];
  const both = (training: Training): Float64Array[] =>
    traces(training, [x.index, y.index]).map(way);
  const sgd = await begun(SGD, source, rate, job);
  const tensors = adam.model.tensors();
  return { tensors, across: x, up: y, sgd: both(sgd), adam: both(adam) };
}

export interface Landscape {
  /** From the start to an edge. */
  half: number;
  cells: number;
  documents: number;
  /** Row after row, from the lowest place of the second weight on. */
  losses: Float64Array;
}

/** The mean loss in the cells about the start, all other weights as they were there. */
export async function landscape(
  input: { source: Source; across: number; up: number; half: number },
  job: Job,
): Promise<Landscape> {
  const training = await begun(ADAM, input.source, undefined, job);
  const weights = steepest(training);
  const [x, y] = [weights[input.across]!.index, weights[input.up]!.index];
  const losses = new Float64Array(CELLS * CELLS);
  const place = (i: number): number => input.half * ((2 * i) / (CELLS - 1) - 1);
  for (let row = 0; row < CELLS; row++) {
    const found = training.inSnapshot(0, () => {
      const start = training.model.weights();
      return Array.from({ length: CELLS }, (_, column) => {
        const there = Float64Array.from(start);
        there[x] = start[x]! + place(column);
        there[y] = there[y]! + place(row);
        training.model.setWeights(there);
        return meanLoss(training.model);
      });
    });
    losses.set(found, row * CELLS);
    await job.pause();
  }
  const documents = documentsOf(training.model).length;
  return { half: input.half, cells: CELLS, documents, losses };
}

const documentsOf = ({ setup, run }: Model): string[] =>
  setup.documents(run.train.num_steps).slice(0, DOCUMENTS);

/** The mean of -ln p over all tokens of the documents. */
function meanLoss(model: Model): number {
  const { kernel, run, g } = model;
  const { block_size } = run.model;
  const texts = documentsOf(model);
  return kernel.freed(() => {
    const { ids, offsets } = joined(texts.map((text) => model.cut(text)));
    const [tokens, starts] = [kernel.putInts(ids), kernel.putInts(offsets)];
    const chosen = kernel.putInts(texts.map((_, i) => i));
    const losses = kernel.allocate(8 * texts.length);
    const counts = kernel.allocate(4 * texts.length);
    const workspace = kernel.allocate(kernel.call.workspace_size(g, 1, block_size));
    const mode = code(run.train.doc_mode);
    // prettier-ignore
    const total = kernel.call.evaluate_batch(
      g, mode, tokens, starts, chosen, texts.length, losses, counts, workspace,
    );
    return kernel.viewDoubles(losses, texts.length).reduce((sum, loss) => sum + loss, 0) / total;
  });
}
