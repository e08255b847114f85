// What a team writes by hand on @grpc/grpc-js: one call, one HTTP request, two events. No limits, no guard, no store.
import { randomUUID } from "node:crypto";
import http from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
if (process.argv[2] === "version") {
  const { version } = createRequire(import.meta.url)("@grpc/grpc-js/package.json");
  console.log(`Node ${process.versions.node}, grpc-js ${version}`);
  process.exit();
}

const { actions: { v1 } } = grpc.loadPackageDefinition(protoLoader.loadSync(
  "actions/v1/action_service.proto", { includeDirs: [join(root, "protos")], enums: String, oneofs: true }));
const api = process.argv[2];
const timeout = 10_000, threshold = 2_000;
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 65_536 });

const text = (value) => ({ stringValue: value });
const number = (value) => ({ numberValue: value });

function selectSmall({ order: { status, eta } }) {
  if (status === undefined || eta === undefined) throw new TypeError("absent");
  return { status: text(status), eta: text(eta) };
}

const selectLarge = ({ count, orders, page }) => ({
  count: number(count),
  first: text(orders[0].status),
  tenth: text(orders[10].customer.name),
  total: number(orders[100].total),
  next: text(page.next),
});

const fail = (reason, statusCode = 0) => ({
  failure: { message: "I can't reach the shop now.", reason: `FAILURE_REASON_${reason}`, statusCode, attempts: 1 },
});

// GETs /{name} or /{name}/{order}. The outcome is always an event.
const call = ({ name, variables }, signal) => new Promise((resolve) => {
  const order = variables.order;
  const path = encodeURIComponent(name) + (order ? `/${encodeURIComponent(order.stringValue)}` : "");
  const onError = () => resolve(fail(signal.aborted ? "TIMEOUT" : "CONNECTION"));
  const request = http.get(api + path, { agent, signal }, (response) => {
    const { statusCode } = response;
    const chunks = [];
    response.on("error", onError);
    response.on("data", (chunk) => chunks.push(chunk));
    response.on("end", () => {
      if (statusCode < 200 || statusCode > 299) return resolve(fail("HTTP_STATUS", statusCode));
      let answer;
      try {
        answer = JSON.parse(Buffer.concat(chunks).toString());
      } catch {
        return resolve(fail("INVALID_RESPONSE", statusCode));
      }
      try {
        const selected = name === "large" ? selectLarge(answer) : selectSmall(answer);
        resolve({ result: {
          statusCode, contentType: response.headers["content-type"] ?? "", attempts: 1, variables: selected } });
      } catch {
        resolve(fail("MISSING_RESULT", statusCode));
      }
    });
  });
  request.on("error", onError);
});

// The same visible work: Start, the call within the time-out, a Delay beyond a threshold, and a Result or a Failure.
async function execute(stream) {
  const executionId = randomUUID();
  const began = process.hrtime.bigint();
  let sequence = 0;
  const write = (event) => {
    const elapsed = process.hrtime.bigint() - began;
    stream.write({ executionId, event: {
      sequence: ++sequence,
      elapsed: { seconds: Number(elapsed / 1_000_000_000n), nanos: Number(elapsed % 1_000_000_000n) },
      ...event } });
  };
  write({ start: { message: "Let me look that up." } });
  const stop = new AbortController();
  const end = setTimeout(() => stop.abort(), timeout);
  const silence = setTimeout(() => write({ delay: { message: "One moment.", ordinal: 1 } }), threshold);
  stream.on("cancelled", () => stop.abort());
  const outcome = await call(stream.request, stop.signal);
  clearTimeout(end);
  clearTimeout(silence);
  if (stream.cancelled) return;
  write(outcome);
  stream.end();
}

const server = new grpc.Server();
server.addService(v1.ActionService.service, { execute });
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`Grpc http://127.0.0.1:${port}`);
});
