/** Runs the real binary in temporary folders, with the stand-ins as images and on free ports. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const binary = process.env.MONITOR_TEST_BINARY ?? join(import.meta.dirname, "../../target/release/clawker-monitor");

export const services = ["otel-collector", "prometheus", "loki", "jaeger", "grafana", "promtail"] as const;
export type Service = (typeof services)[number];

const tags: Record<Service, string> = {
  "otel-collector": "0.148.0",
  prometheus: "v3.10.0",
  loki: "3.7.0",
  jaeger: "1.76.0",
  grafana: "12.4.2",
  promtail: "3.6.0",
};

const defaultPorts = {
  otel_collector_port: 4318,
  otel_grpc_port: 4317,
  loki_port: 3100,
  prometheus_port: 9090,
  jaeger_port: 16686,
  grafana_port: 3000,
  prometheus_metrics_port: 8889,
  promtail_port: 9080,
};

/** How a test's panel differs from the usual one. */
export interface PanelOptions {
  /** Tags of stand-ins that misbehave: `exit-3`, `never-ready`, `slow-ready`. */
  faults?: Partial<Record<Service, string>>;
  /** The address of another Engine, as in `unix:///nowhere.sock`. */
  dockerHost?: string;
  /** Use the default ports, which must be free: for screenshots. */
  defaultPorts?: boolean;
}

export class Panel {
  private constructor(
    private readonly home: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly server: ChildProcess,
    readonly url: string,
    readonly ports: Record<string, number>,
  ) {}

  static async start(options: PanelOptions = {}): Promise<Panel> {
    const home = await mkdtemp(join(tmpdir(), "clawker-monitor-e2e-"));
    const keys = Object.keys(defaultPorts);
    const free = await freePorts(keys.length);
    const ports: Record<string, number> = options.defaultPorts
      ? defaultPorts
      : Object.fromEntries(keys.map((key, index) => [key, free[index] ?? 0]));
    const images = services.map((service) => {
      return `    ${service}: clawker-stand-in/${service}:${options.faults?.[service] ?? tags[service]}\n`;
    });
    const lines = options.defaultPorts ? [] : keys.map((key) => `  ${key}: ${ports[key]}\n`);
    await mkdir(join(home, "config"));
    await mkdir(join(home, "data"));
    await writeFile(
      join(home, "config", "settings.yaml"),
      `monitoring:\n${lines.join("")}  images:\n${images.join("")}`,
    );
    const environment: NodeJS.ProcessEnv = {
      ...process.env,
      CLAWKER_CONFIG_DIR: join(home, "config"),
      CLAWKER_DATA_DIR: join(home, "data"),
      ...(options.dockerHost ? { DOCKER_HOST: options.dockerHost } : {}),
    };
    const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0"], {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const url = await new Promise<string>((resolve, reject) => {
      server.once("error", reject);
      server.once("exit", (code) => reject(new Error(`clawker-monitor serve exited with ${code}`)));
      createInterface({ input: server.stdout! }).on("line", (line) => {
        const match = /^listening on (http:\S+)$/.exec(line);
        if (match?.[1]) resolve(match[1]);
      });
    });
    return new Panel(home, environment, server, url, ports);
  }

  /** Process ID of the server. */
  get pid(): number {
    return this.server.pid ?? 0;
  }

  /** Runs a command of the same binary in the same folders and returns its stdout. Throws if it fails. */
  async command(...args: string[]): Promise<string> {
    return (await run(binary, args, { env: this.environment })).stdout;
  }

  /** The text of `settings.yaml`. */
  async readSettings(): Promise<string> {
    return readFile(join(this.home, "config", "settings.yaml"), "utf8");
  }

  /** Changes `settings.yaml` without the panel, as an editor would. */
  async editSettings(change: (text: string) => string): Promise<void> {
    await writeFile(join(this.home, "config", "settings.yaml"), change(await this.readSettings()));
  }

  /** Runs Docker Compose in the monitor folder. */
  async compose(...args: string[]): Promise<string> {
    const compose = process.env.MONITOR_TEST_COMPOSE ?? "docker-compose";
    return (await run(compose, args, { env: this.environment, cwd: join(this.home, "data", "monitor") })).stdout;
  }

  /** The container ID of each service. It changes when the container is recreated. */
  async containerIds(): Promise<Record<Service, string>> {
    const ids = (await this.docker("inspect", "--format", "{{.Id}}", ...services)).trim().split("\n");
    return Object.fromEntries(services.map((service, index) => [service, ids[index] ?? ""])) as Record<Service, string>;
  }

  /** Runs a `docker` command without the panel. */
  async docker(...args: string[]): Promise<string> {
    return (await run("docker", args, { env: this.environment })).stdout;
  }

  /** Removes the stack if there is an Engine, stops the server and deletes the folders. */
  async stop(): Promise<void> {
    if (this.environment.DOCKER_HOST?.includes("nowhere") !== true) {
      await this.command("down", "--volumes").catch(() => undefined);
    }
    if (this.server.exitCode === null) {
      const exited = new Promise((resolve) => this.server.once("exit", resolve));
      this.server.kill("SIGTERM");
      const killTimer = setTimeout(() => this.server.kill("SIGKILL"), 15_000);
      await exited;
      clearTimeout(killTimer);
    }
    await rm(this.home, { recursive: true, force: true });
  }
}

/** Different ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
