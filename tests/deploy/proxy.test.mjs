// The proxy of compose.yaml, run for real: deploy/nginx as it is but for addresses, in front of two servers.
import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import grpc from "@grpc/grpc-js";

import { client, execute, patience, root, Running, startApi, startServer, unary, unusedPort, v1 } from "./running.mjs";

const nginx = process.env.ACTIONS_NGINX;
const names = ["server-1", "server-2"];
const test = (name, body) => it(name, { timeout: 60_000 }, body);

describe("proxy", { skip: nginx ? false : "there is no nginx", timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "actions-proxy-"));
  const deploy = join(folder, "deploy");
  const servers = {}, ports = {}, held = [], clients = [];
  let proxy, api, target, credentials, actions, configs, action;

  const connect = (Service, to = target, by = credentials) => {
    clients.push(client(Service, to, by));
    return clients.at(-1);
  };

  const start = async (name) => {
    servers[name] = await startServer({
      Kestrel__Endpoints__Grpc__Url: `http://127.0.0.1:${ports[name]}`,
      Kestrel__Endpoints__Web__Url: "http://127.0.0.1:0",
      Storage__Sqlite__Path: join(folder, "actions.db"),
      Outbound__AllowedNetworks: "loopback",
      Engine__MaxCallsPerHost: "1000",
      // A stream that is silent for 3 s is one through which several pings went.
      Server__KeepAlivePingDelay: "00:00:01",
    }, folder);
  };

  const executed = (callId) => names.filter((name) => servers[name].log.includes(`'${callId}'`));

  // Until a server has logged the end of each.
  const all = async (callIds) => {
    while (!callIds.every((id) => executed(id).length)) await Promise.race(names.map((name) => servers[name].printsMore()));
  };

  const reached = async (count) => {
    while (held.length < count) await new Promise((resolve) => { api.onHeld = resolve; });
  };

  const release = () => held.splice(0).forEach(({ response }) => response.end("{}"));

  const assertDone = ({ code, details, events }) => assert.deepEqual([code, details, events], [0, "", ["start", "result"]]);

  before(async () => {
    cpSync(join(root, "deploy"), deploy, { recursive: true });
    rmSync(join(deploy, "secrets"), { recursive: true, force: true });
    const secrets = new Running("bash", [join(deploy, "secrets.sh")]);
    assert.equal(await secrets.exit, 0, secrets.log);

    for (const name of names) ports[name] = await unusedPort();
    const port = await unusedPort();
    mkdirSync(join(folder, "tmp"));
    const change = (file, ...changes) => {
      const path = join(deploy, "nginx", file);
      let text = readFileSync(path, "utf8");
      for (const [from, to] of changes) {
        assert.match(text, from);
        text = text.replace(from, to);
      }
      writeFileSync(path, text);
    };
    change("servers.conf", [/172\.30\.85\.11:5080/, `127.0.0.1:${ports["server-1"]}`], [/172\.30\.85\.12:5080/, `127.0.0.1:${ports["server-2"]}`]);
    change("nginx.conf", [/listen 8443 /, `listen 127.0.0.1:${port} `], [/listen 127\.0\.0\.1:8081/, `listen 127.0.0.1:${await unusedPort()}`],
      [/ \/tmp\//g, ` ${folder}/tmp/`], [/\/dev\/stdout/, `${folder}/tmp/access.log`],
      [/worker_rlimit_nofile .*;/, ""]);

    api = await startApi((call) => {
      if (call.url.startsWith("/held")) {
        held.push(call);
        api.onHeld?.();
      } else if (call.url.startsWith("/slow")) {
        setTimeout(() => call.response.end("{}"), 3_000);
      } else if (call.url.startsWith("/load")) {
        // So that it is the calls' number that counts, not the machine's pace.
        setTimeout(() => call.response.end("{}"), 50);
      } else {
        call.response.end(call.url.startsWith("/large") ? JSON.stringify({ text: "x".repeat(3_000_000) }) : "{}");
      }
    });
    // The first one makes the database.
    for (const name of names) await start(name);
    proxy = new Running(nginx, ["-p", folder, "-e", "stderr", "-c", join(deploy, "nginx/nginx.conf"), "-g", "daemon off;"]);
    target = `localhost:${port}`;
    credentials = grpc.credentials.createSsl(readFileSync(join(deploy, "secrets/tls.crt")));
    configs = connect(v1.ActionConfigService);
    actions = connect(v1.ActionService);
    await new Promise((resolve, reject) => configs.waitForReady(Date.now() + patience, (error) =>
      (error ? reject(new Error(`The proxy did not start:\n${proxy.log}`)) : resolve())));
    const { actionConfig } = await unary(configs, "createActionConfig", { actionConfig: {
      name: "Any path",
      request: { method: "HTTP_METHOD_POST", url: `${api.url}/{path}`, textBody: { text: "{text}", contentType: "text/plain" }, timeout: { seconds: 60 } },
      variables: [{ name: "text", defaultValue: { stringValue: "none" } }],
      responsePolicy: { maxBodyBytes: 3 << 20 },
    } });
    action = actionConfig.id;
  }, { timeout: 90_000 });

  after(async () => {
    for (const each of clients) each.close();
    api?.close();
    await Promise.all([...names.map((name) => servers[name]?.stop("SIGKILL")), proxy?.stop("SIGTERM")]);
    rmSync(folder, { recursive: true });
  }, { timeout: 60_000 });

  const call = (path, callId = "", on = actions, milliseconds = undefined, text = "t") => execute(on, {
    id: action, callId, variables: { path: { stringValue: path }, text: { stringValue: text } } }, milliseconds);

  test("sends the calls of one channel to both servers", async () => {
    const ids = Array.from({ length: 10 }, (_, i) => `balanced-${i}.`);
    for (const id of ids) assertDone(await call("fast", id).ended);
    await all(ids);
    const counts = names.map((name) => ids.filter((id) => executed(id).includes(name)).length);
    assert.equal(counts[0] + counts[1], 10);
    assert.ok(Math.min(...counts) >= 3, `${counts}`);
  });

  test("passes Start on while the API is silent", async () => {
    const { started, ended } = call("held");
    await Promise.all([started, reached(1)]);
    release();
    assertDone(await ended);
  });

  test("carries 300 executions at once on one connection", async () => {
    // All have reached the API before the first one is answered.
    const running = Array.from({ length: 300 }, () => call("held").ended);
    await reached(300);
    release();
    for (const ended of running) assertDone(await ended);
  });

  test("keeps a stream that is silent for several of the server's pings", async () => assertDone(await call("slow").ended));

  test("carries large messages both ways", async () => {
    assertDone(await call("large", "", actions, undefined, "y".repeat(200_000)).ended);
    assert.equal(api.calls.at(-1).body.length, 200_000);
  });

  test("passes a deadline on", async () => {
    const { ended } = call("held", "", actions, 1_000);
    await reached(1);
    assert.equal((await ended).code, grpc.status.DEADLINE_EXCEEDED);
    await held.pop().closed;
  });

  test("passes a caller's end on to the API", async () => {
    const { stream, ended } = call("held");
    await reached(1);
    stream.cancel();
    assert.equal((await ended).code, grpc.status.CANCELLED);
    await held.pop().closed;
  });

  test("says what the server says when it refuses", async () => {
    const details = async (on, request) => {
      const error = await unary(on, "createActionConfig", request).then(() => assert.fail(), (refused) => refused);
      return [error.code, error.details, error.metadata.get("grpc-status-details-bin").map((each) => each.toString("base64"))];
    };
    const direct = connect(v1.ActionConfigService, `127.0.0.1:${ports["server-1"]}`, grpc.credentials.createInsecure());
    const wrong = { actionConfig: { name: "Wrong", request: { method: "HTTP_METHOD_GET", url: api.url }, results:
      Array.from({ length: 100 }, (_, i) => ({ variable: `wrong-${"v".repeat(40)}-${i}`, jsonPath: "$.[" })) } };
    const large = { actionConfig: { name: "Large", description: "d".repeat(5 << 20) } };
    for (const request of [wrong, large]) assert.deepEqual(await details(configs, request), await details(direct, request));
    // More than nginx's own buffer would hold.
    assert.ok((await details(configs, wrong))[2][0].length > 5_000);
  });

  test("loses a killed server's executions, sends none of them twice, and goes on with the other server", async () => {
    const running = Array.from({ length: 10 }, (_, i) => call("held", `killed-${i}.`).ended);
    await reached(10);
    const before = api.calls.length;
    await servers["server-1"].stop("SIGKILL");
    for (let i = 0; i < 20; i++) assertDone(await call("fast", `after-${i}.`).ended);
    release();
    const ended = await Promise.all(running);
    const lost = ended.filter(({ code }) => code !== 0);
    assert.ok(lost.length >= 1 && lost.length <= 9, `${lost.length}`);
    // Each had told Start: whoever hears that knows that the API may have been called.
    for (const { code, events } of lost) assert.deepEqual([code !== grpc.status.OK, events], [true, ["start"]]);
    assert.equal(api.calls.length, before + 20);
    await start("server-1");
  });

  test("lets rolling-update.sh replace both servers under load without a failed call", async () => {
    const previous = names.map((name) => servers[name].process.pid);
    const steps = [], done = [];
    const control = createHttpServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const args = JSON.parse(body);
      steps.push(args.join(" "));
      const name = args.at(-1);
      if (args[0] === "kill") {
        proxy.process.kill("SIGHUP");
      } else {
        const old = servers[name];
        old.process.kill("SIGTERM");
        await old.prints(/Draining/);
        release(); // What it still runs may end now.
        assert.equal(await old.exit, 0, old.log);
        await start(name);
      }
      response.end();
    }).listen(0, "127.0.0.1");
    await once(control, "listening");

    let stopped = false;
    const callers = Array.from({ length: 8 }, async (_, caller) => {
      // Half of them beside the long ones, on a connection that is never without a call.
      const on = caller % 2 ? actions : connect(v1.ActionService);
      // Each in a conversation of its own: in one, the same POST is executed once.
      for (let n = 0; !stopped; n++) done.push(await call("load", `load-${caller}-${n}`, on).ended);
    });
    const long = Array.from({ length: 6 }, () => call("held").ended);
    await reached(6);
    const before = { all: api.calls.length - done.length };
    const update = new Running("bash", [join(deploy, "rolling-update.sh")], { env: {
      ...process.env, COMPOSE: `node ${join(root, "tests/deploy/compose-stand-in.mjs")} http://127.0.0.1:${control.address().port}` } });
    const code = await update.exit;
    stopped = true;
    await Promise.all(callers);
    release();
    control.close();

    assert.equal(code, 0, update.log);
    const reload = "kill --signal HUP proxy";
    assert.deepEqual(steps, names.flatMap((name) => [reload, `up --detach --no-deps --force-recreate --wait ${name}`, reload]));
    for (const ended of [...done, ...await Promise.all(long)]) assertDone(ended);
    assert.ok(done.length > 50, `${done.length}`);
    // Those that ran when the count was taken are in either number.
    assert.ok(Math.abs(api.calls.length - before.all - done.length) <= 8);
    assert.ok(names.every((name, i) => servers[name].process.pid !== previous[i]));
    assert.equal(readFileSync(join(deploy, "nginx/servers.conf"), "utf8").includes("down;"), false);
    // Both are back.
    const ids = Array.from({ length: 10 }, (_, i) => `back-${i}.`);
    for (const id of ids) assertDone(await call("fast", id).ended);
    await all(ids);
    assert.deepEqual([...new Set(ids.flatMap(executed))].sort(), names);
  });
});
