// natto.toml and mappings.toml, as they stand on the appliance after it has booted. The script runs
// as it is, in a mount namespace with an empty /etc and /var/lib, beside stand-ins for the commands
// that would reach out of it.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { emptyFolder, home, natto, type RawInput, templateOf, userDataParts } from "./support";

const zipWithOnePackage = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    archive.writestr("natto_1.0_amd64.deb", "a package")
`;

/** In curl's place: an instance with three interfaces, which answers to its own token alone. */
const metadataService = `#!/bin/bash
case "$*" in
*"-X PUT "*"X-aws-ec2-metadata-token-ttl-seconds: "*" http://169.254.169.254/latest/api/token") echo TOKEN ;;
*"X-aws-ec2-metadata-token: TOKEN http://169.254.169.254/latest/meta-data/network/interfaces/macs/")
  printf '02:00:00:00:00:0%s/\\n' b c a ;;
*/meta-data/instance-id) echo i-0123 ;;
*/macs/02:00:00:00:00:0a/device-number) echo 0 ;;
*/macs/02:00:00:00:00:0b/device-number) echo 1 ;;
*/macs/02:00:00:00:00:0c/device-number) echo 2 ;;
*) echo "curl: what is $*?" >&2; exit 22 ;;
esac
`;

interface Appliance {
  script: string;
  /** Runs bash commands on the appliance, where "boot" boots it. Their output, and what else was called. */
  run(commands: string): { status: number | null; output: string; calls: string[] };
}

function appliance(example: string, change?: (input: RawInput) => void, name?: string): Appliance {
  const folder = emptyFolder();
  const script = userDataParts(templateOf(example, change), name).get("text/x-shellscript")!;
  const programs = join(folder, "bin");
  mkdirSync(programs);
  const program = (name: string, text: string) => {
    writeFileSync(join(programs, name), text);
    chmodSync(join(programs, name), 0o755);
  };
  const stub = `#!/bin/bash\necho "\${0##*/} $*" >>${folder}/calls\n`;
  program("boot", script);
  program("systemctl", stub);
  program("apt-get", `${stub}[[ -f \${!#} ]]\n`);
  program("natto-hugepages", stub);
  program("natto-bind", stub);
  program("modinfo", "#!/bin/bash\nexit 1\n");
  program("install", stub);
  program("nproc", "#!/bin/bash\necho 4\n");
  program("ip", "#!/bin/bash\necho \"2: ens5 inet ${!#}/28 scope global ens5\"\n");
  program("curl", metadataService);
  program("aws", `${stub}cp ${folder}/packages.zip "\${!#}"\n`);
  execFileSync("python3", ["-c", zipWithOnePackage, join(folder, "packages.zip")]);
  return {
    script,
    run(commands) {
      const setUp = "mount -t tmpfs none /etc && mount -t tmpfs none /var/lib || exit 99\n";
      const user = process.getuid!() === 0 ? [] : ["--map-root-user"];
      const { status, stdout, stderr } = spawnSync("unshare", [...user, "--mount", "bash", "-c", setUp + commands], {
        env: { ...process.env, PATH: `${programs}:${process.env.PATH}`, NATTO: natto() },
        encoding: "utf8",
      });
      const calls = join(folder, "calls");
      return {
        status,
        output: stdout + stderr,
        calls: existsSync(calls) ? readFileSync(calls, "utf8").trimEnd().split("\n") : [],
      };
    },
  };
}

/** The tables of a TOML file in this simple style, without comments and empty lines. */
function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** mappings.toml as the README of natto describes it, straight from the input, by no code under test. */
function expectedMappings(example: string, realm: (company: string) => string): string[] {
  const { mappings } = JSON.parse(readFileSync(join(home, "examples", `${example}.json`), "utf8"));
  return mappings.flatMap((mapping: RawInput) => [
    "[[mapping]]",
    `name = "${mapping.name}"`,
    `realm = "${realm(mapping.company)}"`,
    `real = "${mapping.real}"`,
    `mapped = "${mapping.mapped}"`,
  ]);
}

const realms: Record<string, (company: string) => string> = {
  overlapping: (company) => company,
  "one-interface": () => "middle",
  pair: () => "middle",
};

for (const [example, realm] of Object.entries(realms)) {
  describe(`configuration of the example ${example}`, () => {
    it("has the mappings of the input", () => {
      const { status, output } = appliance(example).run("boot && cat /etc/natto/mappings.toml");
      assert.equal(status, 0, output);
      assert.deepEqual(lines(output), expectedMappings(example, realm));
    });

    it("is accepted by natto check", () => {
      const { status, output } = appliance(example).run('boot && "$NATTO" check -c /etc/natto/natto.toml');
      assert.equal(status, 0, output);
      assert.match(output, /^ok: /);
    });
  });
}

describe("natto.toml", () => {
  it("has a port for each company, with PCI slots after the management interface's", () => {
    const { output } = appliance("overlapping").run("boot && cat /etc/natto/natto.toml");
    assert.deepEqual(lines(output), [
      "[dpdk]",
      'lcores = "1-3"',
      "main_lcore = 0",
      "[[port]]",
      'realm = "company-a"',
      'device = "0000:00:06.0"',
      'address = "100.64.1.4/24"',
      'gateway = "100.64.1.1"',
      "mtu = 9001",
      "[[port]]",
      'realm = "company-b"',
      'device = "0000:00:07.0"',
      'address = "100.64.2.4/24"',
      'gateway = "100.64.2.1"',
      "mtu = 8500", // in another region
      "[table]",
      'file = "mappings.toml"',
    ]);
  });

  it("has one port when both companies share it, and natto's own default of one worker", () => {
    const { output } = appliance("one-interface").run("boot && cat /etc/natto/natto.toml");
    assert.deepEqual(lines(output), [
      "[dpdk]",
      'lcores = "1"',
      "main_lcore = 0",
      "[[port]]",
      'realm = "middle"',
      'device = "0000:00:06.0"',
      'address = "10.33.1.124/24"',
      'gateway = "10.33.1.1"',
      "mtu = 9001",
      "[table]",
      'file = "mappings.toml"',
    ]);
  });

  it("is refused by natto check once it is spoilt", () => {
    const { status, output } = appliance("overlapping").run(
      'boot && sed -i s/100.64.1.80/100.64.1.10/ /etc/natto/mappings.toml && "$NATTO" check -c /etc/natto/natto.toml',
    );
    assert.equal(status, 1, output);
    assert.match(output, /mappings\.toml:\d+:\d+: /);
  });
});

describe("boot", () => {
  it("is run by cloud-init every time, not only the first", () => {
    assert.deepEqual(userDataParts(templateOf("overlapping")).get("text/cloud-config")!.split("\n"), [
      "cloud_final_modules:",
      "- [scripts-user, always]",
      "",
    ]);
  });

  it("fetches the packages by the address that the role may read, prepares the machine, starts natto", () => {
    const { status, output, calls } = appliance("overlapping").run("boot");
    assert.equal(status, 0, output);
    assert.match(
      calls[0],
      /^aws s3 cp --only-show-errors s3:\/\/cdk-hnb659fds-assets-444455556666-eu-west-1\/[0-9a-f]{64}\.zip \//,
    );
    assert.match(calls[1], /^apt-get install -y .*--force-confold \/\S+\/natto_1\.0_amd64\.deb$/);
    assert.deepEqual(calls.slice(2), [
      "natto-hugepages 1280",
      "natto-bind --driver vfio-pci 02:00:00:00:00:0b 02:00:00:00:00:0c",
      "systemctl enable natto.service",
      "systemctl restart natto.service",
    ]);
  });

  it("takes igb_uio where there is one, and gives the service the rights for it", () => {
    const { status, output, calls } = appliance("overlapping").run(`
      bin=$(dirname "$(command -v modinfo)"); printf '#!/bin/bash\\n[[ $* == igb_uio ]]\\n' >"$bin/modinfo"
      boot`);
    assert.equal(status, 0, output);
    assert.deepEqual(calls.slice(3), [
      "install -D -m 644 -t /etc/systemd/system/natto.service.d /usr/share/doc/natto/examples/igb_uio.conf",
      "systemctl daemon-reload",
      "natto-bind --driver igb_uio 02:00:00:00:00:0b 02:00:00:00:00:0c",
      "systemctl enable natto.service",
      "systemctl restart natto.service",
    ]);
  });

  it("leaves alone what was deployed before, also where it was edited since", () => {
    const { output, calls } = appliance("overlapping").run(
      "boot && echo '# by hand' >>/etc/natto/mappings.toml && boot && tail -n 1 /etc/natto/mappings.toml",
    );
    assert.equal(output, "# by hand\n");
    assert.deepEqual(
      calls.slice(6).map((call) => call.replace(/ .*/, "")),
      ["natto-hugepages", "natto-bind", "systemctl", "systemctl"],
    );
    assert.equal(calls.at(-1), "systemctl start natto.service");
  });

  it("brings a new table to an appliance that runs, without restarting natto", () => {
    const later = appliance("overlapping", (input) => (input.mappings[0].name = "renamed")).script;
    const update = join(emptyFolder(), "later");
    writeFileSync(update, later);
    const { output, calls } = appliance("overlapping").run(
      `boot && bash ${update} && grep -c renamed /etc/natto/mappings.toml`,
    );
    assert.equal(output, "1\n");
    assert.equal(calls.at(-1), "systemctl start natto.service");
  });

  it("restarts natto when natto.toml is another", () => {
    const later = appliance("overlapping", (input) => (input.lcores = "2")).script;
    const update = join(emptyFolder(), "later");
    writeFileSync(update, later);
    const { output, calls } = appliance("overlapping").run(
      `boot && bash ${update} && grep lcores /etc/natto/natto.toml`,
    );
    assert.equal(output, 'lcores = "2"\n');
    assert.equal(calls.at(-1), "systemctl restart natto.service");
  });

  for (const command of ["curl", "natto-hugepages", "natto-bind"]) {
    it(`does not start natto when ${command} fails`, () => {
      const { status, calls } = appliance("overlapping").run(`
        bin=$(dirname "$(command -v ${command})"); printf '#!/bin/bash\\nexit 3\\n' >"$bin/${command}"
        boot`);
      assert.notEqual(status, 0);
      assert.deepEqual(calls.filter((call) => call.startsWith("systemctl")), []);
    });
  }

  it("fails when the packages cannot be fetched, and tries again at the next boot", () => {
    const { output, calls } = appliance("overlapping").run(`
      bin=$(dirname "$(command -v aws)"); mv "$bin/aws" "$bin/kept"
      printf '#!/bin/bash\\nexit 1\\n' >"$bin/aws"; chmod +x "$bin/aws"
      boot && echo booted
      mv "$bin/kept" "$bin/aws"
      boot && echo booted then`);
    assert.equal(output, "booted then\n");
    assert.match(calls[0], /^aws s3 cp /);
  });
});

describe("one of a pair", () => {
  const machines = [
    { name: "natto", own: "10.33.0.4", peer: "10.33.0.20", address: "10.33.1.124/24", gateway: "10.33.1.1" },
    { name: "natto-standby", own: "10.33.0.20", peer: "10.33.0.4", address: "10.33.2.124/24", gateway: "10.33.2.1" },
  ];
  for (const { name, own, peer, address, gateway } of machines) {
    it(`called ${name} starts as standby, with the other as its peer`, () => {
      const { output } = appliance("pair", undefined, name).run("boot && cat /etc/natto/natto.toml");
      assert.deepEqual(lines(output).slice(3), [
        "[[port]]",
        'realm = "middle"',
        'device = "0000:00:06.0"',
        `address = "${address}"`,
        `gateway = "${gateway}"`,
        "mtu = 8500",
        "[table]",
        'file = "mappings.toml"',
        "[ha]",
        'start = "standby"',
        `peer = "${peer}"`,
      ]);
    });

    it(`called ${name} has a configuration that keepalived takes, with its own addresses`, () => {
      const show = "boot && cat /etc/keepalived/keepalived.conf";
      const { output } = appliance("pair", undefined, name).run(show);
      assert.match(output, new RegExp(`^  unicast_src_ip ${own}$`, "m"));
      assert.match(output, new RegExp(`^  unicast_peer \\{\n    ${peer}\n  \\}$`, "m"));
      assert.match(output, /^ {2}interface ens5$/m);
      assert.doesNotMatch(output, /192\.0\.2\.|eth0|@/);
    });
  }

  it("has a keepalived that is started again when it has died", () => {
    const { output } = appliance("pair").run("boot && cat /etc/systemd/system/keepalived.service.d/natto.conf");
    assert.match(output, /^\[Service\]\nRestart=always$/m);
  });

  it("needs from EC2 what the deployment has routes for", () => {
    const { status, output } = appliance("pair").run('boot && "$NATTO" export -c /etc/natto/natto.toml --to aws');
    assert.equal(status, 0, output);
    const [port] = JSON.parse(output).ports;
    assert.deepEqual([port.addresses, port.prefixes], [[], []]);
    const routes = Object.values(templateOf("pair").findResources("AWS::EC2::Route"))
      .filter(({ Properties }) => Properties.NetworkInterfaceId)
      .map(({ Properties }) => Properties.DestinationCidrBlock);
    assert.deepEqual(port.routes.map(({ destination }: RawInput) => destination), routes.sort());
  });

  it("moves the routes when keepalived elects it, and tells CloudWatch of its health", () => {
    const commands = "boot && cat /etc/natto/on-active /etc/systemd/system/natto-health-metric.service";
    const { output, calls } = appliance("pair").run(commands);
    assert.match(output, /^exec natto-takeover aws --keep 60$/m);
    assert.match(output, /--dimensions InstanceId=i-0123'$/m);
    assert.match(output, /--value \$\$value /); // systemd makes one of two
    const services = "natto-takeover.service keepalived.service natto-health-metric.timer";
    assert.deepEqual(calls.slice(-2), [`systemctl enable ${services}`, `systemctl restart ${services}`]);
  });
});
