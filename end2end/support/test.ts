/** The tests' own `test`: a panel for each, and no error in the browser's console goes unnoticed. */
import { type Locator, type Page, expect, test as base } from "@playwright/test";

import { Panel, type Wishes } from "./panel.ts";

interface Fixtures {
  wishes: Wishes;
  panel: Panel;
  consoleErrors: string[];
}

export const test = base.extend<Fixtures>({
  wishes: [{}, { option: true }],
  panel: async ({ wishes }, use) => {
    const panel = await Panel.start(wishes);
    await use(panel);
    await panel.stop();
  },
  baseURL: async ({ panel }, use) => use(panel.url),
  consoleErrors: [
    async ({ context }, use) => {
      const errors: string[] = [];
      context.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") {
          errors.push(`${message.type()}: ${message.text()} (${message.location().url})`);
        }
      });
      context.on("weberror", (error) => errors.push(String(error.error())));
      await use(errors);
      expect(withoutNetworkChanges(errors), "errors and warnings in the browser's console").toEqual([]);
    },
    { auto: true },
  ],
});

/**
 * Chromium gives up what it is loading whenever a network comes or goes, as it does with every container of the tests.
 * The page tries again, so that only what else went wrong counts.
 */
function withoutNetworkChanges(errors: string[]): string[] {
  if (!errors.some((error) => error.includes("ERR_NETWORK_CHANGED"))) return errors;
  return errors.filter((error) => !/ERR_NETWORK_CHANGED|Failed to fetch/.test(error));
}

export { expect };

/** The row of a service in the table of the stack page. */
export function row(page: Page, title: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: new RegExp(`^${title}`) }) });
}

export const titles = ["Collector", "Prometheus", "Loki", "Jaeger", "Grafana", "Promtail"] as const;

/** Initialises and starts with the command line, where a test is about what comes after. */
export async function running(panel: Panel): Promise<void> {
  await panel.command("init");
  await panel.command("up");
}
