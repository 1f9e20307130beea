import AxeBuilder from "@axe-core/playwright";

import { lengthenForeignText, squeezedTexts } from "../support/long-text.ts";
import { expect, startStack, test } from "../support/test.ts";

const pages = [
  "/",
  "/agents",
  "/settings",
  "/settings?grafana_port=70000&was.grafana_port=&loki_port=9090&was.loki_port=",
  "/settings/preview?grafana_port=2999&was.grafana_port=",
  "/settings/preview?grafana_port=x&was.grafana_port=",
  "/files",
  "/files?name=grafana-dashboard.json",
  "/logs/grafana",
  "/no-such-page",
];

/** Chromium reports the missing page in the console. */
const missingPage = /status of 404.*\/no-such-page/;

test("no page has an accessibility violation in either theme", async ({ page, panel, expectedErrors }) => {
  test.setTimeout(180_000);
  expectedErrors.push(missingPage);
  await startStack(panel);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of pages) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 }), path).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(", ")}`);
      expect(found, `${path}, ${colorScheme} theme`).toEqual([]);
    }
  }
});

test("no page scrolls horizontally at 320 pixels", async ({ page, panel, expectedErrors }) => {
  expectedErrors.push(missingPage);
  await startStack(panel);
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of pages) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 }), path).toBeVisible();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `pixels by which ${path} is too wide`).toBeLessThanOrEqual(0);
  }
});

test("names and paths without a place to break neither widen a page nor are squeezed", async ({
  page,
  panel,
  expectedErrors,
}) => {
  test.setTimeout(120_000);
  expectedErrors.push(missingPage);
  await startStack(panel);
  await panel.editSettings((text) => `${text}  grafana_port: 70000\n`);
  for (const width of [1280, 390, 320]) {
    await page.setViewportSize({ width, height: 800 });
    for (const path of [...pages, "/settings"]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 }), path).toBeVisible();
      await lengthenForeignText(page);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `pixels by which ${path} is too wide at ${width}`).toBeLessThanOrEqual(0);
      expect(await squeezedTexts(page), `${path} at ${width}`).toEqual([]);
    }
  }
});

test("initializing, starting and stopping work with the keyboard alone", async ({ page }) => {
  await page.goto("/");
  const press = async (name: string) => {
    const button = page.getByRole("button", { name, exact: true });
    await expect(button).toBeVisible();
    await page.locator("body").press("Home");
    for (let step = 0; step < 60; step += 1) {
      if (await button.evaluate((element) => element === document.activeElement)) break;
      await page.keyboard.press("Tab");
    }
    await expect(button).toBeFocused();
    await page.keyboard.press("Enter");
  };
  await press("Initialize");
  await expect(page.getByRole("heading", { name: "Files created" })).toBeVisible();
  await press("Start stack");
  await expect(page.getByText("All six services are ready.")).toBeVisible();
  await press("Stop stack");
  await expect(page.getByText("The stack is stopped.")).toBeVisible();
});
