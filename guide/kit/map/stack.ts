/* Where the matrices of a model stand: what is outside the layers above and below, each
   layer a row, all along the rail that they add to. */
import type { Tensor } from "../../runtime/worker/model/model.ts";

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** A matrix in the drawing; one with more rows than columns lies on its side. */
export interface Placed {
  tensor: Tensor;
  box: Box;
}

/** A row of the drawing: the embeddings, a layer, or the way out. */
export interface Floor {
  /** Which layer it is; none of the two outside. */
  layer: number;
  top: number;
  /** Whether the model has it, or there is only room for it. */
  there: boolean;
}

export const WORDS = 15; // px for names above the matrices
const BETWEEN = 5; // px between rows
const GAP = 4; // px between matrices
const WIDER = 14; // px between attention and MLP
const NAMED = 58; // px for the name of a matrix outside the layers
const CELLS = 4 * 16 + 2 * 64; // of the matrices of a layer, side by side
export const LEFT = 34; // px for the rail

/** How many pixels a cell has where there is so much room. */
export const cellOf = (room: number, most: number): number =>
  Math.min(most, (room - LEFT - 4 * GAP - WIDER - 2) / CELLS);

export const rowHeight = (cell: number): number => WORDS + 16 * cell + BETWEEN;

/** One floor for the embeddings, `most` for layers, one for the way out. */
export function floorsOf(layers: number, most: number, cell: number): Floor[] {
  const numbers = [-1, ...Array.from({ length: most }, (_, i) => i), -1];
  return numbers.map((layer, i) => ({
    layer,
    top: i * rowHeight(cell),
    there: layer < layers,
  }));
}

/** The matrices in their order, each in its place. */
export function placesOf(tensors: Tensor[], floors: Floor[], cell: number): Placed[] {
  const right = new Map<number, number>();
  return tensors.map((tensor) => {
    const way = tensor.name === "lm_head" ? floors.length - 1 : tensor.layer + 1;
    const x = right.get(way) ?? LEFT;
    const [w, h] = [Math.max(tensor.rows, tensor.columns), Math.min(tensor.rows, tensor.columns)];
    const box = { x, y: floors[way]!.top + WORDS, w: w * cell, h: h * cell };
    const broad = tensor.layer < 0 ? Math.max(NAMED, box.w) : box.w;
    right.set(way, x + broad + (tensor.name === "attn_wo" ? WIDER : GAP));
    return { tensor, box };
  });
}

/** The box of a cell of a matrix. */
export function cellBox({ tensor, box }: Placed, place: number, cell: number): Box {
  const [row, column] = [Math.floor(place / tensor.columns), place % tensor.columns];
  const [i, j] = tensor.rows > tensor.columns ? [column, row] : [row, column];
  return { x: box.x + j * cell, y: box.y + i * cell, w: cell, h: cell };
}

export const sizeOf = ({ rows, columns }: Tensor): number => rows * columns;

/** A matrix' name as the program has it. */
export const nameOf = ({ name, layer }: Tensor): string =>
  layer < 0 ? name : `layer${layer}.${name}`;
