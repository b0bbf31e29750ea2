/* Made by make-calls.mjs from the kernel's wasm.json. Do not edit. */

/** Where something lies in the kernel's memory. */
export type Address = number;

/** The kernel's functions, without their common prefix. */
export interface Calls {
  /** The bytes that a model of this shape takes; 0 for a shape that cannot be. */
  size(config: Address): number;
  /** Lays a model out in `memory`, all numbers 0. It must not be moved after that. */
  create(memory: Address, config: Address): Address;
  /** Draws the weights: gauss(0, init_std) in order. m, v and gradients become 0. */
  init_weights(g: Address, random: Address, init_std: number): void;
  /** Leaves parts out from now on, or puts them back: WITHOUT_... added up. */
  leave_out(g: Address, without: number): void;
  /** The widest instructions that this machine has: ISA_... */
  best_isa(): number;
  /** Trains with these instructions from now on, or where a row of this model is no whole number of their vectors, with the widest below. Returns which; -1 where the machine does not have them. A new model has the best. */
  use_isa(g: Address, isa: number): number;
  /** P, how many numbers `weights` holds. */
  num_weights(g: Address): number;
  /** How many tensors those are. */
  num_tensors(g: Address): number;
  /** The name of a tensor, without its layer: "attn_wq". */
  tensor_name(g: Address, tensor: number): Address;
  /** The layer of a tensor; -1 when the lesson's name for it has none. */
  tensor_layer(g: Address, tensor: number): number;
  /** The index of the first number of a tensor. */
  tensor_offset(g: Address, tensor: number): number;
  /** The rows of a tensor. */
  tensor_rows(g: Address, tensor: number): number;
  /** The columns of a tensor. */
  tensor_columns(g: Address, tensor: number): number;
  /** The weights, (P,). Step 0's are its counts. */
  weights(g: Address): Address;
  /** Their gradients, (P,); NULL for step 0. */
  grads(g: Address): Address;
  /** The moving average of each gradient, (P,); NULL for step 0. */
  m(g: Address): Address;
  /** The moving average of its square, (P,); NULL for step 0. */
  v(g: Address): Address;
  /** How many kinds of activation there are, in this model or another. */
  num_activations(): number;
  /** The name of a kind of activation: "q". */
  activation_name(activation: number): Address;
  /** Its size along axis 0 to 3: 0 past the last axis, and where a model has none. */
  activation_size(g: Address, activation: number, axis: number): number;
  /** The activation that the last forward pass left; NULL when the model has none. */
  activation(g: Address, activation: number): Address;
  /** Its gradient, of the same shape, that the last backward pass left. */
  activation_grad(g: Address, activation: number): Address;
  /** How many numbers a snapshot takes: 4 P, for step 0 P. */
  state_size(g: Address): number;
  /** Copies weights, gradients, m and v to state: (state_size,). */
  save(g: Address, state: Address): void;
  /** Copies them back from state: (state_size,). */
  restore(g: Address, state: Address): void;
  /** The mean of -ln p over n predictions from tokens (n + 1,); -1 where it refuses: a token outside the vocabulary, n below 1 or, for steps 3 to 5, above the block. */
  loss(g: Address, tokens: Address, n: number): number;
  /** The same, and weight times its gradient is added to grads. Refuses as loss does. */
  gradient(g: Address, tokens: Address, n: number, weight: number, mistakes: number): number;
  /** Sets the gradients to 0. */
  zero_grads(g: Address): void;
  /** Step 0: adds one to the count of each of the n pairs; -1 where it refuses, else n. */
  count(g: Address, tokens: Address, n: number): number;
  /** The learning rate of a step, counted from 0. */
  learning_rate(how: Address, step: number): number;
  /** Trains `count` steps, the first of them `first_step`; returns how many were done. Document d is tokens[offsets[d]] to tokens[offsets[d + 1] - 1]; order (count, batch_docs) says which documents each step takes. The loss of each step goes to losses (count,), the norm of its gradient before clipping to norms (count,) unless NULL. For each weight in traced (num_traced,) its w before the update, g, m, v and the change of w go to trace (count, num_traced, 5), unless NULL. Fewer than `count`: the loss or the gradient of the next step was not a finite number; its loss and norm are written, no weight was changed. -1: a document has fewer than two tokens, or one outside the vocabulary. The numbers do not depend on how a run is cut into calls. */
  train(g: Address, how: Address, tokens: Address, offsets: Address, order: Address, first_step: number, count: number, losses: Address, norms: Address, traced: Address, num_traced: number, trace: Address): number;
  /** Trains several models on the same documents, one after another, each as glassgpt_train does: models and how (num_models,), which take equally many documents a step; losses (num_models, count). What glassgpt_train returns of each goes to done (num_models,). */
  train_models(models: Address, how: Address, num_models: number, tokens: Address, offsets: Address, order: Address, first_step: number, count: number, losses: Address, done: Address): void;
  /** The gradient of one step's documents, order (batch_docs,), added to grads. Returns the loss, -1 where glassgpt_train would. */
  batch_gradient(g: Address, how: Address, tokens: Address, offsets: Address, order: Address): number;
  /** Moves every weight by the gradients in grads, which are clipped there. Returns their norm before that; when it is not a finite number, nothing was moved. */
  update(g: Address, how: Address, step: number): number;
  /** Seeds as random.seed(int) does; words (count,) are the seed's 32-bit digits, the lowest first, at least one. */
  random_seed(random: Address, words: Address, count: number): void;
  /** A number from 0 to below 1. */
  random_random(random: Address): number;
  /** `count` numbers of the normal distribution, each random.gauss(mu, sigma). */
  random_gauss(random: Address, mu: number, sigma: number, numbers: Address, count: number): void;
  /** Shuffles items (count,) in place, as random.shuffle does a list. */
  random_shuffle(random: Address, items: Address, count: number): void;
  /** One of 0 .. count-1, as random.choices does: the running sums of weights (count,) go to sums (count,), the number drawn, from 0 to below 1, to drawn. -1 when the weights do not add up to a positive finite number; nothing is then drawn. */
  random_choice(random: Address, weights: Address, count: number, sums: Address, drawn: Address): number;
  /** Begins a new document: the cache is empty, operations are counted from 0. */
  decode_begin(g: Address): void;
  /** Reads one more token, with the keys and values of those before. Returns its position, -1 where it refuses: a token outside the vocabulary, or the block is full. */
  decode_step(g: Address, token: number): number;
  /** The same without the cache: every token is computed again. */
  decode_step_uncached(g: Address, token: number): number;
  /** The multiplications in forward passes since glassgpt_decode_begin. */
  operations(g: Address): number;
  /** After a decode_step: the logits of the next token, (V,). Step 0 gives ln p. */
  logits(g: Address): Address;
  /** After a decode_step: the probability of each next token at a temperature above 0, to probs (V,). */
  probabilities(g: Address, temperature: number, probs: Address): void;
  /** Sets to 0 what is not among the top_k likeliest, or the likeliest whose sum reaches top_p; 0 and 1 keep all. probs is (count,), marks (count,) is written over. */
  filter_probs(probs: Address, count: number, top_k: number, top_p: number, marks: Address): void;
  /** Writes a document: begins with prompt (num_prompt,), BOS first, draws until BOS or until `limit` tokens are drawn. They go to written (limit,), BOS left out. Returns how many. Temperature 0 takes the likeliest and draws nothing. -1 where it refuses: an empty prompt, a token outside the vocabulary, or a block too short for the prompt; -2 when the probabilities are not numbers. */
  generate(g: Address, random: Address, prompt: Address, num_prompt: number, limit: number, temperature: number, top_k: number, top_p: number, written: Address): number;
  /** The bytes that working on `count` documents side by side takes, none of which has more than `positions` tokens; 0 where it takes too many. */
  workspace_size(g: Address, count: number, positions: number): number;
  /** Writes `count` documents as glassgpt_generate does, to written (count, limit) and their lengths to lengths (count,), but draws in another order. They are in groups of DECODE_BATCH: in each, every document that goes on draws its first token, in their order, then every one its second, and so on. workspace is glassgpt_workspace_size(g, count, num_prompt + limit) bytes. Returns count; -1 where glassgpt_generate refuses, and without the mask; -2 when the probabilities are not numbers. */
  generate_batch(g: Address, random: Address, prompt: Address, num_prompt: number, limit: number, temperature: number, top_k: number, top_p: number, count: number, written: Address, lengths: Address, workspace: Address): number;
  /** What glassgpt_evaluate finds, document beside document; workspace is glassgpt_workspace_size(g, 1, block_size) bytes. */
  evaluate_batch(g: Address, doc_mode: number, tokens: Address, offsets: Address, chosen: Address, count: number, losses: Address, predictions: Address, workspace: Address): number;
  /** What decides which documents are held out: of each of texts (count,) the first 8 bytes of the sha256 of seed, LF and the text, to hashes (count,). Text i is UTF-8, from bytes[offsets[i]] to bytes[offsets[i + 1] - 1]; seed is a number in decimal digits. */
  hash_texts(seed: Address, bytes: Address, offsets: Address, count: number, hashes: Address): void;
  /** The documents that are held out of those with these hashes (count,): where the hash as a fraction of 2^64 is below `fraction`, 1 for all, and of these at most the `limit` of smallest hash, 0 for all. Their places go to order (count,), smallest hash first, the first of equals standing for all. Returns how many. */
  heldout(hashes: Address, count: number, fraction: number, limit: number, order: Address): number;
  /** The bytes that the counts of training documents of so many tokens take. */
  baselines_size(vocab_size: number, num_tokens: number): number;
  /** The mean of -ln p of each baseline over the predictions of num_heldout documents, to losses (NUM_BASELINES,), after counting the num_trained documents that stand before them in tokens; document d is tokens[offsets[d]] to tokens[offsets[d + 1] - 1]. Letters and pairs count each possibility once more, as Step 0 does. A triple, and a token at its place in the document, lean on the pair as if that had been seen PAIR_TRUST times: (c + 5 p2) / (total + 5). No place is too far: one that no training document reaches has the pair alone. workspace is glassgpt_baselines_size(vocab_size, offsets[num_trained]) bytes. Returns how many predictions there were; -1 for a token outside the vocabulary. */
  baselines(vocab_size: number, tokens: Address, offsets: Address, num_trained: number, num_heldout: number, losses: Address, workspace: Address): number;
  /** Multiplies and adds in vectors, as fast as these instructions can, and returns how many operations that was; 0 where the machine does not have them. sums is (12,). */
  peak(isa: number, rounds: number, sums: Address): number;
  /** 64 or 32, the bits of `real`. */
  real_bits(): number;
  /** A hash of the sources that this was built from; "" when the build gave none. */
  sources(): Address;
  /** The compiler that built this, and its version: "gcc 12.2.0". */
  compiler(): Address;
  /** An update of one weight, shown and not kept, to terms (10,): gradient, m, v, m_hat, v_hat, learning rate, weight before and after, change, and the factor of clipping. */
  update_terms(g: Address, how: Address, step: number, weight: number, terms: Address): void;
  /** The gradient of each of `count` weights from `first` on, by finite differences, to grads (count,): (loss(w + eps) - loss(w)) / eps or, when central, (loss(w + eps) - loss(w - eps)) / (2 eps). -1 where glassgpt_loss refuses, else count. */
  numerical_gradients(g: Address, tokens: Address, n: number, first: number, count: number, eps: number, central: number, grads: Address): number;
  /** The loss with a weight at each of values (count,), to losses (count,); -1 refuses. */
  loss_along(g: Address, tokens: Address, n: number, weight: number, values: Address, count: number, losses: Address): void;
  /** The sum of -ln p over each of the documents in chosen (count,), to losses (count,), and how many predictions that were, to predictions (count,). Returns all predictions together; -1 where glassgpt_train would. */
  evaluate(g: Address, doc_mode: number, tokens: Address, offsets: Address, chosen: Address, count: number, losses: Address, predictions: Address): number;
  /** The square root of the sum of the squares of numbers (count,). */
  norm(numbers: Address, count: number): number;
  /** How far a tensor is from what it was, as a fraction: |w - w0| / |w0|; before (P,). */
  relative_change(g: Address, tensor: number, before: Address): number;
  /** The entropy of the attention weights of the first n positions, in nats, to entropies (L, H, n). A plain average over p tokens has ln p. */
  attention_entropies(g: Address, n: number, entropies: Address): void;
  /** -ln p of the token after `position`, where the last layer's attention has these weights (H, position + 1) there in the place of its own. They stay in no activation, what they lead to does. -1 where glassgpt_loss refuses, and without attention. */
  loss_with_weights(g: Address, tokens: Address, position: number, weights: Address): number;
  /** How many Values the loss of Steps 1 and 2 is made of; 0 where no graph is made. */
  loss_graph_size(g: Address, tokens: Address, n: number): number;
  /** All of them, as types.h says at GRAPH_ABOUT. Returns glassgpt_loss_graph_size. */
  loss_graph(g: Address, tokens: Address, n: number, about: Address, numbers: Address): number;
  /** y = w x. y is (rows,), x (columns,), w (rows, columns). */
  linear(y: Address, x: Address, w: Address, rows: number, columns: number): void;
  /** probs = softmax(logits / temperature), both (count,). */
  softmax(probs: Address, logits: Address, count: number, temperature: number): void;
  /** y = x (mean(x^2) + eps)^-0.5, both (count,). Returns the factor. */
  rmsnorm(y: Address, x: Address, count: number, eps: number): number;
  /** -ln p. */
  surprisal(p: number): number;
  /** The moving average a = beta a + (1 - beta) x of numbers (count,), from 0, to averages (count,); corrected: divided by 1 - beta^t. */
  moving_average(averages: Address, numbers: Address, count: number, beta: number, corrected: number): void;
  /** One update of w, m and v by gradients g, all (count,), as training does. */
  optimizer_step(how: Address, step: number, w: Address, g: Address, m: Address, v: Address, count: number): void;
  /** Reads text (length,), code points: statements between ; of + - * / ** ( ) log exp relu = numbers and letters. Returns 0, or REFUSED_...: its place is then in graph. */
  expression_read(graph: Address, text: Address, length: number): number;
  /** Values and slopes where the letters are numbers (26,). Returns 0, or REFUSED_... */
  expression_data(graph: Address, numbers: Address): number;
  /** Walks back from the top, which sets the gradients. Each time a node tells another one its share, pushes (MOST_PUSHES, 3) has which turn of a node it was, that node, and 0 or 1 for the first or the second it was made from; amounts (MOST_PUSHES, 3) has its own gradient, the share, and the other one's gradient after. Returns how many times, or minus a REFUSED_... */
  expression_walk(graph: Address, walk: number, pushes: Address, amounts: Address): number;
}

export const PREFIX = "glassgpt_";

/** Size and fields of each struct: their types and offsets. */
export const STRUCTS = {
  "config": {
    "size": 48,
    "fields": {
      "step": {
        "type": "int",
        "offset": 0
      },
      "vocab_size": {
        "type": "int",
        "offset": 4
      },
      "n_embd": {
        "type": "int",
        "offset": 8
      },
      "n_head": {
        "type": "int",
        "offset": 12
      },
      "n_layer": {
        "type": "int",
        "offset": 16
      },
      "block_size": {
        "type": "int",
        "offset": 20
      },
      "without": {
        "type": "int",
        "offset": 24
      },
      "reserved": {
        "type": "int",
        "offset": 28
      },
      "rms_eps": {
        "type": "double",
        "offset": 32
      },
      "smoothing": {
        "type": "double",
        "offset": 40
      }
    }
  },
  "training": {
    "size": 96,
    "fields": {
      "optimizer": {
        "type": "int",
        "offset": 0
      },
      "schedule": {
        "type": "int",
        "offset": 4
      },
      "bias_correction": {
        "type": "int",
        "offset": 8
      },
      "loss_norm": {
        "type": "int",
        "offset": 12
      },
      "doc_mode": {
        "type": "int",
        "offset": 16
      },
      "batch_docs": {
        "type": "int",
        "offset": 20
      },
      "num_steps": {
        "type": "int",
        "offset": 24
      },
      "warmup_steps": {
        "type": "int",
        "offset": 28
      },
      "mistakes": {
        "type": "int",
        "offset": 32
      },
      "reserved": {
        "type": "int",
        "offset": 36
      },
      "learning_rate": {
        "type": "double",
        "offset": 40
      },
      "momentum": {
        "type": "double",
        "offset": 48
      },
      "beta1": {
        "type": "double",
        "offset": 56
      },
      "beta2": {
        "type": "double",
        "offset": 64
      },
      "eps_adam": {
        "type": "double",
        "offset": 72
      },
      "weight_decay": {
        "type": "double",
        "offset": 80
      },
      "grad_clip": {
        "type": "double",
        "offset": 88
      }
    }
  },
  "random": {
    "size": 2512,
    "fields": {
      "words": {
        "type": "uint32_t",
        "offset": 0
      },
      "index": {
        "type": "int",
        "offset": 2496
      },
      "has_gauss": {
        "type": "int",
        "offset": 2500
      },
      "gauss_next": {
        "type": "double",
        "offset": 2504
      }
    }
  },
  "graph": {
    "size": 16824,
    "fields": {
      "num_nodes": {
        "type": "int",
        "offset": 0
      },
      "num_order": {
        "type": "int",
        "offset": 4
      },
      "top": {
        "type": "int",
        "offset": 8
      },
      "error_start": {
        "type": "int",
        "offset": 12
      },
      "error_length": {
        "type": "int",
        "offset": 16
      },
      "reserved": {
        "type": "int",
        "offset": 20
      },
      "op": {
        "type": "int",
        "offset": 24
      },
      "letter": {
        "type": "int",
        "offset": 824
      },
      "first": {
        "type": "int",
        "offset": 1624
      },
      "second": {
        "type": "int",
        "offset": 2424
      },
      "start": {
        "type": "int",
        "offset": 3224
      },
      "length": {
        "type": "int",
        "offset": 4024
      },
      "whole": {
        "type": "int",
        "offset": 4824
      },
      "derived": {
        "type": "int",
        "offset": 5624
      },
      "order": {
        "type": "int",
        "offset": 6424
      },
      "number": {
        "type": "double",
        "offset": 7224
      },
      "data": {
        "type": "double",
        "offset": 8824
      },
      "first_slope": {
        "type": "double",
        "offset": 10424
      },
      "second_slope": {
        "type": "double",
        "offset": 12024
      },
      "through": {
        "type": "double",
        "offset": 13624
      },
      "grad": {
        "type": "double",
        "offset": 15224
      }
    }
  }
} as const;

export const CONSTANTS = {
  "WITHOUT_POSITIONS": 1,
  "WITHOUT_ATTENTION": 2,
  "WITHOUT_RESIDUALS": 4,
  "WITHOUT_NORMS": 8,
  "WITHOUT_MLP": 16,
  "WITHOUT_SCALE": 32,
  "WITHOUT_MASK": 64,
  "SGD": 0,
  "MOMENTUM": 1,
  "RMSPROP": 2,
  "ADAM": 3,
  "ADAMW": 4,
  "LINEAR": 0,
  "CONSTANT": 1,
  "COSINE": 2,
  "BY_DOCUMENT": 0,
  "BY_TOKEN": 1,
  "TRUNCATE": 0,
  "CHUNK": 1,
  "DECODE_BATCH": 256,
  "BASELINE_UNIFORM": 0,
  "BASELINE_LETTER": 1,
  "BASELINE_BIGRAM": 2,
  "BASELINE_TRIGRAM": 3,
  "BASELINE_PLACE": 4,
  "NUM_BASELINES": 5,
  "PAIR_TRUST": 5,
  "FEWEST_HELDOUT": 20,
  "MISTAKE_KEEP_GRADS": 1,
  "MISTAKE_OVERWRITE": 2,
  "MISTAKE_EPS_INSIDE": 4,
  "OP_LETTER": 0,
  "OP_NUMBER": 1,
  "OP_ADD": 2,
  "OP_MUL": 3,
  "OP_POW": 4,
  "OP_LOG": 5,
  "OP_EXP": 6,
  "OP_RELU": 7,
  "OP_NEG": 8,
  "OP_SUB": 9,
  "OP_DIV": 10,
  "WALK_RECURSION": 1,
  "WALK_OVERWRITE": 2,
  "WALK_TWICE": 4,
  "MOST_CHARACTERS": 400,
  "MOST_NODES": 200,
  "MOST_PUSHES": 4000,
  "REFUSED_EMPTY": 1,
  "REFUSED_UNFINISHED": 2,
  "REFUSED_OPERAND": 3,
  "REFUSED_OPERATION": 4,
  "REFUSED_UNCLOSED": 5,
  "REFUSED_UNOPENED": 6,
  "REFUSED_CHARACTER": 7,
  "REFUSED_NAME": 8,
  "REFUSED_CALL": 9,
  "REFUSED_DIGITS": 10,
  "REFUSED_CARET": 11,
  "REFUSED_ASSIGNMENT": 12,
  "REFUSED_LONG": 13,
  "REFUSED_DEEP": 14,
  "REFUSED_NODES": 15,
  "REFUSED_PLAIN": 16,
  "REFUSED_NUMBER_FIRST": 17,
  "REFUSED_EXPONENT": 18,
  "REFUSED_PLUS_SIGN": 19,
  "REFUSED_LOG": 20,
  "REFUSED_ZERO": 21,
  "REFUSED_ROOT": 22,
  "REFUSED_LARGE": 23,
  "REFUSED_STEEP": 24,
  "REFUSED_PUSHES": 25,
  "GRAPH_LEAF": 0,
  "GRAPH_ADD": 1,
  "GRAPH_MULTIPLY": 2,
  "GRAPH_POWER": 3,
  "GRAPH_LOG": 4,
  "GRAPH_EXP": 5,
  "GRAPH_RELU": 6,
  "GRAPH_WEIGHT": 0,
  "GRAPH_FC1_ZERO": 1,
  "GRAPH_FC1_PRODUCT": 2,
  "GRAPH_FC1_SUM": 3,
  "GRAPH_HIDDEN": 4,
  "GRAPH_FC2_ZERO": 5,
  "GRAPH_FC2_PRODUCT": 6,
  "GRAPH_FC2_SUM": 7,
  "GRAPH_TOP": 8,
  "GRAPH_SHIFTED": 9,
  "GRAPH_EXPS": 10,
  "GRAPH_TOTAL_ZERO": 11,
  "GRAPH_TOTAL": 12,
  "GRAPH_INVERSE": 13,
  "GRAPH_PROBABILITY": 14,
  "GRAPH_LN": 15,
  "GRAPH_MINUS_ONE": 16,
  "GRAPH_PAIR_LOSS": 17,
  "GRAPH_SUM_ZERO": 18,
  "GRAPH_SUM": 19,
  "GRAPH_SHARE": 20,
  "GRAPH_LOSS": 21,
  "GRAPH_PARTS": 22,
  "GRAPH_ABOUT": 6,
  "GRAPH_NUMBERS": 4,
  "GRAPH_LARGEST": 2000000,
  "ISA_PLAIN": 0,
  "ISA_BASELINE": 1,
  "ISA_AVX2": 2,
  "ISA_AVX512": 3
} as const;
