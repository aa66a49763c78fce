import { expect, test } from "vitest";
import { seriousFaults } from "./faults";
import { stage } from "./stage";

const { open } = stage();

test.each([
  ["light", 1440],
  ["light", 390],
  ["dark", 1440],
  ["dark", 390],
] as const)("The reference of the API can be used by everybody: %s, %i wide", async (colorScheme, width) => {
  const { page } = await open({ colorScheme, viewport: { width, height: 900 } });
  await page.goto("/docs");
  await page.locator(".opblock").first().waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await page.getByRole("link", { name: "ComputeHub" }).click();
  await page.getByRole("button", { name: "Sign in as developer" }).waitFor();
});

test("An operation of the reference is opened by its button, which puts it into the address", async () => {
  const { page } = await open();
  await page.goto("/docs");
  await page.locator(".opblock-summary-control").first().click();
  await page.locator(".opblock.is-open").waitFor();
  expect(new URL(page.url()).hash).not.toBe("");
});
