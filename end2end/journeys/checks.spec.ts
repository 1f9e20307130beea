import { createServer } from "node:net";

import AxeBuilder from "@axe-core/playwright";

import { expect, startStack, test } from "../support/test.ts";

/** Listens on the port until the returned function is called. */
async function occupyPort(port: number): Promise<() => Promise<void>> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return () => new Promise((resolve) => server.close(() => resolve()));
}

test("a port in use is reported before the start, with its owner and a free port", async ({ page, panel }) => {
  await panel.command("init");
  const port = panel.ports.grafana_port!;
  const release = await occupyPort(port);
  await page.goto("/");
  const checks = page.getByRole("region", { name: "Checks" });
  await expect(checks.getByText(`Port ${port} for Grafana is already in use`)).toBeVisible();
  await expect(checks).toContainText(`(pid ${process.pid}) is listening on it`);
  await expect(checks).toContainText(/set monitoring\.grafana_port: \d+, which is free/);
  await expect(page.getByText("Starting will fail.")).toBeVisible();
  const order = await page.getByRole("heading", { level: 2 }).allTextContents();
  const sections = order.filter((heading) => ["Checks", "Services"].includes(heading));
  expect(sections, "the checks come first when they have a problem").toEqual(["Checks", "Services"]);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await release();
  await checks.getByRole("button", { name: "Check again" }).click();
  await expect(page.getByText("No problems found.")).toBeVisible();
  await page.getByText(/^All \d+ checks$/).click();
  await expect(page.getByText(`Port ${port} for Grafana is free`)).toBeVisible();
});

test("the checks update without a reload", async ({ page, panel }) => {
  await startStack(panel);
  await page.goto("/");
  await page.getByText(/^All \d+ checks$/).click();
  await expect(page.getByText(`Port ${panel.ports.loki_port} for Loki is used by this stack`)).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await panel.docker("rm", "--force", "loki");
  await expect(page.getByText(`Port ${panel.ports.loki_port} for Loki is free`)).toBeVisible();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("Check again works as a form", async ({ page, panel }) => {
    await panel.command("init");
    const release = await occupyPort(panel.ports.loki_port!);
    await page.goto("/");
    await page.getByRole("button", { name: "Check again" }).click();
    await expect(page.getByText(`Port ${panel.ports.loki_port} for Loki is already in use`)).toBeVisible();
    await release();
  });
});
