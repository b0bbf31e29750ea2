/* Expressions that a reader types, as graphs of Values: the kernel's. */
import { CONSTANTS, STRUCTS, type Address } from "../../kernel/calls.ts";
import { code, type Kernel } from "../../kernel/kernel.ts";
import { tools } from "../operations.ts";

export type Walk = "order" | "recursion" | "overwrite";

/** What is written, and the numbers of the letters a to z. */
export interface Written {
  text: string;
  numbers: number[];
}

/** Why it cannot be computed, and where in the text that is, in characters. */
export interface Refusal {
  why: string;
  start: number;
  length: number;
}

/** A Value. What it was made from is -1 where there is nothing. */
export interface Node {
  op: string;
  /** The letter that is its name, or nothing. */
  letter: string;
  /** Where in the text its operation stands, in characters. */
  start: number;
  length: number;
  first: number;
  second: number;
  firstSlope: number;
  secondSlope: number;
  data: number;
  /** A constant, or the exponent. */
  number: number;
  /** The last node of the operation that it is part of. */
  whole: number;
  /** Of that last node: neg, sub or div. */
  derived: string;
  /** Its slope to its second operand. */
  through: number;
}

/** A gradient on its way along an edge. */
export interface Push {
  turn: number;
  node: number;
  /** 0 to the first that the node was made from, 1 to the second. */
  edge: number;
  child: number;
  grad: number;
  share: number;
  after: number;
}

export interface Graph {
  nodes: Node[];
  top: number;
  pushes: Push[];
  /** The gradients of the lesson's own walk, whichever was asked for. */
  right: Float64Array;
}

/** A letter that is nudged: the top's value then, how far it moved, and how far the letter's
    gradient says. */
export interface Nudged {
  letter: string;
  by: number;
  top: number;
  moved: number;
  said: number;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const { fields, size } = STRUCTS.graph;
type Field = keyof typeof fields;

const named = (prefix: string, value: number): string => {
  const found = Object.entries(CONSTANTS).find(
    ([name, each]) => name.startsWith(prefix) && each === value,
  );
  return found?.[0].slice(prefix.length).toLowerCase() ?? "";
};

/** A text in the kernel, read and computed as far as it can be. */
export class Reading {
  readonly at: Address;

  constructor(private readonly kernel: Kernel) {
    this.at = kernel.allocate(size);
  }

  read({ text, numbers }: Written): Refusal | null {
    const points = Array.from(text, (character) => character.codePointAt(0)!);
    const { call } = this.kernel;
    const why =
      call.expression_read(this.at, this.kernel.putInts(points), points.length) ||
      call.expression_data(this.at, this.kernel.putDoubles(numbers));
    return why ? this.refusal(why) : null;
  }

  walk(how: number): { pushes: Push[]; refusal: Refusal | null } {
    const most = CONSTANTS.MOST_PUSHES;
    const [pushes, amounts] = [this.kernel.allocate(12 * most), this.kernel.allocate(24 * most)];
    const count = this.kernel.call.expression_walk(this.at, how, pushes, amounts);
    if (count < 0) return { pushes: [], refusal: this.refusal(-count) };
    const children = [this.ints("first"), this.ints("second")];
    const who = this.kernel.ints(pushes, 3 * count);
    const much = this.kernel.doubles(amounts, 3 * count);
    const each = (i: number): Push => {
      const [turn, node, edge] = who.subarray(3 * i) as unknown as [number, number, number];
      const [grad, share, after] = much.subarray(3 * i) as unknown as [number, number, number];
      return { turn, node, edge, child: children[edge]![node]!, grad, share, after };
    };
    return { pushes: Array.from({ length: count }, (_, i) => each(i)), refusal: null };
  }

  get top(): number {
    return this.int("top");
  }

  nodes(): Node[] {
    const [ops, letters, derived] = [this.ints("op"), this.ints("letter"), this.ints("derived")];
    const [first, second, whole] = [this.ints("first"), this.ints("second"), this.ints("whole")];
    const [data, number] = [this.doubles("data"), this.doubles("number")];
    const slopes = [this.doubles("first_slope"), this.doubles("second_slope")];
    const through = this.doubles("through");
    const [start, length] = [this.ints("start"), this.ints("length")];
    return Array.from(ops, (op, i) => ({
      op: named("OP_", op),
      letter: LETTERS[letters[i]!] ?? "",
      start: start[i]!,
      length: length[i]!,
      first: first[i]!,
      second: second[i]!,
      firstSlope: slopes[0]![i]!,
      secondSlope: slopes[1]![i]!,
      data: data[i]!,
      number: number[i]!,
      whole: whole[i]!,
      derived: derived[i] ? named("OP_", derived[i]!) : "",
      through: through[i]!,
    }));
  }

  doubles(field: Field): Float64Array {
    return this.kernel.doubles(this.at + fields[field].offset, this.int("num_nodes"));
  }

  private ints(field: Field): Int32Array {
    return this.kernel.ints(this.at + fields[field].offset, this.int("num_nodes"));
  }

  private int(field: Field): number {
    return this.kernel.ints(this.at + fields[field].offset, 1)[0]!;
  }

  private refusal(why: number): Refusal {
    const [start, length] = [this.int("error_start"), this.int("error_length")];
    return { why: named("REFUSED_", why), start, length };
  }
}

/** The graph of the first of these that can be computed, and why the very first cannot. */
export async function expression(input: {
  tries: Written[];
  walk: Walk;
  twice: boolean;
  nudge: { letter: string; by: number };
}): Promise<{
  refusal: Refusal | null;
  /** Of which text that is said. */
  of: string;
  /** Which of them could be computed. */
  written: Written | null;
  graph: Graph | null;
  nudged: Nudged | null;
}> {
  const kernel = await tools();
  return kernel.freed(() => {
    const reading = new Reading(kernel);
    const of = input.tries[0]!.text;
    let refusal: Refusal | null = null;
    for (const written of input.tries) {
      const found = reading.read(written) ?? rightAndWalked(reading, input);
      if (!("why" in found)) {
        const nudged = nudge(kernel, written, found, input.nudge);
        return { refusal, of, written, graph: found, nudged };
      }
      refusal ??= found;
    }
    return { refusal, of, written: null, graph: null, nudged: null };
  });
}

function rightAndWalked(
  reading: Reading,
  { walk, twice }: { walk: Walk; twice: boolean },
): Graph | Refusal {
  const right = reading.walk(0);
  if (right.refusal) return right.refusal;
  const grads = reading.doubles("grad");
  const how = (walk === "order" ? 0 : code(`walk_${walk}`)) + (twice ? code("walk_twice") : 0);
  const { pushes, refusal } = how ? reading.walk(how) : right;
  return refusal ?? { nodes: reading.nodes(), top: reading.top, pushes, right: grads };
}

function nudge(
  kernel: Kernel,
  { text, numbers }: Written,
  { nodes, top, right }: Graph,
  { letter, by }: { letter: string; by: number },
): Nudged | null {
  const node = nodes.findIndex((each) => each.op === "letter" && each.letter === letter);
  if (node < 0) return null;
  const moved = numbers.map((each, i) => (LETTERS[i] === letter ? each + by : each));
  const reading = new Reading(kernel);
  if (reading.read({ text, numbers: moved })) return null;
  const after = reading.doubles("data")[top]!;
  return { letter, by, top: after, moved: after - nodes[top]!.data, said: right[node]! * by };
}
