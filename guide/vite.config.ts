/* The build of the figures: hashed files, Vite's manifest and figures.json, which says
   what each figure takes. The pages are made by Python, which reads both. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";
import { writeCalls } from "./runtime/make/calls.mjs";

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

/** figures.json: of each figure its chunk, props, controls, states and heights. */
function figureList(): Plugin {
  return {
    name: "glassgpt-figures",
    generateBundle(_options, bundle) {
      const figures: Record<string, unknown> = {};
      for (const file of readdirSync(resolve(here, "figures")).sort()) {
        if (!file.endsWith(".svelte")) continue;
        const name = basename(file, ".svelte");
        const chunk = Object.values(bundle).find(
          (made) =>
            made.type === "chunk" && made.facadeModuleId?.endsWith(`/figures/${file}`),
        );
        const described: unknown = JSON.parse(
          readFileSync(resolve(here, `figures/${name}.json`), "utf-8"),
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

const page = resolve(here, "runtime/page.ts");

export default defineConfig({
  root: here,
  base: "./",
  publicDir: false,
  plugins: [kernelFiles(), svelte(), figureList()],
  worker: { format: "es" },
  build: {
    outDir: resolve(here, "../src/glassgpt/guide/assets"),
    emptyOutDir: true,
    assetsDir: "",
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    reportCompressedSize: false,
    rollupOptions: {
      input: {
        loader: resolve(here, "runtime/loader.ts"),
        ...(existsSync(page) ? { page } : {}),
      },
    },
  },
});
