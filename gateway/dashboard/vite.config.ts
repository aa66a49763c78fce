import react from "@vitejs/plugin-react";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
// `npm run dev` serves the page beside a server that runs already; the page is of one origin with it, as in the binary.
const server = process.env.HUB_URL ?? "http://127.0.0.1:8080";
const proxied = { target: server, changeOrigin: true, headers: { origin: server } };

/** Fonts of scripts that hardly anybody's names are written in are kept when they are first used. */
const isLater = (file: string) => /\.woff2$/.test(file) && !/-latin-wght/.test(file);

/** Tells the worker (src/offline/sw.ts) what the build has made, and a sum of it. */
function listed(): Plugin {
  return {
    name: "computehub-worker",
    enforce: "post",
    generateBundle(_, bundle) {
      const worker = bundle["sw.js"];
      const page = bundle["index.html"];
      if (worker?.type !== "chunk" || page?.type !== "asset") throw new Error("no worker, or no page for it");
      const files = Object.keys(bundle).filter((file) => file.startsWith("assets/") && !file.endsWith(".map")).sort();
      const sum = createHash("sha256").update(String(page.source)).update(files.join()).digest("hex").slice(0, 16);
      const built = JSON.stringify({ sum, files: ["assets/icon.svg", ...files.filter((file) => !isLater(file))].map((file) => `/${file}`) });
      if (!/["'`]__BUILT__["'`]/.test(worker.code)) throw new Error("the worker does not ask what was built");
      worker.code = worker.code.replace(/["'`]__BUILT__["'`]/, () => JSON.stringify(built));
    },
  };
}

interface Modules {
  getModuleInfo(id: string): { isEntry: boolean; importers: string[]; code: string | null } | null;
}

// Everybody imports all of the component library by its index; what of it is meant stands in the text.
const worker = /\/offline\/sw\.ts$/;
const libraryIndex = /@mantine\/core\/esm\/index\.mjs$/;
const component = /@mantine\/core\/esm\/(?:components|core)\/.*\/(\w+)\.mjs$/;
const imported = (code: string) => [...code.matchAll(/import\s*\{([^}]*)\}\s*from\s*"@mantine\/core"/g)].flatMap(([, names]) => (names ?? "").split(",").map((name) => name.trim()));

/** Whether a module is loaded with the first script: imported by it, not only asked for by a page when it is opened. */
function isFirst(id: string, modules: Modules, known = new Map<string, boolean>()): boolean {
  const answer = known.get(id);
  if (answer !== undefined) return answer;
  known.set(id, false);
  const module = modules.getModuleInfo(id);
  const name = component.exec(id)?.[1];
  const imports = (one: string) =>
    libraryIndex.test(one)
      ? (modules.getModuleInfo(one)?.importers ?? []).some((user) => isFirst(user, modules, known) && imported(modules.getModuleInfo(user)?.code ?? "").includes(name ?? ""))
      : isFirst(one, modules, known);
  // The worker is a file of its own.
  const found = module !== null && ((module.isEntry && !worker.test(id)) || module.importers.some(imports));
  known.set(id, found);
  return found;
}
const first = { name: (id: string, modules: Modules) => (isFirst(id, modules) ? "first" : null), debugName: "first", priority: 1 };

export default defineConfig({
  plugins: [react(), listed()],
  resolve: { alias: { "@generated": here("./generated"), "@": here("./src") } },
  build: {
    outDir: here("../../build/dashboard"),
    emptyOutDir: true,
    target: "es2022",
    // No inline script or data: URL anywhere: the content security policy forbids them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      input: { index: here("./index.html"), sw: here("./src/offline/sw.ts") },
      output: {
        // The worker answers for every address of the page, so it lies at the top, by a name that stays.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        // Each file is a request, and with a cold cache a page waited for fifty: what every page needs is one.
        codeSplitting: { groups: [first] },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api/v1/live": { ...proxied, ws: true }, "/api": proxied, "/docs": proxied },
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node" },
});
