// Processes that the tests run: servers, a proxy, an API.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const built = join(root, "src/Actions.Server/bin", process.env.CONFIGURATION ?? "Debug", "net10.0");
export const { actions: { v1 } } = grpc.loadPackageDefinition(protoLoader.loadSync(
  ["actions/v1/action_service.proto", "actions/v1/action_config_service.proto"],
  { includeDirs: [join(root, "protos")], longs: String, enums: String, oneofs: true }));

// Far above what anything here takes.
export const patience = 30_000;

export async function unusedPort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

// A program, and all that it prints.
export class Running {
  log = "";
  #waiting = new Set();

  constructor(command, args, options = {}) {
    this.process = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    this.exit = once(this.process, "exit").then(([code]) => code);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (data) => {
        this.log += data;
        for (const look of this.#waiting) look();
      });
    }
  }

  // Until it has printed that.
  async prints(pattern) {
    const found = new Promise((resolve) => {
      const look = () => {
        if (!pattern.test(this.log)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    const ended = this.exit.then((code) => { throw new Error(`It ended with ${code} before it printed ${pattern}:\n${this.log}`); });
    await Promise.race([found, ended]);
  }

  // Until it prints anything more.
  printsMore() {
    return new Promise((resolve) => {
      const look = () => {
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  async stop(signal = "SIGTERM") {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    return this.exit;
  }
}

// A server that is ready.
export async function startServer(settings, folder, command = ["dotnet", join(built, "Actions.Server.dll")]) {
  const server = new Running(command[0], command.slice(1), { cwd: folder, env: { ...process.env, ...settings } });
  await server.prints(/^Try it:$/m);
  return server;
}

export const inTime = (milliseconds = patience) => ({ deadline: Date.now() + milliseconds });

// A connection of its own for each client.
export const client = (Service, target, credentials = grpc.credentials.createInsecure()) => new Service(target, credentials, {
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_http_proxy": 0,
  "grpc.max_receive_message_length": -1,
});

export const unary = (on, method, request, metadata = new grpc.Metadata()) => new Promise((resolve, reject) =>
  on[method](request, metadata, inTime(), (error, answer) => (error ? reject(error) : resolve(answer))));

// An execution: its events as they come, and how it ended.
export function execute(on, request, milliseconds, metadata = new grpc.Metadata()) {
  const stream = on.execute(request, metadata, inTime(milliseconds));
  const events = [];
  const started = new Promise((resolve) => stream.once("data", resolve));
  stream.on("data", ({ event }) => events.push(event.event));
  stream.on("error", () => {}); // The status says it.
  const ended = new Promise((resolve) => stream.on("status", (status) => resolve({ code: status.code, details: status.details, events })));
  return { stream, started, ended };
}

// An API: `answer` writes a call's response, or keeps it.
export async function startApi(answer) {
  const calls = [];
  const server = createHttpServer(async (request, response) => {
    const call = { url: request.url, body: "", response, closed: once(response, "close") };
    response.setHeader("content-type", "application/json");
    for await (const chunk of request) call.body += chunk;
    calls.push(call);
    answer(call);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    calls,
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
