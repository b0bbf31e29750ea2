/* Where the nodes of a word's graph lie at each of the four depths. */
import type { Box, NodePicture } from "../../kit/graph/nodes.ts";
import { PART, type Shape } from "./graph-shape.ts";

const NARROW = 600; // px of a picture on a phone
const LABEL = 16; // px that a line of labels takes
const BOS_WIDE = 28; // px that BOS takes, and what is beside it
const PITCHES = [
  8, 7, 6, 5.5, 5, 4.5, 4, 3.5, 3.25, 3, 2.75, 2.5, 2.25, 2, 1.75, 1.5, 1.25, 1, 0.75, 0.5, 0.35,
  0.25,
];
/** Parts of a column that stand apart: the first matrix, relu, the second, the loss. */
const REGIONS = [PART.GRAPH_HIDDEN, PART.GRAPH_FC2_ZERO, PART.GRAPH_TOP];

class Maker implements NodePicture {
  nodes: number[] = [];
  boxes: Box[] = [];
  places: Box[] = [];
  labels: NodePicture["labels"] = [];

  node(node: number, x: number, y: number, w: number, h: number): void {
    this.nodes.push(node);
    this.boxes.push({ x, y, w, h });
  }

  label(
    text: string,
    x: number,
    y: number,
    align: CanvasTextAlign = "left",
    upright = false,
  ): void {
    this.labels.push({ text, x, y, align, upright });
  }
}

const region = (part: number): number => REGIONS.filter((first) => part >= first).length;

/** The nodes of a pair, region by region. */
function columnOf(shape: Shape, pair: number): number[][] {
  const found: number[][] = [[], [], [], []];
  for (let node = 0; node < shape.size; node++)
    if (shape.pair(node) === pair) found[region(shape.part(node))]!.push(node);
  return found;
}

/** The whole graph: the weights above, a column of dots for each pair, the loss below. */
export function whole(shape: Shape, width: number, height: number, names: string[]): NodePicture {
  const made = new Maker();
  const n = shape.pairs;
  const gap = n > 12 ? 2 : 10;
  const column = (width - gap * (n - 1)) / n;
  const upright = column < BOS_WIDE; // it then stands on end, as in other figures
  const head = upright ? BOS_WIDE : LABEL;
  const weights = shape.room(PART.GRAPH_WEIGHT, -1);
  const sizes = columnOf(shape, 0).map((each) => each.length);
  const across = (pitch: number): number => Math.max(1, Math.floor(column / pitch));
  const band = (pitch: number): number =>
    Math.ceil(weights.length / Math.floor(width / pitch)) * pitch;
  const tall = (pitch: number): number =>
    band(pitch) +
    sizes.reduce((sum, size) => sum + Math.ceil(size / across(pitch)) * pitch + 4, 0) +
    head +
    LABEL +
    14;
  const pitch = PITCHES.find((each) => tall(each) <= height) ?? PITCHES.at(-1)!;
  const dot = pitch > 2 ? pitch - 0.75 : pitch * 0.8;
  const flow = (nodes: number[], left: number, top: number, per: number): number => {
    nodes.forEach((node, i) =>
      made.node(node, left + (i % per) * pitch, top + Math.floor(i / per) * pitch, dot, dot),
    );
    return top + Math.ceil(nodes.length / per) * pitch;
  };
  const top = flow(weights, 0, 0, Math.floor(width / pitch)) + head + 4;
  for (let pair = 0; pair < n; pair++) {
    const left = pair * (column + gap);
    let y = top;
    for (const nodes of columnOf(shape, pair)) y = flow(nodes, left, y, across(pitch)) + 4;
    made.places.push({ x: left, y: top, w: column, h: y - top });
    const [from, to] = [names[shape.found.tokens[pair]!]!, names[shape.found.tokens[pair + 1]!]!];
    if (column >= 56) made.label(`${from} → ${to}`, left, top - 5);
    else if (column >= 11) made.label(from, left, top - 5, "left", from === "BOS" && upright);
  }
  const end = Math.max(...made.places.map(({ y, h }) => y + h)) + 4;
  const rest = [PART.GRAPH_SUM_ZERO, PART.GRAPH_SUM, PART.GRAPH_SHARE, PART.GRAPH_LOSS];
  const last = rest.flatMap((part) => shape.room(part, -1));
  const step = Math.min(14, width / last.length);
  last.forEach((node, i) => made.node(node, i * step, end, Math.min(7, step * 0.8), 7));
  made.label("loss", Math.min(width - 32, last.length * step + 4), end + 8);
  return made;
}

/** One pair: what its token's numbers become, up to minus the logarithm. */
export function onePair(
  shape: Shape,
  pair: number,
  width: number,
  height: number,
  letters: string[],
): NodePicture {
  const made = new Maker();
  const [F, C] = [shape.rows(PART.GRAPH_FC1_ZERO), shape.columns(PART.GRAPH_FC1_ZERO)];
  const V = shape.rows(PART.GRAPH_FC2_ZERO);
  const unit = (width - 36) / (2 * C + 2 * F + 20);
  const top = LABEL + 4;
  const tall = height - top;
  let x = 0;
  const list = (nodes: number[], rows: number, wide: number): void => {
    const each = tall / rows;
    nodes.forEach((node, i) => made.node(node, x, top + i * each, wide * unit, each * 0.8));
    x += (wide + 1) * unit;
  };
  const block = (zero: number, rows: number, columns: number): void => {
    const each = tall / rows;
    const zeros = shape.room(zero, pair);
    for (let row = 0; row < rows; row++) {
      const { products, sums } = shape.row(zero, pair, row);
      const line = [zeros[row]!, ...products.flatMap((node, j) => [node, sums[j]!])];
      line.forEach((node, i) =>
        made.node(node, x + i * unit, top + row * each, unit * 0.8, each * 0.8),
      );
      made.places.push({ x, y: top + row * each, w: line.length * unit, h: each });
    }
    made.label(`${rows} × ${columns}`, x, LABEL - 4);
    x += (2 * columns + 2) * unit;
  };
  const inputs = shape.row(PART.GRAPH_FC1_ZERO, pair, 0).products;
  if (width >= NARROW) made.label("x", x, LABEL - 4);
  list(
    inputs.map((node) => shape.child(node, 1)),
    F,
    1,
  );
  block(PART.GRAPH_FC1_ZERO, F, C);
  if (width >= NARROW) made.label("relu", x + 2 * unit, LABEL - 4, "right");
  list(shape.room(PART.GRAPH_HIDDEN, pair), F, 2);
  block(PART.GRAPH_FC2_ZERO, V, F);
  const every = Math.ceil(12 / (tall / V));
  letters.forEach((letter, i) => {
    if (i % every === 0) made.label(letter, width - 2, top + (i + 0.5) * (tall / V) + 4, "right");
  });
  for (const part of [PART.GRAPH_TOP, PART.GRAPH_SHIFTED, PART.GRAPH_EXPS])
    list(shape.room(part, pair), V, 1);
  list(
    [...shape.room(PART.GRAPH_TOTAL_ZERO, pair), ...shape.room(PART.GRAPH_TOTAL, pair)],
    V + 1,
    1,
  );
  const rest = [PART.GRAPH_INVERSE, PART.GRAPH_PROBABILITY, PART.GRAPH_LN];
  list(
    [...rest, PART.GRAPH_MINUS_ONE, PART.GRAPH_PAIR_LOSS].flatMap((part) => shape.room(part, pair)),
    8,
    3,
  );
  return made;
}

/** One dot product: its weights, what they meet, the products and the running sum. */
export function oneDot(
  shape: Shape,
  pair: number,
  zero: number,
  row: number,
  width: number,
  height: number,
  write: (value: number) => string,
  value: (node: number) => number,
): NodePicture {
  const made = new Maker();
  const { products, sums } = shape.row(zero, pair, row);
  const edge = 44;
  const per = width < NARROW ? 16 : Math.min(32, products.length);
  const groups = Math.ceil(products.length / per);
  const cell = (width - edge) / per;
  const line = Math.min(72, (height - 10 * groups) / (4 * groups));
  const lines = [
    products.map((node) => shape.child(node, 0)),
    products.map((node) => shape.child(node, 1)),
    products,
    sums,
  ];
  const other = zero === PART.GRAPH_FC1_ZERO ? "x" : "h";
  const titles = ["w", other, `w × ${other}`, "sum"];
  const box = (which: number, j: number): Box => ({
    x: edge + (j % per) * cell,
    y: (Math.floor(j / per) * 4 + which) * line + Math.floor(j / per) * 10,
    w: cell - 1.5,
    h: line - 1.5,
  });
  for (const which of [0, 1, 2, 3]) {
    lines[which]!.forEach((node, j) => {
      const { x, y, w, h } = box(which, j);
      made.node(node, x, y, w, h);
      if (cell >= 50)
        made.labels.push({
          text: write(value(node)),
          x: x + w / 2,
          y: y + h / 2 + 4,
          align: "center",
          over: node,
        });
    });
    for (let group = 0; group < groups; group++)
      made.label(titles[which]!, 0, box(which, group * per).y + line / 2 + 4);
  }
  made.places = [2, 3].flatMap((which) => products.map((_, j) => box(which, j)));
  return made;
}

/** One number and the two that it was made from, with what goes back along each edge. */
export function oneNode(
  shape: Shape,
  node: number,
  width: number,
  height: number,
  said: (node: number) => string[],
  edge: (which: number) => string[],
): NodePicture {
  const made = new Maker();
  const narrow = width < NARROW;
  const wide = narrow ? 132 : 220;
  const tall = 84;
  const top = (height - 2 * tall) / 3;
  const at = (which: number): Box =>
    which < 2
      ? { x: 2, y: top + which * (tall + top), w: wide, h: tall }
      : { x: width - wide - 2, y: (height - tall) / 2, w: wide, h: tall };
  const lines: NonNullable<NodePicture["lines"]> = [];
  const frames: Box[] = [];
  [shape.child(node, 0), shape.child(node, 1), node].forEach((each, which) => {
    const { x, y, w, h } = at(which);
    made.node(each, x, y, 6, h);
    frames.push({ x, y, w, h });
    said(each).forEach((text, i) => made.label(text, x + 14, y + 18 + 20 * i));
    if (which === 2) return;
    made.places.push({ x, y, w, h });
    const end = at(2);
    lines.push({ from: [x + w, y + h / 2], to: [end.x, end.y + end.h / 2] });
    const middle = (x + w + end.x) / 2;
    const up = which ? y + h / 2 + 4 : y + h / 2 - 14;
    edge(which).forEach((text, i) => made.label(text, middle, up + 16 * i, "center"));
  });
  return Object.assign(made, { lines, frames });
}
