// deploy/kubernetes: each manifest against Kubernetes' own schema, and what they have to agree on.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { documented, documents, dockerfile, instructions, read, seconds, yaml } from "./files.mjs";
import { root } from "./running.mjs";

const kustomization = yaml("deploy/kubernetes/kustomization.yaml");
const manifests = kustomization.resources.flatMap((file) => documents(read(`deploy/kubernetes/${file}`)));
const one = (kind, of = manifests) => {
  const found = of.filter((each) => each.kind === kind);
  assert.equal(found.length, 1, kind);
  return found[0];
};
const template = one("Deployment").spec.template;
const [container] = template.spec.containers;
const setting = (name) => container.env.find((each) => each.name === name)?.value;
const ours = { "app.kubernetes.io/name": "actions-grpc" };

async function modelOf({ apiVersion, kind }) {
  const models = await import(`kubernetes-models/${apiVersion}`);
  return (manifest) => {
    try {
      new models[kind](manifest).validate();
      return null;
    } catch (error) {
      return error.message;
    }
  };
}

// Every value in a manifest, with something in its place that no type of Kubernetes is.
function* mutants(value, path = [], at = value) {
  for (const key of Object.keys(at ?? {})) {
    const where = [...path, key];
    const copy = structuredClone(value);
    let parent = copy;
    for (const step of path) parent = parent[step];
    parent[key] = [[[]]];
    yield [where.join("."), copy];
    if (typeof at[key] === "object") yield* mutants(value, where, at[key]);
  }
}

// With secrets that are none.
function rendered() {
  const folder = mkdtempSync(join(tmpdir(), "actions-kubernetes-"));
  try {
    cpSync(join(root, "deploy/kubernetes"), folder, { recursive: true, filter: (path) => !path.endsWith("/secrets") });
    mkdirSync(join(folder, "secrets"));
    for (const name of ["server.env", "tls.crt", "tls.key"]) writeFileSync(join(folder, "secrets", name), "Access__AdminKey=none\n");
    return documents(execFileSync("kubectl", ["kustomize", folder], { encoding: "utf8" }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function hasKubectl() {
  try {
    execFileSync("kubectl", ["version", "--client"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("kubernetes", () => {
  for (const manifest of manifests) {
    it(`${manifest.kind} ${manifest.metadata.name} fits Kubernetes' schema, and has no field that it doesn't know`, async () => {
      const judge = await modelOf(manifest);
      assert.equal(judge(manifest), null);
      // A field that the schema doesn't know may hold anything.
      const unknown = [...mutants(manifest)].filter(([, mutant]) => judge(mutant) === null).map(([path]) => path)
        // Newer than the rest of it may be, and free in any version.
        .filter((path) => !/^(metadata|spec\.template\.metadata)\.(annotations|labels)/.test(path));
      assert.deepEqual(unknown, []);
    });
  }

  it("takes away from the server what it doesn't need", () => {
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
    const { runAsNonRoot, runAsUser, seccompProfile } = template.spec.securityContext;
    const [user] = instructions("USER", dockerfile()[1]);
    assert.deepEqual([runAsNonRoot, `${runAsUser}`, seccompProfile], [true, user.split(":")[0], { type: "RuntimeDefault" }]);
    assert.equal(template.spec.automountServiceAccountToken, false);
    assert.equal(one("ServiceAccount").automountServiceAccountToken, false);
    assert.equal(one("Namespace").metadata.labels["pod-security.kubernetes.io/enforce"], "restricted");
    assert.ok(container.resources.requests.cpu && container.resources.limits.memory);
  });

  it("probes paths that the server maps, on a port that it has", () => {
    const mapped = [...read("src/Actions.Server/Lifecycle/LifecycleRegistration.cs").matchAll(/MapMethods\("([^"]+)"/g)].map(([, path]) => path);
    const [startup, ready, live] = ["startupProbe", "readinessProbe", "livenessProbe"].map((name) => container[name].httpGet);
    for (const probe of [startup, ready, live]) {
      assert.ok(mapped.includes(probe.path.split("?")[0]), probe.path);
      assert.equal(probe.port, "web");
      assert.equal(probe.scheme, setting("Kestrel__Endpoints__Web__Url").startsWith("https:") ? "HTTPS" : "HTTP");
    }
    // A store that is away must not take all servers out together: they go on with what they know.
    assert.deepEqual([startup.path, ready.path, live.path], ["/healthz", "/readyz?exclude=store", "/healthz"]);
  });

  it("has the ports of the image everywhere", () => {
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    assert.equal(instructions("EXPOSE", dockerfile()[1])[0], `${ports.grpc} ${ports.web}`);
    assert.equal(setting("Kestrel__Endpoints__Grpc__Url"), `https://*:${ports.grpc}`);
    assert.equal(setting("Kestrel__Endpoints__Web__Url"), `https://*:${ports.web}`);
    for (const service of manifests.filter(({ kind }) => kind === "Service")) assert.deepEqual(service.spec.ports.map((each) => each.targetPort), ["grpc"]);
    // Health over the pods' network is the kubelet's alone.
    assert.deepEqual(one("NetworkPolicy").spec.ingress.flatMap((each) => each.ports), [{ port: "grpc" }]);
  });

  it("gives a server the time to drain before it is killed", () => {
    const needed = container.lifecycle.preStop.sleep.seconds + seconds(setting("Drain__GracePeriod")) + seconds(documented("Drain__StopTimeout"));
    assert.ok(template.spec.terminationGracePeriodSeconds > needed, `${needed}`);
    assert.deepEqual(one("Deployment").spec.strategy.rollingUpdate, { maxSurge: 1, maxUnavailable: 0 });
  });

  it("scales by a metric that the server sends", () => {
    const [executions] = one("HorizontalPodAutoscaler").spec.metrics;
    const [, name] = /CounterName = "([^"]+)"/.exec(read("src/Actions.Server/Telemetry/ActiveExecutions.cs"));
    assert.equal(executions.pods.metric.name, name.replaceAll(".", "_"));
    assert.equal(one("HorizontalPodAutoscaler").spec.scaleTargetRef.name, one("Deployment").metadata.name);
    assert.equal("replicas" in one("Deployment").spec, false);
    const guide = read("deploy/kubernetes/README.md");
    for (const text of [name, executions.pods.metric.name]) assert.ok(guide.includes(text), text);
    for (const [, block] of guide.matchAll(/```yaml\n(.*?)```/gs)) assert.equal(documents(block).length, 1);
  });

  it("lets calls out to public addresses only", () => {
    const blocks = one("NetworkPolicy").spec.egress.flatMap(({ to }) => to).map(({ ipBlock }) => ipBlock).filter(Boolean);
    const [v4, v6] = blocks;
    for (const range of ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "100.64.0.0/10"]) {
      assert.ok(v4.except.includes(range), range);
    }
    assert.deepEqual([blocks.length, v4.cidr, v6.cidr], [2, "0.0.0.0/0", "2000::/3"]);
    assert.deepEqual(one("NetworkPolicy").spec.policyTypes, ["Ingress", "Egress"]);
  });

  it("refuses to be applied without secrets", { skip: hasKubectl() ? false : "there is no kubectl" }, () => {
    const folder = mkdtempSync(join(tmpdir(), "actions-kubernetes-"));
    try {
      cpSync(join(root, "deploy/kubernetes"), folder, { recursive: true, filter: (path) => !path.endsWith("/secrets") });
      assert.throws(() => execFileSync("kubectl", ["kustomize", folder], { stdio: ["ignore", "ignore", "pipe"] }), /server\.env/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("renders to objects that find one another", { skip: hasKubectl() ? false : "there is no kubectl" }, async () => {
    const objects = rendered();
    assert.deepEqual(objects.filter(({ kind }) => kind !== "Secret").map(({ kind }) => kind).sort(), manifests.map(({ kind }) => kind).sort());
    for (const object of objects) assert.equal((await modelOf(object))(object), null);
    const deployment = one("Deployment", objects);
    const pods = deployment.spec.template.metadata.labels;
    const policy = one("NetworkPolicy", objects).spec;
    const selectors = [deployment.spec.selector.matchLabels, policy.podSelector.matchLabels,
      one("PodDisruptionBudget", objects).spec.selector.matchLabels,
      ...deployment.spec.template.spec.topologySpreadConstraints.map((each) => each.labelSelector.matchLabels),
      ...objects.filter(({ kind }) => kind === "Service").map(({ spec }) => spec.selector)];
    for (const selector of selectors) assert.deepEqual(selector, ours);
    assert.deepEqual(pods, ours);
    // Others' pods keep their own labels.
    assert.deepEqual(policy.egress[0].to[0].podSelector.matchLabels, { "k8s-app": "kube-dns" });
    const secrets = objects.filter(({ kind }) => kind === "Secret").map(({ metadata }) => metadata.name);
    const [server] = deployment.spec.template.spec.containers;
    assert.deepEqual(secrets.sort(), [server.envFrom[0].secretRef.name, deployment.spec.template.spec.volumes[0].secret.secretName].sort());
    assert.ok(server.image.startsWith("registry.example/actions-grpc:"));
  });
});
