/** Measurements for `cargo xtask bench`. Not tests: being slow is no failure. */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";

import { expect, startStack, test } from "../support/test.ts";

const cycles = 15;

test("the first page, idle memory, and Docker events on the stack page", async ({ page, panel, browser }) => {
  test.setTimeout(240_000);
  await startStack(panel);

  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  let wireBytes = 0;
  session.on("Network.loadingFinished", (event) => (wireBytes += event.encodedDataLength));
  const paints: number[] = [];
  for (let visit = 0; visit < 7; visit += 1) {
    wireBytes = 0;
    await page.goto("/");
    await expect(page.getByText("All six services are ready.")).toBeVisible();
    paints.push(await page.evaluate(firstContentfulPaint));
  }

  const memoryBytes = await settledMemory(panel.pid);

  const latencies = await eventLatencies();
  latencies.sort((one, other) => one - other);
  paints.sort((one, other) => one - other);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  await writeFile(
    process.env.MEASURE_OUTPUT ?? "measured.json",
    JSON.stringify({
      wireBytes,
      firstContentfulPaint: paints[3],
      memoryBytes,
      eventP50: at(0.5),
      eventP95: at(0.95),
      events: latencies.length,
      chromium: `Chromium ${browser.version()}`,
    }),
  );

  /** Milliseconds from the Engine's timestamp of each event to the change of the row on the page. */
  async function eventLatencies(): Promise<number[]> {
    const events = spawn("docker", ["events", "--filter", "container=grafana", "--format", "{{.Action}} {{.TimeNano}}"]);
    const seen: { action: string; at: number }[] = [];
    createInterface({ input: events.stdout }).on("line", (line) => {
      const [action = "", nanoseconds = "0"] = line.split(" ");
      seen.push({ action, at: Number(nanoseconds) / 1e6 });
    });
    await page.evaluate(() => {
      const changes: { state: string; at: number }[] = [];
      Object.assign(window, { changes });
      const row = document.querySelector("[data-service=grafana]")!;
      let state = row.getAttribute("data-state");
      new MutationObserver(() => {
        const now = row.getAttribute("data-state");
        if (now === state) return;
        state = now;
        changes.push({ state: now ?? "", at: performance.timeOrigin + performance.now() });
      }).observe(row, { attributes: true, childList: true, characterData: true, subtree: true });
    });
    const found: number[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      for (const [verb, action, state] of [
        ["kill", "die", "exited"],
        ["start", "start", "running"],
      ] as const) {
        const before = seen.length;
        await panel.docker(verb, "grafana");
        const row = page.locator("[data-service=grafana]");
        await expect(row).toHaveAttribute("data-state", state);
        await expect.poll(() => seen.slice(before).some((event) => event.action === action)).toBe(true);
        const event = seen.slice(before).findLast((event) => event.action === action)!;
        const change = await page.evaluate(
          (state) => (window as unknown as { changes: { state: string; at: number }[] }).changes.findLast((c) => c.state === state)!.at,
          state,
        );
        found.push(change - event.at);
      }
    }
    events.kill();
    return found;
  }
});

function firstContentfulPaint(): Promise<number> {
  return new Promise((resolve) => {
    new PerformanceObserver((list) => {
      const paint = list.getEntriesByName("first-contentful-paint")[0];
      if (paint) resolve(paint.startTime);
    }).observe({ type: "paint", buffered: true });
  });
}

/** Resident bytes once they have changed by less than 1% in five seconds: the sampling of usage has settled. */
async function settledMemory(pid: number): Promise<number> {
  let last = 0;
  await expect
    .poll(
      async () => {
        const previous = last;
        last = await residentBytes(pid);
        return Math.abs(last - previous) / last;
      },
      { intervals: [5_000], timeout: 60_000 },
    )
    .toBeLessThan(0.01);
  return last;
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
