// The instance's user data: boot.sh with what it is to deploy, run by cloud-init at every boot.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Blueprint } from "./blueprint";
import { mappingsToml, nattoToml } from "./config";
import { InputError } from "./input";
import { userDataBytes } from "./limits";

/** Beside the sources: the compiler does not copy it into out/. */
const bootScript = join(__dirname, "..", "..", "src", "boot.sh");

const boundary = "natto-boot";

/** The deployment fills in region and bucket: they may be this many bytes longer than their tokens. */
const tokenBytes = 256;

function hereDocument(name: string, text: string): string {
  return `${name}=$(cat <<'END'\n${text}END\n)\n`;
}

/** cloud-init runs a script of the user data once in an instance's life unless told otherwise. */
function everyBoot(script: string): string {
  const parts = [
    ["text/cloud-config", "cloud_final_modules:\n- [scripts-user, always]\n"],
    ["text/x-shellscript", script],
  ];
  return (
    `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="${boundary}"\n\n` +
    parts.map(([type, body]) => `--${boundary}\nContent-Type: ${type}; charset="utf-8"\n\n${body}\n`).join("") +
    `--${boundary}--\n`
  );
}

export function userData(blueprint: Blueprint, packages: string, region: string): string {
  const definitions =
    hereDocument("NATTO_TOML", nattoToml(blueprint)) +
    hereDocument("MAPPINGS_TOML", mappingsToml(blueprint)) +
    `PACKAGES=${packages}\nexport AWS_DEFAULT_REGION=${region}\n`;
  const script = readFileSync(bootScript, "utf8").replace(/^#!.*\n/, (firstLine) => firstLine + definitions);
  const text = everyBoot(script);
  const bytes = Buffer.byteLength(text) + tokenBytes;
  if (bytes > userDataBytes) {
    throw new InputError(blueprint.file, [
      `mappings: the table makes user data of ${bytes} bytes, EC2 takes ${userDataBytes}: ` +
        "map networks instead of hosts, or give shorter names",
    ]);
  }
  return text;
}
