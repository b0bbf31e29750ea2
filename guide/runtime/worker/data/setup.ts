/* What all runs on the same documents with the same seed begin with: made once, for while
   a slider is dragged there are thirty runs a second. */
import { STRUCTS, type Address } from "../kernel/calls.ts";
import type { Corpus } from "./corpus.ts";
import { heldout } from "./heldout.ts";
import type { Kernel } from "../kernel/kernel.ts";

const KEPT = 8;

/** Documents as the kernel takes them: token ids, and where each begins and ends. */
export interface Tokens {
  ids: Int32Array;
  offsets: Int32Array;
}

export interface Unseen {
  documents: string[];
  /** How many there are, of which `documents` are the first. */
  available: number;
}

export class Setup {
  /** The documents' places, shuffled. */
  readonly order: Int32Array;
  /** The generator as it stands after shuffling: the bytes of its struct. */
  readonly generator: Uint8Array;
  private readonly trained = new Map<number, { texts: string[]; tokens: Tokens }>();
  private readonly unseen = new Map<string, Unseen>();
  /** What counting costs on documents held out, once it was worked out. */
  readonly baselines = new Map<string, number[] | null>();

  constructor(
    private readonly corpus: Corpus,
    private readonly seed: number,
    kernel: Kernel,
  ) {
    const count = corpus.documents.length;
    [this.order, this.generator] = kernel.freed(() => {
      const random = seeded(kernel, seed);
      const order = kernel.putInts(Int32Array.from({ length: count }, (_, i) => i));
      kernel.call.random_shuffle(random, order, count);
      return [kernel.ints(order, count), kernel.viewBytes(random, STRUCTS.random.size).slice()];
    });
  }

  /** The documents that so many steps take, in order, each once around. */
  documents(numSteps: number): string[] {
    return this.trainedOn(numSteps).texts;
  }

  tokens(numSteps: number): Tokens {
    return this.trainedOn(numSteps).tokens;
  }

  /** Documents that so many steps do not see, at most `limit`, in the order of their hash. */
  heldout(kernel: Kernel, numSteps: number, limit: number): Unseen {
    const key = `${numSteps} ${limit}`;
    const known = this.unseen.get(key);
    if (known) return known;
    const seen = new Set(this.documents(numSteps));
    const all = this.corpus.documents;
    const { chosen, available } = heldout(kernel, all, seen, this.seed, limit);
    const found = { documents: chosen, available };
    this.unseen.set(key, found);
    return found;
  }

  private trainedOn(numSteps: number): { texts: string[]; tokens: Tokens } {
    const known = this.trained.get(numSteps);
    if (known) return known;
    const some = this.order.subarray(0, Math.min(numSteps, this.order.length));
    const texts = Array.from(some, (i) => this.corpus.documents[i]!);
    const made = { texts, tokens: tokensOf(this.corpus, texts) };
    this.trained.set(numSteps, made);
    return made;
  }
}

export function tokensOf(corpus: Corpus, texts: string[]): Tokens {
  return joined(texts.map((text) => corpus.encode(text)));
}

/** Documents of token ids as the kernel takes them. */
export function joined(documents: number[][]): Tokens {
  const ids: number[] = [];
  const offsets = [0];
  for (const document of documents) {
    for (const id of document) ids.push(id);
    offsets.push(ids.length);
  }
  return { ids: Int32Array.from(ids), offsets: Int32Array.from(offsets) };
}

/** A generator seeded as random.seed(int) does. */
export function seeded(kernel: Kernel, seed: number): Address {
  const random = kernel.struct("random", {});
  kernel.freed(() => {
    const low = seed % 2 ** 32;
    const high = Math.floor(seed / 2 ** 32);
    const digits = kernel.putInts(high ? [low | 0, high | 0] : [low | 0]);
    kernel.call.random_seed(random, digits, high ? 2 : 1);
  });
  return random;
}

const setups = new WeakMap<Corpus, Map<number, Setup>>();

/** The one that is there already, or a new one; of a data set the last few stay. */
export function setupOf(corpus: Corpus, seed: number, kernel: Kernel): Setup {
  const ofCorpus = setups.get(corpus) ?? new Map<number, Setup>();
  setups.set(corpus, ofCorpus);
  const setup = ofCorpus.get(seed) ?? new Setup(corpus, seed, kernel);
  ofCorpus.delete(seed);
  ofCorpus.set(seed, setup);
  if (ofCorpus.size > KEPT) ofCorpus.delete(ofCorpus.keys().next().value!);
  return setup;
}
