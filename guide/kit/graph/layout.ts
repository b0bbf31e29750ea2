/* Where the Values of a graph stand, from left to right, or where it is narrow from top to
   bottom: dagre's layout; in plain columns where that would keep the reader waiting. */
import { Graph, layout } from "@dagrejs/dagre";
import type { Line, Story } from "./story.ts";

export const NODE = { width: 108, height: 46 };
const LABEL = { width: 84, height: 18 };
const MARGIN = 6;
// dagre puts a place of its own into each column that a line crosses: with so many of them
// it takes a tenth of a second, with ten times as many half a minute
const MOST_CROSSED = 220;

export interface Place {
  x: number;
  y: number;
}

export interface Plan {
  width: number;
  height: number;
  nodes: Map<number, Place>;
  /** Of each line the points it goes through, and where its number stands. */
  lines: Map<string, { points: Place[]; label: Place }>;
}

let known: { key: string; plan: Plan } | undefined;

/** The plan of what a story draws; of the same drawing it is the same. */
export function planOf({ shown, letters, lines }: Story, down: boolean): Plan {
  const key = [down, shown, lines.map(({ key, from }) => `${from}>${key}`)].join(" ");
  if (known?.key !== key) {
    const columns = columnsOf(shown, lines);
    const crossed = lines.reduce((sum, { from, to }) => sum + columns[to]! - columns[from]!, 0);
    const plan =
      crossed > MOST_CROSSED
        ? inColumns(shown, lines, columns, down)
        : laidOut(shown, letters, lines, down);
    known = { key, plan };
  }
  return known.plan;
}

/** The column of each Value: behind all that it was made from, and what was made from
    nothing right before its first use. */
function columnsOf(shown: number[], lines: Line[]): number[] {
  const columns: number[] = [];
  // each comes after what it was made from
  for (const i of [...shown].sort((a, b) => a - b)) {
    const before = lines.filter(({ to }) => to === i).map(({ from }) => columns[from]!);
    columns[i] = before.length ? 1 + Math.max(...before) : 0;
  }
  const made = new Set(lines.map(({ to }) => to));
  for (const i of shown.filter((each) => !made.has(each))) {
    const uses = lines.filter(({ from }) => from === i).map(({ to }) => columns[to]!);
    columns[i] = uses.length ? Math.min(...uses) - 1 : 0;
  }
  return columns;
}

/** Columns one behind the other, the Values of each in the order in which they are made. */
function inColumns(shown: number[], lines: Line[], columns: number[], down: boolean): Plan {
  const along = down ? NODE.height + 2 * LABEL.height : NODE.width + LABEL.width + 20;
  const across = down ? NODE.width + 12 : NODE.height + 16;
  const sizes: number[] = [];
  const rows = new Map(shown.map((i) => [i, (sizes[columns[i]!] = (sizes[columns[i]!] ?? 0) + 1)]));
  const most = Math.max(...sizes.filter(Boolean));
  const turned = (x: number, y: number): Place => (down ? { x: y, y: x } : { x, y });
  const place = (i: number): Place => {
    const row = rows.get(i)! - 1 + (most - sizes[columns[i]!]!) / 2;
    const half = down ? [NODE.height, NODE.width] : [NODE.width, NODE.height];
    const x = MARGIN + half[0]! / 2 + columns[i]! * along;
    return turned(x, MARGIN + half[1]! / 2 + row * across);
  };
  const nodes = new Map(shown.map((i) => [i, place(i)]));
  const way = ({ key, from, to }: Line): [string, { points: Place[]; label: Place }] => {
    const [a, b] = [nodes.get(from)!, nodes.get(to)!];
    const gap = down ? [0, NODE.height / 2] : [NODE.width / 2, 0];
    const start = { x: a.x + gap[0]!, y: a.y + gap[1]! };
    const end = { x: b.x - gap[0]!, y: b.y - gap[1]! };
    const near = down ? LABEL.height / (end.y - start.y) : LABEL.width / 2 / (end.x - start.x);
    const label = {
      x: end.x - near * (end.x - start.x),
      y: end.y - near * (end.y - start.y),
    };
    return [key, { points: [start, end], label }];
  };
  const length = (sizes.length - 1) * along + 2 * MARGIN + (down ? NODE.height : NODE.width);
  const breadth = (most - 1) * across + 2 * MARGIN + (down ? NODE.width : NODE.height);
  const { x: width, y: height } = turned(length, breadth);
  return { width, height, nodes, lines: new Map(lines.map(way)) };
}

function laidOut(shown: number[], letters: number, lines: Line[], down: boolean): Plan {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({
    rankdir: down ? "TB" : "LR",
    ranksep: down ? 12 : 20,
    nodesep: down ? 12 : 16,
    edgesep: 8,
    marginx: MARGIN,
    marginy: MARGIN,
  });
  for (const i of shown) graph.setNode(String(i), { ...NODE });
  const label = { ...LABEL, labelpos: "c" as const };
  for (const { key, from, to } of lines) graph.setEdge(String(from), String(to), { ...label }, key);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const at = (i: number): Place => graph.node(String(i)) as Place;
  // the first letter comes first: dagre may have it the other way round
  const across = (i: number): number => (down ? at(i).x : at(i).y);
  const turned = across(shown[0]!) > across(shown[Math.max(0, letters - 1)]!);
  const place = ({ x, y }: Place): Place =>
    !turned ? { x, y } : down ? { x: width - x, y } : { x, y: height - y };
  const way = ({ key, from, to }: Line): [string, { points: Place[]; label: Place }] => {
    const found = graph.edge(String(from), String(to), key) as Place & { points: Place[] };
    return [key, { points: found.points.map(place), label: place(found) }];
  };
  const nodes = new Map(shown.map((i) => [i, place(at(i))]));
  return { width, height, nodes, lines: new Map(lines.map(way)) };
}
