// The program that `cdk` runs.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { emptyFolder, home, inputFile, type RawInput } from "./support";

function app(...args: string[]) {
  const outdir = emptyFolder();
  const { status, stdout, stderr } = spawnSync("node", [join(home, "out", "src", "app.js"), ...args], {
    env: { ...process.env, CDK_OUTDIR: outdir },
    encoding: "utf8",
  });
  return { outdir, status, output: stdout + stderr };
}

describe("app", () => {
  for (const example of ["overlapping", "one-interface", "pair"]) {
    it(`makes a template of the example ${example} without a warning`, () => {
      const { outdir, status, output } = app(inputFile(example));
      assert.equal(output, "");
      assert.equal(status, 0);
      assert.ok("Resources" in JSON.parse(readFileSync(join(outdir, "natto.template.json"), "utf8")));
    });
  }

  it("needs no bootstrapped account where somebody has uploaded the packages", () => {
    const upload = (input: RawInput) => (input.packages = "s3://packages-of-natto/natto-1.0.zip");
    const { outdir, status, output } = app(inputFile("overlapping", upload));
    assert.equal(status, 0, output);
    const template = readFileSync(join(outdir, "natto.template.json"), "utf8");
    assert.deepEqual(Object.keys(JSON.parse(template)), ["Description", "Resources", "Outputs"]);
    assert.doesNotMatch(template, /cdk|bootstrap|asset/i);
  });

  it("says what is wrong with an input, a line for each mistake, and fails", () => {
    const file = inputFile("overlapping", (input) => {
      input.vpcCidr = "100.64.0.0/15";
      input.mappings[0].company = "company-c";
    });
    const { status, output } = app(file);
    assert.equal(status, 1);
    assert.equal(
      output,
      `${file}: vpcCidr: AWS takes lengths from /16 to /28, not /15\n` +
        `${file}: mappings[0].company: no company is called "company-c"\n`,
    );
  });

  it("says how it is used", () => {
    const { status, output } = app();
    assert.equal(status, 2);
    assert.equal(output, "usage: app.js FILE.json\n");
  });
});
