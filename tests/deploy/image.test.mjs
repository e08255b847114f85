// deploy/Dockerfile, as far as it can be followed without a container engine: what its first stage copies is copied, its
// commands are run there, and what comes of it serves as the user and on the file system that it will have.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";

import grpc from "@grpc/grpc-js";

import { dockerfile, instructions } from "./files.mjs";
import { client, execute, root, startApi, startServer, unary, unusedPort, v1 } from "./running.mjs";

const run = promisify(execFile);
const uid = 1654;
const runtime = { arm64: "arm64", x64: "amd64" }[process.arch];

const dotnet = execFileSync("bash", ["-c", 'readlink -f "$(command -v dotnet)"'], { encoding: "utf8" }).trim();

// Root's own .NET, for example, is nobody else's to run.
function canBecomeTheUser() {
  try {
    execFileSync("unshare", ["--mount", "setpriv", "--reuid", `${uid}`, "--clear-groups", "test", "-x", dotnet], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("image", { timeout: 200_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "actions-image-"));
  const source = join(folder, "source"), app = join(folder, "app"), data = join(folder, "data");
  const [build] = dockerfile();

  before(async () => {
    for (const { name, value } of build.filter(({ name }) => name === "COPY" || name === "RUN")) {
      if (name === "COPY") {
        const places = value.split(" ");
        const to = places.pop();
        for (const from of places) {
          const into = from.includes(".") || to.endsWith("/") ? join(source, to, from.split("/").at(-1)) : join(source, to);
          mkdirSync(dirname(into), { recursive: true });
          cpSync(join(root, from), into, { recursive: true, filter: (path) => !/\/(bin|obj)$/.test(path) });
        }
      } else if (value.startsWith("dotnet ")) {
        const command = value.replaceAll("$TARGETARCH", runtime).replace("-o /app", `-o ${app}`);
        await run("bash", ["-c", command], { cwd: source, env: { ...process.env, MSBUILDDISABLENODEREUSE: "1", DOTNET_CLI_USE_MSBUILD_SERVER: "0" } })
          .catch((error) => assert.fail(`${command}\n${error.stdout}`));
      }
    }
    mkdirSync(data);
    execFileSync("chmod", ["0755", folder]);
    if (process.getuid() === 0) execFileSync("chown", [`${uid}:${uid}`, data]);
    chmodSync(data, 0o700);
  }, { timeout: 150_000 });

  after(() => rmSync(folder, { recursive: true }));

  it("is made of what the Dockerfile copies", () => {
    assert.ok(existsSync(join(app, "Actions.Server.dll")));
    assert.ok(!existsSync(join(app, "appsettings.Development.json")));
  });

  it("is compiled ahead of time", () => {
    // The signature of ReadyToRun's header.
    for (const name of ["Actions.Server", "Actions.Engine", "Google.Protobuf"])
      assert.ok(readFileSync(join(app, `${name}.dll`)).includes("RTR\0"), name);
  });

  it("serves as a user without rights, on a read-only file system, and drains on SIGTERM", {
    skip: process.getuid() === 0 && canBecomeTheUser() ? false : "needs root, and a mount namespace", timeout: 60_000,
  }, async () => {
    const [grpcPort, webPort] = [await unusedPort(), await unusedPort()];
    const environment = Object.fromEntries(instructions("ENV", dockerfile()[1])
      .flatMap((value) => value.split(" ").filter(Boolean)).map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
    assert.equal(environment.Kestrel__Endpoints__Grpc__Url, "http://*:5080");
    const settings = {
      ...environment,
      Kestrel__Endpoints__Grpc__Url: `http://127.0.0.1:${grpcPort}`,
      Kestrel__Endpoints__Web__Url: `http://*:${webPort}`,
      Storage__Sqlite__Path: join(data, "actions.db"),
      Access__TlsEndedByProxy: "true",
      Access__AdminKey: "k".repeat(64),
      Secrets__KeyEncryptionKey: randomBytes(32).toString("base64"),
      Outbound__AllowedNetworks: "loopback",
      HOME: "/",
    };
    // Everything is read-only, /tmp included, but for the volume.
    const script = `mount --bind "$1" "$1" && mount -o remount,bind,ro / && for at in $(findmnt -rno TARGET | tac); do
        case $at in "$1"|/|/proc*|/sys*) ;; *) mount -o remount,bind,ro "$at" 2>/dev/null || true ;; esac; done
      mount -o remount,bind,rw "$1"; ! touch /tmp/written 2>/dev/null || exit 9
      exec setpriv --reuid ${uid} --regid ${uid} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "\${@:2}"`;
    const inside = ["unshare", "--mount", "--propagation", "private", "bash", "-c", script, "bash", data];
    const server = await startServer(settings, app, [...inside, dotnet, join(app, "Actions.Server.dll")]);
    let called;
    const call = new Promise((resolve) => { called = resolve; });
    const api = await startApi(called);
    const [configs, actions] = [v1.ActionConfigService, v1.ActionService].map((Service) => client(Service, `127.0.0.1:${grpcPort}`));
    const key = new grpc.Metadata();
    key.set("authorization", `Bearer ${settings.Access__AdminKey}`);
    try {
      const health = instructions("HEALTHCHECK", dockerfile()[1])[0];
      const [, command] = /CMD (\[.*\])/.exec(health);
      const [program, ...args] = JSON.parse(command);
      assert.equal(program, "dotnet");
      const check = await run(inside[0], [...inside.slice(1), dotnet, ...args], { cwd: app, env: { ...process.env, ...settings } });
      assert.equal(check.stdout, "200 ready\n");

      const status = readFileSync(`/proc/${server.process.pid}/status`, "utf8");
      assert.match(status, new RegExp(`^Uid:\\s+${uid}\\s+${uid}`, "m"));
      assert.match(status, /^CapBnd:\s+0+$/m);
      const refused = await unary(configs, "listActionConfigs", {}).catch((error) => error);
      assert.equal(refused.code, grpc.status.UNAUTHENTICATED);
      const { actionConfig } = await unary(configs, "createActionConfig", {
        actionConfig: { name: "Any", request: { method: "HTTP_METHOD_GET", url: api.url } } }, key);
      const { ended } = execute(actions, { id: actionConfig.id }, undefined, key);
      const { response } = await call;
      server.process.kill("SIGTERM");
      await server.prints(/Draining/);
      response.end("{}");
      assert.deepEqual((await ended).events, ["start", "result"]);
      assert.equal(await server.exit, 0, server.log);
    } finally {
      configs.close();
      actions.close();
      api.close();
      await server.stop("SIGKILL");
    }
  });
});
