/* What figures ask of the worker. Each job is a plain function of its input: the same
   question has the same answer, whatever was asked before. */
import { corpusOf, give } from "./corpus.ts";
import { layerJobs } from "./jobs/layers.ts";
import { Kernel } from "./kernel.ts";
import { lessonTemperature, type Asked, type Source } from "./record.ts";
import { sessionOf, type Heldout, type Session, type Tensor } from "./session.ts";

/** How a job tells of what it has so far, and lets others cancel it. */
export interface Job {
  tell(piece: unknown): void;
  /** Lets messages in; throws when the job was cancelled. */
  pause(): Promise<void>;
}

export interface Losses {
  /** Steps made. */
  at: number;
  numSteps: number;
  losses: Float64Array;
  /** Their exponential average. */
  smooth: Float64Array;
  /** Of guessing blindly: ln V. */
  uniform: number;
  diverged: number | null;
}

export interface Sample {
  text: string;
  known: boolean;
}

export interface Trained extends Losses {
  numParams: number;
  heldout: Heldout | null;
  perplexity: number | null;
  samples: Sample[];
  milliseconds: number;
}

const SMOOTHING = 0.95;
const PIECE = 100;

let toolbox: Promise<Kernel> | undefined;
/** A kernel without a model, for small operations. */
const tools = (): Promise<Kernel> => (toolbox ??= Kernel.open("float64"));

function lossesOf(session: Session): Losses {
  const { kernel, losses } = session;
  const smooth = kernel.freed(() => {
    const averages = kernel.allocate(8 * losses.length);
    const numbers = kernel.putDoubles(losses);
    kernel.call.moving_average(averages, numbers, losses.length, SMOOTHING, 1);
    return kernel.doubles(averages, losses.length);
  });
  return {
    at: session.at,
    numSteps: session.run.train.num_steps,
    losses: Float64Array.from(losses),
    smooth,
    uniform: kernel.call.surprise(1 / session.corpus.vocabSize),
    diverged: session.diverged,
  };
}

const sampled = (session: Session, texts: string[]): Sample[] =>
  texts.map((text) => ({ text, known: session.corpus.known.has(text) }));

/** e to the loss: as good as choosing among so many. */
function choices(kernel: Kernel, loss: number): number {
  return kernel.freed(() => {
    const probs = kernel.allocate(2 * kernel.realSize);
    kernel.call.softmax(probs, kernel.putReals([loss, 0]), 2, 1);
    const [many, one] = kernel.reals(probs, 2) as unknown as [number, number];
    return many / one;
  });
}

/** A session at a step; long ways are gone in pieces. */
export async function reach(asked: Asked, at: number, job: Job): Promise<Session> {
  const session = await sessionOf(asked);
  session.rewind(at);
  while (session.at < at && session.diverged === null) {
    session.advance(Math.min(PIECE, at - session.at));
    if (session.at < at) await job.pause();
  }
  return session;
}

/** The numbers of each position of a word: what was likely, what came, its loss. */
interface Walk {
  tokens: number[];
  losses: Float64Array;
  /** Of each next token, a row a position. */
  probs: Float64Array;
  mean: number;
  vocabulary: string[];
}

function walk(session: Session, word: string): Walk {
  const { kernel, corpus } = session;
  const tokens = session.cut(word);
  const n = tokens.length - 1;
  const size = corpus.vocabSize;
  const rows = new Float64Array(n * size);
  const losses = new Float64Array(n);
  // pair by pair where the model sees one token: a long word needs no long block
  const single = session.run.step < 3;
  kernel.freed(() => {
    if (!single) {
      kernel.call.loss(session.g, kernel.putInts(tokens), n);
      rows.set(session.activation("probs", n * size));
      losses.set(session.activation("losses", n));
      return;
    }
    for (let i = 0; i < n; i++) {
      kernel.call.loss(session.g, kernel.putInts(tokens.slice(i, i + 2)), 1);
      rows.set(session.activation("probs", size), i * size);
      losses.set(session.activation("losses", 1), i);
    }
  });
  let sum = 0;
  for (const loss of losses) sum += loss;
  return { tokens, losses, probs: rows, mean: sum / n, vocabulary: corpus.vocabulary };
}

export const jobs = {
  ...layerJobs,

  /** Trains from the start, and tells of the losses as they come. */
  async train(
    input: { asked: Asked; samples?: number; temperature?: number; heldout?: boolean },
    job: Job,
  ): Promise<Trained> {
    const session = await sessionOf(input.asked);
    session.rewind(0);
    let milliseconds = 0;
    const { num_steps } = session.run.train;
    while (session.at < num_steps && session.diverged === null) {
      const start = performance.now();
      session.advance(Math.min(PIECE, num_steps - session.at));
      milliseconds += performance.now() - start;
      job.tell(lossesOf(session));
      await job.pause();
    }
    const temperature = input.temperature ?? lessonTemperature(session.run.step);
    const whole = session.diverged === null;
    const heldout = input.heldout !== false && whole ? session.evaluate() : null;
    return {
      ...lossesOf(session),
      numParams: session.run.step ? session.weights().length : 0,
      heldout,
      perplexity: heldout && choices(session.kernel, heldout.loss),
      samples: whole
        ? sampled(session, session.write(input.samples ?? 20, temperature))
        : [],
      milliseconds,
    };
  },

  /** Where training stands after some steps, and the document it took last. */
  async at(
    input: { asked: Asked; at: number; heldout?: boolean },
    job: Job,
  ): Promise<
    Losses & {
      document: string;
      tokens: number[];
      next: string;
      rate: number;
      heldout: Heldout | null;
      vocabulary: string[];
    }
  > {
    const session = await reach(input.asked, input.at, job);
    const last = session.document(Math.max(session.at - 1, 0));
    return {
      ...lossesOf(session),
      document: session.at ? last : "",
      tokens: session.at ? session.cut(last) : [],
      next: session.document(session.at),
      rate: session.kernel.call.learning_rate(session.how, Math.max(session.at - 1, 0)),
      heldout: input.heldout && session.diverged === null ? session.evaluate() : null,
      vocabulary: session.corpus.vocabulary,
    };
  },

  /** Step 0: the table of counts and the probabilities that it stands for. */
  async counts(
    input: { asked: Asked; at: number },
    job: Job,
  ): Promise<{
    counts: Float64Array;
    probs: Float64Array;
    vocabulary: string[];
    documents: number;
    at: number;
    last: string;
  }> {
    const corpus = await corpusOf(input.asked.source);
    const numSteps = corpus.documents.length;
    const at = Math.min(input.at, numSteps);
    const session = await reach({ ...input.asked, step: 0, numSteps }, at, job);
    const size = corpus.vocabSize;
    const probs = new Float64Array(size * size);
    for (let token = 0; token < size; token++) {
      session.kernel.call.begin(session.g);
      session.kernel.call.feed(session.g, token);
      probs.set(session.probabilities(1), token * size);
    }
    return {
      counts: session.weights(),
      probs,
      vocabulary: corpus.vocabulary,
      documents: numSteps,
      at: session.at,
      last: session.at ? session.document(session.at - 1) : "",
    };
  },

  /** A word through a model, position by position. */
  async walk(input: { asked: Asked; at: number; word: string }, job: Job): Promise<Walk> {
    return walk(await reach(input.asked, input.at, job), input.word);
  },

  /** The curve of -ln p at these p. */
  async surprise(input: { p: number[] }): Promise<Float64Array> {
    const kernel = await tools();
    return Float64Array.from(input.p, (p) => kernel.call.surprise(p));
  },

  /** What comes after a beginning, at a temperature. */
  async next(
    input: { asked: Asked; at: number; prefix: string; token?: string; temperature: number },
    job: Job,
  ): Promise<{ probs: Float64Array; logits: Float64Array; vocabulary: string[] }> {
    const session = await reach(input.asked, input.at, job);
    const { kernel, corpus } = session;
    kernel.call.begin(session.g);
    const tokens =
      input.token === undefined
        ? session.prompt(input.prefix)
        : [corpus.encodePrefix(input.token)[1] ?? corpus.bos];
    for (const token of tokens) kernel.call.feed(session.g, token);
    const logits = kernel.reals(kernel.call.logits(session.g), corpus.vocabSize);
    return {
      probs: session.probabilities(input.temperature),
      logits,
      vocabulary: corpus.vocabulary,
    };
  },

  /** Names at a temperature: the same generator each time, so only that differs. */
  async names(
    input: { asked: Asked; at: number; count: number; temperature: number; seed?: number },
    job: Job,
  ): Promise<Sample[]> {
    const session = await reach(input.asked, input.at, job);
    return sampled(
      session,
      session.write(input.count, input.temperature, input.seed ?? 0),
    );
  },

  /** One name, token by token, with everything that chose it. */
  async generate(
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
    const session = await reach(input.asked, input.at, job);
    const { kernel, corpus, g } = session;
    const { call } = kernel;
    const size = corpus.vocabSize;
    return kernel.freed(() => {
      const random = session.generator(input.seed);
      const prompt = session.prompt(input.prefix);
      const limit = session.run.model.block_size - (prompt.length - 1);
      const address = kernel.putInts(prompt);
      const written = kernel.allocate(4 * limit);
      // the draws before this one, from the same generator: none depends on another
      for (let i = 0; i < input.draw; i++)
        call.write(g, random, address, prompt.length, limit, input.temperature, 0, 1, written);
      const probs = kernel.allocate(8 * size);
      const sums = kernel.allocate(8 * size);
      const drawn = kernel.allocate(8);
      call.begin(g);
      for (const token of prompt) call.feed(g, token);
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
        if (steps.length < limit && call.feed(g, token) < 0) break;
      }
      const cached = call.operations(g);
      const again = compare(session, ids, input.temperature, steps, prompt.length);
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
  },

  /** How often each token comes first in many independent draws. */
  async tally(
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
    const session = await reach(input.asked, input.at, job);
    const { kernel, corpus, g } = session;
    const size = corpus.vocabSize;
    return kernel.freed(() => {
      const random = session.generator(input.seed);
      kernel.call.begin(g);
      for (const token of session.prompt(input.prefix)) kernel.call.feed(g, token);
      const probs = kernel.putDoubles(session.probabilities(input.temperature));
      const sums = kernel.allocate(8 * size);
      const drawn = kernel.allocate(8);
      const counts = new Float64Array(size);
      for (let i = 0; i < input.draws; i++)
        counts[kernel.call.random_choice(random, probs, size, sums, drawn)]!++;
      return counts;
    });
  },

  /** w x: a row's dot product each. */
  async linear(input: { x: number[]; w: number[] }): Promise<Float64Array> {
    const kernel = await tools();
    const rows = input.w.length / input.x.length;
    return kernel.freed(() => {
      const y = kernel.allocate(kernel.realSize * rows);
      const [x, w] = [kernel.putReals(input.x), kernel.putReals(input.w)];
      kernel.call.linear(y, x, w, rows, input.x.length);
      return kernel.reals(y, rows);
    });
  },

  /** Softmax at a temperature. */
  async softmax(input: { logits: number[]; temperature: number }): Promise<Float64Array> {
    const kernel = await tools();
    return kernel.freed(() => {
      const probs = kernel.allocate(kernel.realSize * input.logits.length);
      const logits = kernel.putReals(input.logits);
      kernel.call.softmax(probs, logits, input.logits.length, input.temperature);
      return kernel.reals(probs, input.logits.length);
    });
  },

  /** Every gradient twice: by the chain rule, and by nudging. */
  async check(
    input: { asked: Asked; at: number; word: string; eps: number; central: boolean },
    job: Job,
  ): Promise<{
    analytic: Float64Array;
    numerical: Float64Array;
    tensors: Tensor[];
    loss: number;
    worst: { weight: number; difference: number };
  }> {
    const session = await reach(input.asked, input.at, job);
    const numerical: number[] = [];
    const { loss, analytic } = gradients(session, input.word);
    for (let first = 0; first < analytic.length; first += PIECE) {
      const count = Math.min(PIECE, analytic.length - first);
      numerical.push(...slopes(session, input.word, first, count, input.eps, input.central));
      await job.pause();
    }
    const worst = { weight: 0, difference: 0 };
    analytic.forEach((slope, weight) => {
      const difference = Math.abs(slope - numerical[weight]!);
      if (!(difference <= worst.difference)) Object.assign(worst, { weight, difference });
    });
    return {
      analytic,
      numerical: Float64Array.from(numerical),
      tensors: session.tensors(),
      loss,
      worst,
    };
  },

  /** One gradient measured with many nudges. Without a weight: the steepest. */
  async epsilons(
    input: { asked: Asked; at: number; word: string; weight: number; eps: number[] },
    job: Job,
  ): Promise<{
    weight: number;
    analytic: number;
    forward: Float64Array;
    central: Float64Array;
    tensors: Tensor[];
  }> {
    const session = await reach(input.asked, input.at, job);
    const { analytic } = gradients(session, input.word);
    let weight = input.weight;
    if (weight < 0 || weight >= analytic.length) {
      weight = 0;
      analytic.forEach((slope, i) => {
        if (Math.abs(slope) > Math.abs(analytic[weight]!)) weight = i;
      });
    }
    const at = (eps: number, central: boolean): number =>
      slopes(session, input.word, weight, 1, eps, central)[0]!;
    return {
      weight,
      analytic: analytic[weight]!,
      forward: Float64Array.from(input.eps, (eps) => at(eps, false)),
      central: Float64Array.from(input.eps, (eps) => at(eps, true)),
      tensors: session.tensors(),
    };
  },

  /** A page of documents: in the file's order or as training takes them. */
  async browse(input: {
    source: Source;
    seed: number;
    shuffled: boolean;
    query: string;
    from: number;
    count: number;
  }): Promise<{
    rows: { place: number; text: string }[];
    found: number;
    documents: number;
    distinct: number;
    blank: number;
    vocabulary: string[];
  }> {
    const corpus = await corpusOf(input.source);
    const session = await sessionOf({ step: 0, source: input.source, seed: input.seed });
    const texts = input.shuffled
      ? Array.from(session.order, (i) => corpus.documents[i]!)
      : corpus.documents;
    const found: { place: number; text: string }[] = [];
    texts.forEach((text, place) => {
      if (text.includes(input.query)) found.push({ place, text });
    });
    return {
      rows: found.slice(input.from, input.from + input.count),
      found: found.length,
      documents: corpus.documents.length,
      distinct: corpus.known.size,
      blank: corpus.blank,
      vocabulary: corpus.vocabulary,
    };
  },

  /** How many documents have each length, in characters. */
  async lengths(input: { source: Source }): Promise<{
    counts: Float64Array;
    examples: string[];
    documents: number;
  }> {
    const corpus = await corpusOf(input.source);
    const counts: number[] = [];
    const examples: string[] = [];
    for (const text of corpus.documents) {
      const length = [...text].length;
      while (counts.length <= length) {
        counts.push(0);
        examples.push("");
      }
      counts[length]!++;
      examples[length] ||= text;
    }
    return {
      counts: Float64Array.from(counts),
      examples,
      documents: corpus.documents.length,
    };
  },

  /** Reads a reader's own documents; they stay in this page. */
  async documents(input: { source: Source; bytes: Uint8Array }): Promise<{
    documents: number;
    vocabulary: string[];
    blank: number;
  }> {
    const corpus = give(input.source, input.bytes);
    return {
      documents: corpus.documents.length,
      vocabulary: corpus.vocabulary,
      blank: corpus.blank,
    };
  },

  /** The vocabulary of a source. */
  async vocabulary(input: { source: Source }): Promise<string[]> {
    return (await corpusOf(input.source)).vocabulary;
  },
};

export interface Generated {
  probs: Float64Array;
  /** The running sums that the drawn number falls between. */
  sums: Float64Array;
  drawn: number;
  token: number;
}

export type Jobs = typeof jobs;

/** The same tokens without the cache: its cost, and the largest difference. */
function compare(
  session: Session,
  ids: number[],
  temperature: number,
  steps: Generated[],
  prompted: number,
): { multiplications: number; difference: number } {
  const { call } = session.kernel;
  call.begin(session.g);
  let difference = 0;
  ids.slice(0, prompted + steps.length - 1).forEach((token, i) => {
    if (call.feed_again(session.g, token) < 0 || i < prompted - 1) return;
    const probs = session.probabilities(temperature);
    steps[i - prompted + 1]!.probs.forEach((p, id) => {
      difference = Math.max(difference, Math.abs(p - probs[id]!));
    });
  });
  return { multiplications: call.operations(session.g), difference };
}

function gradients(
  session: Session,
  word: string,
): { loss: number; analytic: Float64Array } {
  const { kernel, g } = session;
  const tokens = session.cut(word);
  return kernel.freed(() => {
    kernel.call.zero_grads(g);
    const loss = kernel.call.gradient(g, kernel.putInts(tokens), tokens.length - 1, 1, 0);
    const analytic = session.grads();
    kernel.call.zero_grads(g);
    return { loss, analytic };
  });
}

function slopes(
  session: Session,
  word: string,
  first: number,
  count: number,
  eps: number,
  central: boolean,
): Float64Array {
  const { kernel, g } = session;
  const tokens = session.cut(word);
  return kernel.freed(() => {
    const found = kernel.allocate(8 * count);
    kernel.call.numerical_gradients(
      g, kernel.putInts(tokens), tokens.length - 1, first, count, eps, central ? 1 : 0, found,
    );
    return kernel.doubles(found, count);
  });
}
