/* Writes calls.ts from the kernel's wasm.json: a type for each function, and
   where each field of a struct lies. `node make-calls.mjs` does it by hand. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = import.meta.dirname;
const source = resolve(here, "../../../../src/glassgpt/kernel/wasm.json");
const target = resolve(here, "./calls.ts");

const short = (name) => name.replace("glassgpt_", "");
const kind = (type) => (type === "void" ? "void" : type.includes("*") ? "Address" : "number");

export function calls() {
  const { functions, structs, constants } = JSON.parse(readFileSync(source, "utf-8"));
  const lines = [
    "/* Made by make-calls.mjs from the kernel's wasm.json. Do not edit. */",
    "",
    "/** Where something lies in the kernel's memory. */",
    "export type Address = number;",
    "",
    "/** The kernel's functions, without their common prefix. */",
    "export interface Calls {",
  ];
  for (const made of functions) {
    const given = made.arguments.map((a) => `${a.name}: ${kind(a.type)}`).join(", ");
    lines.push(`  /** ${made.about} */`);
    lines.push(`  ${short(made.name)}(${given}): ${kind(made.result)};`);
  }
  lines.push("}", "", 'export const PREFIX = "glassgpt_";', "");
  lines.push("/** Size and fields of each struct: their types and offsets. */");
  const layouts = {};
  for (const [name, struct] of Object.entries(structs)) {
    const fields = struct.fields.map((f) => [f.name, { type: f.type, offset: f.offset }]);
    layouts[short(name)] = { size: struct.size, fields: Object.fromEntries(fields) };
  }
  lines.push(`export const STRUCTS = ${JSON.stringify(layouts, null, 2)} as const;`, "");
  lines.push(`export const CONSTANTS = ${JSON.stringify(constants, null, 2)} as const;`);
  return lines.join("\n") + "\n";
}

export function writeCalls() {
  const made = calls();
  let before = "";
  try {
    before = readFileSync(target, "utf-8");
  } catch {
    // the first time
  }
  if (made !== before) writeFileSync(target, made);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeCalls();
