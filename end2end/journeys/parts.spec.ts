import type { Page } from "@playwright/test";

import { expect, test } from "../support/test.ts";

test.use({ wishes: { dockerHost: "unix:///nowhere/docker.sock" } });

const hydrated = (page: Page) => expect(page.getByText("Live", { exact: true })).toBeVisible();
const contents = (page: Page) => page.getByRole("region", { name: /^Contents of compose.yaml/ });

/** The WebAssembly that the page has asked for, by name and without the hashes. */
function wasmOf(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const match = /\/pkg\/([\w-]+)\.[0-9a-f]{16}\.wasm$/.exec(request.url());
    if (match?.[1]) asked.push(match[1]);
  });
  return asked;
}

/** No page was loaded from the server since: what JavaScript remembers is still there. */
async function marked(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => Object.assign(window, { marked: true }));
  return () => page.evaluate(() => "marked" in window);
}

test("the first page loads no part of another, and going there loads it without leaving the page", async ({ page }) => {
  const asked = wasmOf(page);
  await page.goto("/");
  await hydrated(page);
  expect(asked).toEqual(["clawker-monitor"]);
  const stayed = await marked(page);
  await page.getByRole("link", { name: "Files" }).click();
  await expect(contents(page)).toContainText("clawker-net");
  await expect(page).toHaveTitle(/^Files/);
  expect(asked).toContain("split_files");
  expect(asked).not.toContain("split_logs");
  await page.getByRole("link", { name: "Logs" }).click();
  await expect(page).toHaveTitle(/^Logs of /);
  expect(asked).toContain("split_logs");
  await page.goBack();
  await expect(contents(page)).toBeVisible();
  expect(await stayed()).toBe(true);
  expect(new Set(asked).size, "each part is fetched once").toBe(asked.length);
});

for (const [path, part] of [
  ["/agents", "split_agents"],
  ["/files", "split_files"],
  ["/settings", "split_settings"],
  ["/settings/preview", "split_settings"],
  ["/logs/grafana", "split_logs"],
] as const) {
  test(`${path} becomes interactive when it is the first page`, async ({ page }) => {
    const asked = wasmOf(page);
    await page.goto(path);
    await hydrated(page);
    expect(asked).toContain(part);
    const stayed = await marked(page);
    await page.getByRole("link", { name: "Stack", exact: true }).click();
    await expect(page).toHaveURL(/\/$/);
    await expect(page.getByText("No Docker Engine answers.")).toBeVisible();
    expect(await stayed()).toBe(true);
  });
}

test("a page whose part does not come is right all the same", async ({ page, consoleErrors }) => {
  await page.route(/split_files/, (route) => route.abort());
  await page.goto("/files");
  await expect.poll(() => consoleErrors.length).toBeGreaterThan(0);
  await expect(contents(page)).toContainText("clawker-net");
  await page.getByRole("link", { name: "Stack", exact: true }).click();
  await expect(page.getByText("No Docker Engine answers.")).toBeVisible();
  await hydrated(page);
  consoleErrors.length = 0;
});

test("a part that does not come leaves a way to its page", async ({ page, consoleErrors }) => {
  await page.goto("/");
  await hydrated(page);
  await page.route(/split_files/, (route) => route.abort());
  await page.getByRole("link", { name: "Files" }).click();
  await expect(page.getByRole("heading", { name: "This page could not be loaded" })).toBeVisible();
  await expect(page).toHaveURL(/\/files$/);
  await page.unroute(/split_files/);
  await page.getByRole("link", { name: "Open the page again" }).click();
  await expect(contents(page)).toBeVisible();
  await hydrated(page);
  consoleErrors.length = 0;
});

test("a tab of the previous build goes to the page of the new one", async ({ page, consoleErrors }) => {
  await page.route("/events", (route) => {
    const body = `data: ${JSON.stringify({ hello: { build: "another" } })}\n\n`;
    return route.fulfill({ contentType: "text/event-stream", body });
  });
  await page.goto("/");
  await expect(page.getByText("The panel was updated.")).toBeVisible();
  const stayed = await marked(page);
  let isOld = true;
  page.on("request", (request) => (isOld &&= !request.isNavigationRequest()));
  await page.route(/split_files/, (route) => {
    return isOld ? route.fulfill({ status: 404, body: "no such part" }) : route.continue();
  });
  await page.getByRole("link", { name: "Files" }).click();
  await expect(contents(page)).toBeVisible();
  expect(await stayed()).toBe(false);
  await expect(page).toHaveURL(/\/files$/);
  await page.goBack();
  await expect(page.getByText("No Docker Engine answers.")).toBeVisible();
  consoleErrors.length = 0;
});
