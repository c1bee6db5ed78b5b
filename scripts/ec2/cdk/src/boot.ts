// The instance's user data: boot.sh with what it is to deploy, run by cloud-init at every boot.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Blueprint } from "./blueprint";
import { mappingsToml, nattoToml } from "./config";
import { InputError } from "./input";
import { userDataBytes } from "./limits";

/** Beside the sources: the compiler does not copy them into out/. */
const sources = join(__dirname, "..", "..", "src");
const keepalivedExamples = join(sources, "..", "..", "..", "..", "conf", "keepalived");

/** The instance of a pair that the user data is for. */
export interface OneOfPair {
  /** The addresses for management. */
  own: string;
  peer: string;
}

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

function script(name: string): string {
  return readFileSync(join(sources, name), "utf8");
}

/** The example, of the machine that it calls natto-a, without comments. */
function keepalivedExample(name: string): string {
  const lines = readFileSync(join(keepalivedExamples, name), "utf8")
    .split("\n")
    .filter((line) => !line.includes("@natto-b"))
    .map((line) => line.replace("@natto-a ", "").replace(/\s*#.*$/, ""));
  return lines.filter((line) => line !== "").join("\n") + "\n";
}

function pairDefinitions({ own, peer }: OneOfPair): string {
  return (
    hereDocument("KEEPALIVED_CONF", keepalivedExample("keepalived.conf")) +
    hereDocument("KEEPALIVED_RESTART", keepalivedExample("restart.conf")) +
    `OWN=${own}\nPEER=${peer}\n` +
    "OWN=${OWN%/*}\nPEER=${PEER%/*}\nNATTO_TOML=${NATTO_TOML//PEER_ADDRESS/$PEER}\n"
  );
}

export function userData(blueprint: Blueprint, packages: string, region: string, one?: OneOfPair): string {
  const definitions =
    hereDocument("NATTO_TOML", nattoToml(blueprint)) +
    hereDocument("MAPPINGS_TOML", mappingsToml(blueprint)) +
    `PACKAGES=${packages}\nexport AWS_DEFAULT_REGION=${region}\n` +
    (one ? pairDefinitions(one) : "");
  const boot = script("boot.sh").replace(/^#!.*\n/, (firstLine) => firstLine + definitions);
  const text = everyBoot(boot + (one ? `\n${script("boot-pair.sh")}` : ""));
  const bytes = Buffer.byteLength(text) + tokenBytes;
  if (bytes > userDataBytes) {
    throw new InputError(blueprint.file, [
      `mappings: the table makes user data of ${bytes} bytes, EC2 takes ${userDataBytes}: ` +
        "map networks instead of hosts, or give shorter names",
    ]);
  }
  return text;
}
