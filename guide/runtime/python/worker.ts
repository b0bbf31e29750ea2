/* Python in the page: Pyodide, in a worker of its own that ends when it is stopped. How
   a lesson's lines are run is runner.py, the same file that made the page. */
import runner from "../../../src/glassgpt/guide/code/runner.py?raw";

export interface Asked {
  /** The lesson's file, under `programs`. */
  file: string;
  before: [first: number, last: number][];
  numbers: Record<string, number>;
  first: number;
  code: string;
  shipped: string;
}

export interface Failure {
  kind: string;
  message: string;
  lines: number[];
  /** A character that has no id, and how many have one. */
  unknown: { character: string; count: number } | null;
}

export interface Found {
  output: string;
  characters: number;
  error: Failure | null;
  same: boolean;
}

export type Question = { programs: string } | { asked: Asked };
export type Answer =
  | { ready: true }
  | { printed: string }
  | { found: Found }
  | { failed: string }
  /** What ran took Python with it. */
  | { ended: string };

interface Python {
  FS: { mkdirTree(path: string): void; writeFile(path: string, data: Uint8Array): void };
  runPython(code: string): void;
  globals: { get(name: string): (asked: string, tell: (text: string) => void) => string };
}

const FOLDER = "/lessons";
const scope = self as unknown as {
  postMessage(message: Answer): void;
  addEventListener(type: "message", heard: (event: MessageEvent<Question>) => void): void;
};
let python: Python;
let programs = "";
const there = new Set<string>();

async function load(): Promise<void> {
  const home = new URL(`./${__PYTHON_FOLDER__}/`, self.location.href).href;
  const made = (await import(/* @vite-ignore */ `${home}pyodide.mjs`)) as {
    loadPyodide(options: { indexURL: string }): Promise<Python>;
  };
  python = await made.loadPyodide({ indexURL: home });
  python.FS.mkdirTree(FOLDER);
  python.runPython(runner);
  await fetched("names.txt");
}

async function fetched(name: string): Promise<void> {
  if (there.has(name)) return;
  const answer = await fetch(`${programs}${name}`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  python.FS.writeFile(`${FOLDER}/${name}`, new Uint8Array(await answer.arrayBuffer()));
  there.add(name);
}

async function work({ file, ...asked }: Asked): Promise<Answer> {
  await fetched(file);
  const given = JSON.stringify({ ...asked, path: `${FOLDER}/${file}` });
  const tell = (printed: string): void => scope.postMessage({ printed });
  try {
    return { found: JSON.parse(python.globals.get("answer")(given, tell)) as Found };
  } catch (error) {
    return { ended: String(error) };
  }
}

scope.addEventListener("message", ({ data }) => {
  const doing =
    "programs" in data
      ? ((programs = data.programs), load().then((): Answer => ({ ready: true })))
      : work(data.asked);
  doing
    .catch((error: unknown): Answer => ({ failed: String(error) }))
    .then((answer) => scope.postMessage(answer));
});
