// What stands in the files of deploy/.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse, parseAllDocuments } from "yaml";

import { root } from "./running.mjs";

export const read = (path) => readFileSync(join(root, path), "utf8");
export const yaml = (path) => parse(read(path), { merge: true });
export const documents = (text) => parseAllDocuments(text).map((each) => {
  if (each.errors.length) throw each.errors[0];
  return each.toJS();
});

// Every file of a folder, but what is made there and not kept.
export const filesOf = (folder) => readdirSync(join(root, folder), { withFileTypes: true })
  .filter(({ name }) => name !== "secrets")
  .flatMap((entry) => (entry.isDirectory() ? filesOf(join(folder, entry.name)) : [join(folder, entry.name)]));

// The stages of the Dockerfile, each a list of instructions.
export function dockerfile() {
  const lines = read("deploy/Dockerfile").replace(/^#.*\n/gm, "").replace(/\\\n/g, " ").split("\n").filter((line) => line.trim());
  const stages = [];
  for (const line of lines) {
    const [, name, value] = /^([A-Z]+)\s+(.*)$/.exec(line);
    if (name === "FROM") stages.push([]);
    stages.at(-1).push({ name, value: value.trim().replace(/\s+/g, " ") });
  }
  return stages;
}

export const instructions = (wanted, stage) => stage.filter(({ name }) => name === wanted).map(({ value }) => value);

// "00:00:30", "45s", "5m" and 60 in seconds.
export function seconds(text) {
  const clock = /^(\d+):(\d+):(\d+)$/.exec(text);
  if (clock) return clock[1] * 3600 + clock[2] * 60 + Number(clock[3]);
  const [, number, unit] = /^(\d+)([smh]?)$/.exec(text);
  return number * { "": 1, s: 1, m: 60, h: 3600 }[unit];
}

// A setting's default, as the README's tables have it.
export function documented(setting) {
  const [, value] = new RegExp(`\`${setting}\`[^|]*\\| \`?([^|\`]*)\`? \\|`).exec(read("README.md")) ?? [];
  if (value === undefined) throw new Error(`The README doesn't tell ${setting}.`);
  return value.trim();
}
