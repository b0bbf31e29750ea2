/* What a model costs on documents it was not trained on, beside what counting alone costs. */
import { joined, tokensOf } from "../data/setup.ts";
import { CONSTANTS } from "../kernel/calls.ts";
import { code } from "../kernel/kernel.ts";
import type { Model } from "./model.ts";
import type { Training } from "./training.ts";

export interface Heldout {
  loss: number;
  documents: number;
  tokens: number;
  /** How many of the documents have a token that the model calls impossible. */
  impossible: number;
}

/** The documents to measure on; null where too few are left. */
export function heldout({ setup, run, kernel }: Model, limit: number): string[] | null {
  const { documents, available } = setup.heldout(kernel, run.train.num_steps, limit);
  return available < CONSTANTS.FEWEST_HELDOUT ? null : documents;
}

/** Held-out loss as evaluation.py has it; null where too few documents are left. */
export function evaluate(model: Model, limit = model.run.train.eval_docs): Heldout | null {
  const unseen = heldout(model, limit);
  if (!unseen) return null;
  const { kernel, corpus, run, g } = model;
  return kernel.freed(() => {
    const { ids, offsets } = tokensOf(corpus, unseen);
    const [tokens, starts] = [kernel.putInts(ids), kernel.putInts(offsets)];
    const chosen = kernel.putInts(unseen.map((_, i) => i));
    const losses = kernel.allocate(8 * unseen.length);
    const counts = kernel.allocate(4 * unseen.length);
    const mode = code(run.train.doc_mode);
    const total = kernel.call.evaluate(
      g,
      mode,
      tokens,
      starts,
      chosen,
      unseen.length,
      losses,
      counts,
    );
    let [sum, impossible] = [0, 0];
    for (const loss of kernel.viewDoubles(losses, unseen.length)) {
      sum += loss;
      if (!Number.isFinite(loss)) impossible++;
    }
    return { loss: sum / total, documents: unseen.length, tokens: total, impossible };
  });
}

const measured = new WeakMap<Training, Map<number, Heldout | null>>();

/** The held-out loss as it was at a snapshot of a training. */
export function evaluateAt(training: Training, step: number): Heldout | null {
  const known = measured.get(training) ?? new Map<number, Heldout | null>();
  measured.set(training, known);
  const before = known.get(step);
  if (before !== undefined) return before;
  const found = training.inSnapshot(step, () => evaluate(training.model));
  known.set(step, found);
  return found;
}

/** What counting alone costs on the held-out documents: uniform, letter, bigram,
    trigram, and a letter at its place.
    Each different document is counted once, as evaluation.py does, however often it was
    drawn. */
export function baselineLosses(model: Model): number[] | null {
  const { run, setup } = model;
  const { num_steps, eval_docs } = run.train;
  const most = run.step >= 3 ? run.model.block_size : 0;
  const key = `${num_steps} ${eval_docs} ${most}`;
  const known = setup.baselines.get(key);
  if (known !== undefined) return known;
  const found = countedLosses(model);
  setup.baselines.set(key, found);
  return found;
}

function countedLosses(model: Model): number[] | null {
  const { corpus, kernel, run, setup } = model;
  const unseen = heldout(model, run.train.eval_docs);
  if (!unseen) return null;
  const counted = [...new Set(setup.documents(run.train.num_steps))];
  const documents = [
    ...counted.map((text) => corpus.encode(text)),
    ...unseen.map((text) => model.cut(text)),
  ];
  const { ids, offsets } = joined(documents);
  return kernel.freed(() => {
    const [size, num] = [corpus.vocabSize, CONSTANTS.NUM_BASELINES];
    const [tokens, starts] = [kernel.putInts(ids), kernel.putInts(offsets)];
    const losses = kernel.allocate(8 * num);
    const workspace = kernel.allocate(kernel.call.baselines_size(size, offsets[counted.length]!));
    kernel.call.baselines(size, tokens, starts, counted.length, unseen.length, losses, workspace);
    return [...kernel.doubles(losses, num)];
  });
}
