/* A model drawn to scale: each matrix has as much area as it has weights. Long tables are
   folded to the height of the layers, which stand in columns. Units are the side of a weight. */
import type { Sizes } from "../../runtime/worker/jobs/scale/sizes.ts";

/** A rectangle of a matrix, of one layer where it has one. */
export interface Tile {
  name: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Laid {
  w: number;
  h: number;
  tiles: Tile[];
  /** Where each block begins and how wide it is: tables, layers, lm_head. */
  blocks: { x: number; w: number }[];
}

const ATTENTION = ["attn_wq", "attn_wk", "attn_wv", "attn_wo"];
const MLP = ["mlp_fc1", "mlp_fc2"];
const ACROSS = 4; // a layer is four times n_embd wide
const DOWN = 3; // and three times n_embd high: attention, fc1, fc2

/** What a layer is made of, in its own corner. */
function layer(n_embd: number): Tile[] {
  return [
    ...ATTENTION.map((name, i) => ({ name, x: i * n_embd, y: 0, w: n_embd, h: n_embd })),
    ...MLP.map((name, i) => ({ name, x: 0, y: (1 + i) * n_embd, w: ACROSS * n_embd, h: n_embd })),
  ];
}

/** How high the drawing may be: so many layers above each other, or more for large tables. */
function heights(params: number, n_embd: number, n_layer: number, ratio: number): number[] {
  const stacked = Array.from({ length: n_layer }, (_, i) => DOWN * n_embd * (i + 1));
  const even = (params / ratio) ** 0.5;
  return even > stacked.at(-1)! ? [...stacked, even] : stacked;
}

/** The drawing that fills a room of a width to a height best. */
export function laid({ parts, params }: Sizes, n_layer: number, ratio: number): Laid {
  const count = (name: string): number => parts.find((part) => part.name === name)?.count ?? 0;
  const n_embd = count("attn_wq") === 0 ? 0 : (count("attn_wq") / n_layer) ** 0.5;
  const tables = count("wte") + count("wpe") + count("lm_head");
  const columns = (h: number): number =>
    Math.ceil(n_layer / Math.max(1, Math.floor(h / (DOWN * n_embd) + 1e-9)));
  const width = (h: number): number => tables / h + columns(h) * ACROSS * n_embd;
  const fills = (h: number): number => Math.min(ratio / width(h), 1 / h);
  const [h = 1] = heights(params, n_embd, n_layer, ratio).sort((a, b) => fills(b) - fills(a));
  const [wte, wpe, head] = ["wte", "wpe", "lm_head"].map((name) => count(name) / h) as number[];
  const from = wte! + wpe!;
  const across = columns(h) * ACROSS * n_embd;
  const rows = Math.ceil(n_layer / columns(h));
  const layers = Array.from({ length: n_layer }, (_, i) =>
    layer(n_embd).map((tile) => ({
      ...tile,
      x: from + tile.x + Math.floor(i / rows) * ACROSS * n_embd,
      y: tile.y + (i % rows) * DOWN * n_embd,
    })),
  );
  const tiles = [
    { name: "wte", x: 0, y: 0, w: wte!, h },
    { name: "wpe", x: wte!, y: 0, w: wpe!, h },
    ...layers.flat(),
    { name: "lm_head", x: from + across, y: 0, w: head!, h },
  ];
  const blocks = [
    { x: 0, w: from },
    { x: from, w: across },
    { x: from + across, w: head! },
  ];
  return { w: from + across + head!, h, tiles, blocks };
}
