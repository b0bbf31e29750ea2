/* Where the heads of a model look: in a word, and on average over documents that the model
   has not read. */
import type { Kernel } from "../../kernel/kernel.ts";
import { heldout } from "../../model/evaluation.ts";
import { modelIn, type InState } from "../../model/states.ts";
import { passOf, type Pass } from "../attention/passes.ts";
import type { Job } from "../job.ts";

// from the third letter on, four different tokens: itself, the two before it, and BOS
const FROM = 3;
const BETWEEN = 50; // documents

/** What a head does with its weights, in the mean. */
export interface Habit {
  self: number;
  previous: number;
  before: number;
  bos: number;
  /** The largest weight of a token. */
  largest: number;
  /** The entropy of all weights as a share of what even ones have. */
  even: number;
}

export interface Habits {
  tokens: number[];
  vocabulary: string[];
  positions: number;
  headCount: number;
  /** Of the word: of each head a square, query by key. */
  weights: Float64Array;
  /** Of the word: how even the weights of each head are; null where no token has a choice. */
  even: (number | null)[];
  /** Of documents that were not read; null where there are too few, or all are too short. */
  habits: Habit[] | null;
  documents: number;
}

class Sums {
  private readonly kernel: Kernel;
  private entropy = 0;
  private most = 0;
  private rows = 0;
  private shares = [0, 0, 0, 0, 0];

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  add({ weights, positions: n }: Pass, head: number): this {
    const { surprisal } = this.kernel.call;
    for (let i = 0; i < n; i++) {
      const row = weights.subarray((head * n + i) * n, (head * n + i) * n + i + 1);
      for (const p of row) if (p > 0) this.entropy += p * surprisal(p);
      this.most += surprisal(1 / row.length);
      if (row.length <= FROM) continue;
      const seen = [row[i]!, row[i - 1]!, row[i - 2]!, row[0]!, Math.max(...row)];
      this.shares = this.shares.map((sum, kind) => sum + seen[kind]!);
      this.rows++;
    }
    return this;
  }

  get even(): number | null {
    return this.most > 0 ? this.entropy / this.most : null;
  }

  get habit(): Habit | null {
    if (!this.rows || this.even === null) return null;
    const [self, previous, before, bos, largest] = this.shares.map((sum) => sum / this.rows);
    return {
      self: self!,
      previous: previous!,
      before: before!,
      bos: bos!,
      largest: largest!,
      even: this.even,
    };
  }
}

/** Each head of a model in a state, in a word and over unseen documents. */
export async function habits(input: InState & { word: string }, job: Job): Promise<Habits> {
  const model = await modelIn(input, job);
  const { kernel } = model;
  const inWord = passOf(model, input.word);
  const { tokens, vocabulary, positions, headCount, weights } = inWord;
  const heads = Array.from({ length: headCount }, (_, head) => head);
  const documents = heldout(model, model.run.train.eval_docs) ?? [];
  const sums = heads.map(() => new Sums(kernel));
  for (const [i, text] of documents.entries()) {
    const one = passOf(model, text);
    for (const head of heads) sums[head]!.add(one, head);
    if (i % BETWEEN === BETWEEN - 1) await job.pause();
  }
  const found = sums.flatMap((one) => one.habit ?? []);
  return {
    tokens,
    vocabulary,
    positions,
    headCount,
    weights,
    even: heads.map((head) => new Sums(kernel).add(inWord, head).even),
    habits: found.length === headCount ? found : null,
    documents: documents.length,
  };
}
