import { createServer, type Server } from "node:net";

import type { Page } from "@playwright/test";

import { freePorts } from "../support/panel.ts";
import { expect, serviceRow, startStack, test, waitUntilLive } from "../support/test.ts";

const field = (page: Page, title: string) => page.getByLabel(title, { exact: true });
const previewButton = (page: Page) => page.getByRole("button", { name: "Preview and apply…" });
const appliedHeading = (page: Page) => page.getByRole("heading", { name: /^Settings applied in / });

async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port ?? 0;
}

/** Another program that listens on a port of the host. */
async function occupyPort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as { port: number }).port, server };
}

test("changing grafana_port while the stack runs recreates only Grafana and Prometheus, and Compose agrees", async ({
  page,
  panel,
  request,
}) => {
  test.setTimeout(120_000);
  await startStack(panel);
  const [before, text, port] = [await panel.containerIds(), await panel.readSettings(), await freePort()];
  const old = `grafana_port: ${panel.ports.grafana_port}`;

  await page.goto("/settings");
  await waitUntilLive(page);
  await expect(page.getByText("No changes.")).toBeVisible();
  await field(page, "Grafana port").fill(String(port));
  await expect(page.getByText("1 setting changed.")).toBeVisible();
  await previewButton(page).click();

  await expect(page).toHaveURL(/\/settings\/preview\?/);
  await expect(page.getByText("Prometheus and Grafana will be recreated; the other four keep running.")).toBeVisible();
  await expect(page.getByText("No agent changes needed.")).toBeVisible();
  const diff = page.getByRole("region", { name: /^Changes in .*settings\.yaml$/ });
  await expect(diff).toContainText(`-   ${old}`);
  await expect(diff).toContainText(`+   grafana_port: ${port}`);
  expect(await panel.readSettings(), "nothing is written yet").toBe(text);

  await page.getByRole("button", { name: "Save and apply" }).click();
  await expect(page).toHaveURL(/\/settings$/);
  await expect(appliedHeading(page)).toBeVisible();
  expect(await panel.readSettings()).toBe(text.replace(old, `grafana_port: ${port}`));
  const after = await panel.containerIds();
  expect(after.grafana).not.toBe(before.grafana);
  const others = (all: typeof after) => ({ ...all, grafana: "", prometheus: "" });
  expect(others(after), "the other containers are unchanged").toEqual(others(before));

  await page.getByRole("link", { name: "Stack", exact: true }).click();
  const link = serviceRow(page, "Grafana").getByRole("link", { name: String(port) });
  const answer = await request.get((await link.getAttribute("href")) ?? "");
  expect(await answer.text()).toContain("A stand-in for");
  await panel.compose("up", "--detach");
  expect(await panel.containerIds(), "`docker compose up -d` recreates nothing").toEqual(after);
});

test("when a service does not start, everything is rolled back, and the page says so", async ({ page, panel }) => {
  test.setTimeout(180_000);
  await startStack(panel);
  const text = await panel.readSettings();
  await page.goto("/settings");
  await waitUntilLive(page);
  await field(page, "Grafana image").fill("clawker-stand-in/grafana:exit-3");
  await previewButton(page).click();
  await page.getByRole("button", { name: "Save and apply" }).click();
  const heading = "The settings were not applied; everything was rolled back";
  await expect(page.getByRole("heading", { name: heading })).toBeVisible({ timeout: 90_000 });
  expect(await panel.readSettings()).toBe(text);
  const image = await panel.docker("inspect", "--format", "{{.Config.Image}} {{.State.Status}}", "grafana");
  expect(image.trim()).toBe("clawker-stand-in/grafana:12.4.2 running");
});

test("a change made in an editor appears without a reload and can be applied with the keyboard alone", async ({
  page,
  panel,
}) => {
  test.setTimeout(120_000);
  await startStack(panel);
  const [before, port] = [await panel.containerIds(), await freePort()];
  await page.goto("/settings");
  await waitUntilLive(page);
  const layers = page.getByRole("region", { name: "Sync status" });
  await expect(layers.getByText("In sync", { exact: true })).toHaveCount(2);
  await expect(layers.getByText("None", { exact: true }), "there is no agent").toBeVisible();
  await panel.editSettings((text) => text.replace(/jaeger_port: \d+/, `jaeger_port: ${port}`));
  await expect(layers.getByRole("row", { name: /^Jaeger port/ })).toContainText(String(port));
  await expect(layers.getByText("Out of date", { exact: true })).toHaveCount(2);
  await expect(field(page, "Jaeger port")).toHaveValue(String(port));

  await layers.getByRole("link", { name: "Apply…" }).press("Enter");
  await expect(page.getByText("Jaeger and Grafana will be recreated")).toBeVisible();
  await page.getByRole("button", { name: "Save and apply" }).press("Enter");
  await expect(appliedHeading(page)).toBeVisible();
  await expect(layers.getByText("In sync", { exact: true })).toHaveCount(2);
  const after = await panel.containerIds();
  const changed = Object.entries(after).filter(([service, id]) => before[service as keyof typeof before] !== id);
  expect(changed.map(([service]) => service).sort()).toEqual(["grafana", "jaeger"]);
});

test("an agent with outdated variables is listed with their current and expected values", async ({ page, panel }) => {
  const name = "clawker-monitor-e2e-agent";
  const labels = ["purpose=agent", "project=shop", "agent=dev"].flatMap((label) => ["--label", `dev.clawker.${label}`]);
  const variables = ["OTEL_METRICS_EXPORTER=console", "OTEL_LOG_USER_PROMPTS=1", "A_SECRET=hunter2"];
  const environment = variables.flatMap((variable) => ["--env", variable]);
  await panel.docker("create", "--name", name, ...labels, ...environment, "clawker-stand-in/loki:3.7.0");
  try {
    await page.goto("/settings");
    const table = page.getByRole("region", { name: `Variables of ${name}` });
    const exporter = table.getByRole("row", { name: /^OTEL_METRICS_EXPORTER/ });
    await expect(exporter.getByRole("cell")).toHaveText(["console", "otlp"]);
    const interval = table.getByRole("row", { name: /^OTEL_METRIC_EXPORT_INTERVAL/ });
    await expect(interval.getByRole("cell")).toHaveText(["not set", "10000"]);
    await expect(table.getByText("OTEL_LOG_USER_PROMPTS"), "its value is current").toHaveCount(0);
    expect(await page.content(), "other variables stay private").not.toContain("hunter2");
    await page.goto("/settings/preview?telemetry.log_user_prompts=false&was.telemetry.log_user_prompts=");
    await expect(page.getByText(`Until then ${name} keeps its current settings.`)).toBeVisible();
  } finally {
    await panel.docker("rm", "--force", name);
  }
});

test.describe("without a running stack", () => {
  test.use({ panelOptions: { dockerHost: "unix:///nowhere/docker.sock" } });

  test("all invalid values are reported at their fields and can be undone", async ({ page, panel }) => {
    await page.goto("/settings");
    await waitUntilLive(page);
    await field(page, "Grafana port").fill("70000");
    await field(page, "Loki port").fill(String(panel.ports.prometheus_port));
    await field(page, "Metrics kept for").fill("soon");
    await expect(field(page, "Grafana port")).toHaveAccessibleDescription(/70000 is not a valid port/);
    await expect(field(page, "Metrics kept for")).toHaveAccessibleDescription(/soon.* is not a valid retention/);
    await expect(page.getByText("each port must be unique")).toBeVisible();
    for (const title of ["Grafana port", "Metrics kept for"]) {
      await expect(field(page, title)).toHaveAttribute("aria-invalid", "true");
    }
    await expect(page.getByText("3 settings changed. 3 problems to fix first.")).toBeVisible();
    await expect(previewButton(page)).toHaveAttribute("aria-disabled", "true");
    await previewButton(page).click({ force: true });
    await expect(page).toHaveURL(/\/settings$/);
    await expect(page.locator("input[aria-invalid]:focus"), "an invalid field has the focus").toHaveCount(1);

    await page.getByRole("button", { name: "Undo the change to Grafana port" }).click();
    await expect(field(page, "Grafana port")).toHaveValue(String(panel.ports.grafana_port));
    await page.getByRole("button", { name: "Discard" }).click();
    await expect(page.getByText("No changes.")).toBeVisible();
    await expect(field(page, "Metrics kept for")).toHaveValue("");
  });

  test("a port in use shows its owner and offers a free port", async ({ page }) => {
    const { port, server } = await occupyPort();
    await page.goto("/settings");
    await waitUntilLive(page);
    await field(page, "Grafana port").fill(String(port));
    await expect(page.getByText(/^In use by process/)).toBeVisible();
    const use = page.getByRole("button", { name: /^Use \d+$/ });
    const free = /\d+/.exec((await use.textContent()) ?? "")?.[0] ?? "";
    await use.click();
    await expect(field(page, "Grafana port")).toHaveValue(free);
    await expect(use).toHaveCount(0);
    server.close();
  });

  test("the description of what is recorded follows the form", async ({ page, panel }) => {
    await page.goto("/settings");
    await waitUntilLive(page);
    await page.getByRole("button", { name: "Privacy first" }).click();
    await expect(page.getByText("The Anthropic account ID is not attached.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Privacy first" })).toHaveAttribute("aria-pressed", "true");
    await expect(page.getByRole("radiogroup", { name: "Prompts" }).getByRole("radio", { name: "Off" })).toBeChecked();
    await expect(page.getByText("3 settings changed.")).toBeVisible();
    await previewButton(page).click();
    await expect(page.getByText("clawker build")).toBeVisible();
    await page.getByRole("button", { name: "Save and apply" }).click();
    await expect(page).toHaveURL(/\/settings$/);
    await expect.poll(() => panel.readSettings()).toContain("log_user_prompts: false");
    await expect(page.getByText("OTEL_METRICS_INCLUDE_ACCOUNT_UUID=false").first()).toBeVisible();
  });

  test("going back from the preview keeps the input, and shows what others changed", async ({ page, panel }) => {
    const port = await freePort();
    await page.goto("/settings");
    await waitUntilLive(page);
    await field(page, "Grafana port").fill(String(port));
    await previewButton(page).click();
    await expect(page.getByRole("heading", { name: "Preview" })).toBeVisible();
    await page.goBack();
    await expect(field(page, "Grafana port")).toHaveValue(String(port));

    await panel.editSettings((text) =>
      text.replace(/grafana_port: \d+/, "grafana_port: 2999").replace(/loki_port: \d+/, "loki_port: 2998"),
    );
    await expect(field(page, "Loki port"), "an untouched field follows the file").toHaveValue("2998");
    await expect(field(page, "Grafana port")).toHaveValue(String(port));
    await expect(page.getByText("The file now has 2999.")).toBeVisible();

    await previewButton(page).click();
    await expect(page.getByRole("heading", { name: "Conflicting changes" })).toBeVisible();
    await page.getByRole("button", { name: "Save and apply" }).click();
    await expect.poll(() => panel.readSettings()).toContain(`grafana_port: ${port}`);
    expect(await panel.readSettings()).toContain("loki_port: 2998");
  });

  test("a broken file is reported and can be edited on the page", async ({ page, panel }) => {
    const text = await panel.readSettings();
    await page.goto("/settings");
    await waitUntilLive(page);
    await panel.editSettings((text) => text.replace(/grafana_port: (\d+)/, "grafana_port: $1 # mine\n\tloki_port: 1"));
    await expect(page.getByRole("heading", { name: "The settings file is invalid" })).toBeVisible();
    await expect(previewButton(page)).toHaveCount(0);
    await field(page, "Edit settings.yaml").fill(text.replace(/grafana_port: \d+/, "grafana_port: 2997 # fixed"));
    await page.getByRole("button", { name: "Save the file" }).click();
    await expect(field(page, "Grafana port")).toHaveValue("2997");
    expect(await panel.readSettings()).toContain("grafana_port: 2997 # fixed");
  });

  test.describe("without JavaScript", () => {
    test.use({ javaScriptEnabled: false });

    test("the form is checked, previewed and saved", async ({ page, panel }) => {
      const [text, port] = [await panel.readSettings(), await freePort()];
      await page.goto("/settings");
      await field(page, "Grafana port").fill("70000");
      await page.getByRole("radiogroup", { name: "Prompts" }).getByRole("radio", { name: "Off" }).check();
      await previewButton(page).click();
      await expect(page.getByRole("heading", { name: "Invalid changes" })).toBeVisible();
      await page.getByRole("link", { name: "Back to settings" }).click();
      await expect(field(page, "Grafana port")).toHaveValue("70000");
      await field(page, "Grafana port").fill(String(port));
      await previewButton(page).click();
      await expect(page.getByRole("region", { name: /^Changes in .*settings\.yaml$/ })).toContainText(`+   grafana_port: ${port}`);
      await page.getByRole("button", { name: "Save and apply" }).click();
      await expect(page).toHaveURL(/\/settings$/);
      const saved = await panel.readSettings();
      expect(saved).toContain("log_user_prompts: false");
      for (const line of text.split("\n").filter((line) => !line.includes("grafana_port"))) {
        expect(saved, "every other line stays").toContain(line);
      }
      await expect(async () => {
        await page.goto("/settings");
        await expect(field(page, "Grafana port")).toHaveValue(String(port), { timeout: 500 });
      }).toPass();
    });

    test("a change made elsewhere in the meantime is not overwritten", async ({ page, panel }) => {
      await page.goto("/settings");
      await field(page, "Grafana port").fill("2995");
      await previewButton(page).click();
      await expect(page.getByRole("button", { name: "Save and apply" })).toBeVisible();
      await panel.editSettings((text) => `${text}# edited elsewhere\n`);
      await page.getByRole("button", { name: "Save and apply" }).click();
      await expect(page.getByRole("heading", { name: "The settings were not applied" })).toBeVisible();
      await expect(page.getByText("changed in the meantime")).toBeVisible();
      expect(await panel.readSettings()).not.toContain("2995");
      await page.getByRole("button", { name: "Save and apply" }).click();
      await expect(page).toHaveURL(/\/settings$/);
      const saved = await panel.readSettings();
      expect(saved).toContain("grafana_port: 2995");
      expect(saved).toContain("# edited elsewhere");
    });

    test("a broken file can be edited", async ({ page, panel }) => {
      await panel.editSettings((text) => text.replace(/grafana_port: \d+/, "grafana_port: x"));
      await page.goto("/settings");
      await expect(page.getByRole("heading", { name: "The settings file is invalid" })).toBeVisible();
      const broken = await panel.readSettings();
      await field(page, "Edit settings.yaml").fill(broken.replace("grafana_port: x", "grafana_port: 2996"));
      await page.getByRole("button", { name: "Save the file" }).click();
      await expect(field(page, "Grafana port")).toHaveValue("2996");
    });
  });
});

test("a link to another page asks before changes that were not saved are lost", async ({ page }) => {
  await page.goto("/settings");
  await waitUntilLive(page);
  const agents = page.getByRole("link", { name: "Agents", exact: true });
  let answer = false;
  const questions: string[] = [];
  page.on("dialog", (dialog) => {
    questions.push(dialog.message());
    return answer ? dialog.accept() : dialog.dismiss();
  });
  await field(page, "Grafana port").fill("3999");
  await expect(page.getByText("1 setting changed.")).toBeVisible();
  await agents.click();
  await expect(page).toHaveURL(/\/settings$/);
  await expect(field(page, "Grafana port")).toHaveValue("3999");
  answer = true;
  await agents.click();
  await expect(page).toHaveURL(/\/agents$/);
  expect(questions).toEqual(Array(2).fill("Your changes are not saved. Leave the page and lose them?"));
});
