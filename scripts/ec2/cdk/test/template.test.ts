// The plain CloudFormation templates in ../cloudformation.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as cdk from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { parse } from "yaml";
import { examples, plainTemplate, templateFile } from "../src/template";
import { deployed, emptyFolder, home, type RawInput, templateOf } from "./support";

/** What the console would ask for, answered with what the example says. */
function answers(example: string): Record<string, string> {
  const input = JSON.parse(readFileSync(join(home, "examples", `${example}.json`), "utf8"));
  const [a, b] = input.companies;
  const host = (company: string) => input.mappings.find((mapping: RawInput) => mapping.company === company).real;
  return {
    AvailabilityZone: input.availabilityZone,
    ImageId: input.ami,
    KeyName: "operators",
    PackagesBucket: "packages-of-natto",
    PackagesKey: "natto-1.0.zip",
    ...(a.vpc && { CompanyAVpc: a.vpc }),
    CompanyARange: a.cidrs[0],
    CompanyAHost: host("company-a"),
    ...(b.vpc && { CompanyBVpc: b.vpc }),
    CompanyBRange: b.cidrs[0],
    CompanyBHost: host("company-b"),
    ...(input.pair && {
      TransitGateway: input.pair.transitGateway,
      AvailabilityZoneOfStandby: input.pair.availabilityZone,
    }),
    ...(b.account && { CompanyBAccount: b.account, CompanyBRoleArn: b.roleArn }),
    ...(b.region && { CompanyBRegion: b.region, MtuForCompanyB: "8500" }),
  };
}

/** The part of the example that the questions are about. */
function asAnswered(input: RawInput): void {
  input.management = { address: input.management.address, keyName: "operators" };
  input.packages = "s3://packages-of-natto/natto-1.0.zip";
  for (const company of input.companies) {
    company.cidrs.splice(1);
  }
  input.mappings = ["company-a", "company-b"].map((name) => ({
    ...input.mappings.find((mapping: RawInput) => mapping.company === name),
    name,
  }));
}

for (const example of examples) {
  const text = readFileSync(templateFile(example), "utf8");
  const template = parse(text);

  describe(`plain template ${example}`, () => {
    it("is what the app makes", () => {
      assert.equal(text, plainTemplate(example), `run "npm run templates" in scripts/ec2/cdk, commit ${example}.yaml`);
    });

    it("is the app's template of the example, once the parameters are given", () => {
      const defaults = Object.entries<RawInput>(template.Parameters)
        .filter(([, parameter]) => "Default" in parameter)
        .map(([name, parameter]) => [name, parameter.Default]);
      const parameters = { ...Object.fromEntries(defaults), ...answers(example) };
      assert.deepEqual(Object.keys(parameters).sort(), Object.keys(template.Parameters).sort());
      const expected = templateOf(example, asAnswered).toJSON();
      // Without ids: the app calls a route after its range, which this template does not know.
      assert.deepEqual(
        Object.values(deployed(template.Resources, parameters, template.Conditions)),
        Object.values(deployed(expected.Resources)),
      );
      assert.deepEqual(deployed(template.Outputs, parameters), deployed(expected.Outputs));
    });

    it("refers to nothing that is not in it", () => {
      const stack = new cdk.Stack(new cdk.App({ outdir: emptyFolder() }), "stack");
      new CfnInclude(stack, "template", { templateFile: templateFile(example) });
    });

    it("asks for nothing that it does not use, and shows every question in a group", () => {
      const { Metadata, Parameters, ...rest } = template;
      const references = [...JSON.stringify(rest).matchAll(/"Ref":"(\w+)"|\$\{(\w+)\}/g)];
      const used = new Set(references.map(([, inRef, inSub]) => inRef ?? inSub));
      const groups = Metadata["AWS::CloudFormation::Interface"].ParameterGroups;
      assert.deepEqual(Object.keys(Parameters).filter((name) => !used.has(name)), []);
      assert.deepEqual(groups.flatMap((group: RawInput) => group.Parameters), Object.keys(Parameters));
    });

    it("needs neither bootstrap nor assets", () => {
      assert.deepEqual(Object.keys(template), [
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        ...(example === "pair" ? [] : ["Conditions"]), // a pair has nothing that may be left out
        "Resources",
        "Outputs",
      ]);
      assert.doesNotMatch(JSON.stringify(template), /cdk|bootstrap|asset/i);
    });

    it("is short enough to be deployed without a bucket", () => {
      assert.ok(Buffer.byteLength(text) <= 51200);
    });
  });
}
