/* The nodes of a word's graph, found by what they are. */
import { CONSTANTS } from "../../runtime/worker/kernel/calls.ts";
import type { Graphed } from "../../runtime/worker/jobs/autograd/graphs.ts";

export const PART = CONSTANTS;
const { GRAPH_ABOUT: ABOUT, GRAPH_NUMBERS: NUMBERS, GRAPH_PARTS: PARTS } = CONSTANTS;

/** An edge from a child to what is made of it: 0 is its first child, 1 its second. */
export interface Edge {
  node: number;
  which: number;
}

export class Shape {
  readonly size: number;
  readonly pairs: number;
  readonly loss: number;
  /** Nodes that nothing was made from. */
  readonly leaves: number;
  /** Of each weight its node; -1 for one that this word does not use. */
  readonly ofWeight: Int32Array;
  private readonly rooms = new Map<number, number[]>();

  constructor(readonly found: Graphed) {
    this.size = found.about.length / ABOUT;
    this.pairs = found.tokens.length - 1;
    this.loss = this.size - 1;
    this.ofWeight = new Int32Array(found.grads.length).fill(-1);
    let leaves = 0;
    for (let node = 0; node < this.size; node++) {
      const part = this.part(node);
      if (this.child(node, 0) < 0) leaves++;
      if (part === PART.GRAPH_WEIGHT) this.ofWeight[this.place(node)] = node;
      const key = part + PARTS * (this.pair(node) + 1);
      const room = this.rooms.get(key);
      if (room) room.push(node);
      else this.rooms.set(key, [node]);
    }
    this.leaves = leaves;
  }

  made = (node: number): number => this.found.about[node * ABOUT]!;
  part = (node: number): number => this.found.about[node * ABOUT + 1]!;
  pair = (node: number): number => this.found.about[node * ABOUT + 2]!;
  place = (node: number): number => this.found.about[node * ABOUT + 3]!;
  child = (node: number, which: number): number => this.found.about[node * ABOUT + 4 + which]!;
  data = (node: number): number => this.found.numbers[node * NUMBERS]!;
  grad = (node: number): number => this.found.numbers[node * NUMBERS + 1]!;
  slope = (node: number, which: number): number => this.found.numbers[node * NUMBERS + 2 + which]!;

  /** What backward adds to the gradient of a child. */
  sent = ({ node, which }: Edge): number => this.slope(node, which) * this.grad(node);

  /** The nodes of a part, of one pair (-1: of none), in their order. */
  room(part: number, pair: number): number[] {
    return this.rooms.get(part + PARTS * (pair + 1)) ?? [];
  }

  /** How many rows a part of a pair has, by their zeros: hidden units, or tokens. */
  rows(zero: number): number {
    return this.room(zero, 0).length;
  }

  /** The numbers in a row of a dot product. */
  columns(zero: number): number {
    return this.room(zero + 1, 0).length / this.rows(zero);
  }

  /** The products and sums of a dot product. */
  row(zero: number, pair: number, row: number): { products: number[]; sums: number[] } {
    const columns = this.columns(zero);
    const cut = (part: number): number[] =>
      this.room(part, pair).slice(row * columns, (row + 1) * columns);
    return { products: cut(zero + 1), sums: cut(zero + 2) };
  }

  /** The edges that leave a node, in the order in which their ends were made. */
  edges(child: number): Edge[] {
    const found: Edge[] = [];
    for (let node = child + 1; node < this.size; node++)
      for (const which of [0, 1])
        if (this.child(node, which) === child) found.push({ node, which });
    return found;
  }
}
