/** What can be measured of the looks: sizes, contrast, marks without colors, and where a page is after going back. */
import type { Locator, Page } from "@playwright/test";

import { expect, startStack, test, waitUntilLive } from "../support/test.ts";

const paths = ["/", "/agents", "/settings", "/files", "/logs/grafana"];

/** The color of a border or a background as it is seen on the page, as numbers from 0 to 255. */
function color(element: Locator, property: string): Promise<number[]> {
  return element.evaluate((node, name) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
    for (const seen of [
      getComputedStyle(document.body).backgroundColor,
      getComputedStyle(node).getPropertyValue(name),
    ]) {
      canvas.fillStyle = seen;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }, property);
}

/** The contrast of two colors as WCAG computes it, from 1 to 21. */
function contrast(one: number[], other: number[]): number {
  const luminance = (channels: number[]) => {
    const [red, green, blue] = channels.map((channel) => {
      const part = channel / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 }), path).toBeVisible();
}

test("where the system chooses the colors, on, pressed and current have a mark", async ({ page, panel }) => {
  await startStack(panel);
  await page.emulateMedia({ forcedColors: "active" });
  await open(page, "/settings");
  const background = (element: Locator) => color(element, "background-color");
  const toggle = page.locator(".toggle").first();
  const on = await background(toggle.locator(":checked + span"));
  expect(await background(toggle.locator("input:not(:checked) + span"))).not.toEqual(on);
  const current = page.locator(".sidebar nav a[aria-current=page]");
  const other = page.locator(".sidebar nav a:not([aria-current=page])").first();
  expect(await background(current)).not.toEqual(await background(other));
  await open(page, "/logs/grafana");
  await waitUntilLive(page);
  const pause = page.locator("button[aria-pressed]");
  const released = await background(pause);
  await pause.click();
  await expect(pause).toHaveAttribute("aria-pressed", "true");
  expect(await background(pause)).not.toEqual(released);
});

test("the whole navigation is in view on a phone", async ({ page }) => {
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await open(page, "/");
    for (const link of await page.locator(".sidebar nav a").all()) {
      const box = (await link.boundingBox())!;
      expect(box.x, `${await link.innerText()} at ${width}`).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width, `${await link.innerText()} at ${width}`).toBeLessThanOrEqual(width);
      expect(box.height, `${await link.innerText()} at ${width}`).toBeGreaterThanOrEqual(24);
    }
  }
});

test("going back returns to where the page was", async ({ page, panel }) => {
  await startStack(panel);
  await open(page, "/settings");
  await waitUntilLive(page);
  await page.evaluate(() => scrollTo(0, 700));
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(700);
  // The navigation stays in view while the page scrolls.
  await page.getByRole("link", { name: "Files" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Files" })).toBeVisible();
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(0);
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(700);
});

test("borders of fields and buttons have a contrast of 3 to 1, and code is at least 12 pixels high", async ({
  page,
  panel,
}) => {
  await startStack(panel);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of paths) {
      await open(page, path);
      // What can't be used at the moment may be pale.
      const usable = ":not([aria-disabled=true], :disabled):visible";
      const controls = page.locator(`main :is(input[type=text], input[type=search], select, .button)${usable}`);
      const ground = await color(page.locator("body"), "background-color");
      for (const control of await controls.all()) {
        const isFilled = contrast(await color(control, "background-color"), ground) >= 3;
        const border = contrast(await color(control, "border-top-color"), ground);
        // Some buttons are only text, which axe checks.
        const isText = border === 1 && !isFilled;
        const name = await control.evaluate((node) => node.outerHTML.slice(0, 120));
        expect(isFilled || isText || border >= 3, `${path}, ${colorScheme}: ${name} has ${border.toFixed(2)}`).toBe(true);
      }
      const sizes = await page
        .locator("main code:visible")
        .evaluateAll((nodes) => nodes.map((node) => parseFloat(getComputedStyle(node).fontSize)));
      expect(Math.min(12, ...sizes), path).toBeGreaterThanOrEqual(12);
    }
  }
});

test("the data path fits its card at every width", async ({ page, panel }) => {
  await startStack(panel);
  await open(page, "/");
  const path = page.getByRole("region", { name: "Data path" });
  for (const width of [1600, 1280, 1150, 1024, 900, 768, 390]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await path.evaluate((card) => {
      const edge = card.getBoundingClientRect().right;
      return Math.max(...[...card.querySelectorAll("li")].map((part) => part.getBoundingClientRect().right - edge));
    });
    expect(overflow, `pixels beyond the card at ${width}`).toBeLessThanOrEqual(0);
  }
});
