/* Where the Values of a graph stand: dagre's layout, from left to right, or where it is
   narrow from top to bottom. */
import { Graph, layout } from "@dagrejs/dagre";
import type { Line, Story } from "./story.ts";

export const NODE = { width: 108, height: 46 };
const MARGIN = 6;

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
  if (known?.key !== key) known = { key, plan: laidOut(shown, letters, lines, down) };
  return known.plan;
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
  const label = { width: 84, height: 18, labelpos: "c" as const };
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
