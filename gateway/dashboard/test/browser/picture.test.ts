import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { stage } from "./stage";

let id: string;

const { hub, open } = stage(async () => {
  id = await hub.deploy("pictured", "while true; do :; done");
});

/** The picture that a button saves: its name, its size, its first pixel, and how many colours are in it. */
async function pictureBy(page: Page, button: string) {
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  const download = await saved;
  const bytes = readFileSync(await download.path());
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  const seen = await page.evaluate(async (base64) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext("2d");
    pen?.drawImage(image, 0, 0);
    const pixels = new Uint32Array(pen?.getImageData(0, 0, image.width, image.height).data.buffer ?? new ArrayBuffer(0));
    const first = [...new Uint8Array(pixels.buffer, 0, 3)].map((value) => value.toString(16).padStart(2, "0")).join("");
    return { width: image.width, first: `#${first}`, colours: new Set(pixels).size };
  }, bytes.toString("base64"));
  return { name: download.suggestedFilename(), ...seen };
}

test.each([["light", "#ffffff"], ["dark", "#141924"]] as const)("A chart is saved as a picture on the %s colours of the page", async (colorScheme, surface) => {
  const page = await (await open({ colorScheme })).signIn(`/deployments/${id}/metrics`);
  await page.locator('figure[aria-label="CPU"] [data-points]:not([data-points="0"]) canvas').waitFor();
  const picture = await pictureBy(page, "Save as PNG: CPU");
  expect(picture).toMatchObject({ name: "pictured_CPU.png", first: surface });
  expect(picture.width).toBeGreaterThan(800);
  expect(picture.colours).toBeGreaterThan(20);
});

test("Bars of the statistics are saved as well", async () => {
  const page = await (await open()).signIn("/statistics");
  const button = page.getByRole("button", { name: /^Save as PNG/ }).first();
  const picture = await pictureBy(page, (await button.getAttribute("aria-label")) ?? "");
  expect(picture.name).toMatch(/\.png$/);
  expect(picture.colours).toBeGreaterThan(10);
});
