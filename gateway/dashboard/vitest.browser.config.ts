import { defineConfig } from "vitest/config";

// Against the real binary (HUB_BINARY) and Debian's Chromium. One file at a time: each starts a server and a browser.
export default defineConfig({
  test: { include: ["**/*.test.ts"], dir: "test/browser", environment: "node", fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 },
});
