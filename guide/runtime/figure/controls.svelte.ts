/* The controls of a figure: typed values that live in the address. */
import type { Given } from "./element.ts";
import { onHash, readHash, writeHash } from "./url.ts";

export type Control =
  | { type: "number"; default: number; min?: number; max?: number; whole?: boolean }
  | { type: "text"; default: string }
  | { type: "choice"; default: string; options: string[] }
  | { type: "flag"; default: boolean };

export type Value = number | string | boolean;

export class Controls {
  private readonly values: Record<string, Value> = $state({});

  constructor(
    private readonly id: string,
    private readonly described: Record<string, Control>,
    private readonly defaults: Record<string, Value> = {},
  ) {
    this.read();
    $effect(() => onHash(() => this.read()));
  }

  number(name: string): number {
    return this.values[name] as number;
  }

  text(name: string): string {
    return this.values[name] as string;
  }

  flag(name: string): boolean {
    return this.values[name] as boolean;
  }

  set(name: string, value: Value): void {
    const fitting = this.fit(name, value);
    this.values[name] = fitting;
    const plain = fitting === this.default(name);
    writeHash(`${this.id}.${name}`, plain ? null : write(fitting));
  }

  /** All as the page had them. */
  reset(...names: string[]): void {
    for (const name of names.length ? names : Object.keys(this.described))
      this.set(name, this.default(name));
  }

  default(name: string): Value {
    return this.fit(name, this.defaults[name] ?? this.described[name]!.default);
  }

  private read(): void {
    for (const [name, control] of Object.entries(this.described)) {
      const written = readHash(`${this.id}.${name}`);
      const value = written === undefined ? undefined : parse(control, written);
      this.values[name] = value === undefined ? this.default(name) : this.fit(name, value);
    }
  }

  /** The nearest value that the control can have. */
  private fit(name: string, value: Value): Value {
    const control = this.described[name]!;
    if (control.type !== "number") return value;
    let number = value as number;
    if (control.min !== undefined) number = Math.max(control.min, number);
    if (control.max !== undefined) number = Math.min(control.max, number);
    return control.whole ? Math.round(number) : number;
  }
}

/** The controls of a figure as its description has them, with what the page says instead. */
export function figure(
  given: Pick<Given, "id">,
  spec: { controls: object },
  defaults: Record<string, Value> = {},
): Controls {
  return new Controls(given.id, spec.controls as Record<string, Control>, defaults);
}

const write = (value: Value): string =>
  typeof value === "boolean" ? (value ? "1" : "0") : String(value);

function parse(control: Control, written: string): Value | undefined {
  if (control.type === "flag") return written === "1";
  if (control.type === "text") return written;
  if (control.type === "choice") return control.options.includes(written) ? written : undefined;
  const number = Number(written);
  return written.trim() && Number.isFinite(number) ? number : undefined;
}
