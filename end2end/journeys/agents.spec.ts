import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";

import { type Agent, containerName, createAgent, storeEvents, waitForNextSecond, workEvents } from "../support/agents.ts";
import type { Panel } from "../support/panel.ts";
import { expect, startStack, test, waitUntilLive } from "../support/test.ts";

const checkout: Agent = { project: "e2e-shop", agent: "checkout" };
const search: Agent = { project: "e2e-shop", agent: "search" };
/** Sends to a port that the collector does not listen on. */
const wrongPort: Agent = {
  agent: "e2e-wrong-port",
  variables: { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://otel-collector:1/v1/logs" },
};
const all = [checkout, search, wrongPort];

const rowOf = (page: Page, agent: Agent) => page.locator(`[data-row="c:${containerName(agent)}"]`);
const agentNames = (page: Page) => page.locator("[data-row] .name");
const head = (page: Page, name: string) => page.getByRole("columnheader", { name, exact: true });

async function startAgents(panel: Panel): Promise<void> {
  await startStack(panel);
  for (const agent of all) await panel.docker("start", await createAgent(panel, agent));
  await waitForNextSecond();
  await storeEvents(panel, workEvents(checkout, "4be81a2c-9a54-4a4e-8f4d-6f8b0f8f2d11"));
}

test.afterEach(async ({ panel }) => {
  await panel.docker("rm", "--force", ...all.map(containerName), "clawker.e2e-round").catch(() => undefined);
});

test("the list shows verdicts and numbers, and the URL holds sorting and filters", async ({
  page,
  panel,
}) => {
  test.setTimeout(120_000);
  await startAgents(panel);
  await page.goto("/agents");
  await waitUntilLive(page);
  await expect(page.getByText("1 of 3 agents is not reporting.")).toBeVisible();
  await expect(page.getByText("New agents will report")).toBeVisible();
  await expect(rowOf(page, checkout)).toHaveAttribute("data-verdict", "reporting");
  await expect(rowOf(page, search)).toHaveAttribute("data-verdict", "waiting");
  await expect(rowOf(page, wrongPort)).toHaveAttribute("data-verdict", "dark");
  await expect(rowOf(page, wrongPort)).toContainText("It sends to the wrong address.");
  const cell = (name: string) => rowOf(page, checkout).locator(`[data-label="${name}"] .metric`);
  await expect(cell("Est. cost")).toHaveText("$1.25");
  await expect(cell("Est. cost")).toHaveAttribute("data-exact", /\$1\.250000/);
  await expect(cell("Tokens")).toHaveText("1,500");
  await expect(cell("Failed calls")).toHaveText("50%");
  const panelOf = new URL((await cell("Est. cost").getAttribute("href")) ?? "");
  expect(panelOf.searchParams.get("var-project")).toBe("e2e-shop");
  expect(panelOf.searchParams.get("var-agent")).toBe("checkout");

  // The chart is read out step by step, and its numbers are in a table.
  const chart = page.getByRole("slider", { name: "Estimated cost by agent" });
  await expect(chart).toHaveAttribute("aria-valuetext", "In the last 24 hours: checkout $1.25");
  await chart.press("End");
  await expect(chart).toHaveAttribute("aria-valuetext", /^\w+ \d+, .* UTC: checkout \$1\.25$/);
  await chart.press("ArrowLeft");
  await expect(chart).toHaveAttribute("aria-valuetext", /UTC: nothing$/);
  await chart.press("Escape");
  await chart.hover({ position: { x: 1, y: 20 } });
  await expect(chart).toHaveAttribute("aria-valuenow", "1");
  await page.getByText("Show as a table").click();
  await expect(page.getByRole("table").getByRole("cell", { name: "$1.25", exact: true }).first()).toBeVisible();
  await page.getByText("Show as a table").click();

  await head(page, "Agent").getByRole("link").click();
  await expect(page).toHaveURL(/\?sort=agent&order=asc$/);
  await expect(head(page, "Agent")).toHaveAttribute("aria-sort", "ascending");
  await expect(agentNames(page)).toHaveText(["checkout", "e2e-wrong-port", "search"]);
  await head(page, "Agent").getByRole("link").press("Enter");
  await expect(head(page, "Agent")).toHaveAttribute("aria-sort", "descending");
  await expect(agentNames(page)).toHaveText(["search", "e2e-wrong-port", "checkout"]);

  const box = page.getByRole("searchbox", { name: "Search agents" });
  await box.pressSequentially("sear");
  await expect(page.getByText("1 of 3 rows")).toBeVisible();
  await expect(page).toHaveURL(/q=sear/);
  await page.reload();
  await waitUntilLive(page);
  await expect(agentNames(page)).toHaveText(["search"]);
  await box.fill("no such agent");
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(page.getByText("3 rows")).toBeVisible();
  await expect(box).toHaveValue("");
  await page.getByRole("combobox", { name: "Project" }).selectOption("No project");
  await expect(page.getByText("1 of 3 rows")).toBeVisible();
  await page.goBack();
  await expect(box).toHaveValue("no such agent");
  await page.goto("/agents?verdict=reporting");
  await expect(agentNames(page)).toHaveText(["checkout"]);
});

test("the list follows a container that is created, started, killed and removed", async ({ page, panel }) => {
  test.setTimeout(120_000);
  await startStack(panel);
  await page.goto("/agents");
  await waitUntilLive(page);
  const row = rowOf(page, { agent: "e2e-round" });
  for (let round = 0; round < 3; round += 1) {
    await createAgent(panel, { agent: "e2e-round" });
    await expect(row).toContainText("never started");
    await panel.docker("start", "clawker.e2e-round");
    await expect(row).not.toContainText("never started");
    await expect(row).toBeVisible();
    await panel.docker("kill", "clawker.e2e-round");
    await expect(row).toContainText("stopped");
    await panel.docker("rm", "clawker.e2e-round");
    await expect(row).toHaveCount(0);
  }
  await expect(page.getByText("No agents yet.")).toBeVisible();
});

test("an agent that does not report shows the cause, and the command that fixes it can be copied", async ({
  page,
  panel,
  context,
}) => {
  test.setTimeout(120_000);
  await startAgents(panel);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/agents");
  await waitUntilLive(page);
  const row = rowOf(page, wrongPort);
  const command = row.locator(".command");
  await expect(command, "the row of a single agent that does not report is open").toBeVisible();
  await command.getByRole("button").click();
  await expect(command.getByText("Copied")).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe((await command.locator("code").textContent()) ?? "");
  expect(copied).toContain("--agent e2e-wrong-port");

  await row.getByRole("link", { name: "e2e-wrong-port", exact: true }).click();
  await expect(page).toHaveURL(/\/agents\/clawker\.e2e-wrong-port$/);
  await expect(page.getByRole("heading", { level: 1, name: "e2e-wrong-port" })).toBeVisible();
  const variables = page.getByRole("region", { name: "Telemetry variables that differ" });
  const endpoint = variables.getByRole("row", { name: /OTEL_EXPORTER_OTLP_LOGS_ENDPOINT/ });
  await expect(endpoint).toContainText("http://otel-collector:1/v1/logs");
  await expect(endpoint).toContainText(`http://otel-collector:${panel.ports.otel_collector_port}/v1/logs`);
});

test("the page of one agent shows numbers, sessions, links, and events as they arrive", async ({
  page,
  panel,
}) => {
  test.setTimeout(120_000);
  await startAgents(panel);
  await page.goto(`/agents/${containerName(checkout)}`);
  await waitUntilLive(page);
  await expect(page.getByText("Reporting", { exact: true })).toBeVisible();
  const measures = page.getByRole("region", { name: "Activity" });
  await expect(measures.locator("dd").first()).toContainText("$1.25");
  const session = page.getByRole("region", { name: "Sessions" }).getByRole("link", { name: /^4be81a2c: session/ });
  expect(new URL((await session.getAttribute("href")) ?? "").searchParams.get("var-session_id")).toBe(
    "4be81a2c-9a54-4a4e-8f4d-6f8b0f8f2d11",
  );
  const events = page.getByRole("region", { name: "Events, times in UTC" });
  await expect(events.locator(".event")).toHaveCount(3);
  await storeEvents(panel, [{ ...checkout, session: "s2", event: "user_prompt", fields: { prompt: "say something new" } }]);
  await expect(events.locator(".event").last()).toContainText("user_prompt");
  await page.getByRole("button", { name: "Pause" }).click();
  await storeEvents(panel, [{ ...checkout, session: "s2", event: "compaction" }]);
  await expect(page.getByRole("button", { name: "Follow, 1 new" })).toBeVisible();
  await expect(events.locator(".event")).toHaveCount(4);
  await page.getByRole("button", { name: /^Follow/ }).click();
  await expect(events.locator(".event")).toHaveCount(5);
  await expect(page.getByRole("region", { name: "Sessions" }).getByRole("row")).toHaveCount(3);

  await page.getByRole("navigation", { name: "Time range" }).getByRole("link", { name: "1h" }).click();
  await expect(page).toHaveURL(/range=1h$/);
  await expect(measures.locator("a.metric").first()).toHaveAttribute("href", /from=now-1h/);

  await panel.docker("rm", "--force", containerName(checkout));
  await expect(page.getByText("Container removed")).toBeVisible();
  await expect(measures.locator("dd").first()).toContainText("$1.25");
});

test("events are one tab stop, and keys move between them and open them", async ({ page, panel }) => {
  test.setTimeout(120_000);
  await startAgents(panel);
  await page.goto(`/agents/${containerName(checkout)}`);
  await waitUntilLive(page);
  const events = page.getByRole("region", { name: "Events, times in UTC" });
  const rows = events.locator("summary");
  await expect(rows).toHaveCount(3);
  const stops = () =>
    events.evaluate((list) => [list, ...list.querySelectorAll("summary")].filter((row) => row.tabIndex >= 0).length);
  expect(await stops()).toBe(1);
  await events.focus();
  for (const [key, focused] of [["ArrowUp", 2], ["ArrowUp", 1], ["ArrowDown", 2], ["ArrowDown", 2], ["Home", 0], ["End", 2]] as const) {
    await page.keyboard.press(key);
    await expect(rows.nth(focused), key).toBeFocused();
    expect(await stops()).toBe(1);
  }
  await page.keyboard.press("Enter");
  await expect(events.locator("details").nth(2)).toHaveAttribute("open", "");
  await page.keyboard.press("Tab");
  expect(await events.evaluate((list) => list.contains(document.activeElement)), "the list is left").toBe(false);
  await page.keyboard.press("Shift+Tab");
  await expect(rows.nth(2), "and entered where it was left").toBeFocused();
  await storeEvents(panel, [{ ...checkout, session: "s2", event: "compaction" }]);
  await expect(rows).toHaveCount(4);
  await expect(rows.nth(2), "new events do not take the focus").toBeFocused();
  expect(await rows.first().evaluate((row) => row.getBoundingClientRect().height)).toBeGreaterThanOrEqual(24);
});

test("the page of an unknown agent says so, and shows the agent once it exists", async ({
  page,
  panel,
  expectedErrors,
}) => {
  await startStack(panel);
  expectedErrors.push(/status of 404.*\/agents\//);
  const answer = await page.goto(`/agents/${containerName(search)}`);
  expect(answer?.status()).toBe(404);
  await waitUntilLive(page);
  await expect(page.getByRole("link", { name: "View all agents" })).toBeVisible();
  await createAgent(panel, search);
  await expect(page.getByRole("heading", { level: 1, name: "search" })).toBeVisible();
});

test("when a store stops, the page says so and keeps what it knows from elsewhere", async ({ page, panel }) => {
  test.setTimeout(120_000);
  await startAgents(panel);
  await page.goto("/agents");
  await waitUntilLive(page);
  await expect(rowOf(page, checkout)).toHaveAttribute("data-verdict", "reporting");
  await panel.docker("stop", "prometheus");
  await expect(page.getByRole("heading", { name: /Can't reach .*Prometheus/ })).toBeVisible();
  await expect(rowOf(page, wrongPort), "wrong variables are known without the store").toHaveAttribute(
    "data-verdict",
    "dark",
  );
  await expect(rowOf(page, checkout).locator(`[data-label="Tool calls"] .no-value`)).toHaveAttribute(
    "title",
    /prometheus/i,
  );
});

test("the stack page draws the data path", async ({ page, panel }) => {
  await startStack(panel);
  await page.goto("/");
  const path = page.getByRole("region", { name: "Data path" });
  await expect(path.locator("[data-station=otel-collector]")).toContainText("Collector");
  await expect(path.getByRole("listitem").filter({ hasText: "log lines to Promtail" })).toBeVisible();
});

test("the agent pages have no accessibility violation in either theme, and fit 320 pixels", async ({
  page,
  panel,
}) => {
  test.setTimeout(180_000);
  await startAgents(panel);
  const paths = ["/agents", "/agents?q=nobody", ...all.map((agent) => `/agents/${containerName(agent)}`)];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of paths) {
      await page.goto(path);
      await waitUntilLive(page);
      await expandAll(page.locator("details:not(.embedded-panels)"));
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(", ")}`);
      expect(found, `${path}, ${colorScheme} theme`).toEqual([]);
    }
  }
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of paths) {
    await page.goto(path);
    await waitUntilLive(page);
    await expandAll(page.locator("details:not(.embedded-panels)"));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `pixels by which ${path} is too wide`).toBeLessThanOrEqual(0);
  }
});

async function expandAll(details: Locator): Promise<void> {
  await details.evaluateAll((elements) => {
    for (const element of elements) element.setAttribute("open", "");
  });
}

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the list can be sorted, filtered and navigated", async ({ page, panel }) => {
    test.setTimeout(120_000);
    await startAgents(panel);
    await expect(async () => {
      await page.goto("/agents");
      await expect(rowOf(page, checkout)).toContainText("$1.25", { timeout: 500 });
    }).toPass();
    await head(page, "Est. cost").getByRole("link").click();
    await expect(head(page, "Est. cost")).toHaveAttribute("aria-sort", "descending");
    await expect(agentNames(page).first()).toHaveText("checkout");
    await page.getByRole("combobox", { name: "Telemetry status" }).selectOption("Not reporting");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page).toHaveURL(/verdict=dark/);
    await expect(page).toHaveURL(/sort=cost/);
    await expect(agentNames(page)).toHaveText(["e2e-wrong-port"]);
    await page.getByRole("link", { name: "e2e-wrong-port", exact: true }).click();
    await expect(page.getByText("It sends to the wrong address.")).toBeVisible();
    await page.getByRole("link", { name: "All agents" }).click();
    await expect(page.getByText("3 rows")).toBeVisible();
  });
});
