import type { Tensor } from "../../runtime/session.ts";

/** A weight by its matrix, row and column: mlp_fc1[3][7]. */
export function weightName(tensors: Tensor[], weight: number): string {
  for (const { name, layer, offset, rows, columns } of tensors) {
    const inside = weight - offset;
    if (inside < 0 || inside >= rows * columns) continue;
    const row = Math.floor(inside / columns);
    const whole = layer < 0 ? name : `layer${layer}.${name}`;
    return `${whole}[${row}][${inside - row * columns}]`;
  }
  return "";
}
