// .github/workflows: GitHub's own schema is in no package that Node 20 can load, so that the keys used are named here.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { filesOf, read, yaml } from "./files.mjs";
import { root } from "./running.mjs";

// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
const workflowKeys = ["name", "on", "permissions", "concurrency", "jobs"];
const jobKeys = ["runs-on", "timeout-minutes", "env", "steps"];
const stepKeys = ["name", "if", "uses", "with", "run", "env"];

const only = (object, keys) => assert.deepEqual(Object.keys(object).filter((key) => !keys.includes(key)), []);

describe("workflows", () => {
  for (const path of filesOf(".github/workflows")) {
    const workflow = yaml(path);
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

    it(`${path} has the keys that a workflow has`, () => {
      only(workflow, workflowKeys);
      only(workflow.on, ["push", "pull_request"]);
      for (const job of Object.values(workflow.jobs)) {
        only(job, jobKeys);
        assert.ok(job["timeout-minutes"] > 0);
        assert.match(job["runs-on"], /^ubuntu-\d+\.\d+$/);
      }
      for (const step of steps) {
        only(step, stepKeys);
        assert.equal(Number("uses" in step) + Number("run" in step), 1);
      }
    });

    it(`${path} may read, and nothing else`, () => {
      assert.deepEqual(workflow.permissions, { contents: "read" });
      for (const { uses, with: settings } of steps.filter((step) => step.uses)) {
        assert.match(uses, /^actions\/[\w-]+@(v\d+|[0-9a-f]{40})$/);
        if (uses.startsWith("actions/checkout@")) assert.equal(settings["persist-credentials"], false);
        if (uses.startsWith("actions/setup-dotnet@")) assert.ok(JSON.parse(read("global.json")).sdk.version.startsWith(settings["dotnet-version"].replace("x", "")));
      }
      // What comes with a pull request never becomes a command.
      for (const { run } of steps.filter((step) => step.run)) assert.doesNotMatch(run, /\$\{\{/);
    });

    it(`${path} runs what is there`, () => {
      for (const { run } of steps.filter((step) => step.run)) {
        execFileSync("bash", ["-n"], { input: run });
        for (const [script] of run.matchAll(/\b(deploy|eng)\/[\w-]+\.sh/g)) assert.ok(existsSync(join(root, script)), script);
        for (const [, target] of run.matchAll(/^make (\w+)/gm)) assert.match(read("Makefile"), new RegExp(`^${target}:`, "m"));
      }
    });
  }
});
