/** The page and the command line agree about every agent and what is wrong with it. */
import { type Agent, containerName, createAgent, storeEvents, workEvents } from "../support/agents.ts";
import { expect, startStack, test } from "../support/test.ts";

interface ReportedAgent {
  container: string;
  agent: string;
  verdict: string;
  causes: { code: string; fix: { kind: string; command: string | null } }[];
}

const logs = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
const wasDown: Agent = { agent: "e2e-was-down", variables: { CLAUDE_CODE_ENABLE_TELEMETRY: "0" } };
const healthy: Agent = { project: "e2e-causes", agent: "healthy" };
const stopped: Agent = { agent: "e2e-stopped" };
const neverStarted: Agent = { agent: "e2e-never-ran" };
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
  { agent: "e2e-by-hand", unmanaged: true },
  { agent: "e2e-twice", variables: { OTEL_EXPORTER_OTLP_PROTOCOL: "http", [logs]: "http://otel-collector:1" } },
];

const verdictNames: Record<string, string> = {
  reporting: "Reporting",
  waiting: "Waiting for first event",
  idle: "Idle",
  dark: "Not reporting",
  off: "Turned off",
  unknown: "Unknown",
};

test("the page and the command line agree about twenty agents", async ({ page, panel }) => {
  test.setTimeout(240_000);
  const collector = `http://otel-collector:${panel.ports.otel_collector_port}`;
  const started = [...others, { agent: "e2e-no-path", variables: { [logs]: collector } }];
  await startStack(panel);
  try {
    // The stack is down when this agent is created.
    await panel.docker("stop", "--time", "0", "otel-collector");
    await panel.docker("start", await createAgent(panel, wasDown));
    await panel.docker("start", "otel-collector");
    await createAgent(panel, neverStarted);
    for (const agent of started) await panel.docker("start", await createAgent(panel, agent));
    await panel.docker("stop", "--time", "0", containerName(stopped));
    await storeEvents(panel, workEvents(healthy, "4be81a2c-9a54-4a4e-8f4d-6f8b0f8f2d11"));

    // Evidence can change until every service is ready again.
    await page.goto("/");
    await expect(page.getByText("All six services are ready.")).toBeVisible();
    const reported = JSON.parse(await panel.command("agents", "--json")) as { agents: ReportedAgent[] };
    expect(reported.agents.length).toBe(started.length + 2);
    const codes = new Set(reported.agents.flatMap((agent) => agent.causes.map((cause) => cause.code)));
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
    const verdicts = new Set(reported.agents.map((agent) => agent.verdict));
    expect([...verdicts].sort()).toEqual(["dark", "idle", "off", "reporting", "waiting"]);

    await page.goto("/agents");
    for (const agent of reported.agents) {
      const row = page.locator(`[data-row="c:${agent.container}"]`);
      await expect(row, agent.container).toHaveAttribute("data-verdict", agent.verdict);
    }
    for (const agent of reported.agents) {
      await page.goto(`/agents/${agent.container}`);
      const opening = page.locator(".page-header");
      await expect(opening, agent.container).toContainText(verdictNames[agent.verdict] ?? "?");
      const causes = page.locator(".causes li");
      await expect(causes, agent.container).toHaveCount(agent.causes.length);
      const commands = agent.causes.flatMap((cause) => cause.fix.command ?? []);
      await expect(page.locator(".causes .command code"), agent.container).toHaveText(commands);
      await expect(causes.locator("summary"), agent.container).toHaveCount(agent.causes.length);
      const explained = await panel.command("explain", agent.container);
      for (const sentence of await causes.locator("summary").allTextContents()) {
        expect(explained, agent.container).toContain(sentence);
      }
    }
  } finally {
    const names = [wasDown, neverStarted, ...started].map(containerName);
    await panel.docker("rm", "--force", ...names).catch(() => undefined);
  }
});
