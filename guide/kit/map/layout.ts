/* Where the parts of the model stand in its one drawing, in cells, as layout.json says:
   side by side along a rail where there is room, under each other on a phone. The small
   drawing at a lesson's head is made of the same file. */
import layout from "./layout.json";

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Where a part's name stands: beside its box, or nowhere. */
export interface Label {
  x: number;
  y: number;
  anchor: "start" | "middle" | "end";
}

/** A part's place: its box, the size of its cells, whether its rows run downwards. */
export interface Place {
  box: Box;
  cell: { w: number; h: number };
  label: Label | null;
  /** The box where all positions of the block have their cells. */
  room: Box;
}

/** What a drawing needs to know of a part to place it. */
export interface Shape {
  id: string;
  rows: number;
  columns: number;
  /** Weights keep their rows; of activations each position is a column of the wide drawing. */
  turns: boolean;
}

export interface Drawing {
  wide: boolean;
  width: number;
  height: number;
  /** Pixels of a cell. */
  cell: number;
  rail: Box;
  adds: [number, number][];
  ways: string[];
  places: Map<string, Place>;
}

const WIDE = 860; // px from which the rail runs from left to right
const PHONE = 520; // px up to which all of it fits a phone's screen
const LARGEST = { phone: 2, tall: 3.3, wide: 5 }; // px of a cell
const GAP = 5; // px between a box and its name
const HEAD = 3; // px that an arrow's head is long

type Layout = (typeof layout)["wide"] | (typeof layout)["tall"];
type Version = "2" | "3";
type Boxes = Record<string, number[] | undefined>;

/** The drawing of a step's model in a room of that width. */
export function drawn(shapes: Shape[], step: number, room: number): Drawing {
  const wide = room >= WIDE;
  const from: Layout = wide ? layout.wide : layout.tall;
  const most = wide ? LARGEST.wide : room < PHONE ? LARGEST.phone : LARGEST.tall;
  const cell = Math.min(most, room / from.columns);
  const version: Version = step < 3 ? "2" : "3";
  const boxes: Boxes = { ...from.parts[version], ...(step > 3 ? from.parts["4"] : {}) };
  const labels = from.labels[version] as Record<string, string | undefined>;
  const scaled = ([x, y, w, h]: number[]): Box => ({
    x: x! * cell,
    y: y! * cell,
    w: w! * cell,
    h: h! * cell,
  });
  const places = new Map<string, Place>();
  for (const shape of shapes) {
    const given = boxes[shape.id];
    if (!given) continue;
    const room = scaled(given);
    const turned = shape.turns && wide;
    const [rows, columns] = turned ? [shape.columns, shape.rows] : [shape.rows, shape.columns];
    const size = { w: Math.min(cell, room.w / columns), h: Math.min(cell, room.h / rows) };
    const filled = { ...room, w: size.w * columns, h: size.h * rows };
    const box = shape.id === "probs" || shape.id === "tokens" ? room : filled;
    places.set(shape.id, {
      box,
      cell: size,
      room,
      label: labelled(labels[shape.id] ?? "above", room),
    });
  }
  return {
    wide,
    width: from.columns * cell,
    height: from.rows * cell,
    cell,
    rail: scaled(from.rail),
    adds: from.adds.map(([x, y]) => [x! * cell, y! * cell]),
    ways: from.ways[version].map((points) => way(points as [number, number][], cell)),
    places,
  };
}

/** A line through these points, with a head at its end. */
function way(points: [number, number][], cell: number): string {
  const [[fromX, fromY], [x, y]] = points.slice(-2) as [[number, number], [number, number]];
  const [right, down] = [Math.sign(x - fromX), Math.sign(y - fromY)];
  const back = (side: number): string =>
    `l${HEAD * (side * down - right)} ${HEAD * (side * right - down)}`;
  const line = points.map((point) => point.map((each) => each * cell).join(" ")).join("L");
  const end = `M${x * cell} ${y * cell}`;
  return `M${line}${end}${back(1)}${end}${back(-1)}`;
}

function labelled(where: string, { x, y, w, h }: Box): Label | null {
  const [side, more] = where.split(" ");
  const anchor = more === "end" ? "end" : "start";
  if (side === "above") return { x: anchor === "end" ? x + w : x, y: y - GAP, anchor };
  if (side === "below") return { x: anchor === "end" ? x + w : x, y: y + h + 13, anchor };
  if (side === "left") return { x: x - GAP, y: y + h / 2 + 4, anchor: "end" };
  if (side !== "right") return null;
  const at = more === "top" ? 10 : more === "low" ? 0.66 * h : h / 2 + 4;
  return { x: x + w + GAP, y: y + at, anchor: "start" };
}

/** Which part, and which of its cells, lies there, or near where it is thin; null for none. */
export function cellAt(
  { places, wide }: Drawing,
  shapes: Shape[],
  px: number,
  py: number,
): { id: string; cell: number } | null {
  let best: { id: string; cell: number; far: number } | null = null;
  for (const shape of shapes) {
    const place = places.get(shape.id);
    if (!place) continue;
    const { x, y, w, h } = place.box;
    const far = Math.max(x - px, px - x - w, y - py, py - y - h, 0);
    if (far > NEAR || (best && best.far <= far)) continue;
    const inside = (at: number, from: number, size: number): number =>
      Math.min(size - 1e-6, Math.max(0, at - from));
    best = {
      id: shape.id,
      cell: cellIn(shape, place, wide, inside(px, x, w), inside(py, y, h)),
      far,
    };
  }
  return best;
}

const NEAR = 6; // px

function cellIn(shape: Shape, { box, cell }: Place, wide: boolean, x: number, y: number): number {
  if (shape.rows === 1 && (shape.id === "probs" || shape.id === "tokens"))
    return Math.min(shape.columns - 1, Math.floor((x / box.w) * slots(shape)));
  const [i, j] = [Math.floor(y / cell.h), Math.floor(x / cell.w)];
  return shape.turns && wide ? j * shape.columns + i : i * shape.columns + j;
}

const CHIPS = 17; // of a block of 16 and the token after it

/** How many columns share the width of bars, or of chips. */
export const slots = ({ id, columns }: Shape): number =>
  id === "tokens" ? Math.max(CHIPS, columns) : columns;

/** The box of a cell of a part. */
export function boxOf(shape: Shape, { box, cell }: Place, wide: boolean, at: number): Box {
  if (shape.id === "probs" || shape.id === "tokens") {
    const w = box.w / slots(shape);
    return { x: box.x + at * w, y: box.y, w, h: box.h };
  }
  const [row, column] = [Math.floor(at / shape.columns), at % shape.columns];
  const [i, j] = shape.turns && wide ? [column, row] : [row, column];
  return { x: box.x + j * cell.w, y: box.y + i * cell.h, w: cell.w, h: cell.h };
}
