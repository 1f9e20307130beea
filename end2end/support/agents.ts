/** Containers that look like Clawker's agents, and the events that the stand-in for Loki returns for them. */
import { expect } from "@playwright/test";

import type { Panel } from "./panel.ts";

const image = "clawker-stand-in/jaeger:1.76.0";

export interface Agent {
  project?: string;
  agent: string;
  /** Added to the variables of a healthy agent, or replacing them; `null` removes one. */
  variables?: Record<string, string | null>;
  /** The network to join instead of `clawker-net`. */
  network?: string;
  /** Created without Clawker's labels. */
  unmanaged?: boolean;
}

/** The variables that Clawker sets for an agent under the panel's settings. */
function healthyVariables(panel: Panel, { project, agent }: Agent): Record<string, string> {
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

export function containerName({ project, agent }: Agent): string {
  return project ? `clawker.${project}.${agent}` : `clawker.${agent}`;
}

/** Creates the container without starting it, and returns its name. */
export async function createAgent(panel: Panel, agent: Agent): Promise<string> {
  const labels = { managed: "true", purpose: "agent", agent: agent.agent, ...(agent.project ? { project: agent.project } : {}) };
  const labelled = agent.unmanaged ? [] : Object.entries(labels);
  const variables = { ...healthyVariables(panel, agent), ...agent.variables };
  await panel.docker(
    "create",
    "--name",
    containerName(agent),
    "--network",
    agent.network ?? "clawker-net",
    ...labelled.flatMap(([name, value]) => ["--label", `dev.clawker.${name}=${value}`]),
    ...Object.entries(variables).flatMap(([name, value]) => (value === null ? [] : ["--env", `${name}=${value}`])),
    image,
  );
  return containerName(agent);
}

/** One event in the form that the stand-in for Loki accepts. */
export interface StoredEvent {
  project?: string;
  agent?: string;
  session?: string;
  event: string;
  /** Age in seconds. */
  ago?: number;
  fields?: Record<string, string | number>;
}

/**
 * Waits for the next second of the clock. Events before a container's creation belong to its predecessor, and stores
 * and Docker are compared by the second.
 */
export async function waitForNextSecond(): Promise<void> {
  const second = () => Math.floor(Date.now() / 1000);
  const started = second();
  await expect.poll(second, { intervals: [50] }).toBeGreaterThan(started);
}

/** Puts the events into the stand-in for Loki. */
export async function storeEvents(panel: Panel, events: StoredEvent[]): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${panel.ports.loki_port}/stand-in/events`, {
    method: "POST",
    body: events.map((event) => `${JSON.stringify(event)}\n`).join(""),
  });
  if (!response.ok) throw new Error(`the stand-in for Loki answered ${response.status}: ${await response.text()}`);
}

/** One API request ($1.25, 1,500 tokens) and two tool calls, one of which failed. */
export function workEvents({ project, agent }: Agent, session: string): StoredEvent[] {
  const owner = { ...(project ? { project } : {}), agent, session };
  return [
    {
      ...owner,
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
    { ...owner, event: "tool_result", fields: { tool_name: "Bash", success: "true", duration_ms: 1200 } },
    { ...owner, event: "tool_result", fields: { tool_name: "Edit", success: "false", duration_ms: 10 } },
  ];
}
