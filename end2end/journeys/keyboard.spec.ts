/** The pages about agents with the keyboard alone: each control is reached, shows that it has the focus, and works. */
import type { Page } from "@playwright/test";

import { type Agent, containerName, createAgent, storeEvents, waitForNextSecond, workEvents } from "../support/agents.ts";
import type { Panel } from "../support/panel.ts";
import { expect, startStack, test, waitUntilLive } from "../support/test.ts";

const checkout: Agent = { project: "e2e-keys", agent: "checkout" };
const wrongPort: Agent = {
  project: "e2e-keys",
  agent: "wrong-port",
  variables: { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://otel-collector:1/v1/logs" },
};
/** More steps than a page has tab stops. */
const mostSteps = 200;

async function startAgents(panel: Panel): Promise<void> {
  await startStack(panel);
  for (const agent of [checkout, wrongPort]) await panel.docker("start", await createAgent(panel, agent));
  await waitForNextSecond();
  await storeEvents(panel, workEvents(checkout, "4be81a2c-9a54-4a4e-8f4d-6f8b0f8f2d11"));
}

test.afterEach(async ({ panel }) => {
  await panel.docker("rm", "--force", ...[checkout, wrongPort].map(containerName)).catch(() => undefined);
});

/** Marks every control that a Tab has to reach, and returns how many there are. */
function markControls(page: Page): Promise<number> {
  return page.evaluate(() => {
    const wanted = "a[href], button, input, select, textarea, summary, [tabindex]";
    const isReachable = (element: HTMLElement) => {
      const closed = element.parentElement?.closest("details:not([open])");
      const isHidden = closed && !(element.matches("summary") && element.parentElement === closed);
      const group = element instanceof HTMLInputElement && element.type === "radio" && !element.checked;
      return element.tabIndex >= 0 && !element.matches(":disabled") && !isHidden && !group && element.checkVisibility();
    };
    const controls = [...document.querySelectorAll<HTMLElement>(wanted)].filter(isReachable);
    controls.forEach((control) => control.setAttribute("data-key-stop", "waiting"));
    return controls.length;
  });
}

interface Stop {
  name: string;
  hasRing: boolean;
  isInView: boolean;
}

/** Marks the focused element as reached. `null` if the focus has left the page. */
function lookAtFocus(page: Page): Promise<Stop | null> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    if (!element || element === document.body) return null;
    if (element.hasAttribute("data-key-stop")) element.setAttribute("data-key-stop", "reached");
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return {
      name: `${element.localName} ${(element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 40)}`,
      hasRing: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 1,
      isInView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
  });
}

/** Presses Tab from the start of the page to its end. */
async function walk(page: Page): Promise<void> {
  const count = await markControls(page);
  expect(count).toBeGreaterThan(10);
  let stops = 0;
  for (; stops < mostSteps; stops += 1) {
    await page.keyboard.press("Tab");
    const stop = await lookAtFocus(page);
    if (!stop) break;
    expect.soft(stop.hasRing, `${stop.name} shows that it has the focus`).toBe(true);
    expect.soft(stop.isInView, `${stop.name} is in view`).toBe(true);
  }
  expect(stops, "the focus leaves the page at its end").toBeLessThan(mostSteps);
  expect(await missed(page), "controls that Tab does not reach").toEqual([]);
  // And back from the last one: the focus is caught nowhere.
  await markControls(page);
  await page.locator("[data-key-stop]").last().focus();
  for (let back = 1; back < stops; back += 1) {
    await lookAtFocus(page);
    await page.keyboard.press("Shift+Tab");
  }
  await lookAtFocus(page);
  expect(await missed(page), "controls that Shift+Tab does not reach").toEqual([]);
}

/** The controls that were not reached yet. */
function missed(page: Page): Promise<string[]> {
  return page.locator("[data-key-stop=waiting]").evaluateAll((controls) => controls.map((it) => it.outerHTML.slice(0, 120)));
}

test("the list of agents works with the keyboard alone", async ({ page, panel }) => {
  test.setTimeout(120_000);
  await startAgents(panel);
  await page.goto("/agents");
  await waitUntilLive(page);
  await expect(page.locator("[data-row]")).toHaveCount(2);
  await walk(page);

  const sort = page.getByRole("columnheader", { name: "Agent", exact: true }).getByRole("link");
  await sort.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/sort=/);
  const details = page.locator("details").first();
  await details.locator("summary").first().focus();
  for (const [key, open] of [["Enter", true], ["Space", false]] as const) {
    await page.keyboard.press(key);
    expect(await details.evaluate((element: HTMLDetailsElement) => element.open), key).toBe(open);
  }
  await page.locator(`[data-row="c:${containerName(wrongPort)}"]`).getByRole("link", { name: "wrong-port", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "wrong-port" })).toBeVisible();
});

for (const agent of [checkout, wrongPort]) {
  test(`the page of the agent ${agent.agent} works with the keyboard alone`, async ({ page, panel }) => {
    test.setTimeout(120_000);
    await startAgents(panel);
    await page.goto(`/agents/${containerName(agent)}`);
    await waitUntilLive(page);
    await expect(page.getByRole("heading", { level: 1, name: agent.agent })).toBeVisible();
    await walk(page);

    const pause = page.getByRole("button", { name: "Pause" });
    await pause.focus();
    for (const [key, pressed] of [["Space", "true"], ["Enter", "false"]] as const) {
      await page.keyboard.press(key);
      await expect(page.locator("[aria-pressed]").first(), key).toHaveAttribute("aria-pressed", pressed);
    }
    const week = page.getByRole("navigation", { name: "Time range" }).getByRole("link", { name: "7d" });
    await week.focus();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/range=7d/);
  });
}

test.describe("in another time zone", () => {
  test.use({ timezoneId: "Asia/Kolkata" });

  test("evidence has the times of the browser's zone", async ({ page, panel }) => {
    const silent: Agent = { ...checkout, agent: "silent" };
    await startStack(panel);
    await panel.docker("start", await createAgent(panel, silent));
    try {
      const started = await panel.docker("inspect", "--format", "{{.State.StartedAt}}", containerName(silent));
      await page.goto(`/agents/${containerName(silent)}`);
      await waitUntilLive(page);
      const time = page.locator(".causes time").first();
      const moment = Date.parse(started.trim());
      const inKolkata = new Date(moment + 330 * 60_000).toISOString().slice(0, 19).replace("T", " ");
      await expect(time).toHaveText(`${inKolkata} UTC+5:30`);
      await expect(time).toHaveAttribute("datetime", new Date(moment).toISOString());
    } finally {
      await panel.docker("rm", "--force", containerName(silent));
    }
  });
});
