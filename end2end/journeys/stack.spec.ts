import { expect, serviceRow, serviceTitles, startStack, test, waitUntilLive } from "../support/test.ts";

test("initialize, start six services, open their pages and logs, and stop", async ({ page, panel, request }) => {
  await page.goto("/");
  await expect(page).toHaveTitle(/Stack/);
  await page.getByRole("button", { name: "Initialize" }).click();
  await expect(page.getByRole("heading", { name: "Files created" })).toBeVisible();

  await page.getByRole("button", { name: "Start stack" }).click();
  await expect(page.getByText("All six services are ready.")).toBeVisible();
  for (const title of serviceTitles) {
    await expect(serviceRow(page, title).getByText("Ready", { exact: true })).toBeVisible();
  }

  for (const [title, key] of [
    ["Prometheus", "prometheus_port"],
    ["Jaeger", "jaeger_port"],
    ["Grafana", "grafana_port"],
    ["Promtail", "promtail_port"],
  ] as const) {
    const link = serviceRow(page, title).getByRole("link", { name: String(panel.ports[key]) });
    const answer = await request.get((await link.getAttribute("href")) ?? "");
    expect(await answer.text(), `the page behind the link of ${title}`).toContain("A stand-in for");
  }

  await serviceRow(page, "Grafana").getByRole("link", { name: "Logs of Grafana" }).click();
  await expect(page).toHaveURL(/\/logs\/grafana$/);
  const lines = page.getByRole("region", { name: /^Lines of Grafana/ });
  await expect(lines).toContainText("HTTP Server Listen");
  await request.get(`http://127.0.0.1:${panel.ports.grafana_port}/followed-by-the-log`);
  await expect(lines).toContainText("/followed-by-the-log");

  await page.getByRole("link", { name: "Stack", exact: true }).click();
  await page.getByRole("button", { name: "Stop stack" }).click();
  await expect(page.getByText("The stack is stopped.")).toBeVisible();
  for (const title of serviceTitles) {
    await expect(serviceRow(page, title).getByText("Not created", { exact: true })).toBeVisible();
  }
  expect(await panel.docker("volume", "ls", "--quiet"), "recorded data is kept").toContain("monitor_clawker-loki");
});

test.describe("with a service that is slow to become ready", () => {
  test.use({ panelOptions: { faults: { loki: "slow-ready" } } });

  test("progress survives a reload and is the same in two tabs", async ({ page, context }) => {
    await page.goto("/");
    await page.getByRole("button", { name: "Initialize" }).click();
    const other = await context.newPage();
    await other.goto("/");
    await page.getByRole("button", { name: "Start stack" }).click();
    await expect(page.getByRole("button", { name: "Cancel" })).toBeVisible();
    await expect(other.getByRole("button", { name: "Cancel" })).toBeVisible();
    await page.reload();
    await expect(page.getByRole("progressbar", { name: "Job progress" })).toBeVisible();
    await expect(page.getByText("All six services are ready.")).toBeVisible();
    await expect(other.getByText("All six services are ready.")).toBeVisible();
  });
});

test("a double click on Start stack starts it, and how it ended can be dismissed for good", async ({ page, panel }) => {
  await panel.command("init");
  await page.goto("/");
  await waitUntilLive(page);
  await page.getByRole("button", { name: "Start stack" }).dblclick();
  await expect(page.getByText("All six services are ready.")).toBeVisible();
  const ended = page.getByRole("heading", { name: /^Stack started in / });
  await expect(ended).toBeVisible();
  await page.getByRole("button", { name: "Dismiss" }).click();
  await expect(ended).toBeHidden();
  await page.reload();
  await expect(page.getByText("All six services are ready.")).toBeVisible();
  await expect(ended).toBeHidden();
});

test("the focus stays near what was pressed, though the button is gone", async ({ page }) => {
  await page.goto("/");
  await waitUntilLive(page);
  await page.getByRole("button", { name: "Initialize" }).press("Enter");
  await expect(page.getByRole("button", { name: "Start stack" })).toBeVisible();
  await expect(page.locator("#stack-state")).toBeFocused();
});

test("an open page shows what the command line does", async ({ page, panel }) => {
  await page.goto("/");
  await expect(page.getByRole("button", { name: "Initialize" })).toBeVisible();
  await panel.command("init");
  await expect(page.getByRole("button", { name: "Start stack" })).toBeVisible();
  await panel.command("up");
  await expect(page.getByText("All six services are ready.")).toBeVisible();
});

test("a container killed outside the panel shows without a reload", async ({ page, panel }) => {
  await startStack(panel);
  await page.goto("/");
  await expect(page.getByText("All six services are ready.")).toBeVisible();
  await panel.docker("kill", "grafana");
  await expect(serviceRow(page, "Grafana").getByText("Exited", { exact: true })).toBeVisible();
  await expect(serviceRow(page, "Loki").getByText("Ready", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Start stack" }).click();
  await expect(page.getByText("All six services are ready.")).toBeVisible();
});

test("a hidden page closes its connection, and catches up when shown again", async ({ page, panel }) => {
  const setVisible = (visible: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }, !visible);
  await startStack(panel);
  let connections = 0;
  page.on("request", (request) => (connections += request.url().endsWith("/events") ? 1 : 0));
  const closed = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/events"));
  await page.goto("/");
  await expect(page.getByText("All six services are ready.")).toBeVisible();
  await setVisible(false);
  await closed;
  const before = connections;
  await panel.docker("kill", "grafana");
  await expect.poll(() => panel.command("status", "--json")).toContain('"partial"');
  expect(connections, "a hidden page does not reconnect").toBe(before);
  await expect(page.getByText("All six services are ready.")).toBeVisible();
  await setVisible(true);
  await expect(serviceRow(page, "Grafana").getByText("Exited", { exact: true })).toBeVisible();
});

test("removing the data asks for confirmation", async ({ page, panel }) => {
  await startStack(panel);
  await page.goto("/");
  const opener = page.getByRole("button", { name: "Remove stack and data" });
  await opener.click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  expect(await dialog.evaluate((element) => element.matches(":modal")), "the page behind it can't be used").toBe(true);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
  await opener.click();
  await dialog.getByRole("button", { name: "Remove stack and data" }).click();
  await expect(page.getByRole("heading", { name: "Stack and data removed" })).toBeVisible();
  expect(await panel.docker("volume", "ls", "--quiet")).not.toContain("monitor_clawker");
});

test.describe("with a service that exits at once", () => {
  test.use({ panelOptions: { faults: { loki: "exit-3" } } });

  test("the page names it, shows what its log says, and keeps the others running", async ({ page }) => {
    await page.goto("/");
    await page.getByRole("button", { name: "Initialize" }).click();
    await page.getByRole("button", { name: "Start stack" }).click();
    await expect(page.getByRole("heading", { name: "The stack did not start" })).toBeVisible();
    await expect(page.getByText("no space left on device (simulated fault)").first()).toBeVisible();
    await expect(serviceRow(page, "Grafana").getByText("Ready", { exact: true })).toBeVisible();
  });
});
