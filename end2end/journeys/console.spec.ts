/** The tests' own rule about errors in the browser's console, which every other test relies on. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test } from "@playwright/test";

import { type BrowserReport, record, unexpected, withoutNetworkChanges } from "../support/console.ts";
import { freePorts } from "../support/panel.ts";

const part = "http://127.0.0.1:1/pkg/split_files.wasm";
const numbers = "http://127.0.0.1:1/api/numbers";
const failedToFetch = { text: "TypeError: Failed to fetch\n    at load", url: "http://127.0.0.1:1/pkg/parts.js" };
const notLoaded = (reason: string, url: string) => ({ text: `Failed to load resource: ${reason}`, url });

function report(...failures: [url: string, reason: string][]): BrowserReport {
  return {
    errors: failures.flatMap(([url, reason]) => [notLoaded(reason, url), failedToFetch]),
    failed: failures.map(([url, reason]) => ({ url, reason, isFetch: true })),
  };
}

test("a request that a network change dropped is excused", () => {
  expect(withoutNetworkChanges(report([part, "net::ERR_NETWORK_CHANGED"]))).toEqual([]);
});

test("a network change does not excuse a request that failed for another reason", () => {
  const both = report([part, "net::ERR_NETWORK_CHANGED"], [numbers, "net::ERR_CONNECTION_REFUSED"]);
  const refused = notLoaded("net::ERR_CONNECTION_REFUSED", numbers);
  expect(withoutNetworkChanges(both)).toEqual([failedToFetch, refused, failedToFetch]);
});

test("a network change excuses only the address it dropped", () => {
  const { errors } = report([numbers, "net::ERR_NETWORK_CHANGED"]);
  const { failed } = report([part, "net::ERR_NETWORK_CHANGED"]);
  expect(withoutNetworkChanges({ errors, failed })).toEqual([notLoaded("net::ERR_NETWORK_CHANGED", numbers)]);
});

test("a dropped image does not excuse a failed fetch", () => {
  const failed = [{ url: part, reason: "net::ERR_NETWORK_CHANGED", isFetch: false }];
  expect(withoutNetworkChanges({ errors: [failedToFetch], failed })).toEqual([failedToFetch]);
});

test("a request that the page itself cancelled neither excuses nor counts", () => {
  const cancelled = { url: numbers, reason: "net::ERR_ABORTED", isFetch: true };
  const { errors, failed } = report([part, "net::ERR_NETWORK_CHANGED"]);
  expect(withoutNetworkChanges({ errors, failed: [...failed, cancelled] })).toEqual([]);
  expect(withoutNetworkChanges({ errors: [failedToFetch], failed: [cancelled] })).toEqual([failedToFetch]);
});

test("an expected error must occur, and no other may", () => {
  const errors = [notLoaded("net::ERR_FAILED", part)];
  expect(unexpected(errors, [/split_files/])).toEqual({ errors: [], absent: [] });
  expect(unexpected(errors, [/split_logs/])).toEqual({
    errors: [`Failed to load resource: net::ERR_FAILED (${part})`],
    absent: ["/split_logs/"],
  });
});

test("Chromium reports a fetch that fails in the form that the rule reads", async ({ page, context }) => {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end("<title>x</title>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const [closed] = await freePorts(1);
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const missing = `http://127.0.0.1:${closed}/`;
  const seen = record(context);
  await page.goto(address);
  await page.evaluate((url) => void fetch(url, { mode: "no-cors" }), missing);
  await expect.poll(() => seen.errors.length).toBe(2);
  expect(seen.failed.filter((request) => request.url === missing)).toEqual([
    { url: missing, reason: "net::ERR_CONNECTION_REFUSED", isFetch: true },
  ]);
  expect(seen.errors).toContainEqual(notLoaded("net::ERR_CONNECTION_REFUSED", missing));
  expect(withoutNetworkChanges(seen).filter(({ text }) => text.startsWith("TypeError: Failed to fetch"))).toHaveLength(1);
  server.close();
});
