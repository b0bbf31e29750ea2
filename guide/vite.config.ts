/* The build of the figures: hashed files, Vite's manifest and figures.json, which says
   what each figure takes. The pages are made by Python, which reads both. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";
import { writeCalls } from "./runtime/worker/kernel/make-calls.mjs";

const here = import.meta.dirname;
const kernel = resolve(here, "../src/glassgpt/kernel");

/** Refuses to begin without the kernel, and keeps its typed calls as wasm.json has them. */
function kernelFiles(): Plugin {
  return {
    name: "glassgpt-kernel",
    buildStart() {
      for (const precision of ["f64", "f32", "f32-relaxed"]) {
        const path = resolve(kernel, `built/glassgpt-${precision}.wasm`);
        if (!existsSync(path))
          this.error(
            `missing glassgpt-${precision}.wasm\nRun: python -m glassgpt.kernel.build wasm`,
          );
      }
      writeCalls();
    },
  };
}

/** The components in figures/<subject>/, by name. */
function figureFiles(): string[] {
  return readdirSync(resolve(here, "figures"), { recursive: true, encoding: "utf-8" })
    .filter((file) => file.endsWith(".svelte"))
    .sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
}

/** figures.json: of each figure its chunk, props, controls, states and heights. */
function figureList(): Plugin {
  return {
    name: "glassgpt-figures",
    generateBundle(_options, bundle) {
      const figures: Record<string, unknown> = {};
      for (const file of figureFiles()) {
        const name = basename(file, ".svelte");
        const chunk = Object.values(bundle).find(
          (made) => made.type === "chunk" && made.facadeModuleId?.endsWith(`/figures/${file}`),
        );
        const described: unknown = JSON.parse(
          readFileSync(resolve(here, "figures", dirname(file), `${name}.json`), "utf-8"),
        );
        figures[name] = { chunk: chunk?.fileName, ...(described as object) };
      }
      this.emitFile({
        type: "asset",
        fileName: "figures.json",
        source: JSON.stringify(figures, null, 1) + "\n",
      });
    },
  };
}

const PYODIDE = resolve(here, "node_modules/pyodide");
const PYTHON_FILES = [
  "pyodide.mjs",
  "pyodide.asm.mjs",
  "pyodide.asm.wasm",
  "python_stdlib.zip",
  "pyodide-lock.json",
];
const python = JSON.parse(readFileSync(resolve(PYODIDE, "package.json"), "utf-8")) as {
  version: string;
};
const pythonFolder = `python-${python.version}`;
const pythonBytes = PYTHON_FILES.map((name) => statSync(resolve(PYODIDE, name)).size);

/** Pyodide beside the figures, as it is: it loads its own parts by their names. */
function pythonFiles(): Plugin {
  return {
    name: "glassgpt-python",
    generateBundle() {
      for (const name of PYTHON_FILES)
        this.emitFile({
          type: "asset",
          fileName: `${pythonFolder}/${name}`,
          source: readFileSync(resolve(PYODIDE, name)),
        });
    },
  };
}

const checks = { pluginTimings: false };

export default defineConfig({
  root: here,
  base: "./",
  publicDir: false,
  define: {
    __PYTHON_FOLDER__: JSON.stringify(pythonFolder),
    __PYTHON_BYTES__: String(pythonBytes.reduce((sum, size) => sum + size)),
  },
  plugins: [kernelFiles(), svelte(), figureList(), pythonFiles()],
  worker: { format: "es", rollupOptions: { checks } },
  build: {
    outDir: resolve(here, "../src/glassgpt/guide/assets"),
    emptyOutDir: true,
    assetsDir: "",
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    reportCompressedSize: false,
    rollupOptions: {
      checks,
      input: {
        loader: resolve(here, "runtime/figure/loader.ts"),
        page: resolve(here, "runtime/page/page.ts"),
        "your-data": resolve(here, "runtime/page/your-data.ts"),
      },
    },
  },
});
