/** Text of others on a page, made as long as it can be: paths, names of images and containers, values, errors. */
import type { Page } from "@playwright/test";

/** Where text of others is shown. */
const foreign = [
  "code",
  ".name",
  ".project",
  ".version",
  ".file-path",
  ".event dt",
  ".event dd",
  ".event-text",
  ".note p",
  ".hint",
  ".check-title",
  ".service-problem",
  ".field-problem",
  ".agent dd",
  "td",
  ".button",
].map((selector) => `main ${selector}`);

/** Adds letters without a place to break to each of them. */
export async function lengthenForeignText(page: Page): Promise<void> {
  await page.evaluate((selectors) => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    for (const element of document.querySelectorAll(selectors.join(","))) {
      // What scrolls by itself, and buttons in a bar that has no room.
      if (element.childElementCount > 0 || element.closest("pre, .visually-hidden, .save-bar, .number")) continue;
      if (element.textContent?.trim()) element.append(`/${"averylongnamewithoutaplacetobreak".repeat(5)}`);
    }
  }, foreign);
}

/** Texts in many lines of a few letters, each described by its element. */
export async function squeezedTexts(page: Page): Promise<string[]> {
  return page.evaluate((selectors) => {
    const found: string[] = [];
    for (const element of document.querySelectorAll(selectors.join(","))) {
      if (element.childElementCount > 0 || element.closest("pre, .visually-hidden")) continue;
      const range = document.createRange();
      range.selectNodeContents(element);
      const lines = [...range.getClientRects()].filter((line) => line.width > 0);
      const widest = Math.max(0, ...lines.map((line) => line.width));
      const letter = parseFloat(getComputedStyle(element).fontSize) / 2;
      if (lines.length > 10 && widest < 10 * letter) {
        found.push(`${element.tagName} ${element.className}: ${lines.length} lines of ${Math.round(widest)} pixels`);
      }
    }
    return found;
  }, foreign);
}
