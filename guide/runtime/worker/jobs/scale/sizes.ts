/* What a model of any size has and takes: the matrices of a record, as the package's
   engines/shapes.py has them, and the arithmetic of a token, as engines/torch/flops.py
   counts it. */

/** What of a record says how large the model is. */
export interface Size {
  vocab_size: number;
  n_embd: number;
  n_head: number;
  n_layer: number;
  block_size: number;
}

export interface Tensors {
  name: string;
  rows: number;
  columns: number;
  /** How many of this shape there are: one, or one a layer. */
  copies: number;
  /** All of their weights. */
  count: number;
}

export interface Sizes {
  parts: Tensors[];
  params: number;
  /** FLOPs of a token that looks at itself alone, and of one that looks at a whole block. */
  first: number;
  last: number;
  /** FLOPs of training on a token, that looks at a whole block. */
  training: number;
  /** Bytes of the keys and values of a block, with 32 and with 16 bits a number. */
  cache: [float32: number, half: number];
  /** Bytes of the weights. */
  weights: [float32: number, half: number];
  /** Bytes of what Adam remembers of every weight, m and v. */
  adam: number;
}

const FLOAT32 = 4; // bytes
const HALF = 2;
const LOOKED_UP = ["wte", "wpe"]; // a row is read, nothing is multiplied

function partsOf({ vocab_size, n_embd, n_layer, block_size }: Size): Tensors[] {
  const hidden = 4 * n_embd;
  const part = (name: string, rows: number, columns: number, copies: number): Tensors => ({
    name,
    rows,
    columns,
    copies,
    count: rows * columns * copies,
  });
  return [
    part("wte", vocab_size, n_embd, 1),
    part("wpe", block_size, n_embd, 1),
    ...[..."qkvo"].map((each) => part(`attn_w${each}`, n_embd, n_embd, n_layer)),
    part("mlp_fc1", hidden, n_embd, n_layer),
    part("mlp_fc2", n_embd, hidden, n_layer),
    part("lm_head", vocab_size, n_embd, 1),
  ];
}

/** A multiplication and an addition are two FLOPs. A weight in a product has one of each,
    and so has each number of a key and of a value that is looked at. Norms, softmax and
    relu are left out. Training takes three times as much as a guess. */
export function sizes(input: Size): Sizes {
  const parts = partsOf(input);
  const sum = (of: Tensors[]): number => of.reduce((total, { count }) => total + count, 0);
  const params = sum(parts);
  const products = 2 * sum(parts.filter(({ name }) => !LOOKED_UP.includes(name)));
  const looking = 2 * 2 * input.n_layer * input.n_embd; // for each token looked at
  const last = products + looking * input.block_size;
  const kept = 2 * input.n_layer * input.n_embd * input.block_size;
  return {
    parts,
    params,
    first: products + looking,
    last,
    training: 3 * last,
    cache: [FLOAT32 * kept, HALF * kept],
    weights: [FLOAT32 * params, HALF * params],
    adam: 2 * FLOAT32 * params,
  };
}
