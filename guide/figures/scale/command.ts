/* The commands that train a model of a size, as a shell takes them. */
import type { Size } from "../../runtime/worker/jobs/scale/sizes.ts";

export type Preset = Size & { name: string };

const LESSON = "step5"; // what glassgpt train makes unasked
const SET = ["n_layer", "n_embd", "n_head", "block_size"] as const;

/** The preset that a record begins from: the widest that is no wider. */
export const baseOf = (size: Size, presets: Preset[]): Preset =>
  presets.findLast(({ n_embd }) => n_embd <= size.n_embd) ?? presets[0]!;

/** One line where the built-in names do, and one before it where texts are prepared. */
export function commandOf(size: Size, presets: Preset[]): string[] {
  const base = baseOf(size, presets);
  const letters = size.vocab_size === presets[0]!.vocab_size;
  const train = [
    "glassgpt train",
    ...(base.name === LESSON ? [] : [`--preset ${base.name}`]),
    ...(letters ? [] : ["--data texts-ids"]),
    ...SET.filter((name) => size[name] !== base[name]).map((name) => `--set ${name}=${size[name]}`),
  ].join(" ");
  if (letters) return [train];
  const prepare = `glassgpt data prepare texts/*.txt --tokenizer bpe --vocab-size ${size.vocab_size} --out texts-ids`;
  return [prepare, train];
}
