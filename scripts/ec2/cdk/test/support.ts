// What the tests share: input files made from the examples, and what becomes of them.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after } from "node:test";
import * as cdk from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { makeBlueprint } from "../src/blueprint";
import { readInput } from "../src/input";
import { MiddleVpc } from "../src/stack";

export const home = resolve(__dirname, "..", "..");

// The input as JSON gives it, for tests to spoil at will.
export type RawInput = any;

const folder = mkdtempSync(join(tmpdir(), "natto-cdk-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

/** A folder of its own with an example's input, changed, and the packages it names. */
export function inputFile(example: string, change: (input: RawInput) => void = () => {}): string {
  const place = join(folder, String(files++));
  mkdirSync(join(place, "packages"), { recursive: true });
  writeFileSync(join(place, "packages", "natto_1.0_amd64.deb"), "a package");
  const input = JSON.parse(readFileSync(join(home, "examples", `${example}.json`), "utf8"));
  change(input);
  const file = join(place, "natto-vpc.json");
  writeFileSync(file, JSON.stringify(input));
  return file;
}

export function emptyFolder(): string {
  return mkdtempSync(join(folder, "empty-"));
}

export function stackOf(file: string): MiddleVpc {
  return new MiddleVpc(new cdk.App({ outdir: emptyFolder() }), "natto", makeBlueprint(file, readInput(file)));
}

export function templateOf(example: string, change?: (input: RawInput) => void): Template {
  return Template.fromStack(stackOf(inputFile(example, change)));
}

/** The one resource of a type whose Name tag is `name`: its logical id and its properties. */
export function named(template: Template, type: string, name: string): { id: string; properties: RawInput } {
  const found = Object.entries(template.findResources(type)).filter(([, { Properties }]) =>
    Properties.Tags.some((tag: { Key: string; Value: string }) => tag.Key === "Name" && tag.Value === name),
  );
  assert.equal(found.length, 1, `${type} called ${name}: found ${found.length}`);
  const [[id, { Properties: properties }]] = found;
  return { id, properties };
}

const pseudoParameters: Record<string, string | undefined> = {
  "AWS::AccountId": "444455556666",
  "AWS::Region": "eu-west-1",
  "AWS::Partition": "aws",
  "AWS::NoValue": undefined,
};

/** What CloudFormation makes of a part of a template, in a made-up account. A resource stands for its id. */
export function deployed(part: RawInput, parameters: Record<string, string> = {}, conditions: RawInput = {}): RawInput {
  const names = { ...pseudoParameters, ...parameters };
  const reference = (name: string) => (name in names ? names[name] : name);
  const functions: Record<string, (value: RawInput) => RawInput> = {
    Ref: reference,
    "Fn::Base64": make,
    "Fn::Join": ([separator, parts]) => parts.map(make).join(separator),
    "Fn::Split": ([separator, text]) => make(text).split(separator),
    "Fn::Select": ([index, list]) => make(list)[index],
    "Fn::Sub": (text) =>
      text.replace(/\$\{(!?)([^}]+)\}/g, (_: string, literal: string, name: string) =>
        literal ? `\${${name}}` : reference(name),
      ),
    "Fn::If": ([condition, yes, no]) => make(make(conditions[condition]) ? yes : no),
    "Fn::Not": ([condition]) => !make(condition),
    "Fn::Equals": ([one, other]) => make(one) === make(other),
  };
  function make(value: RawInput): RawInput {
    if (typeof value !== "object") {
      return value;
    }
    if (Array.isArray(value)) {
      return value.map(make);
    }
    const [[key, inner]] = Object.entries(value);
    if (key in functions) {
      return functions[key](inner);
    }
    const entries = Object.entries(value).map(([key, inner]) => [key, make(inner)]);
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
  }
  return make(part);
}

/** An appliance's user data: its MIME parts by content type. */
export function userDataParts(template: Template, name = "natto"): Map<string, string> {
  const text: string = deployed(named(template, "AWS::EC2::Instance", name).properties.UserData);
  const boundary = /^MIME-Version: 1\.0\nContent-Type: multipart\/mixed; boundary="([^"]+)"\n\n/.exec(text)?.[1];
  assert.ok(boundary, "user data is no MIME message");
  const parts = text.split(`--${boundary}`).slice(1);
  assert.equal(parts.pop(), "--\n");
  return new Map(
    parts.map((part) => {
      const [, type, body] = /^\nContent-Type: ([^;]+); charset="utf-8"\n\n([^]*)\n$/.exec(part)!;
      return [type, body];
    }),
  );
}

/** The program, built. It must be there: a check that does not run proves nothing. */
export function natto(): string {
  const program = process.env.NATTO ?? join(home, "..", "..", "..", "build", "app", "natto");
  assert.ok(existsSync(program), `${program} is missing: run scripts/build, or set NATTO to the program`);
  return program;
}
