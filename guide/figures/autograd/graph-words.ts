/* What the nodes of a word's graph are called, and the table of what is on the screen. */
import { weightName } from "../../kit/logic/weights.ts";
import { formatNumber } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";
import { PART, type Edge, type Shape } from "./graph-shape.ts";

const MADE = ["", "+", "×", "**-1", "log", "exp", "relu"];

export const f = (value: number): string => formatNumber(value, 4);

/** A number with as many digits as tell it from 0. */
export const short = (value: number): string => formatNumber(value, 3);

export const madeBy = (shape: Shape, node: number): string => MADE[shape.made(node)]!;

/** A node by its place in the program. */
export function nodeName(shape: Shape, names: string[], node: number): string {
  const place = shape.place(node);
  const part = shape.part(node);
  const letter = names[place] ?? "";
  const target = names[shape.found.tokens[shape.pair(node) + 1] ?? 0] ?? "";
  if (part === PART.GRAPH_WEIGHT) return weightName(shape.found.tensors, place);
  if (part <= PART.GRAPH_FC1_SUM) return inRow(shape, PART.GRAPH_FC1_ZERO, part, place, String);
  if (part === PART.GRAPH_HIDDEN) return `h[${place}]`;
  if (part <= PART.GRAPH_FC2_SUM)
    return inRow(shape, PART.GRAPH_FC2_ZERO, part, place, (row) => names[row] ?? "");
  const told: Partial<Record<number, string>> = {
    [PART.GRAPH_SHIFTED]: `logit[${letter}] − top`,
    [PART.GRAPH_EXPS]: `exps[${letter}]`,
    [PART.GRAPH_TOTAL]: t("graph-sum-of", { of: "exps", count: place + 1 }),
    [PART.GRAPH_INVERSE]: "total**-1",
    [PART.GRAPH_PROBABILITY]: `p[${target}]`,
    [PART.GRAPH_LN]: `ln p[${target}]`,
    [PART.GRAPH_PAIR_LOSS]: `−ln p[${target}]`,
    [PART.GRAPH_SUM]: t("graph-sum-of", { of: "−ln p", count: place + 1 }),
    [PART.GRAPH_LOSS]: "loss",
  };
  return told[part] ?? t("graph-constant", { value: formatNumber(shape.data(node), 2) });
}

/** Of a dot product: its 0, a product or a running sum. */
function inRow(
  shape: Shape,
  zero: number,
  part: number,
  place: number,
  name: (row: number) => string,
): string {
  if (part === zero) return "0";
  const columns = shape.columns(zero);
  const [row, j] = [Math.floor(place / columns), place % columns];
  const [matrix, input] = zero === PART.GRAPH_FC1_ZERO ? ["fc1", "x"] : ["fc2", "h"];
  if (part === zero + 1) return `${matrix}[${name(row)}][${j}] × ${input}[${j}]`;
  if (j === columns - 1 && matrix === "fc2") return `logit[${name(row)}]`;
  return t("graph-sum-of", { of: `${matrix}[${name(row)}]`, count: j + 1 });
}

export type Row = (string | number)[];

export const columns = (): string[] => [
  t("graph-node"),
  t("graph-made-by"),
  t("value"),
  t("gradient"),
  t("graph-slope"),
  t("graph-sends"),
];

export const nodeRow = (shape: Shape, names: string[], node: number): Row => [
  nodeName(shape, names, node),
  madeBy(shape, node),
  shape.data(node),
  shape.grad(node),
  "",
  "",
];

/** An edge by the node that it leads to. */
export const edgeRow = (shape: Shape, names: string[], edge: Edge): Row => [
  ...nodeRow(shape, names, edge.node).slice(0, 4),
  shape.slope(edge.node, edge.which),
  shape.sent(edge),
];

const FEW = 6;
const LARGEST = 3;

/** What edges bring, added up: all of a few, of many the largest. */
export function sumOf(shape: Shape, edges: Edge[]): string {
  const parts = edges.map((edge) => shape.sent(edge));
  const size = (part: number): number => Math.abs(part);
  const shown =
    parts.length > FEW ? parts.toSorted((a, b) => size(b) - size(a)).slice(0, LARGEST) : parts;
  const written = shown.map((part, i) =>
    part < 0 && i ? `(${formatNumber(part, 5)})` : formatNumber(part, 5),
  );
  const rest = parts.length - shown.length;
  if (rest) written.push(t("graph-more", { count: rest }));
  return written.join(" + ");
}
