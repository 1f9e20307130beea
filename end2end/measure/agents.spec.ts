/**
 * Measures how long an Engine event takes to reach the agents page, with one agent and with 200. Not a test: being slow
 * is no failure.
 */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";

import type { Page } from "@playwright/test";

import { createAgent } from "../support/agents.ts";
import type { Panel } from "../support/panel.ts";
import { expect, startStack, test, waitUntilLive } from "../support/test.ts";

const rounds = 20;
const otherAgents = 200;
const name = "clawker.e2e-round";

/** What the row says after each event. */
const shownAfter = { create: "never started", start: "runs", die: "stopped", destroy: "gone" } as const;

test("Engine events on the agents page", async ({ page, panel }) => {
  test.setTimeout(600_000);
  await startStack(panel);
  try {
    await page.goto("/agents");
    await waitUntilLive(page);
    const alone = await latencies(page, panel);
    for (let index = 0; index < otherAgents; index += 1) {
      await createAgent(panel, { project: "e2e-crowd", agent: `agent-${String(index).padStart(3, "0")}` });
    }
    const began = Date.now();
    await page.goto("/agents");
    await waitUntilLive(page);
    const interactive = Date.now() - began;
    await expect(page.getByText(`${otherAgents} rows`)).toBeVisible();
    const among = await latencies(page, panel);
    const typing = await page.evaluate(typingMilliseconds);
    const measured = { alone: summary(alone), among: summary(among), crowd: otherAgents, interactive, typing };
    await writeFile(process.env.MEASURE_AGENTS_OUTPUT ?? "measured-agents.json", JSON.stringify(measured));
    process.stdout.write(`${JSON.stringify(measured)}\n`);
  } finally {
    const left = (await panel.docker("ps", "--all", "--quiet", "--filter", "label=dev.clawker.purpose=agent")).split("\n");
    await panel.docker("rm", "--force", ...left.filter(Boolean)).catch(() => undefined);
  }
});

function summary(found: number[]): { p50: number; p95: number; events: number } {
  const sorted = [...found].sort((one, other) => one - other);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
  return { p50: at(0.5), p95: at(0.95), events: sorted.length };
}

/** Milliseconds from the Engine's timestamp of each event to the change on the page. */
async function latencies(page: Page, panel: Panel): Promise<number[]> {
  const events = spawn("docker", [
    "events",
    "--filter",
    "type=container",
    "--format",
    "{{.Action}} {{.TimeNano}} {{.Actor.Attributes.name}}",
  ]);
  const reported: { action: string; at: number }[] = [];
  createInterface({ input: events.stdout }).on("line", (line) => {
    const [action = "", nanoseconds = "0", container] = line.split(" ");
    if (container === name) reported.push({ action, at: Number(nanoseconds) / 1e6 });
  });
  await page.evaluate(watchRow, name);
  const seen = (state: string, after: number) =>
    page.evaluate(
      ([state, after]) =>
        (window as unknown as { changes: { state: string; at: number }[] }).changes.find(
          (change) => change.state === state && change.at >= (after as number),
        )?.at,
      [state, after] as const,
    );
  const found: number[] = [];
  const steps: [keyof typeof shownAfter, () => Promise<unknown>][] = [
    ["create", () => createAgent(panel, { agent: "e2e-round" })],
    ["start", () => panel.docker("start", name)],
    ["die", () => panel.docker("kill", name)],
    ["destroy", () => panel.docker("rm", name)],
  ];
  for (let round = 0; round < rounds; round += 1) {
    for (const [action, act] of steps) {
      const before = reported.length;
      await act();
      await expect.poll(() => reported.slice(before).some((event) => event.action === action)).toBe(true);
      const event = reported.slice(before).find((event) => event.action === action)!;
      await expect.poll(() => seen(shownAfter[action], event.at), { intervals: [20] }).toBeTruthy();
      found.push((await seen(shownAfter[action], event.at))! - event.at);
    }
  }
  events.kill();
  return found;
}

/** Records when the row of the container changes, in `window.changes`. */
function watchRow(container: string): void {
  const changes: { state: string; at: number }[] = [];
  Object.assign(window, { changes });
  const read = () => {
    const row = document.querySelector(`[data-row="c:${container}"]`);
    return row ? row.querySelector(".state .muted")?.textContent || "runs" : "gone";
  };
  let state = read();
  new MutationObserver(() => {
    const now = read();
    if (now === state) return;
    state = now;
    changes.push({ state: now, at: performance.timeOrigin + performance.now() });
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}

/** Milliseconds from a keystroke in the search box to the filtered list. */
function typingMilliseconds(): Promise<number> {
  return new Promise((resolve) => {
    const box = document.querySelector<HTMLInputElement>("input[name=q]")!;
    const began = performance.now();
    new MutationObserver((_, observer) => {
      if (document.querySelectorAll("[data-row]").length > 1) return;
      observer.disconnect();
      resolve(Math.round(performance.now() - began));
    }).observe(document.querySelector("table")!, { childList: true, subtree: true });
    box.value = "agent-042";
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
