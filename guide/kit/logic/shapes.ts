/** Marks that are told apart by their shape: each a path around its place. */
const SHAPES = [
  "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
  "m-2.7-2.7h5.4v5.4h-5.4z",
  "m0-3.6l3.4 6h-6.8z",
  "m0-3.8l3.4 3.8l-3.4 3.8l-3.4-3.8z",
  "m-3.2 0h6.4m-3.2-3.2v6.4",
  "m-2.6-2.6l5.2 5.2m0-5.2l-5.2 5.2",
  "m0 3.6l3.4-6h-6.8z",
  "m-3.2-1.6h6.4v3.2h-6.4z",
  "m-1.6-3.2h3.2v6.4h-3.2z",
] as const;

export const shape = (index: number): string => SHAPES[index % SHAPES.length]!;
