/* A run's model in the kernel's memory: its weights, and what a pass left of it. The numbers
   are the kernel's; here is only what goes in and comes out. */
import { STRUCTS, type Address } from "../kernel/calls.ts";
import { code, type Kernel } from "../kernel/kernel.ts";
import { clean } from "../data/documents.ts";
import type { Corpus } from "../data/corpus.ts";
import type { Part, Run } from "../data/record.ts";
import { setupOf, type Setup } from "../data/setup.ts";

export interface Tensor {
  name: string;
  layer: number;
  offset: number;
  rows: number;
  columns: number;
}

/** Parts as the kernel takes them. */
const flags = (parts: Part[]): number =>
  parts.reduce((sum, part) => sum | code(`without_${part}`), 0);

export class Model {
  readonly g: Address;
  /** The generator as it stands after the weights were drawn. */
  readonly random: Address;
  /** What it shares with other runs on the same documents with the same seed. */
  readonly setup: Setup;

  constructor(
    readonly run: Run,
    readonly corpus: Corpus,
    readonly kernel: Kernel,
  ) {
    this.setup = setupOf(corpus, run.train.seed, kernel);
    this.random = kernel.allocate(STRUCTS.random.size);
    kernel.viewBytes(this.random, STRUCTS.random.size).set(this.setup.generator);
    this.g = this.create();
    if (run.step > 0) kernel.call.init_weights(this.g, this.random, run.model.init_std);
  }

  private create(): Address {
    const { kernel, corpus, run } = this;
    const { model } = run;
    const config = kernel.struct("config", {
      step: model.step,
      vocab_size: corpus.vocabSize,
      n_embd: model.n_embd,
      n_head: model.n_head,
      n_layer: model.n_layer,
      block_size: model.block_size,
      without: flags(run.without),
      rms_eps: model.rms_eps,
      smoothing: model.smoothing,
    });
    const size = kernel.call.size(config);
    if (size === 0) throw new Error("invalid shape of a model");
    return kernel.call.create(kernel.allocate(size), config);
  }

  /** BOS and as much of a beginning as leaves room for one more token. */
  prompt(prefix: string): number[] {
    return this.corpus.encodePrefix(clean(prefix)).slice(0, this.run.model.block_size);
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

  /** What there is to see with these parts left out; then the model is what it was. */
  leavingOut<T>(parts: Part[], look: () => T): T {
    const { call } = this.kernel;
    const own = flags(this.run.without);
    call.leave_out(this.g, own | flags(parts));
    try {
      return look();
    } finally {
      call.leave_out(this.g, own);
    }
  }

  /** The norm of each tensor's weights. */
  norms(): number[] {
    const { kernel } = this;
    const first = kernel.call.weights(this.g);
    return this.tensors().map(({ offset, rows, columns }) =>
      kernel.call.norm(first + kernel.realSize * offset, rows * columns),
    );
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

  /** The sizes of an activation along its axes; none where this model has no such. */
  shapeOf(name: string): number[] {
    const index = this.activationOf(name);
    const { call } = this.kernel;
    const sizes = [0, 1, 2, 3].map((axis) => call.activation_size(this.g, index, axis));
    return sizes.filter((size) => size > 0);
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
}
