/** Takes the screenshots of the README. Not tests: `cargo xtask screenshots` runs this. */
import { join } from "node:path";

import { type Agent, type StoredEvent, containerName, createAgent, storeEvents, waitForNextSecond } from "../support/agents.ts";
import type { Panel } from "../support/panel.ts";
import { expect, startStack, test } from "../support/test.ts";

const folder = join(import.meta.dirname, "../../docs/screenshots");

test.use({ panelOptions: { defaultPorts: true } });

const checkout: Agent = { project: "shop", agent: "checkout" };
const search: Agent = { project: "shop", agent: "search" };
const docs: Agent = {
  project: "shop",
  agent: "docs",
  variables: { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://otel-collector:4319/v1/logs" },
};
const off: Agent = { project: "infra", agent: "terraform", variables: { CLAUDE_CODE_ENABLE_TELEMETRY: "0" } };
const agents = [checkout, search, docs, off];

/** Starts four agents, two of which have worked for some hours. */
async function startAgents(panel: Panel): Promise<void> {
  for (const agent of agents) await panel.docker("start", await createAgent(panel, agent));
  await waitForNextSecond();
  for (const [{ project, agent }, session, scale] of [
    [checkout, "4be81a2c-9a54-4a4e-8f4d-6f8b0f8f2d11", 3],
    [search, "99c0f0de-1d2e-4f40-8a11-0b7c55d2c9ae", 1],
  ] as const) {
    const owner = { ...(project ? { project } : {}), agent, session };
    const turns = Array.from({ length: 60 }, (_, turn) => turn);
    await storeEvents(
      panel,
      turns.flatMap((turn) => {
        const ago = turn * 700;
        const size = (1 + ((turn * 7) % 5)) * scale;
        const used = { input_tokens: 40 * size, output_tokens: 310 * size, cache_read_tokens: 9_000 * size };
        const success = String(turn % 17 !== 3);
        const events: StoredEvent[] = [
          { ...owner, ago, event: "api_request", fields: { model: "claude-sonnet-5", cost_usd: 0.011 * size, duration_ms: 2300, ...used } },
          { ...owner, ago, event: "tool_result", fields: { tool_name: turn % 3 ? "Bash" : "Edit", success, duration_ms: 40 * size } },
        ];
        return events;
      }),
    );
  }
}

test("each page in both themes and two widths", async ({ page, panel }) => {
  test.setTimeout(120_000);
  await startStack(panel);
  try {
    await startAgents(panel);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
        for (const [name, path] of [
          ["stack", "/"],
          ["agents", "/agents"],
          ["agent", `/agents/${containerName(checkout)}`],
          ["settings", "/settings"],
          ["files", "/files"],
          ["logs", "/logs/grafana"],
        ] as const) {
          await page.goto(path);
          if (name === "stack") await expect(page.getByText(/^\d+(\.\d)?%$/)).toHaveCount(6);
          if (name === "agents") await expect(page.locator("[data-verdict=reporting]")).toHaveCount(2);
          if (name === "agent") await expect(page.locator(".event").first()).toBeVisible();
          await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });
        }
      }
    }
  } finally {
    await panel.docker("rm", "--force", ...agents.map(containerName)).catch(() => undefined);
  }
});
