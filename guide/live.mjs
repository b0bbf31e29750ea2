/* Builds the figures into a folder for each line that comes in, and answers each with a
   line of JSON. It stays, so that only the first build is slow.

   node live.mjs FOLDER */
import { relative } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { build } from "vite";

const outDir = process.argv[2];
const here = import.meta.dirname;
process.on("SIGINT", () => {}); // whoever started this ends it

// a path, a line and a column before what is said
const PLACE = /^\S+:\d+:\d+:? /;

/** An error in two lines: where and what, and the rest of it in short. */
function told(error) {
  const lines = stripVTControlCharacters(String(error.message)).split("\n");
  const words = lines.map((one) => one.trim()).filter((one) => /^[\w[/]/.test(one));
  const [said = "the build failed", more = ""] = words.map((one) => one.replace(PLACE, ""));
  const { id, loc } = error;
  const file = id && relative(here, id);
  const where = file ? `${file}${loc?.line ? `:${loc.line}` : ""}: ` : "";
  return { error: where + said, remedy: more };
}

for await (const _line of createInterface({ input: process.stdin })) {
  const answer = { error: "", remedy: "" };
  try {
    await build({
      configFile: `${here}/vite.config.ts`,
      logLevel: "silent",
      build: { outDir, emptyOutDir: true, minify: false },
    });
  } catch (error) {
    Object.assign(answer, told(error.errors?.[0] ?? error));
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
