// The cases of grpc/grpc's doc/interop-test-descriptions.md that apply to this server, through @grpc/grpc-js. The
// same ones, named alike, as in test_interop.py.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { actions: { v1 } } = grpc.loadPackageDefinition(protoLoader.loadSync(
  ["actions/v1/action_service.proto", "actions/v1/action_config_service.proto"],
  { includeDirs: [join(root, "protos")], longs: String, enums: String, oneofs: true }));
const patience = 15_000;
const special = "\t\n100 % ä ☺ 😈 end";
// Control characters are escaped, so that a text can't drive the terminal that shows it. All else comes as it is.
const shown = "\\t\\n100 % ä ☺ 😈 end";
const gzip = { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip };

async function unusedPort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

const inTime = (milliseconds = patience) => ({ deadline: Date.now() + milliseconds });

describe("interop", () => {
  const folder = mkdtempSync(join(tmpdir(), "actions-interop-"));
  const channels = [], apis = [];
  let server, target, configs, log = "";

  // A connection of its own for each client.
  const client = (Service, options = {}) => {
    const made = new Service(target, grpc.credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1, "grpc.enable_http_proxy": 0, "grpc.max_receive_message_length": -1, ...options });
    channels.push(made);
    return made;
  };

  const unary = (method, request, on = configs, metadata = new grpc.Metadata()) => new Promise((resolve, reject) =>
    on[method](request, metadata, inTime(), (error, answer) => (error ? reject(error) : resolve(answer))));

  // An action that calls an API; `answer` writes its response, or leaves the call hanging.
  async function action(answer = (response) => response.end("{}"), more = {}, request = {}) {
    const calls = [];
    const api = createHttpServer(async (incoming, response) => {
      const call = { closed: once(response, "close"), body: "" };
      calls.push(call);
      response.setHeader("content-type", "application/json");
      for await (const chunk of incoming) call.body += chunk;
      answer(response);
    }).listen(0, "127.0.0.1");
    apis.push(api);
    await once(api, "listening");
    const { actionConfig } = await unary("createActionConfig", { actionConfig: {
      name: `Interop ${api.address().port}`, ...more,
      request: { method: "HTTP_METHOD_GET", url: `http://127.0.0.1:${api.address().port}`, ...request } } });
    return { id: actionConfig.id, calls };
  }

  // Reads a stream to its end: what came, and how it ended.
  async function read(stream, onData = () => {}) {
    const events = [];
    let headers, status; // once() would throw when the stream ends in an error.
    stream.on("data", (data) => { events.push(data); onData(data); });
    stream.on("metadata", (metadata) => { headers = metadata; });
    stream.on("error", () => {}); // The status says it.
    await new Promise((resolve) => stream.on("status", (ended) => { status = ended; resolve(); }));
    return { events, kinds: events.map((each) => each.event.event), headers, status };
  }

  const execute = (request, { on, metadata = new grpc.Metadata(), ...options } = {}) =>
    (on ?? client(v1.ActionService)).execute(request, metadata, { ...inTime(), ...options });

  // The reason stands in the details as plain text: enough to tell that they came.
  function assertRefused(status, code, reason) {
    assert.equal(status.code, code, status.details);
    assert.match(String(status.metadata.get("grpc-status-details-bin")[0]), new RegExp(reason));
  }

  before(async () => {
    target = `127.0.0.1:${await unusedPort()}`;
    const bin = join(root, "src/Actions.Server/bin", process.env.CONFIGURATION ?? "Debug", "net10.0");
    server = spawn("dotnet", [join(bin, "Actions.Server.dll")], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        Kestrel__Endpoints__Grpc__Url: `http://${target}`,
        Kestrel__Endpoints__Web__Url: `http://127.0.0.1:${await unusedPort()}`,
        Outbound__AllowedNetworks: "loopback",
        Storage__Sqlite__Path: join(folder, "actions.db"),
      },
    });
    for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => (log += data));
    configs = client(v1.ActionConfigService);
    await new Promise((resolve, reject) => configs.waitForReady(Date.now() + 30_000, (error) =>
      (error ? reject(new Error(`The server did not start:\n${log}`)) : resolve())));
  }, { timeout: 40_000 });

  after(async () => {
    for (const channel of channels) channel.close();
    for (const api of apis) {
      api.closeAllConnections();
      api.close();
    }
    if (server.exitCode === null) {
      server.kill("SIGTERM");
      await once(server, "exit");
    }
    rmSync(folder, { recursive: true });
  }, { timeout: 40_000 });

  it("empty_unary", async () => {
    assert.ok(Array.isArray((await unary("listActionConfigs", {})).actionConfigs ?? []));
    const { status } = await read(execute({}));
    assertRefused(status, grpc.status.INVALID_ARGUMENT, "ERROR_REASON_INVALID_FIELD");
  });

  it("large_unary", async () => {
    const { id, calls } = await action((response) => response.end(JSON.stringify({ text: "x".repeat(3_000_000) })),
      { responsePolicy: { maxBodyBytes: 3 << 20 } },
      { method: "HTTP_METHOD_POST", textBody: { text: "{text}", contentType: "text/plain" } });
    const { kinds, events } = await read(execute({ id, variables: { text: { stringValue: "y".repeat(200_000) } } }));
    assert.deepEqual(kinds, ["start", "result"]);
    assert.ok(JSON.stringify(events[1]).length > 3_000_000);
    assert.equal(calls[0].body, "y".repeat(200_000));
  });

  it("client_compressed_unary, server_compressed_unary", async () => {
    const { id } = await action(undefined, { description: "d".repeat(1_000) });
    const { actionConfig } = await unary("getActionConfig", { id }, client(v1.ActionConfigService, gzip));
    assert.equal(actionConfig.description, "d".repeat(1_000));
  });

  it("client_compressed_streaming, server_compressed_streaming", async () => {
    const { id } = await action();
    const { kinds } = await read(execute({ id }, { on: client(v1.ActionService, gzip) }));
    assert.deepEqual(kinds, ["start", "result"]);
  });

  it("custom_metadata", async () => {
    const { id } = await action();
    const metadata = new grpc.Metadata();
    metadata.set("x-grpc-test-echo-initial", "test_initial_metadata_value");
    metadata.set("x-grpc-test-echo-trailing-bin", Buffer.from([0xab, 0xab, 0, 0xff]));
    metadata.add("x-list", "a");
    metadata.add("x-list", "b");
    const { kinds, headers, status } = await read(execute({ id }, { metadata }));
    assert.deepEqual([kinds, status.code], [["start", "result"], grpc.status.OK]);
    for (const name of Object.keys(metadata.getMap())) {
      assert.deepEqual([name, headers.get(name), status.metadata.get(name)], [name, [], []]);
    }
  });

  it("special_status_message", async () => {
    const { status } = await read(execute({ name: special }));
    assertRefused(status, grpc.status.NOT_FOUND, "ERROR_REASON_ACTION_NOT_FOUND");
    assert.ok(status.details.includes(shown), status.details);
  });

  for (const path of ["/actions.v1.ActionService/UnimplementedCall", "/actions.v1.UnimplementedService/Execute"]) {
    it(`unimplemented: ${path}`, async () => {
      const raw = (bytes) => bytes;
      const error = await new Promise((resolve) => client(grpc.Client).makeUnaryRequest(
        path, raw, raw, Buffer.alloc(0), new grpc.Metadata(), inTime(), resolve));
      assertRefused(error, grpc.status.UNIMPLEMENTED, "ERROR_REASON_UNIMPLEMENTED");
    });
  }

  it("cancel_after_begin", async () => {
    const { id } = await action(() => {});
    const stream = execute({ id });
    stream.cancel();
    assert.equal((await read(stream)).status.code, grpc.status.CANCELLED);
  });

  it("cancel_after_first_response", { timeout: patience }, async () => {
    let called;
    const reached = new Promise((resolve) => { called = resolve; });
    const { id, calls } = await action(() => called());
    const stream = execute({ id });
    const { kinds, status } = await read(stream, async () => { await reached; stream.cancel(); });
    assert.deepEqual([kinds, status.code], [["start"], grpc.status.CANCELLED]);
    await calls[0].closed;
  });

  it("timeout_on_sleeping_server", { timeout: patience }, async () => {
    const { id, calls } = await action(() => {});
    const { kinds, status } = await read(execute({ id }, inTime(1_000)));
    assert.deepEqual([kinds, status.code], [["start"], grpc.status.DEADLINE_EXCEEDED]);
    await calls[0].closed;
  });

  it("deadline that passes before the first message", async () => {
    const { id, calls } = await action();
    const { kinds, status } = await read(execute({ id }, inTime(0)));
    assert.deepEqual([kinds, status.code, calls.length], [[], grpc.status.DEADLINE_EXCEEDED, 0]);
  });

  it("concurrent_large_unary: 100 streams on one connection", { timeout: patience }, async () => {
    // All have begun before the first one is answered.
    const waiting = [];
    const { id } = await action((response) => {
      if (waiting.push(response) === 100) for (const each of waiting) each.end("{}");
    });
    const on = client(v1.ActionService);
    const stories = await Promise.all(Array.from({ length: 100 }, () => read(execute({ id }, { on }))));
    assert.deepEqual(stories.map(({ kinds, status }) => `${kinds} ${status.code} ${status.details}`), Array(100).fill("start,result 0 "));
  });
});
