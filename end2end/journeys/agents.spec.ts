import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";

import { type Agent, containerOf, createAgent, feed, work } from "../support/agents.ts";
import type { Panel } from "../support/panel.ts";
import { expect, running, test } from "../support/test.ts";

const checkout: Agent = { project: "e2e-shop", agent: "checkout" };
const search: Agent = { project: "e2e-shop", agent: "search" };
/** Its image was made for a collector on another port. */
const astray: Agent = {
  agent: "e2e-astray",
  variables: { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://otel-collector:1/v1/logs" },
};
const all = [checkout, search, astray];

const hydrated = (page: Page) => expect(page.getByText("Live", { exact: true })).toBeVisible();
const rowOf = (page: Page, agent: Agent) => page.locator(`[data-row="c:${containerOf(agent)}"]`);
const titles = (page: Page) => page.locator("[data-row] .name").allTextContents();
const head = (page: Page, name: string) => page.getByRole("columnheader", { name, exact: true });

async function made(panel: Panel): Promise<void> {
  await running(panel);
  for (const agent of all) await panel.docker("start", await createAgent(panel, agent));
  // What arrived before a container was made is its predecessor's, and moments are told by the second.
  const madeAt = Date.now();
  await expect.poll(() => Date.now() - madeAt).toBeGreaterThan(1_000);
  await feed(panel, work(checkout, "4be81a2c-9a54-4a4e-8f4d-6f8b0f8f2d11"));
}

test.afterEach(async ({ panel }) => {
  await panel.docker("rm", "--force", ...all.map(containerOf), "clawker.e2e-round").catch(() => undefined);
});

test("every agent is there with its verdict and its numbers, and the address says what is shown", async ({
  page,
  panel,
}) => {
  test.setTimeout(120_000);
  await made(panel);
  await page.goto("/agents");
  await hydrated(page);
  await expect(page.getByText("One of three agents is dark.")).toBeVisible();
  await expect(page.getByText("A new agent would report")).toBeVisible();
  await expect(rowOf(page, checkout)).toHaveAttribute("data-verdict", "reporting");
  await expect(rowOf(page, search)).toHaveAttribute("data-verdict", "waiting");
  await expect(rowOf(page, astray)).toHaveAttribute("data-verdict", "dark");
  await expect(rowOf(page, astray)).toContainText("It sends to another address than the collector has.");
  const cell = (name: string) => rowOf(page, checkout).locator(`[data-label="${name}"] .figure`);
  await expect(cell("Est. cost")).toHaveText("$ 1.25");
  await expect(cell("Est. cost")).toHaveAttribute("data-exact", /\$ 1\.250000/);
  await expect(cell("Tokens")).toHaveText("1,500");
  await expect(cell("Failed")).toHaveText("50 %");
  const panelOf = new URL((await cell("Est. cost").getAttribute("href")) ?? "");
  expect(panelOf.searchParams.get("var-project")).toBe("e2e-shop");
  expect(panelOf.searchParams.get("var-agent")).toBe("checkout");

  await head(page, "Agent").getByRole("link").click();
  await expect(page).toHaveURL(/\?sort=agent&order=asc$/);
  await expect(head(page, "Agent")).toHaveAttribute("aria-sort", "ascending");
  expect(await titles(page)).toEqual(["checkout", "e2e-astray", "search"]);
  await head(page, "Agent").getByRole("link").press("Enter");
  await expect(head(page, "Agent")).toHaveAttribute("aria-sort", "descending");
  expect(await titles(page)).toEqual(["search", "e2e-astray", "checkout"]);

  const box = page.getByRole("searchbox", { name: "Search in agents" });
  await box.pressSequentially("sear");
  await expect(page.getByText("1 of 3 rows")).toBeVisible();
  await expect(page).toHaveURL(/q=sear/);
  await page.reload();
  await hydrated(page);
  expect(await titles(page)).toEqual(["search"]);
  await box.fill("no such agent");
  await page.getByRole("link", { name: "Show all" }).click();
  await expect(page.getByText("3 rows")).toBeVisible();
  await expect(box).toHaveValue("");
  await page.getByRole("combobox", { name: "Project" }).selectOption("No project");
  await expect(page.getByText("1 of 3 rows")).toBeVisible();
  await page.goBack();
  await page.goto("/agents?verdict=reporting");
  expect(await titles(page)).toEqual(["checkout"]);
});

test("a container that is created, started, stopped and removed is followed on the page", async ({ page, panel }) => {
  test.setTimeout(120_000);
  await running(panel);
  await page.goto("/agents");
  await hydrated(page);
  const row = rowOf(page, { agent: "e2e-round" });
  for (let round = 0; round < 3; round += 1) {
    await createAgent(panel, { agent: "e2e-round" });
    await expect(row).toContainText("never started");
    await panel.docker("start", "clawker.e2e-round");
    await expect(row.locator(".state .fact")).toHaveCount(0);
    await panel.docker("kill", "clawker.e2e-round");
    await expect(row).toContainText("stopped");
    await panel.docker("rm", "clawker.e2e-round");
    await expect(row).toHaveCount(0);
  }
  await expect(page.getByText("There is no agent yet.")).toBeVisible();
});

test("a dark agent says why, and what helps can be copied", async ({ page, panel, context }) => {
  test.setTimeout(120_000);
  await made(panel);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/agents");
  await hydrated(page);
  const row = rowOf(page, astray);
  const command = row.locator(".command");
  await expect(command, "a single dark agent's row is open").toBeVisible();
  await command.getByRole("button").click();
  await expect(command.getByText("Copied")).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe((await command.locator("code").textContent()) ?? "");
  expect(copied).toContain("--agent e2e-astray");

  await row.getByRole("link", { name: "e2e-astray", exact: true }).click();
  await expect(page).toHaveURL(/\/agents\/clawker\.e2e-astray$/);
  await expect(page.getByRole("heading", { level: 1, name: "e2e-astray" })).toBeVisible();
  const variables = page.getByRole("region", { name: "Telemetry variables that differ" });
  const endpoint = variables.getByRole("row", { name: /OTEL_EXPORTER_OTLP_LOGS_ENDPOINT/ });
  await expect(endpoint).toContainText("http://otel-collector:1/v1/logs");
  await expect(endpoint).toContainText(`http://otel-collector:${panel.ports.otel_collector_port}/v1/logs`);
});

test("one agent is looked at closely: its numbers, sessions, links, and its events as they arrive", async ({
  page,
  panel,
}) => {
  test.setTimeout(120_000);
  await made(panel);
  await page.goto(`/agents/${containerOf(checkout)}`);
  await hydrated(page);
  await expect(page.getByText("Reporting", { exact: true })).toBeVisible();
  const measures = page.getByRole("region", { name: "What it did" });
  await expect(measures.locator("dd").first()).toContainText("$ 1.25");
  const session = page.getByRole("region", { name: "Sessions" }).getByRole("link", { name: /^4be81a2c: session/ });
  expect(new URL((await session.getAttribute("href")) ?? "").searchParams.get("var-session_id")).toBe(
    "4be81a2c-9a54-4a4e-8f4d-6f8b0f8f2d11",
  );
  const events = page.getByRole("region", { name: "Events, times in UTC" });
  await expect(events.locator(".event")).toHaveCount(3);
  await feed(panel, [{ ...checkout, session: "s2", event: "user_prompt", fields: { prompt: "say something new" } }]);
  await expect(events.locator(".event").last()).toContainText("user_prompt");
  await page.getByRole("button", { name: "Pause" }).click();
  await feed(panel, [{ ...checkout, session: "s2", event: "compaction" }]);
  await expect(page.getByRole("button", { name: "Follow, 1 new" })).toBeVisible();
  await expect(events.locator(".event")).toHaveCount(4);
  await page.getByRole("button", { name: /^Follow/ }).click();
  await expect(events.locator(".event")).toHaveCount(5);
  await expect(page.getByRole("region", { name: "Sessions" }).getByRole("row")).toHaveCount(3);

  await page.getByRole("navigation", { name: "Range of the numbers" }).getByRole("link", { name: "1h" }).click();
  await expect(page).toHaveURL(/range=1h$/);
  await expect(measures.locator("a.figure").first()).toHaveAttribute("href", /from=now-1h/);

  await panel.docker("rm", "--force", containerOf(checkout));
  await expect(page.getByText("Its container was removed")).toBeVisible();
  await expect(measures.locator("dd").first()).toContainText("$ 1.25");
});

test("where there is no such agent the page says so, and shows it once there is", async ({
  page,
  panel,
  consoleErrors,
}) => {
  await running(panel);
  const answer = await page.goto(`/agents/${containerOf(search)}`);
  expect(answer?.status()).toBe(404);
  await hydrated(page);
  await expect(page.getByRole("link", { name: "Go to all agents" })).toBeVisible();
  await createAgent(panel, search);
  await expect(page.getByRole("heading", { level: 1, name: "search" })).toBeVisible();
  const expected = (error: string) => error.includes("404");
  consoleErrors.splice(0, consoleErrors.length, ...consoleErrors.filter((error) => !expected(error)));
});

test("a store that stops costs its columns and says so, and the page stays", async ({ page, panel }) => {
  test.setTimeout(120_000);
  await made(panel);
  await page.goto("/agents");
  await hydrated(page);
  await expect(rowOf(page, checkout)).toHaveAttribute("data-verdict", "reporting");
  await panel.docker("stop", "loki");
  await expect(page.getByRole("heading", { name: /Loki.* not answer/ })).toBeVisible();
  await expect(rowOf(page, astray), "what is wrong with its variables is known all the same").toHaveAttribute(
    "data-verdict",
    "dark",
  );
  await expect(rowOf(page, checkout).locator(`[data-label="Tools"] .none`)).toHaveAttribute("title", /Loki/);
});

test("the stack's page draws how data flows", async ({ page, panel }) => {
  await running(panel);
  await page.goto("/");
  const path = page.getByRole("region", { name: "Data path" });
  await expect(path.locator("[data-station=otel-collector]")).toContainText("Collector");
  await expect(path.getByRole("listitem").filter({ hasText: "log lines to Promtail" })).toBeVisible();
});

test("the pages of agents have no accessibility violation, in either scheme, and fit 320 pixels", async ({
  page,
  panel,
}) => {
  test.setTimeout(180_000);
  await made(panel);
  const paths = ["/agents", "/agents?q=nobody", ...all.map((agent) => `/agents/${containerOf(agent)}`)];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of paths) {
      await page.goto(path);
      await hydrated(page);
      await expandAll(page.locator("details:not(.frames)"));
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(", ")}`);
      expect(found, `${path} in ${colorScheme}`).toEqual([]);
    }
  }
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of paths) {
    await page.goto(path);
    await expandAll(page.locator("details:not(.frames)"));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `pixels that ${path} is too wide`).toBeLessThanOrEqual(0);
  }
});

async function expandAll(details: Locator): Promise<void> {
  await details.evaluateAll((elements) => {
    for (const element of elements) element.setAttribute("open", "");
  });
}

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the list is filtered, sorted and led through", async ({ page, panel }) => {
    test.setTimeout(120_000);
    await made(panel);
    await expect(async () => {
      await page.goto("/agents");
      await expect(rowOf(page, checkout)).toContainText("$ 1.25", { timeout: 500 });
    }).toPass();
    await head(page, "Est. cost").getByRole("link").click();
    await expect(head(page, "Est. cost")).toHaveAttribute("aria-sort", "descending");
    expect((await titles(page))[0]).toBe("checkout");
    await page.getByRole("combobox", { name: "Telemetry" }).selectOption("Dark");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page).toHaveURL(/verdict=dark/);
    await expect(page).toHaveURL(/sort=cost/);
    expect(await titles(page)).toEqual(["e2e-astray"]);
    await page.getByRole("link", { name: "e2e-astray", exact: true }).click();
    await expect(page.getByText("It sends to another address than the collector has.")).toBeVisible();
    await page.getByRole("link", { name: "All agents" }).click();
    await expect(page.getByText("3 rows")).toBeVisible();
  });
});
