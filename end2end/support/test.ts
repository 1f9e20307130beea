/** The `test` of these specs: each test gets its own panel and fails on unexpected errors in the browser's console. */
import { type Locator, type Page, expect, test as base } from "@playwright/test";

import { type BrowserReport, record, unexpected, withoutNetworkChanges } from "./console.ts";
import { Panel, type PanelOptions } from "./panel.ts";

interface Fixtures {
  panelOptions: PanelOptions;
  panel: Panel;
  /** Patterns of console errors that the test provokes. Each must occur, and no other error may. */
  expectedErrors: RegExp[];
  browserReport: BrowserReport;
}

export const test = base.extend<Fixtures>({
  panelOptions: [{}, { option: true }],
  panel: async ({ panelOptions }, use) => {
    const panel = await Panel.start(panelOptions);
    await use(panel);
    await panel.stop();
  },
  baseURL: async ({ panel }, use) => use(panel.url),
  expectedErrors: async ({}, use) => use([]),
  browserReport: [
    async ({ context, expectedErrors, javaScriptEnabled }, use) => {
      const report = record(context);
      await use(report);
      // Without JavaScript, nothing uses what the page preloads. Chromium says so after a few seconds.
      const isPreload = (text: string) => text.includes("was preloaded using link preload but not used");
      const counted = withoutNetworkChanges(report).filter(({ text }) => javaScriptEnabled || !isPreload(text));
      const { errors, absent } = unexpected(counted, expectedErrors);
      expect(errors, "unexpected errors and warnings in the browser's console").toEqual([]);
      expect(absent, "expected errors that did not occur").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Resolves once the page is hydrated and receives live updates. */
export async function waitUntilLive(page: Page): Promise<void> {
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
}

/** The row of a service in the table of the stack page. */
export function serviceRow(page: Page, title: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: new RegExp(`^${title}`) }) });
}

export const serviceTitles = ["Collector", "Prometheus", "Loki", "Jaeger", "Grafana", "Promtail"] as const;

/** Initializes and starts the stack with the command line, for tests about what comes after. */
export async function startStack(panel: Panel): Promise<void> {
  await panel.command("init");
  await panel.command("up");
}
