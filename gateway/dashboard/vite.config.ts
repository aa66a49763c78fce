import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
// `npm run dev` serves the page beside a server that runs already; the page is of one origin with it, as in the binary.
const server = process.env.HUB_URL ?? "http://127.0.0.1:8080";
const proxied = { target: server, changeOrigin: true, headers: { origin: server } };

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
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api/v1/live": { ...proxied, ws: true }, "/api": proxied, "/docs": proxied },
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node" },
});
