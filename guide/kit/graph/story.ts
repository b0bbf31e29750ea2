/* What is drawn of an expression's graph, and its story: how it is built, Value by Value,
   and how gradients then come back, node by node. */
import type { Graph, Node, Push } from "../../runtime/worker/jobs/autograd/expressions.ts";
import { formatNumber, signed, whole } from "../../runtime/figure/formatting.ts";

/** A line from a Value to one that was made from it. */
export interface Line {
  key: string;
  from: number;
  to: number;
  slope: number;
}

/** What comes along a line on the way back, and what it makes of the gradient there. */
export interface Told {
  key: string;
  child: number;
  grad: number;
  slope: number;
  share: number;
  before: number;
  after: number;
}

/** A node's turn to tell those that it was made from. */
export interface Turn {
  node: number;
  told: Told[];
  /** How many pushes are done after it. */
  until: number;
}

export interface Story {
  /** Values that are drawn, in the order in which they are made: letters first. */
  shown: number[];
  letters: number;
  lines: Line[];
  turns: Turn[];
  /** At which place all is built, and which place is the last. */
  built: number;
  end: number;
}

/** A number in a narrow place: no more digits than it has. */
export function short(value: number): string {
  if (Number.isInteger(value)) return whole(value);
  const text = formatNumber(value, 4);
  return text.includes("e") ? text : text.replace(/\.?0+$/, "");
}

const SIGNS: Record<string, string> = { add: "+", mul: "×", sub: "−", div: "÷", neg: "−( )" };

/** The sign of what a Value does; of a folded operation its own. */
export function signOf({ op, derived, number }: Node, folded: boolean): string {
  if (folded && derived) return SIGNS[derived]!;
  if (op === "pow") return `**${short(number)}`;
  return op === "letter" || op === "number" ? "" : (SIGNS[op] ?? op);
}

/** What a Value is called: its letter, its number, or the text that makes it. */
export function nameOf(graph: Graph, i: number, text: string): string {
  const { letter, op, number, whole: last, first, start, length } = graph.nodes[i]!;
  if (letter) return letter;
  if (op === "number") return short(number);
  // inside an operation that follows from others nothing of the text is only its own
  if (last !== i) return `${nameOf(graph, first, text)}${op === "pow" ? "**−1" : " × −1"}`;
  const written = signed([...text].slice(start, start + length).join(""));
  return written.length > 24 ? `${written.slice(0, 11)} … ${written.slice(-11)}` : written;
}

/** Of those that follow from others, whether it is drawn as one. */
export type Folded = (last: number) => boolean;

const isHidden = ({ nodes }: Graph, i: number, folded: Folded): boolean =>
  nodes[i]!.whole !== i && folded(nodes[i]!.whole);

/** The lines into a Value; into a folded operation those from what it was made from. */
function linesInto({ nodes }: Graph, to: number, folded: boolean): Line[] {
  const node = nodes[to]!;
  const line = (which: number, from: number, slope: number): Line[] =>
    from < 0 ? [] : [{ key: `${to}.${which}`, from, to, slope }];
  const first = line(0, node.first, node.firstSlope);
  if (!folded || !node.derived) return [...first, ...line(1, node.second, node.secondSlope)];
  if (node.derived === "neg") return first;
  return [...first, ...line(1, nodes[node.second]!.first, node.through)];
}

export function storyOf(graph: Graph, folded: Folded): Story {
  const all = graph.nodes.map((_, i) => i).filter((i) => !isHidden(graph, i, folded));
  const letters = all.filter((i) => graph.nodes[i]!.op === "letter");
  const made = all.filter((i) => graph.nodes[i]!.op !== "letter");
  const lines = all.flatMap((i) => linesInto(graph, i, folded(i)));
  const turns = turnsOf(graph, lines, folded);
  return {
    shown: [...letters, ...made],
    letters: letters.length,
    lines,
    turns,
    built: made.length,
    end: made.length + 1 + turns.length,
  };
}

/** The turns of nodes; those inside a folded operation belong to its own. */
function turnsOf(graph: Graph, lines: Line[], folded: Folded): Turn[] {
  const slopes = new Map(lines.map(({ key, slope }) => [key, slope]));
  const turns: Turn[] = [];
  const grads = new Map<number, number>();
  let last = -1;
  graph.pushes.forEach((push, i) => {
    const inside = isHidden(graph, push.node, folded);
    const node = inside ? graph.nodes[push.node]!.whole : push.node;
    if (push.turn !== last && !(inside && turns.at(-1)?.node === node))
      turns.push({ node, told: [], until: i });
    last = push.turn;
    const turn = turns.at(-1)!;
    turn.until = i + 1;
    if (!isHidden(graph, push.child, folded))
      turn.told.push(toldOf(push, inside ? `${node}.1` : `${node}.${push.edge}`, grads, slopes));
    grads.set(push.child, push.after);
  });
  // a folded operation's own gradient is what its outer lines bring back
  for (const { node, told } of turns)
    for (const each of told) if (folded(node)) each.grad = told[0]!.grad;
  return turns;
}

const toldOf = (
  { child, grad, share, after }: Push,
  key: string,
  grads: Map<number, number>,
  slopes: Map<string, number>,
): Told => ({
  key,
  child,
  grad,
  slope: slopes.get(key) ?? 0,
  share,
  before: grads.get(child) ?? 0,
  after,
});

/** Gradients at a place of the story, by node: only of those that were reached. */
export function gradsAt(graph: Graph, { built, turns }: Story, at: number): Map<number, number> {
  const grads = new Map<number, number>();
  if (at <= built) return grads;
  grads.set(graph.top, 1);
  const until = turns[at - built - 2]?.until ?? 0;
  for (const { child, after } of graph.pushes.slice(0, until)) grads.set(child, after);
  return grads;
}
