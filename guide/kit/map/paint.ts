/* Thousands of signed cells on a canvas: orange above zero, blue below, paper at zero. */
import { max } from "d3-array";
import { colours } from "../cells/theme.ts";
import { boxOf, type Drawing } from "./layout.ts";
import type { Part } from "./parts.ts";

const SHADES = 24;
const RAIL = 0.45; // how strong the rail is drawn under its cells

/** Every part's numbers, each part by its own largest. */
export function paint(canvas: HTMLCanvasElement, drawing: Drawing, parts: Part[]): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  canvas.width = Math.round(drawing.width * devicePixelRatio);
  canvas.height = Math.round(drawing.height * devicePixelRatio);
  pen.scale(devicePixelRatio, devicePixelRatio);
  const { plus, minus, line } = colours(canvas.parentElement!, ["plus", "minus", "line"]);
  if (drawing.places.has("residual0")) {
    const { x, y, w, h } = drawing.rail;
    pen.globalAlpha = RAIL;
    pen.fillStyle = line!;
    pen.fillRect(x, y, w, h);
  }
  const shades = new Map<number, Path2D>();
  for (const part of parts) addCells(shades, drawing, part);
  for (const [shade, cells] of shades) {
    pen.fillStyle = (shade > 0 ? plus : minus)!;
    pen.globalAlpha = Math.abs(shade) / SHADES;
    pen.fill(cells);
  }
}

/** One path a shade, of all parts together. */
function addCells(shades: Map<number, Path2D>, drawing: Drawing, part: Part): void {
  const place = drawing.places.get(part.id);
  if (!place || part.kind === "tokens" || part.id === "probs") return;
  const most = max(part.values, Math.abs) || 1;
  for (let i = 0; i < part.values.length; i++) {
    const value = part.values[i] ?? 0;
    const shade = Math.sign(value) * Math.ceil((Math.abs(value) / most) * SHADES);
    if (!shade) continue;
    const path = shades.get(shade) ?? new Path2D();
    const { x, y, w, h } = boxOf(part, place, drawing.wide, i);
    path.rect(x, y, w, h);
    shades.set(shade, path);
  }
}
