import type { Tensor } from "../../runtime/worker/model/model.ts";

/** A matrix as the lesson names it. */
export const tensorName = ({ name, layer }: Tensor): string =>
  layer < 0 ? name : `layer${layer}.${name}`;

/** A weight by its matrix, row and column: mlp_fc1[3][7]. */
export function weightName(tensors: Tensor[], weight: number): string {
  for (const tensor of tensors) {
    const { offset, rows, columns } = tensor;
    const inside = weight - offset;
    if (inside < 0 || inside >= rows * columns) continue;
    const row = Math.floor(inside / columns);
    return `${tensorName(tensor)}[${row}][${inside - row * columns}]`;
  }
  return "";
}
