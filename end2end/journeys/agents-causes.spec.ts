/** The page and the command line say the same of every agent, whatever ails it. */
import { type Agent, containerOf, createAgent, feed, work } from "../support/agents.ts";
import { expect, running, test } from "../support/test.ts";

interface Told {
  container: string;
  agent: string;
  verdict: string;
  causes: { code: string; fix: { kind: string; command: string | null } }[];
}

const logs = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
const wasDown: Agent = { agent: "e2e-was-down", variables: { CLAUDE_CODE_ENABLE_TELEMETRY: "0" } };
const healthy: Agent = { project: "e2e-causes", agent: "healthy" };
const stopped: Agent = { agent: "e2e-stopped" };
const neverRan: Agent = { agent: "e2e-never-ran" };
const others: Agent[] = [
  healthy,
  stopped,
  { agent: "e2e-silent" },
  { agent: "e2e-off", variables: { CLAUDE_CODE_ENABLE_TELEMETRY: "0" } },
  { agent: "e2e-not-enabled", variables: { CLAUDE_CODE_ENABLE_TELEMETRY: null } },
  { agent: "e2e-other-port", variables: { [logs]: "http://otel-collector:1/v1/logs" } },
  { agent: "e2e-other-host", variables: { [logs]: "http://elsewhere:4318/v1/logs" } },
  { agent: "e2e-no-endpoint", variables: { [logs]: "" } },
  { agent: "e2e-http", variables: { OTEL_EXPORTER_OTLP_PROTOCOL: "http" } },
  { agent: "e2e-no-protocol", variables: { OTEL_EXPORTER_OTLP_PROTOCOL: "" } },
  { agent: "e2e-grpc", variables: { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" } },
  { agent: "e2e-no-logs", variables: { OTEL_LOGS_EXPORTER: "none" } },
  { agent: "e2e-no-metrics", variables: { OTEL_METRICS_EXPORTER: "none" } },
  { agent: "e2e-untagged", variables: { OTEL_RESOURCE_ATTRIBUTES: "team=x" } },
  { agent: "e2e-elsewhere", network: "none" },
  { agent: "e2e-rare", variables: { OTEL_METRIC_EXPORT_INTERVAL: "3600000" } },
  { agent: "e2e-by-hand", byHand: true },
  { agent: "e2e-twice", variables: { OTEL_EXPORTER_OTLP_PROTOCOL: "http", [logs]: "http://otel-collector:1" } },
];

const words: Record<string, string> = {
  reporting: "Reporting",
  waiting: "Waiting for its first event",
  idle: "Idle",
  dark: "Dark",
  off: "Off on purpose",
  unknown: "Unknown",
};

test("twenty agents, and of each the page says what the command line says", async ({ page, panel }) => {
  test.setTimeout(240_000);
  const collector = `http://otel-collector:${panel.ports.otel_collector_port}`;
  const cast = [...others, { agent: "e2e-no-path", variables: { [logs]: collector } }];
  await running(panel);
  try {
    // The collector is started after it was made, as when the stack was down at that time.
    await panel.docker("start", await createAgent(panel, wasDown));
    await panel.docker("restart", "--time", "0", "otel-collector");
    await createAgent(panel, neverRan);
    for (const agent of cast) await panel.docker("start", await createAgent(panel, agent));
    await panel.docker("stop", "--time", "0", containerOf(stopped));
    await feed(panel, work(healthy, "4be81a2c-9a54-4a4e-8f4d-6f8b0f8f2d11"));

    // What the services say of themselves may still change until they are ready again.
    await page.goto("/");
    await expect(page.getByText("All six services are ready.")).toBeVisible();
    const told = JSON.parse(await panel.command("agents", "--json")) as { agents: Told[] };
    expect(told.agents.length).toBe(cast.length + 2);
    const codes = new Set(told.agents.flatMap((agent) => agent.causes.map((cause) => cause.code)));
    for (const code of [
      "disabled_because_stack_was_down",
      "disabled_by_configuration",
      "not_enabled",
      "endpoint_mismatch",
      "endpoint_path_missing",
      "endpoint_missing",
      "protocol_invalid",
      "protocol_missing",
      "exporter_none",
      "tags_missing",
      "not_on_network",
      "interval_too_long",
      "not_running",
      "not_managed",
      "no_sample_yet",
    ]) {
      expect([...codes]).toContain(code);
    }
    const verdicts = new Set(told.agents.map((agent) => agent.verdict));
    expect([...verdicts].sort()).toEqual(["dark", "off", "reporting", "waiting"]);

    await page.goto("/agents");
    for (const agent of told.agents) {
      const row = page.locator(`[data-row="c:${agent.container}"]`);
      await expect(row, agent.container).toHaveAttribute("data-verdict", agent.verdict);
    }
    for (const agent of told.agents) {
      await page.goto(`/agents/${agent.container}`);
      const opening = page.locator(".opening");
      await expect(opening, agent.container).toContainText(words[agent.verdict] ?? "?");
      const causes = page.locator(".causes li");
      await expect(causes, agent.container).toHaveCount(agent.causes.length);
      const commands = agent.causes.flatMap((cause) => cause.fix.command ?? []);
      await expect(page.locator(".causes .command code"), agent.container).toHaveText(commands);
      const explained = await panel.command("explain", agent.container);
      for (const sentence of await causes.locator("summary").allTextContents()) {
        expect(explained, agent.container).toContain(sentence);
      }
    }
  } finally {
    const made = [wasDown, neverRan, ...cast].map(containerOf);
    await panel.docker("rm", "--force", ...made).catch(() => undefined);
  }
});
