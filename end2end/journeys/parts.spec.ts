import type { Page } from "@playwright/test";

import { expect, test, waitUntilLive } from "../support/test.ts";

test.use({ panelOptions: { dockerHost: "unix:///nowhere/docker.sock" } });

/** What Chromium and the loader of the parts report when a test aborts the request. */
const partNotLoaded = [/net::ERR_FAILED.*split_files/, /^TypeError: Failed to fetch/];
const contents = (page: Page) => page.getByRole("region", { name: /^Contents of compose.yaml/ });

/** The WebAssembly files that the page requests from now on, without the hashes in their names. */
function requestedWasm(page: Page): string[] {
  const requested: string[] = [];
  page.on("request", (request) => {
    const match = /\/pkg\/([\w-]+)\.[0-9a-f]{16}\.wasm$/.exec(request.url());
    if (match?.[1]) requested.push(match[1]);
  });
  return requested;
}

/** Marks the document. The returned function tells whether the page is still the same document. */
async function markDocument(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => Object.assign(window, { marked: true }));
  return () => page.evaluate(() => "marked" in window);
}

test("a page loads only its own part; opening another page loads that part without a page load", async ({ page }) => {
  const requested = requestedWasm(page);
  await page.goto("/");
  await waitUntilLive(page);
  expect(requested).toEqual(["clawker-monitor"]);
  const isSameDocument = await markDocument(page);
  await page.getByRole("link", { name: "Files" }).click();
  await expect(contents(page)).toContainText("clawker-net");
  await expect(page).toHaveTitle(/^Files/);
  expect(requested).toContain("split_files");
  expect(requested).not.toContain("split_logs");
  await page.getByRole("link", { name: "Logs" }).click();
  await expect(page).toHaveTitle(/^Logs of /);
  expect(requested).toContain("split_logs");
  await page.goBack();
  await expect(contents(page)).toBeVisible();
  expect(await isSameDocument()).toBe(true);
  expect(new Set(requested).size, "each part is requested once").toBe(requested.length);
});

for (const [path, part] of [
  ["/agents", "split_agents"],
  ["/files", "split_files"],
  ["/settings", "split_settings"],
  ["/settings/preview", "split_settings"],
  ["/logs/grafana", "split_logs"],
] as const) {
  test(`${path} becomes interactive when it is the first page`, async ({ page }) => {
    const requested = requestedWasm(page);
    await page.goto(path);
    await waitUntilLive(page);
    expect(requested).toContain(part);
    const isSameDocument = await markDocument(page);
    await page.getByRole("link", { name: "Stack", exact: true }).click();
    await expect(page).toHaveURL(/\/$/);
    await expect(page.getByText("Can't reach Docker.")).toBeVisible();
    expect(await isSameDocument()).toBe(true);
  });
}

test("a page works as plain HTML when its part fails to load", async ({ page, expectedErrors }) => {
  expectedErrors.push(...partNotLoaded);
  await page.route(/split_files/, (route) => route.abort());
  const failed = page.waitForEvent("requestfailed", (request) => /split_files/.test(request.url()));
  await page.goto("/files");
  await failed;
  await expect(contents(page)).toContainText("clawker-net");
  await page.getByRole("link", { name: "Stack", exact: true }).click();
  await expect(page.getByText("Can't reach Docker.")).toBeVisible();
  await waitUntilLive(page);
});

test("a page that is left before it is live becomes the page of its new address", async ({ page }) => {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/split_files/, async (route) => {
    await released;
    await route.continue();
  });
  await page.goto("/files");
  await expect(contents(page)).toBeVisible();
  // What going back does where both addresses belong to one document.
  await page.evaluate(() => history.replaceState(null, "", "/"));
  release();
  await expect(page.getByText("Can't reach Docker.")).toBeVisible();
  await waitUntilLive(page);
});

test("when a part fails to load, a link opens its page", async ({ page, expectedErrors }) => {
  expectedErrors.push(...partNotLoaded);
  await page.goto("/");
  await waitUntilLive(page);
  await page.route(/split_files/, (route) => route.abort());
  await page.getByRole("link", { name: "Files" }).click();
  await expect(page.getByRole("heading", { name: "This page could not be loaded" })).toBeVisible();
  await expect(page).toHaveURL(/\/files$/);
  await page.unroute(/split_files/);
  await page.getByRole("link", { name: "Open the page again" }).click();
  await expect(contents(page)).toBeVisible();
  await waitUntilLive(page);
});

test("a tab of the previous build loads the page from the new build", async ({ page, expectedErrors }) => {
  expectedErrors.push(/status of 404.*split_files/, /^TypeError: .* on 'WebAssembly': HTTP status code is not ok/);
  // Until the page is reloaded, the server is of another build than the page.
  let isOld = true;
  await page.route("/events", (route) => {
    const body = `data: ${JSON.stringify({ hello: { build: "another" } })}\n\n`;
    return isOld ? route.fulfill({ contentType: "text/event-stream", body }) : route.continue();
  });
  await page.goto("/");
  await expect(page.getByText("The panel was updated.")).toBeVisible();
  const isSameDocument = await markDocument(page);
  page.on("request", (request) => (isOld &&= !request.isNavigationRequest()));
  await page.route(/split_files/, (route) => {
    return isOld ? route.fulfill({ status: 404, body: "not found" }) : route.continue();
  });
  await page.getByRole("link", { name: "Files" }).click();
  await expect(contents(page)).toBeVisible();
  expect(await isSameDocument()).toBe(false);
  await expect(page).toHaveURL(/\/files$/);
  await waitUntilLive(page);
  await page.goBack();
  await expect(page.getByText("Can't reach Docker.")).toBeVisible();
});
