/* A run in the worker: its documents in order, its model, where it stands in training.
   The numbers are the kernel's; here is only what goes in and comes out. */
import type { Address } from "../kernel/calls.ts";
import { baselines } from "../data/baselines.ts";
import { Setup, setupOf, seeded, tokensOf, type Tokens } from "../data/setup.ts";
import type { Corpus } from "../data/corpus.ts";
import { code, type Kernel } from "../kernel/kernel.ts";
import type { Run } from "../data/record.ts";
import { STRUCTS } from "../kernel/calls.ts";
import { trainTogether } from "./together.ts";

const SNAPSHOT_EVERY = 100;
const FEWEST_HELDOUT = 20;

export interface Heldout {
  loss: number;
  documents: number;
  tokens: number;
  /** How many of the documents have a token that the model calls impossible. */
  impossible: number;
}

export interface Tensor {
  name: string;
  layer: number;
  offset: number;
  rows: number;
  columns: number;
}

export class Session {
  /** Steps trained so far. */
  at = 0;
  losses: number[] = [];
  /** The step whose loss was not a number, once that has happened. */
  diverged: number | null = null;
  readonly g: Address;
  /** The generator as it stands after the weights were drawn. */
  readonly random: Address;
  readonly how: Address;
  private readonly setup: Setup;
  readonly tokens: Address;
  readonly offsets: Address;
  /** The state after some steps, in the kernel's memory. */
  private readonly snapshots = new Map<number, Address>();
  private readonly measured = new Map<number, Heldout | null>();

  constructor(
    readonly run: Run,
    readonly corpus: Corpus,
    readonly kernel: Kernel,
  ) {
    const { call } = kernel;
    const { model, train } = run;
    this.setup = setupOf(corpus, train.seed, kernel);
    this.random = kernel.allocate(STRUCTS.random.size);
    kernel.viewBytes(this.random, STRUCTS.random.size).set(this.setup.generator);
    const config = kernel.struct("config", {
      step: model.step,
      vocab_size: corpus.vocabSize,
      n_embd: model.n_embd,
      n_head: model.n_head,
      n_layer: model.n_layer,
      block_size: model.block_size,
      rms_eps: model.rms_eps,
      smoothing: model.smoothing,
    });
    const size = call.size(config);
    if (size === 0) throw new Error("invalid shape of a model");
    this.g = call.create(kernel.allocate(size), config);
    if (run.step > 0) call.draw_weights(this.g, this.random, model.init_std);
    this.how = kernel.struct("training", {
      optimizer: code(train.optimizer),
      schedule: code(train.schedule),
      bias_correction: 1,
      loss_norm: code(`by_${train.loss_norm}`),
      doc_mode: code(train.doc_mode),
      batch_docs: train.batch_docs,
      num_steps: train.num_steps,
      warmup_steps: train.warmup_steps,
      learning_rate: train.learning_rate,
      momentum: train.momentum,
      beta1: train.beta1,
      beta2: train.beta2,
      eps_adam: train.eps_adam,
      weight_decay: train.weight_decay,
      grad_clip: train.grad_clip,
    });
    [this.tokens, this.offsets] = this.put(this.setup.tokens(train.num_steps));
    this.keep();
  }

  /** The places of the documents in the order that training takes them. */
  get order(): Int32Array {
    return this.setup.order;
  }

  /** The document of a step, counted from 0. */
  document(step: number): string {
    return this.corpus.documents[this.order[step % this.order.length]!]!;
  }

  /** Go on for `count` steps; fewer when the loss is no longer a number. */
  advance(count: number): void {
    for (let left = count; left > 0 && this.diverged === null;) {
      const piece = Math.min(left, this.stretch);
      trainTogether([this], piece);
      left -= piece;
    }
  }

  /** How many steps until the rate changes or a snapshot is due. */
  get stretch(): number {
    const change = this.run.changes.find(([from]) => from > this.at)?.[0] ?? Infinity;
    return Math.min(SNAPSHOT_EVERY - (this.at % SNAPSHOT_EVERY), change - this.at);
  }

  /** What came of so many steps: fewer losses where the next is not a number. */
  took(losses: Float64Array, count: number): void {
    for (const loss of losses) this.losses.push(loss);
    this.at += losses.length;
    if (losses.length < count) this.diverged = this.at;
    else if (this.at % SNAPSHOT_EVERY === 0) this.keep();
  }

  /** The rate that the schedule of a step begins from. */
  rateAt(step: number): number {
    let rate = this.run.train.learning_rate;
    for (const [from, other] of this.run.changes) if (from <= step) rate = other;
    return rate;
  }

  /** The learning rate that a step has. */
  learningRate(step: number): number {
    const { kernel, how } = this;
    kernel.setField("training", how, "learning_rate", this.rateAt(step));
    return kernel.call.learning_rate(how, step);
  }

  /** Back to the last snapshot at or before a step; the losses stay those up to it. */
  rewind(step: number): void {
    if (step >= this.at) return;
    let from = 0;
    for (const at of this.snapshots.keys()) if (at <= step && at > from) from = at;
    this.kernel.call.restore(this.g, this.snapshots.get(from)!);
    this.at = from;
    this.losses.length = from;
    this.diverged = null;
  }

  /** Goes on from another run that did the same up to a step: m, v and all. */
  follow(other: Session, step: number): void {
    const count = this.kernel.call.state_size(this.g);
    for (const [at, state] of other.snapshots) {
      if (at > Math.min(step, other.losses.length)) continue;
      const place = this.placeAt(at);
      this.kernel.viewReals(place, count).set(other.kernel.viewReals(state, count));
      if (at > this.at) this.at = at;
    }
    this.losses = other.losses.slice(0, this.at);
    this.kernel.call.restore(this.g, this.snapshots.get(this.at)!);
  }

  /** The steps that there is a snapshot of, up to where this stands. */
  kept(): number[] {
    return [...this.snapshots.keys()].filter((at) => at <= this.at).sort((a, b) => a - b);
  }

  /** The held-out loss as it was at a snapshot. */
  heldoutAt(step: number): Heldout | null {
    const known = this.measured.get(step);
    if (known !== undefined) return known;
    const { kernel, g } = this;
    const found = kernel.freed(() => {
      const now = kernel.allocate(this.stateBytes);
      kernel.call.save(g, now);
      kernel.call.restore(g, this.snapshots.get(step)!);
      const heldout = this.evaluate();
      kernel.call.restore(g, now);
      return heldout;
    });
    this.measured.set(step, found);
    return found;
  }

  /** The norm of each tensor's weights. */
  norms(): number[] {
    const { kernel } = this;
    const first = kernel.call.weights(this.g);
    return this.tensors().map(({ offset, rows, columns }) =>
      kernel.call.norm(first + kernel.realSize * offset, rows * columns),
    );
  }

  /** All steps up to this one are made, at once. */
  goTo(step: number): void {
    this.rewind(step);
    this.advance(step - this.at);
  }

  private get stateBytes(): number {
    return this.kernel.realSize * this.kernel.call.state_size(this.g);
  }

  /** Where the snapshot of a step lies, or will lie. */
  private placeAt(step: number): Address {
    const known = this.snapshots.get(step);
    if (known !== undefined) return known;
    const place = this.kernel.allocateToStay(this.stateBytes);
    this.snapshots.set(step, place);
    return place;
  }

  /** A snapshot of the state as it is. */
  private keep(): void {
    this.kernel.call.save(this.g, this.placeAt(this.at));
  }

  /** The documents to measure on; null where too few are left. */
  private heldout(limit = this.run.train.eval_docs): string[] | null {
    const { documents, available } = this.setup.heldout(this.run.train.num_steps, limit);
    return available < FEWEST_HELDOUT ? null : documents;
  }

  /** What counting alone costs on them: uniform, letter, bigram, trigram. Each different
      document is counted once, as evaluation.py does, however often it was drawn. */
  baselines(): number[] | null {
    const unseen = this.heldout();
    if (!unseen) return null;
    const { corpus, kernel } = this;
    const ids = (text: string): number[] => corpus.encode(text);
    return baselines(
      [...new Set(this.setup.documents(this.run.train.num_steps))].map(ids),
      unseen.map((text) => this.cut(text)),
      corpus.vocabSize,
      (p) => kernel.call.surprise(p),
    );
  }

  /** Held-out loss as evaluation.py has it; null where too few documents are left. */
  evaluate(limit = this.run.train.eval_docs): Heldout | null {
    const unseen = this.heldout(limit);
    if (!unseen) return null;
    const { kernel } = this;
    return kernel.freed(() => {
      const [tokens, offsets] = this.put(tokensOf(this.corpus, unseen));
      const chosen = kernel.putInts(unseen.map((_, i) => i));
      const losses = kernel.allocate(8 * unseen.length);
      const counts = kernel.allocate(4 * unseen.length);
      const total = kernel.call.evaluate(
        this.g,
        code(this.run.train.doc_mode),
        tokens,
        offsets,
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

  /** Names as `train` prints them: the generator goes on from the weights; another seed
      begins afresh. */
  write(count: number, temperature: number, seed = 0, prefix = ""): string[] {
    const { kernel } = this;
    return kernel.freed(() => {
      const random = this.generator(seed);
      const prompt = this.prompt(prefix);
      const address = kernel.putInts(prompt);
      const limit = this.run.model.block_size - (prompt.length - 1);
      const written = kernel.allocate(4 * limit);
      const begun = this.corpus.decode(prompt);
      return Array.from({ length: count }, () => {
        const size = kernel.call.write(
          this.g,
          random,
          address,
          prompt.length,
          limit,
          temperature,
          0,
          1,
          written,
        );
        return begun + this.corpus.decode(kernel.ints(written, Math.max(size, 0)));
      });
    });
  }

  /** BOS and as much of a beginning as leaves room for one more token. */
  prompt(prefix: string): number[] {
    return this.corpus.encodePrefix(prefix).slice(0, this.run.model.block_size);
  }

  /** A copy of the generator that goes on after the weights, or one with its own seed. */
  generator(seed: number): Address {
    const { kernel } = this;
    if (seed > 0) return seeded(kernel, seed);
    const { size } = STRUCTS.random;
    const copy = kernel.allocate(size);
    kernel.viewBytes(copy, size).set(kernel.viewBytes(this.random, size));
    return copy;
  }

  /** The token ids of a word as far as the model reads them. */
  cut(word: string): number[] {
    const tokens = this.corpus.encode(word);
    const most = this.run.step >= 3 ? this.run.model.block_size + 1 : tokens.length;
    return tokens.slice(0, most);
  }

  tensors(): Tensor[] {
    const { call } = this.kernel;
    return Array.from({ length: call.num_tensors(this.g) }, (_, i) => ({
      name: this.kernel.text(call.tensor_name(this.g, i)),
      layer: call.tensor_layer(this.g, i),
      offset: call.tensor_offset(this.g, i),
      rows: call.tensor_rows(this.g, i),
      columns: call.tensor_columns(this.g, i),
    }));
  }

  weights(): Float64Array {
    const { call } = this.kernel;
    return this.kernel.reals(call.weights(this.g), call.num_weights(this.g));
  }

  setWeights(weights: Float64Array): void {
    const { kernel, g } = this;
    kernel.viewReals(kernel.call.weights(g), weights.length).set(weights);
  }

  grads(): Float64Array {
    const { call } = this.kernel;
    return this.kernel.reals(call.grads(this.g), call.num_weights(this.g));
  }

  /** The first `count` numbers of an activation that the last pass left. */
  activation(name: string, count: number): Float64Array {
    const { kernel, g } = this;
    return kernel.reals(kernel.call.activation(g, this.activationOf(name)), count);
  }

  /** Of its gradient, that the last way back left. */
  activationGrad(name: string, count: number): Float64Array {
    const { kernel, g } = this;
    return kernel.reals(kernel.call.activation_grad(g, this.activationOf(name)), count);
  }

  /** The hidden numbers that relu gave at n positions, layer by layer. */
  hidden(n: number): number[] {
    const { kernel, g } = this;
    const index = this.activationOf("hidden");
    const [layers, positions, size] = [0, 1, 2].map((axis) =>
      kernel.call.activation_size(g, index, axis),
    ) as [number, number, number];
    const all = this.activation("hidden", layers * positions * size);
    return Array.from({ length: layers }, (_, layer) => {
      const start = layer * positions * size;
      return [...all.subarray(start, start + n * size)];
    }).flat();
  }

  private activationOf(name: string): number {
    const { kernel } = this;
    for (let i = 0; i < kernel.call.num_activations(); i++)
      if (kernel.text(kernel.call.activation_name(i)) === name) return i;
    throw new Error(`unknown activation: ${name}`);
  }

  /** Probabilities after the token that was fed last. */
  probabilities(temperature: number): Float64Array {
    const { kernel } = this;
    return kernel.freed(() => {
      const probs = kernel.allocate(8 * this.corpus.vocabSize);
      kernel.call.probabilities(this.g, temperature, probs);
      return kernel.doubles(probs, this.corpus.vocabSize);
    });
  }

  private put({ ids, offsets }: Tokens): [Address, Address] {
    return [this.kernel.putInts(ids), this.kernel.putInts(offsets)];
  }
}
