import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true,
    // a figure's props are given once, when it is mounted
    warningFilter: (warning) => warning.code !== "state_referenced_locally",
  },
};
