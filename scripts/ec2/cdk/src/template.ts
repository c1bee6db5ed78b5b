// The plain CloudFormation templates, for those who do not use the CDK: the stack of each example, with
// parameters instead of an input file. They need neither a bootstrapped account nor assets.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as cdk from "aws-cdk-lib";
import { stringify } from "yaml";
import { makeBlueprint } from "./blueprint";
import { Form, oneHostEach } from "./form";
import { readInput } from "./input";
import { Parameters } from "./parameters";
import { MiddleVpc } from "./stack";

const home = join(__dirname, "..", "..");
const header = '# Made by "npm run templates" in scripts/ec2/cdk, whose README.md says how to use it.\n';

export const examples = ["one-interface", "overlapping", "pair"];

export function templateFile(example: string): string {
  return join(home, "..", "cloudformation", `${example}.yaml`);
}

/** Each Fn::Join, of texts and references, as an Fn::Sub: one text, which a person can read and change. */
function joined(value: any): any {
  if (typeof value !== "object") {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(joined);
  }
  if ("Fn::Join" in value) {
    const [, parts] = value["Fn::Join"];
    const inSub = (part: any) => (typeof part === "string" ? part.replaceAll("${", "${!") : `\${${part.Ref}}`);
    return { "Fn::Sub": parts.map(inSub).join("") };
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, joined(inner)]));
}

function synthesise(example: string): Record<string, unknown> {
  const file = join(home, "examples", `${example}.json`);
  const outdir = mkdtempSync(join(tmpdir(), "natto-template-"));
  try {
    const app = new cdk.App({ outdir });
    const parameters = new Parameters();
    const form = new Form(parameters, makeBlueprint(file, oneHostEach(readInput(file))));
    const stack = new MiddleVpc(app, "natto", form.blueprint());
    parameters.declareIn(stack);
    return app.synth().getStackByName("natto").template;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

export function plainTemplate(example: string): string {
  const { Description, Metadata, Parameters, Conditions, ...rest } = joined(synthesise(example));
  // People fill in the parameters from the top.
  const template = { AWSTemplateFormatVersion: "2010-09-09", Description, Metadata, Parameters, Conditions, ...rest };
  return header + stringify(template, { version: "1.1", blockQuote: "literal", lineWidth: 0 });
}
