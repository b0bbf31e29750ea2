/* Where a run stands in its training: its losses, its state after some steps, and how it
   goes on, alone or beside others in one call of the kernel. */
import { STRUCTS, type Address } from "../kernel/calls.ts";
import { code } from "../kernel/kernel.ts";
import type { Run } from "../data/record.ts";
import type { Model } from "./model.ts";

const SNAPSHOT_EVERY = 100;
// closer together at first, where a model changes most
const EARLY = [1, 3, 10, 30];

/** Whether the state after so many steps is kept. */
const isKept = (step: number): boolean => step % SNAPSHOT_EVERY === 0 || EARLY.includes(step);

export class Training {
  /** Steps trained so far. */
  at = 0;
  losses: number[] = [];
  /** The step whose loss was not a number, once that has happened. */
  diverged: number | null = null;
  readonly run: Run;
  readonly how: Address;
  readonly tokens: Address;
  readonly offsets: Address;
  /** The state after some steps, in the kernel's memory. */
  private readonly snapshots = new Map<number, Address>();

  constructor(readonly model: Model) {
    const { kernel, run, setup } = model;
    const { train } = run;
    this.run = run;
    this.how = kernel.struct("training", {
      optimizer: code(train.optimizer),
      schedule: code(train.schedule),
      bias_correction: 1,
      loss_norm: code(`by_${train.loss_norm}`),
      doc_mode: code(train.doc_mode),
      batch_docs: train.batch_docs,
      num_steps: train.num_steps,
      warmup_steps: train.warmup_steps,
      mistakes:
        (run.keepGrads ? code("mistake_keep_grads") : 0) +
        (run.epsInside ? code("mistake_eps_inside") : 0),
      learning_rate: train.learning_rate,
      momentum: train.momentum,
      beta1: train.beta1,
      beta2: train.beta2,
      eps_adam: train.eps_adam,
      weight_decay: train.weight_decay,
      grad_clip: train.grad_clip,
    });
    const { ids, offsets } = setup.tokens(train.num_steps);
    this.tokens = kernel.putInts(ids);
    this.offsets = kernel.putInts(offsets);
    this.keep();
  }

  /** The places of the documents in the order that training takes them. */
  get order(): Int32Array {
    return this.model.setup.order;
  }

  /** The document of a step, counted from 0. */
  document(step: number): string {
    return this.model.corpus.documents[this.order[step % this.order.length]!]!;
  }

  /** How many steps until the rate changes or a snapshot is due. */
  get stretch(): number {
    const change = this.run.changes.find(([from]) => from > this.at)?.[0] ?? Infinity;
    const early = EARLY.find((step) => step > this.at) ?? Infinity;
    const next = this.at + SNAPSHOT_EVERY - (this.at % SNAPSHOT_EVERY);
    return Math.min(next, change, early) - this.at;
  }

  /** What came of so many steps: fewer losses where the next is not a number. */
  record(losses: Float64Array, count: number): void {
    for (const loss of losses) this.losses.push(loss);
    this.at += losses.length;
    if (losses.length < count) this.diverged = this.at;
    else if (isKept(this.at)) this.keep();
  }

  /** The rate that the schedule of a step begins from. */
  rateAt(step: number): number {
    let rate = this.run.train.learning_rate;
    for (const [from, other] of this.run.changes) if (from <= step) rate = other;
    return rate;
  }

  /** The learning rate that a step has. */
  learningRate(step: number): number {
    const { how } = this;
    const { kernel } = this.model;
    kernel.setField("training", how, "learning_rate", this.rateAt(step));
    return kernel.call.learning_rate(how, step);
  }

  /** Back to the last snapshot at or before a step; the losses stay those up to it. */
  rewind(step: number): void {
    if (step >= this.at) return;
    let from = 0;
    for (const at of this.snapshots.keys()) if (at <= step && at > from) from = at;
    this.restore(from);
    this.at = from;
    this.losses.length = from;
    this.diverged = null;
  }

  /** Goes on from another run that did the same up to a step: m, v and all. */
  follow(other: Training, step: number): void {
    const { kernel, g } = this.model;
    const count = kernel.call.state_size(g);
    for (const [at, state] of other.snapshots) {
      if (at > Math.min(step, other.losses.length)) continue;
      const place = this.placeAt(at);
      kernel.viewReals(place, count).set(other.model.kernel.viewReals(state, count));
      if (at > this.at) this.at = at;
    }
    this.losses = other.losses.slice(0, this.at);
    this.restore(this.at);
  }

  /** The steps that there is a snapshot of, a hundred apart, up to where this stands. */
  hundreds(): number[] {
    return [...this.snapshots.keys()]
      .filter((at) => at <= this.at && at % SNAPSHOT_EVERY === 0)
      .sort((a, b) => a - b);
  }

  /** What there is to see in the state of a snapshot; the training stands where it stood. */
  inSnapshot<T>(step: number, look: () => T): T {
    const { kernel, g } = this.model;
    return kernel.freed(() => {
      const now = kernel.allocate(this.stateBytes);
      kernel.call.save(g, now);
      this.restore(step);
      const seen = look();
      kernel.call.restore(g, now);
      return seen;
    });
  }

  /** The gradients of a step's document, with the weights as they are; then they are 0. */
  withGradients<T>(step: number, look: (slopes: Float64Array) => T): T {
    const { kernel, g } = this.model;
    return kernel.freed(() => {
      kernel.setField("training", this.how, "learning_rate", this.rateAt(step));
      const place = kernel.putInts([step % Math.min(this.run.train.num_steps, this.order.length)]);
      kernel.call.zero_grads(g);
      kernel.call.batch_gradient(g, this.how, this.tokens, this.offsets, place);
      const seen = look(this.model.grads());
      kernel.call.zero_grads(g);
      return seen;
    });
  }

  private get stateBytes(): number {
    const { kernel, g } = this.model;
    return kernel.realSize * kernel.call.state_size(g);
  }

  /** Where the snapshot of a step lies, or will lie. */
  private placeAt(step: number): Address {
    const known = this.snapshots.get(step);
    if (known !== undefined) return known;
    const place = this.model.kernel.allocateToStay(this.stateBytes);
    this.snapshots.set(step, place);
    return place;
  }

  /** A snapshot of the state as it is. */
  private keep(): void {
    const { kernel, g } = this.model;
    kernel.call.save(g, this.placeAt(this.at));
  }

  private restore(step: number): void {
    const { kernel, g } = this.model;
    kernel.call.restore(g, this.snapshots.get(step)!);
  }
}

/** Trainings of one kernel and the same documents, all at the same step, go on for `count`
    steps; fewer where a loss is no longer a number. */
export function advance(several: Training[], count: number): void {
  for (let left = count; left > 0;) {
    const going = several.filter(({ diverged }) => diverged === null);
    if (!going.length) return;
    const piece = Math.min(left, ...going.map(({ stretch }) => stretch));
    advanceInOneCall(going, piece);
    left -= piece;
  }
}

/** Those that are furthest behind go on for some steps, at most `most`, in one call where
    they share a kernel; false when all are at their end. */
export function advanceLast(all: Training[], most: number): boolean {
  const going = all.filter(
    ({ at, run, diverged }) => diverged === null && at < run.train.num_steps,
  );
  const first = Math.min(...going.map(({ at }) => at));
  const lead = going.find(({ at }) => at === first);
  if (!lead) return false;
  const beside = going.filter(
    ({ at, model }) => at === first && model.kernel === lead.model.kernel,
  );
  const left = beside.map(({ run, stretch }) => Math.min(run.train.num_steps - first, stretch));
  advanceInOneCall(beside, Math.min(most, ...left));
  return true;
}

function advanceInOneCall(several: Training[], count: number): void {
  const made = trainModels(several, count);
  for (const [i, each] of several.entries()) each.record(made[i]!, count);
}

/** The losses of each in so many steps, no more than its stretch; fewer where the next is
    not a number. */
function trainModels(several: Training[], count: number): Float64Array[] {
  const { model, at, run, order, tokens, offsets } = several[0]!;
  const { kernel } = model;
  const { size } = STRUCTS.training;
  const documents = Math.min(run.train.num_steps, order.length);
  const n = several.length;
  return kernel.freed(() => {
    const models = kernel.putInts(several.map((each) => each.model.g));
    const how = kernel.allocate(size * n);
    const places = kernel.putInts(
      Int32Array.from({ length: count }, (_, i) => (at + i) % documents),
    );
    const losses = kernel.allocate(8 * count * n);
    const done = kernel.putInts(new Int32Array(n));
    for (const [i, each] of several.entries()) {
      kernel.setField("training", each.how, "learning_rate", each.rateAt(at));
      kernel.viewBytes(how + size * i, size).set(kernel.viewBytes(each.how, size));
    }
    // prettier-ignore
    kernel.call.train_models(
      models, how, n, tokens, offsets, places, at, count, losses, done,
    );
    return Array.from(kernel.ints(done, n), (steps, i) => {
      if (steps < 0) throw new Error("the kernel refused a document");
      return kernel.doubles(losses + 8 * count * i, steps);
    });
  });
}
