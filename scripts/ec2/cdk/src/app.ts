// `node out/src/app.js FILE`: the CloudFormation template of the middle VPC that FILE describes.

import * as cdk from "aws-cdk-lib";
import { makeBlueprint } from "./blueprint";
import { InputError, readInput } from "./input";
import { MiddleVpc } from "./stack";

const [, , file] = process.argv;
if (!file) {
  console.error("usage: app.js FILE.json");
  process.exit(2);
}
try {
  const app = new cdk.App();
  new MiddleVpc(app, "natto", makeBlueprint(file, readInput(file)));
  app.synth();
} catch (error) {
  if (!(error instanceof InputError)) {
    throw error;
  }
  console.error(error.message);
  process.exit(1);
}
