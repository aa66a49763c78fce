import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
// `npm run dev` serves the page beside a server that runs already; the page is of one origin with it, as in the binary.
const server = process.env.HUB_URL ?? "http://127.0.0.1:8080";
const proxied = { target: server, changeOrigin: true, headers: { origin: server } };

interface Modules {
  getModuleInfo(id: string): { isEntry: boolean; importers: string[]; code: string | null } | null;
}

// Everybody imports all of the component library by its index; what of it is meant stands in the text.
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
  const found = module !== null && (module.isEntry || module.importers.some(imports));
  known.set(id, found);
  return found;
}
const first = { name: (id: string, modules: Modules) => (isFirst(id, modules) ? "first" : null), debugName: "first", priority: 1 };

export default defineConfig({
  plugins: [react()],
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
    // Each file is a request, and with a cold cache a page waited for fifty: what every page needs is one.
    rolldownOptions: { output: { codeSplitting: { groups: [first] } } },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api/v1/live": { ...proxied, ws: true }, "/api": proxied, "/docs": proxied },
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node" },
});
