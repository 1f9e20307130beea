/** What the browser reported while a test ran, and which of it counts against the test. */
import type { BrowserContext } from "@playwright/test";

/** An error or a warning in the console, or an exception that nothing caught. */
export interface BrowserError {
  text: string;
  /** The file it came from, or the resource that did not load. Empty for an exception. */
  url: string;
}

export interface FailedRequest {
  url: string;
  /** Chromium's error, as in `net::ERR_CONNECTION_REFUSED`. */
  reason: string;
  /** Sent by `fetch()`. */
  isFetch: boolean;
}

/** Filled while the pages of a context are used. */
export interface BrowserReport {
  errors: BrowserError[];
  failed: FailedRequest[];
}

const NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED";
/** The page itself cancelled the request, or was left. The console stays silent. */
const ABORTED = "net::ERR_ABORTED";

export function record(context: BrowserContext): BrowserReport {
  const report: BrowserReport = { errors: [], failed: [] };
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      report.errors.push({ text: message.text(), url: message.location().url });
    }
  });
  context.on("weberror", (error) => report.errors.push({ text: String(error.error()), url: "" }));
  context.on("requestfailed", (request) =>
    report.failed.push({
      url: request.url(),
      reason: request.failure()?.errorText ?? "",
      isFetch: request.resourceType() === "fetch",
    }),
  );
  return report;
}

/**
 * The errors that count. Chromium drops what it is loading when a network interface comes or goes, and each container
 * of the tests brings one; the page tries again. So a resource that failed with exactly that error is excused, and so
 * is `Failed to fetch`, which names no address, but only if no `fetch()` failed for another reason.
 */
export function withoutNetworkChanges({ errors, failed }: BrowserReport): BrowserError[] {
  const changed = failed.filter((request) => request.reason === NETWORK_CHANGED);
  const urls = new Set(changed.map((request) => request.url));
  const fetches = failed.filter((request) => request.isFetch && request.reason !== ABORTED);
  const excusesFetch = fetches.length > 0 && fetches.every((request) => request.reason === NETWORK_CHANGED);
  return errors.filter(({ text, url }) => {
    if (text === `Failed to load resource: ${NETWORK_CHANGED}`) return !urls.has(url);
    if (text.startsWith("TypeError: Failed to fetch dynamically imported module: ")) {
      return !urls.has(text.slice(text.lastIndexOf(" ") + 1));
    }
    return !(text.startsWith("TypeError: Failed to fetch") && excusesFetch);
  });
}

/** The errors that match none of the patterns, and the patterns that match no error. */
export function unexpected(errors: BrowserError[], expected: RegExp[]): { errors: string[]; absent: string[] } {
  const lines = errors.map(({ text, url }) => `${text} (${url})`);
  return {
    errors: lines.filter((line) => !expected.some((pattern) => pattern.test(line))),
    absent: expected.filter((pattern) => !lines.some((line) => pattern.test(line))).map(String),
  };
}
