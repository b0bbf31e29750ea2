/** Numbers written with commas between them; another text where that is none. */
export function numberList(text: string, otherwise: string): number[] {
  const read = (from: string): number[] => from.split(",").map(Number);
  const numbers = read(text);
  return text && numbers.every(Number.isFinite) ? numbers : read(otherwise);
}
