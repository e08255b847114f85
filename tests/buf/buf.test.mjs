// The contract as buf sees it, and the running server as a stranger sees it who has nothing but its address: by
// reflection.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const buf = join(root, "node_modules/.bin/buf");

function run(command, ...args) {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: root, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code ?? 1 : 0, stdout, stderr }));
  });
}

async function succeeds(command, ...args) {
  const done = await run(command, ...args);
  assert.equal(done.code, 0, `${args.join(" ")}\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "actions-buf-"));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

describe("contract", () => {
  it("passes lint", () => succeeds(buf, "lint"));

  it("is formatted", () => succeeds(buf, "format", "--diff", "--exit-code"));

  it("breaks nobody", async (context) => {
    // Compared with the last commit on main; once the work is that commit, with the one before.
    const git = (...args) => run("git", ...args);
    let main = null;
    for (const name of ["main", "origin/main"]) {
      if (!main && (await git("rev-parse", "--verify", "--quiet", name)).code === 0) main = name;
    }
    if (!main) return context.skip("there is no branch main to compare with");
    const committed = (await git("diff", "--quiet", main, "--", "protos")).code === 0;
    const base = committed ? `${main}~1` : main;
    if ((await git("cat-file", "-e", `${base}:protos`)).code !== 0) {
      return context.skip(`there are no protos in ${base} to compare with`);
    }

    // Unpacked here instead of read by buf from .git: that works in a shallow clone and a linked work tree, too.
    const folder = temporaryFolder();
    try {
      await succeeds("sh", "-c", 'git archive "$1" buf.yaml protos | tar -x -C "$2"', "sh", base, folder.path);
      await succeeds(buf, "breaking", "--against", folder.path);
    } finally {
      folder.remove();
    }
  });
});

describe("server, by reflection", () => {
  const folder = temporaryFolder();
  let api, apiUrl, server, address, actionId;
  let log = "";

  before(async () => {
    api = createHttpServer((request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ order: { status: "shipped", path: request.url } }));
    });
    api.listen(0, "127.0.0.1");
    await once(api, "listening");
    apiUrl = `http://127.0.0.1:${api.address().port}`;

    address = `http://127.0.0.1:${await unusedPort()}`;
    const bin = join(root, "src/Actions.Server/bin", process.env.CONFIGURATION ?? "Debug", "net10.0");
    server = spawn("dotnet", [join(bin, "Actions.Server.dll")], {
      cwd: folder.path,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        Kestrel__Endpoints__Grpc__Url: address,
        Kestrel__Endpoints__Web__Url: `http://127.0.0.1:${await unusedPort()}`,
        Storage__Sqlite__Path: join(folder.path, "actions.db"),
        Outbound__AllowedNetworks: "loopback",
      },
    });
    for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => (log += data));

    const giveUp = Date.now() + 30_000;
    for (;;) {
      const { code, stdout } = await curl("grpc.health.v1.Health/Check", {});
      if (code === 0 && JSON.parse(stdout).status === "SERVING") return;
      assert.ok(server.exitCode === null && Date.now() < giveUp, `The server did not start:\n${log}`);
    }
  }, { timeout: 60_000 });

  after(async () => {
    api.closeAllConnections();
    api.close();
    if (server.exitCode === null) {
      server.kill("SIGTERM");
      await once(server, "exit");
    }
    folder.remove();
  }, { timeout: 30_000 });

  const plain = ["curl", "--protocol", "grpc", "--http2-prior-knowledge"];
  const curl = (method, request) => run(buf, ...plain, "--data", JSON.stringify(request), `${address}/${method}`);
  const answers = (method, request) =>
    succeeds(buf, ...plain, "--data", JSON.stringify(request), `${address}/${method}`);

  it("lists its services and methods", async () => {
    assert.deepEqual((await succeeds(buf, ...plain, "--list-services", address)).trim().split("\n").sort(), [
      "actions.v1.ActionConfigService",
      "actions.v1.ActionService",
      "actions.v1.ApiKeyService",
      "actions.v1.ExecutionService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
    assert.match(await succeeds(buf, ...plain, "--list-methods", address), /^actions\.v1\.ActionService\/Execute$/m);
  });

  it("creates an action", async () => {
    const { actionConfig } = JSON.parse(await answers("actions.v1.ActionConfigService/CreateActionConfig", {
      actionConfig: {
        name: "Check order status",
        request: { method: "HTTP_METHOD_GET", url: `${apiUrl}/orders/{order_id}` },
        messages: { startMessage: "Looking up {order_id}." },
        results: [{ variable: "status", jsonPath: "$.order.status" }, { variable: "path", jsonPath: "$.order.path" }],
      },
    }));
    assert.ok(actionConfig.id && actionConfig.etag);
    actionId = actionConfig.id;
  });

  it("gets it back", async () => {
    const answer = await answers("actions.v1.ActionConfigService/GetActionConfig", { id: actionId });
    const { actionConfig } = JSON.parse(answer);
    assert.equal(actionConfig.name, "Check order status");
  });

  it("executes it as a stream", async () => {
    const stream = await answers("actions.v1.ActionService/Execute", { id: actionId, variables: { order_id: "A 17" } });
    const responses = JSON.parse(`[${stream.trim().replace(/\}\s*\n\s*\{/g, "},{")}]`);
    assert.deepEqual(responses.map(({ event }) => event.sequence), [1, 2]);
    assert.equal(new Set(responses.map((response) => response.executionId)).size, 1);
    assert.equal(responses[0].event.start.message, "Looking up A 17.");
    assert.deepEqual(responses[1].event.result.variables, { status: "shipped", path: "/orders/A%2017" });
  });

  it("explains a refusal", async () => {
    const { code, stderr } = await curl("actions.v1.ActionService/Execute", { id: actionId });
    assert.notEqual(code, 0);
    const error = JSON.parse(stderr);
    assert.equal(error.code, "invalid_argument");
    // buf leaves the details in their binary form; the texts in them can be read all the same.
    const details = error.details.map(({ type, value }) => [type, Buffer.from(value, "base64").toString()]);
    assert.deepEqual(details.map(([type]) => type), ["google.rpc.ErrorInfo", "google.rpc.BadRequest"]);
    assert.match(details[0][1], /ERROR_REASON_MISSING_VARIABLE.*actions\.v1/s);
    assert.match(details[1][1], /variables\.order_id/);
  });

  // In the file's order: each step builds on those before. The last ones make a key and revoke it, and so close the server.
  const guide = readFileSync(join(root, "docs/grpcurl.md"), "utf8");
  const commands = [...guide.matchAll(/^```sh\n((?:grpcurl|buf curl) .*?)\n```$/gms)].map(([, command]) => command);
  const known = {};

  for (const command of commands.filter((text) => text.startsWith("buf curl "))) {
    it(`does as docs/grpcurl.md says: ${command.split("5080")[1].slice(1) || "--list-methods"}`, async () => {
      const here = command.replaceAll("http://127.0.0.1:5080", address).replaceAll("http://127.0.0.1:9000", apiUrl);
      const environment = Object.entries(known).map(([name, value]) => `${name}=${value}`);
      const path = `PATH=${join(root, "node_modules/.bin")}:${process.env.PATH}`;
      const answer = await succeeds("env", path, ...environment, "bash", "-c", here);
      if (command.includes("--list-methods")) return assert.match(answer, /ActionService\/Execute/);
      assert.match(answer, /^\{/);
      if (command.includes("CreateActionConfig")) known.ID = JSON.parse(answer).actionConfig.id;
      if (command.includes("CreateApiKey")) [known.KEY, known.KEY_ID] = [JSON.parse(answer).key, JSON.parse(answer).apiKey.id];
      if (command.includes("call_id")) assert.match(answer, /"order_status": "shipped"/);
    });
  }

  it("is told the same by grpcurl in docs/grpcurl.md", () => {
    const said = (text) => [
      /(?:-d|--data) '(.*)' \\/s.exec(text)?.[1],
      /actions\.v1\.\S+/.exec(text)?.[0],
      /authorization: \S+ \S+"/.exec(text)?.[0],
    ];
    const [ours, theirs] = ["grpcurl ", "buf curl "].map((tool) => commands.filter((text) => text.startsWith(tool)));
    assert.ok(ours.length > 10);
    assert.deepEqual(ours.map(said), theirs.map(said));
  });
});

async function unusedPort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}
