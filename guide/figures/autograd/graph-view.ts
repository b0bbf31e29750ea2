/* What is on the screen at a depth, in words and as a table. */
import type { Table } from "../../runtime/figure/element.ts";
import { whole } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";
import { PART, type Edge, type Shape } from "./graph-shape.ts";
import { columns, edgeRow, f, madeBy, nodeName, nodeRow } from "./graph-words.ts";

/** Where the reader is. */
export interface View {
  shape: Shape;
  word: string;
  /** Of tokens, BOS the last. */
  names: string[];
  depth: number;
  pair: number;
  /** The part that the dot product begins with: of the first matrix or of the second. */
  zero: number;
  row: number;
  node: number;
}

export const pairName = ({ shape, names }: View, pair: number): string => {
  const [from = 0, to = 0] = shape.found.tokens.slice(pair, pair + 2);
  return `${names[from]} → ${names[to]}`;
};

export const dotName = ({ zero, row, names }: View): string =>
  zero === PART.GRAPH_FC1_ZERO ? `fc1[${row}] · x` : `logit[${names[row] ?? ""}]`;

/** A node's name, value and gradient. */
export const told = ({ shape, names }: View, node: number): string[] => [
  nodeName(shape, names, node),
  `${t("value")} ${f(shape.data(node))}`,
  `grad ${f(shape.grad(node))}`,
];

export const trail = (view: View): string[] =>
  [
    view.word,
    pairName(view, view.pair),
    dotName(view),
    nodeName(view.shape, view.names, view.node),
  ].slice(0, view.depth + 1);

/** What is seen there, in a sentence or two. */
export function said(view: View): string {
  return [ofWhole, ofPair, ofDot, ofNode][view.depth]!(view);
}

function ofWhole({ shape, word }: View): string {
  return t("graph-whole", {
    word,
    nodes: whole(shape.size),
    leaves: whole(shape.leaves),
    made: whole(shape.size - shape.leaves),
    pairs: whole(shape.pairs),
    loss: f(shape.data(shape.loss)),
  });
}

function ofPair({ shape, names, pair }: View): string {
  const loss = shape.room(PART.GRAPH_PAIR_LOSS, pair)[0]!;
  const [from = 0, to = 0] = shape.found.tokens.slice(pair, pair + 2);
  return t("graph-pair", {
    pair: whole(pair + 1),
    pairs: whole(shape.pairs),
    from: names[from] ?? "",
    to: names[to] ?? "",
    p: f(shape.data(shape.room(PART.GRAPH_PROBABILITY, pair)[0]!)),
    loss: f(shape.data(loss)),
    grad: f(shape.grad(loss)),
  });
}

function ofDot(view: View): string {
  const { shape, pair, zero, row } = view;
  const { products, sums } = shape.row(zero, pair, row);
  return t("graph-dot", {
    name: dotName(view),
    count: whole(products.length),
    value: f(shape.data(sums.at(-1)!)),
    grad: f(shape.grad(sums.at(-1)!)),
  });
}

function ofNode({ shape, names, node }: View): string {
  const [a, b] = [shape.child(node, 0), shape.child(node, 1)];
  return t("graph-node-said", {
    name: nodeName(shape, names, node),
    sum: `${f(shape.data(a))} ${madeBy(shape, node)} ${f(shape.data(b))} = ${f(shape.data(node))}`,
    grad: f(shape.grad(node)),
    left: nodeName(shape, names, a),
    sent: f(shape.sent({ node, which: 0 })),
    right: nodeName(shape, names, b),
    other: f(shape.sent({ node, which: 1 })),
  });
}

/** Of a weight that is followed its edges; then what the picture holds. */
export function tableOf(view: View, weight: number, edges: Edge[]): Table {
  const { shape, names, depth, node } = view;
  const rows = (nodes: number[]) => nodes.map((each) => nodeRow(shape, names, each));
  if (depth === 3) {
    const children = [0, 1].map((which) => [
      ...nodeRow(shape, names, shape.child(node, which)).slice(0, 4),
      shape.slope(node, which),
      shape.sent({ node, which }),
    ]);
    return { columns: columns(), rows: [...rows([node]), ...children] };
  }
  const own = weight >= 0 ? rows([weight]) : [];
  const uses = edges.map((edge) => edgeRow(shape, names, edge));
  return { columns: columns(), rows: [...own, ...uses, ...rows(listed(view))] };
}

function listed({ shape, depth, pair, zero, row }: View): number[] {
  if (depth === 0) {
    const losses = Array.from(
      { length: shape.pairs },
      (_, at) => shape.room(PART.GRAPH_PAIR_LOSS, at)[0]!,
    );
    return [...losses, ...shape.room(PART.GRAPH_SUM, -1), shape.loss];
  }
  if (depth === 2) {
    const { products, sums } = shape.row(zero, pair, row);
    const children = [0, 1].flatMap((which) => products.map((each) => shape.child(each, which)));
    return [...children, ...products, ...sums];
  }
  const dots = (start: number): number[] =>
    shape.room(start, pair).map((_, at) => shape.row(start, pair, at).sums.at(-1)!);
  const after = Array.from(
    { length: PART.GRAPH_PAIR_LOSS - PART.GRAPH_TOP },
    (_, i) => PART.GRAPH_SHIFTED + i,
  );
  return [
    ...dots(PART.GRAPH_FC1_ZERO),
    ...shape.room(PART.GRAPH_HIDDEN, pair),
    ...dots(PART.GRAPH_FC2_ZERO),
    ...after.flatMap((part) => shape.room(part, pair)),
  ];
}
