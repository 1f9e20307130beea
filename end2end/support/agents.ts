/** Stand-in agents: containers with the labels and variables that Clawker would give them, and what stores hold of them. */
import type { Panel } from "./panel.ts";

const image = "clawker-stand-in/jaeger:1.76.0";

export interface Agent {
  project?: string;
  agent: string;
  /** Variables besides those of a healthy agent, or in their place; `null` for none of that name. */
  variables?: Record<string, string | null>;
  /** A network besides the stack's, in its place. */
  network?: string;
  /** Made without Clawker's labels. */
  byHand?: boolean;
}

/** What Clawker sets for an agent under the panel's settings. */
function healthy(panel: Panel, { project, agent }: Agent): Record<string, string> {
  const collector = `http://otel-collector:${panel.ports.otel_collector_port}`;
  return {
    CLAUDE_CODE_ENABLE_TELEMETRY: "1",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_LOGS_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector}/v1/metrics`,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${collector}/v1/logs`,
    OTEL_LOGS_EXPORT_INTERVAL: "5000",
    OTEL_METRIC_EXPORT_INTERVAL: "10000",
    OTEL_LOG_TOOL_DETAILS: "1",
    OTEL_LOG_USER_PROMPTS: "1",
    OTEL_RESOURCE_ATTRIBUTES: `${project ? `project=${project},` : ""}agent=${agent}`,
    CLAWKER_LOKI_PORT: String(panel.ports.loki_port),
  };
}

export function containerOf({ project, agent }: Agent): string {
  return project ? `clawker.${project}.${agent}` : `clawker.${agent}`;
}

/** Makes the container, and does not start it. Answers with its name. */
export async function createAgent(panel: Panel, agent: Agent): Promise<string> {
  const labels = { managed: "true", purpose: "agent", agent: agent.agent, ...(agent.project ? { project: agent.project } : {}) };
  const labelled = agent.byHand ? [] : Object.entries(labels);
  const variables = { ...healthy(panel, agent), ...agent.variables };
  await panel.docker(
    "create",
    "--name",
    containerOf(agent),
    "--network",
    agent.network ?? "clawker-net",
    ...labelled.flatMap(([name, value]) => ["--label", `dev.clawker.${name}=${value}`]),
    ...Object.entries(variables).flatMap(([name, value]) => (value === null ? [] : ["--env", `${name}=${value}`])),
    image,
  );
  return containerOf(agent);
}

/** One event as the stand-in for Loki takes it. */
export interface FedEvent {
  project?: string;
  agent?: string;
  session?: string;
  event: string;
  /** Seconds before now. */
  ago?: number;
  fields?: Record<string, string | number>;
}

/** Lets Loki hold these events. */
export async function feed(panel: Panel, events: FedEvent[]): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${panel.ports.loki_port}/stand-in/events`, {
    method: "POST",
    body: events.map((event) => `${JSON.stringify(event)}\n`).join(""),
  });
  if (!answer.ok) throw new Error(`Loki's stand-in answered ${answer.status}: ${await answer.text()}`);
}

/** A request and two tools, one of which failed: 1.25 dollars and 1,500 tokens. */
export function work({ project, agent }: Agent, session: string): FedEvent[] {
  const of = { ...(project ? { project } : {}), agent, session };
  return [
    {
      ...of,
      event: "api_request",
      fields: {
        model: "claude-sonnet-5",
        cost_usd: 1.25,
        input_tokens: 100,
        output_tokens: 400,
        cache_read_tokens: 1000,
        cache_creation_tokens: 0,
        duration_ms: 900,
      },
    },
    { ...of, event: "tool_result", fields: { tool_name: "Bash", success: "true", duration_ms: 1200 } },
    { ...of, event: "tool_result", fields: { tool_name: "Edit", success: "false", duration_ms: 10 } },
  ];
}
