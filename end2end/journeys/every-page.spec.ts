import AxeBuilder from "@axe-core/playwright";

import { expect, running, test } from "../support/test.ts";

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

/** The missing page is a 404, which Chromium reports as an error of its own. */
const expected = (error: string) => error.includes("/no-such-page") && error.includes("404");

test("no page has an accessibility violation, in either scheme", async ({ page, panel, consoleErrors }) => {
  test.setTimeout(180_000);
  await running(panel);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of pages) {
      await page.goto(path);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(", ")}`);
      expect(found, `${path} in ${colorScheme}`).toEqual([]);
    }
  }
  consoleErrors.splice(0, consoleErrors.length, ...consoleErrors.filter((error) => !expected(error)));
});

test("nothing scrolls sideways at 320 pixels", async ({ page, panel, consoleErrors }) => {
  await running(panel);
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of pages) {
    await page.goto(path);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `pixels that ${path} is too wide`).toBeLessThanOrEqual(0);
  }
  consoleErrors.splice(0, consoleErrors.length, ...consoleErrors.filter((error) => !expected(error)));
});

test("the vital verbs work from the keyboard alone", async ({ page }) => {
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
  await expect(page.getByRole("heading", { name: "The files are written" })).toBeVisible();
  await press("Start stack");
  await expect(page.getByText("All six services are ready.")).toBeVisible();
  await press("Stop stack");
  await expect(page.getByText("The stack is stopped.")).toBeVisible();
});
