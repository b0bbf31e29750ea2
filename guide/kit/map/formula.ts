/* Of each number in the drawing how it was made, with the numbers in it. */
import { formatNumber } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";
import type { Inside } from "../../runtime/worker/jobs/attention/inside.ts";
import { products } from "../logic/products.ts";
import type { Part } from "./parts.ts";

/** What a formula looks up: parts by their names, the position that is shown. */
export interface Looked {
  found: Inside;
  parts: Part[];
  position: number;
}

const TERMS = 3; // of a sum that are written out
const DIGITS = 3;
const number = (value: number): string => formatNumber(value, DIGITS);

/** The matrix and the vector that each of these is the product of. */
const PRODUCTS: Record<string, [matrix: string, vector: string, written: string]> = {
  q: ["attn_wq", "attn_norm", "x_norm"],
  k: ["attn_wk", "attn_norm", "x_norm"],
  v: ["attn_wv", "attn_norm", "x_norm"],
  attn_out: ["attn_wo", "heads", "mix"],
  mlp_out: ["mlp_fc2", "hidden", "h"],
};
/** The two that each of these is the sum of. */
const SUMS: Record<string, [string, string, string, string]> = {
  residual1: ["residual0", "attn_out", "x", "attention"],
  residual2: ["residual1", "mlp_out", "x", "mlp"],
};
/** What each of these scales, and by what. */
const NORMS: Record<string, [string, string, string]> = {
  residual0: ["embedding", "emb_scale", "sum"],
  attn_norm: ["residual0", "attn_scale", "x"],
  mlp_norm: ["residual1", "mlp_scale", "x"],
};

/** How the cell of a part was made; empty where it was not. */
export function formulaOf(looked: Looked, part: Part, cell: number): string {
  const value = formatNumber(part.values[cell] ?? 0);
  const row = Math.floor(cell / part.columns);
  const i = cell - row * part.columns;
  if (part.kind === "weights") return `${part.id}[${row}][${i}] = ${value}`;
  const made = madeOf(looked, part, row, i);
  return made && `${made} = ${value}`;
}

function madeOf(looked: Looked, { id }: Part, row: number, i: number): string {
  const { found, position } = looked;
  const one = (of: string, at: number): string => number(valuesOf(looked, of)[at] ?? 0);
  const scaled = NORMS[id];
  if (scaled) {
    const [from, by, written] = scaled;
    const scale = number(found.values[by]?.[position] ?? 0);
    return `${t("map-norm")}[${i}] = ${written}[${i}] × ${t("map-scale")} = ${one(from, i)} × ${scale}`;
  }
  const added = SUMS[id];
  if (added) {
    const [x, more, first, second] = added;
    return `x[${i}] = ${first}[${i}] + ${second}[${i}] = ${one(x, i)} + ${one(more, i)}`;
  }
  if (id === "embedding") return embedded(looked, i);
  if (id === "hidden") return `h[${i}] = max(0, ${one("before_relu", i)})`;
  if (id === "scores") return scored(looked, row, i);
  if (id === "weights")
    return shared("weights", headsOf(looked), row, ofHead(looked, "scores", i), i);
  if (id === "probs") return shared("probs", 1, i, [...valuesOf(looked, "logits")], 0);
  if (id === "heads") return mixed(looked, i);
  return dotted(looked, id, row, i);
}

const valuesOf = ({ parts }: Looked, id: string): Part["values"] =>
  parts.find((part) => part.id === id)?.values ?? [];

const headsOf = ({ found }: Looked): number => found.headCount;

/** A head's column of scores or weights: one for each key. */
const ofHead = (looked: Looked, id: string, head: number): number[] =>
  [...valuesOf(looked, id)].filter((_, i) => i % headsOf(looked) === head);

const rowOf = (values: ArrayLike<number>, row: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => values[row * size + i] ?? 0);

function embedded(looked: Looked, i: number): string {
  const { found, position } = looked;
  const token = found.tokens[position]!;
  const size = valuesOf(looked, "embedding").length;
  const first = valuesOf(looked, "wte")[token * size + i] ?? 0;
  if (found.step < 3) return `x[${i}] = wte[${token}][${i}]`;
  const second = valuesOf(looked, "wpe")[position * size + i] ?? 0;
  return `${t("map-sum")}[${i}] = wte[${token}][${i}] + wpe[${position}][${i}] = ${number(first)} + ${number(second)}`;
}

/** A dot product of a matrix' row and a vector. */
function dotted(looked: Looked, id: string, row: number, i: number): string {
  const { found } = looked;
  const single = found.step < 3;
  const logits: [string, string, string] = single
    ? ["mlp_fc2", "hidden", "h"]
    : ["lm_head", "residual2", "x"];
  const before: [string, string, string] = single
    ? ["mlp_fc1", "embedding", "x"]
    : ["mlp_fc1", "mlp_norm", "x_norm"];
  const made = id === "logits" ? logits : id === "before_relu" ? before : PRODUCTS[id];
  if (!made) return "";
  const [matrix, vector, written] = made;
  // of the keys and values before it: what their own position gave
  const past = id === "k" || id === "v";
  const size = valuesOf(looked, vector).length;
  const x = past ? rowOf(found.values[vector] ?? [], row, size) : valuesOf(looked, vector);
  const w = rowOf(valuesOf(looked, matrix), i, size);
  const name = past ? `${id}[${row}][${i}]` : `${id === "before_relu" ? matrix : id}[${i}]`;
  return `${name} = ${matrix}[${i}] · ${written} = ${products(w, x)}`;
}

function scored(looked: Looked, j: number, head: number): string {
  const q = valuesOf(looked, "q");
  const key = rowOf(valuesOf(looked, "k"), j, q.length);
  const heads = headsOf(looked);
  const size = q.length / heads;
  const [from, to] = [head * size, (head + 1) * size];
  const cut = heads > 1 ? `[${from}…${to - 1}]` : "";
  const terms = products(key.slice(from, to), [...q].slice(from, to));
  return `${entry("scores", heads, head, j)} = q${cut} · k[${j}]${cut} / √${size} = (${terms}) / √${size}`;
}

/** An entry of what each head has one of, by the head where there are several. */
const entry = (id: string, heads: number, head: number, at: number): string =>
  heads > 1 ? `${id}[${head}][${at}]` : `${id}[${at}]`;

/** One of several that share 1: e to the one, by the sum of e to each. */
function shared(id: string, heads: number, at: number, all: number[], head: number): string {
  const power = (i: number): string => `e^${number(all[i] ?? 0)}`;
  const first = Array.from({ length: Math.min(TERMS, all.length) }, (_, i) => power(i));
  const sum = [...first, ...(all.length > TERMS ? ["…"] : [])].join(" + ");
  return `${entry(id, heads, head, at)} = ${power(at)} / (${sum})`;
}

function mixed(looked: Looked, i: number): string {
  const heads = headsOf(looked);
  const size = valuesOf(looked, "heads").length;
  const head = Math.floor((i * heads) / size);
  const weights = ofHead(looked, "weights", head);
  const values = valuesOf(looked, "v");
  const column = Array.from(weights, (_, j) => values[j * size + i] ?? 0);
  return `mix[${i}] = Σ ${heads > 1 ? `weights[${head}]` : "weights"}[j] × v[j][${i}] = ${products(weights, column)}`;
}
