// A thin client of actions.v1 for voice engines.
//
//     const client = new Client("127.0.0.1:5080");
//     for await (const { event } of client.execute({ target: { case: "name", value: "Check Order Status" } })) { … }
//
// Messages are generated, in gen/; editors and tsc read the types in the comments.
import { create, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import * as grpc from "@grpc/grpc-js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from "./gen/actions/rpc/error_details_pb.js";
import { ActionConfigService } from "./gen/actions/v1/action_config_service_pb.js";
import { ActionService } from "./gen/actions/v1/action_service_pb.js";
import { ApiKeyService } from "./gen/actions/v1/api_key_service_pb.js";
import { ExecutionService } from "./gen/actions/v1/execution_service_pb.js";

/** An RPC that ended with an error status. Switch on `reason`, never on the text. */
export class ActionError extends Error {
  /** Name of an ErrorReason. Empty if the status is not the server's. */
  reason = "";
  domain = "";
  /** @type {Record<string, string>} */
  metadata = {};
  /** Violations by field path. @type {Record<string, string>} */
  violations = {};
  /** Delay before a retry in seconds, if the server has set it. @type {number | undefined} */
  retryDelay;

  /** @param {grpc.ServiceError} error */
  constructor(error) {
    super(`${grpc.status[error.code]}: ${error.details}`, { cause: error });
    this.code = grpc.status[error.code];
    const [status] = error.metadata?.get("grpc-status-details-bin") ?? [];
    for (const { typeUrl, value } of status ? fromBinary(StatusSchema, /** @type {Buffer} */ (status)).details : []) {
      const kind = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
      if (kind === "google.rpc.ErrorInfo") {
        const { reason, domain, metadata } = fromBinary(ErrorInfoSchema, value);
        Object.assign(this, { reason, domain, metadata });
      } else if (kind === "google.rpc.BadRequest") {
        const { fieldViolations } = fromBinary(BadRequestSchema, value);
        this.violations = Object.fromEntries(fieldViolations.map(({ field, description }) => [field, description]));
      } else if (kind === "google.rpc.RetryInfo") {
        const delay = fromBinary(RetryInfoSchema, value).retryDelay;
        this.retryDelay = Number(delay?.seconds ?? 0) + (delay?.nanos ?? 0) / 1e9;
      }
    }
  }
}

/**
 * A channel to one server, which reconnects by itself. gRPC retries a call only if the server can't have seen it; this
 * client retries nothing else.
 */
export class Client {
  #channel;
  #apiKey;
  #timeout;

  /**
   * @param {string} target host:port
   * @param {{ apiKey?: string, timeout?: number, tls?: boolean, ca?: Buffer }} [options] `timeout` is the default
   *   deadline of a call in seconds; `ca` is a PEM: uses TLS with these roots.
   */
  constructor(target, { apiKey = "", timeout = 30, tls = false, ca } = {}) {
    const credentials = tls || ca ? grpc.credentials.createSsl(ca) : grpc.credentials.createInsecure();
    this.#channel = new grpc.Client(target, credentials);
    this.#apiKey = apiKey;
    this.#timeout = timeout;
    /** prepare, getCall, endCall */
    this.actions = this.#unary(ActionService);
    /** createActionConfig, getActionConfig, listActionConfigs, … */
    this.configs = this.#unary(ActionConfigService);
    /** createApiKey, listApiKeys, revokeApiKey */
    this.keys = this.#unary(ApiKeyService);
    /** listExecutions, getExecution, getStatistics */
    this.history = this.#unary(ExecutionService);
  }

  close() {
    this.#channel.close();
  }

  /**
   * Executes an action and yields its events as they happen. Leaving the loop early ends the stream; whether the HTTP
   * call ends with it is for the action's on_interruption to say, if the request has a call_id.
   * @param {import("@bufbuild/protobuf").MessageInitShape<typeof ActionService.method.execute.input>} request
   * @param {{ timeout?: number }} [options]
   */
  execute(request, options) {
    return this.#follow(ActionService.method.execute, request, options);
  }

  /**
   * Follows an execution that has a call_id, on any server, from the event after `afterSequence` on.
   * @param {import("@bufbuild/protobuf").MessageInitShape<typeof ActionService.method.attach.input>} request
   * @param {{ timeout?: number }} [options]
   */
  attach(request, options) {
    return this.#follow(ActionService.method.attach, request, options);
  }

  async *#follow(method, request, { timeout } = {}) {
    const { path, send, receive, deadline } = this.#method(ActionService, method, timeout);
    const stream = this.#channel.makeServerStreamRequest(path, send, receive, request, this.#metadata(), { deadline });
    try {
      for await (const response of stream) yield response;
    } catch (error) {
      throw error instanceof Error && "code" in error ? new ActionError(/** @type {grpc.ServiceError} */ (error)) : error;
    } finally {
      stream.on("error", () => {}); // That it was cancelled is no news.
      stream.cancel();
    }
  }

  /**
   * Executes an action and calls a callback for each event. Returns the last event: `{ case: "result" | "failure", value }`.
   * @param {Parameters<Client["execute"]>[0]} request
   * @param {{ onStart?: Function, onDelay?: Function, onRetry?: Function, onResult?: Function, onFailure?: Function }} callbacks
   */
  async run(request, { onStart, onDelay, onRetry, onResult, onFailure } = {}) {
    const callbacks = { start: onStart, delay: onDelay, retry: onRetry, result: onResult, failure: onFailure };
    let last;
    for await (const { event } of this.execute(request)) {
      last = event.event;
      callbacks[last.case]?.(last.value); // None: of a newer server, nothing to act on.
    }
    return last;
  }

  // Makes a function for each unary method of a service. It takes the request, as an object of its fields, and a timeout.
  #unary(service) {
    const unary = service.methods.filter(({ methodKind }) => methodKind === "unary");
    return Object.fromEntries(unary.map((method) => [method.localName, (request, { timeout } = {}) => {
      const { path, send, receive, deadline } = this.#method(service, method, timeout);
      return new Promise((resolve, reject) => {
        this.#channel.makeUnaryRequest(path, send, receive, request, this.#metadata(), { deadline },
          (error, response) => (error ? reject(new ActionError(error)) : resolve(response)));
      });
    }]));
  }

  #method(service, { name, input, output }, timeout) {
    return {
      path: `/${service.typeName}/${name}`,
      send: (request) => Buffer.from(toBinary(input, create(input, request))),
      receive: (bytes) => fromBinary(output, bytes),
      deadline: Date.now() + 1000 * (timeout ?? this.#timeout),
    };
  }

  #metadata() {
    const metadata = new grpc.Metadata();
    if (this.#apiKey) metadata.set("authorization", `Bearer ${this.#apiKey}`);
    return metadata;
  }
}

/** Converts plain values to google.protobuf.Value; null, arrays and objects too. @param {Record<string, any>} variables */
export const toValues = (variables) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, fromJson(ValueSchema, value)]));

/** Converts google.protobuf.Value to plain values. @param {Record<string, import("@bufbuild/protobuf/wkt").Value>} values */
export const fromValues = (values) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toJson(ValueSchema, value)]));
