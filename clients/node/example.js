#!/usr/bin/env node
// A minimal voice engine: creates an action, executes it and prints the text of each event.
import { HttpMethod } from "./gen/actions/v1/action_config_pb.js";
import { FailureReason } from "./gen/actions/v1/execution_pb.js";
import { ActionError, Client, fromValues, toValues } from "./actions-client.js";

const [server, url, ...pairs] = process.argv.slice(2);
if (!url) throw new Error("Arguments: SERVER URL [NAME=VALUE]..., such as 127.0.0.1:5080 'http://127.0.0.1:9000/{file}' file=README.md");
const variables = Object.fromEntries(pairs.map((pair) => pair.split("=", 2)));

const client = new Client(server);
try {
  const { actionConfig } = await client.configs.createActionConfig({
    actionConfig: {
      name: `Node example ${Date.now()}`,
      request: { method: HttpMethod.GET, url },
      messages: {
        startMessage: "Let me look that up.",
        delayMessage: "One moment, this takes a little longer.",
        delayThreshold: { seconds: 1n },
        failureMessage: "I'm sorry, I couldn't find out.",
      },
    },
  });

  // In a voice engine, say() would go to text-to-speech.
  const say = (what, text) => console.log(what.padEnd(8), text);
  const last = await client.run({ target: { case: "id", value: actionConfig.id }, variables: toValues(variables) }, {
    onStart: (start) => say("start", start.message),
    onDelay: (delay) => say("delay", delay.message),
    onResult: (result) => say("result", `status ${result.statusCode}, ${result.body.length} bytes, ${JSON.stringify(fromValues(result.variables))}`),
    onFailure: (failure) => say("failure", `${failure.message} (${FailureReason[failure.reason]}: ${failure.detail})`),
  });

  await client.configs.deleteActionConfig({ id: actionConfig.id });
  process.exitCode = last.case === "result" ? 0 : 1;
} catch (error) {
  if (!(error instanceof ActionError)) throw error;
  console.error(`${error.message} ${error.reason} ${JSON.stringify(error.violations)}`);
  process.exitCode = 1;
} finally {
  client.close();
}
