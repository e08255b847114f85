#!/usr/bin/env node
// Runs tests/conformance/cases.json with this client. The README there describes the format; its run.py starts this program.
import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fromJson, toJson } from "@bufbuild/protobuf";
import { ActionConfigService } from "./gen/actions/v1/action_config_service_pb.js";
import { ActionService } from "./gen/actions/v1/action_service_pb.js";
import { ApiKeyService } from "./gen/actions/v1/api_key_service_pb.js";
import { ExecutionService } from "./gen/actions/v1/execution_service_pb.js";
import { ExecutionEventSchema } from "./gen/actions/v1/execution_pb.js";
import { ActionError, Client } from "./actions-client.js";

const setting = (name) => process.env[`CONFORMANCE_${name}`];
const services = { ActionService, ActionConfigService, ApiKeyService, ExecutionService };
const names = { useProtoFieldName: true };

class Mismatch extends Error {}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// Throws a Mismatch where `actual` isn't as expected. Absent: the string "$unset" on either side.
function match(expected, actual, saved, path) {
  const check = (fits) => {
    if (!fits) throw new Mismatch(`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  };
  if (isObject(expected) && isObject(actual)) {
    const keys = Object.keys(expected).filter((key) => key !== "$only" && key !== "$repeat");
    for (const key of keys) match(expected[key], key in actual ? actual[key] : "$unset", saved, `${path}.${key}`);
    check(!expected.$only || Object.keys(actual).every((key) => keys.includes(key)));
  } else if (Array.isArray(expected) && Array.isArray(actual)) {
    let at = 0;
    expected.forEach((item, i) => {
      check(at < actual.length);
      match(item, actual[at++], saved, `${path}[${i}]`);
      while (item?.$repeat && at < actual.length && matches(item, actual[at], saved)) at++;
    });
    check(at === actual.length);
  } else if (typeof expected === "string") {
    matchText(expected, actual, saved, check);
  } else {
    check(expected === actual);
  }
}

function matchText(expected, actual, saved, check) {
  if (expected === "$unset" || actual === "$unset") return check(expected === actual);
  const [, rule, argument] = /^(\$[a-z_]+):?(.*)$/s.exec(expected) ?? [];
  if (rule === "$any") return;
  if (rule === "$save") saved[argument] = actual;
  else if (rule === "$contains") check(typeof actual === "string" && actual.includes(fill(argument, saved)));
  else if (rule === "$at_least") check(parseFloat(actual) >= parseFloat(argument));
  else check(fill(expected, saved) === actual);
}

function matches(...given) {
  try {
    match(...given, "");
    return true;
  } catch {
    return false;
  }
}

function fill(value, saved) {
  if (typeof value === "string") return Object.entries(saved).reduce((text, [name, as]) => text.replaceAll(`\${${name}}`, () => as), value);
  if (Array.isArray(value)) return value.map((item) => fill(item, saved));
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [fill(key, saved), fill(item, saved)]));
  return value;
}

function errorToJson({ code, reason, domain, metadata, violations, retryDelay }) {
  const described = { code, reason, domain, metadata, violations, retry_delay: retryDelay };
  return Object.fromEntries(Object.entries(described).filter(([, value]) =>
    value !== undefined && value !== "" && !(isObject(value) && Object.keys(value).length === 0)));
}

// The outcome of a step, in the shape of its `expect`.
async function perform(client, step, saved) {
  const [service, name] = step.rpc.split(".");
  const method = services[service].methods.find((candidate) => candidate.name === name);
  const request = fromJson(method.input, fill(step.request, saved));
  const came = {};
  try {
    if (method.methodKind === "server_streaming") {
      const after = request.afterSequence ?? 0;
      for await (const response of client[method.localName](request, { timeout: step.timeout })) {
        came.events = [...(came.events ?? []), toJson(ExecutionEventSchema, response.event, names)];
        came.execution_id = response.executionId;
        const { length } = came.events;
        if (response.event.sequence !== after + length || !response.executionId) {
          throw new Mismatch(`event ${length} has the sequence ${response.event.sequence}, execution '${response.executionId}'`);
        }
        if (length === step.cancel_after) break;
      }
    } else {
      const { actions, configs, keys, history } = client;
      const stub = { ActionService: actions, ActionConfigService: configs, ApiKeyService: keys, ExecutionService: history }[service];
      came.response = toJson(method.output, await stub[method.localName](request, { timeout: step.timeout }), names);
    }
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    came.error = errorToJson(error);
  }
  return came;
}

async function run(test) {
  const id = randomBytes(6).toString("hex");
  const saved = {
    run: id,
    upstream: `http://127.0.0.1:${setting("UPSTREAM_PORT")}/${test.name.replace("/", "~")}/${id}`,
    upstream_port: setting("UPSTREAM_PORT"),
    refused_port: setting("REFUSED_PORT"),
    lonely_host: [127, ...Array.from({ length: 3 }, () => randomInt(1, 255))].join("."),
    admin_key: setting("ADMIN_KEY"),
  };
  for (const [i, step] of test.steps.entries()) {
    const client = clientOf(step.server ?? test.server ?? "default", fill(step.key ?? "", saved));
    const expected = { response: "$unset", events: "$unset", error: "$unset", ...step.expect };
    for (let triesLeft = step.tries ?? 1; triesLeft > 0; ) {
      const came = await perform(client, step, saved);
      try {
        match(expected, came, saved, `step ${i + 1}`);
        break;
      } catch (error) {
        if (--triesLeft === 0) throw new Mismatch(`${error.message} in ${JSON.stringify(came)}`);
        await setTimeout(20);
      }
    }
  }
}

const clients = new Map();
function clientOf(server, apiKey) {
  const key = `${server} ${apiKey}`;
  if (!clients.has(key)) {
    const ca = server === "tls" ? readFileSync(setting("CA")) : undefined;
    clients.set(key, new Client(setting(`SERVER_${server.toUpperCase()}`), { apiKey, ca }));
  }
  return clients.get(key);
}

const gaps = JSON.parse(readFileSync(setting("GAPS"), "utf8"));
const count = { ok: 0, "not ok": 0, gap: 0 };
for (const test of JSON.parse(readFileSync(setting("CASES"), "utf8")).cases) {
  let [outcome, why] = ["ok", ""];
  if (test.name in gaps["every client"] || test.name in gaps.node) {
    outcome = "gap";
  } else {
    await run(test).catch((error) => ([outcome, why] = ["not ok", `: ${error.message}`]));
  }
  count[outcome]++;
  console.log(`${outcome} ${test.name}${why}`);
}
for (const client of clients.values()) client.close();
console.log(`${count.ok} passed, ${count["not ok"]} failed${count.gap ? `, ${count.gap} skipped` : ""}`);
process.exitCode = count["not ok"] ? 1 : 0;
