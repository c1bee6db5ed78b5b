// Inputs that are wrong, and what is said about them.

import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { inputFile, type RawInput, stackOf, templateOf } from "./support";

/** What is said about a changed example: the mistakes, without the file's name before each. */
function mistakes(example: string, change: (input: RawInput) => void): string[] {
  const file = inputFile(example, change);
  try {
    stackOf(file);
  } catch (error) {
    return (error as Error).message.split("\n").map((line) => {
      assert.ok(line.startsWith(`${file}: `), line);
      return line.slice(file.length + 2);
    });
  }
  return [];
}

function refuses(what: string, example: string, change: (input: RawInput) => void, expected: string[]): void {
  it(what, () => assert.deepEqual(mistakes(example, change), expected));
}

/** The given number of hosts of company A, mapped to 100.64.2.16 and up. */
function hosts(count: number): RawInput[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `host-${index}`,
    company: "company-a",
    real: `10.0.1.${index}`,
    mapped: `100.64.2.${16 + index}`,
  }));
}

/** The given number of networks of 16 hosts of company A, mapped to 100.64.2.16/28 and up. */
function networks(count: number): RawInput[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `network-${index}`,
    company: "company-a",
    real: `10.0.1.${16 * index}/28`,
    mapped: `100.64.2.${16 * (index + 1)}/28`,
  }));
}

describe("the file", () => {
  it("must be JSON", () => {
    const file = inputFile("overlapping");
    writeFileSync(file, '{ "ami": }');
    assert.throws(() => stackOf(file), { message: /^\S+natto-vpc\.json: .*JSON/ });
  });

  it("must be there", () => {
    const file = join(dirname(inputFile("overlapping")), "none.json");
    assert.throws(() => stackOf(file), { message: /none\.json: ENOENT/ });
  });

  refuses("has every mistake reported at once", "overlapping", (input) => {
    delete input.ami;
    input.companies[0].vpc = "vpc-XYZ";
    input.mappings[1].real = "10.0.16.1/27";
    input.management.ssm = "yes";
    input.colour = "red";
  }, [
    'ami is missing: it must be a Debian 12 image, as "ami-0123456789abcdef0"',
    'management.ssm is "yes": it must be true or false',
    'companies[0].vpc is "vpc-XYZ": it must be a VPC, as "vpc-0123456789abcdef0"',
    'mappings[1].real is "10.0.16.1/27": it must be an IPv4 address, or a prefix without host bits, ' +
      'as "10.0.0.1" or "10.0.0.16/28"',
    "colour is not known; known here: pair, availabilityZone, vpcCidr, instanceType, ami, lcores, packages, management, " +
      "companies, mappings",
  ]);

  refuses("names two companies", "overlapping", (input) => input.companies.pop(), [
    "companies must be a list of two",
  ]);

  for (const cidr of ["10.0.0.0/33", "10.0.0.256/32", "010.0.0.0/8", "10.0.0/8", "10.0.0.1/8", 10]) {
    refuses(`has no prefix like ${cidr}`, "overlapping", (input) => (input.companies[0].cidrs = [cidr]), [
      `companies[0].cidrs[0] is ${JSON.stringify(cidr)}: it must be an IPv4 prefix without host bits, as "10.0.0.0/16"`,
    ]);
  }
});

describe("the network", () => {
  refuses("separates companies whose ranges overlap", "one-interface", (input) => {
    input.companies[1].cidrs = ["10.32.128.0/17"];
    input.mappings = [];
  }, [
    "companies: 10.32.128.0/17 of company-b overlaps 10.32.0.0/16 of company-a, and one route table serves both: " +
      "give each company an address in a subnet of its own",
  ]);

  refuses("routes each range of a company once", "overlapping", (input) => input.companies[0].cidrs.push("10.0.4.0/24"), [
    "companies: 10.0.4.0/24 of company-a overlaps 10.0.0.0/16 of company-a, and one route table serves both: " +
      "give each range once",
  ]);

  refuses("does not use a company's addresses", "overlapping", (input) => input.companies[0].cidrs.push("100.64.9.0/24"), [
    "companies[0].cidrs: 100.64.9.0/24 overlaps vpcCidr 100.64.0.0/16: AWS does not peer them; choose a range for " +
      "the middle that neither company uses",
  ]);

  refuses("has its subnets in the VPC", "overlapping", (input) => (input.management.address = "100.65.0.4/28"), [
    "management.address: the subnet 100.65.0.0/28 is not in vpcCidr 100.64.0.0/16",
  ]);

  refuses("has a VPC of a size that AWS takes", "overlapping", (input) => (input.vpcCidr = "100.64.0.0/15"), [
    "vpcCidr: AWS takes lengths from /16 to /28, not /15",
  ]);

  refuses("has subnets of a size that AWS takes", "overlapping", (input) => (input.management.address = "100.64.0.5/29"), [
    "management.address: 100.64.0.0/29 cannot be a subnet: AWS takes lengths from /16 to /28",
  ]);

  refuses("has subnets apart", "overlapping", (input) => (input.management.address = "100.64.1.100/28"), [
    "companies[0].address: the subnet 100.64.1.0/24 overlaps 100.64.1.96/28 of management.address: an interface has " +
      "a subnet of its own, unless both companies have the very same address",
  ]);

  for (const address of ["100.64.0.0/28", "100.64.0.3/28", "100.64.0.15/28"]) {
    refuses(`leaves ${address} to AWS`, "overlapping", (input) => (input.management.address = address), [
      "management.address: the first four addresses and the last of 100.64.0.0/28 belong to AWS: choose another",
    ]);
  }

  refuses("needs a role for another account", "overlapping", (input) => delete input.companies[1].roleArn, [
    "companies[1].roleArn is missing: with it CloudFormation accepts the peering in account 111122223333",
  ]);

  for (const name of ["company-a", "company.a"]) {
    refuses(`tells company-a from another ${name}`, "overlapping", (input) => {
      input.companies[1].name = name;
      input.mappings = [];
    }, [`companies: the names "company-a" and "${name}" must differ in a letter or digit`]);
  }

  refuses("tells the companies from the management", "overlapping", (input) => {
    input.companies[1].name = "management";
    input.mappings = [];
  }, ['companies: "management" is the name of the management subnet: choose another']);

  refuses("has a way in", "overlapping", (input) => delete input.management.keyName, [
    'management: nobody could log in: give a "keyName" for SSH, or "ssm": true',
  ]);
});

describe("a mapping", () => {
  refuses("is of one of the companies", "overlapping", (input) => (input.mappings[0].company = "company-c"), [
    'mappings[0].company: no company is called "company-c"',
  ]);

  refuses("has a name of its own", "overlapping", (input) => (input.mappings[3].name = "a-database"), [
    'mappings[3].name: "a-database" is the name of mappings[0] too',
  ]);

  refuses("has a real address in its company", "overlapping", (input) => (input.mappings[0].real = "10.1.0.1"), [
    "mappings[0].real: 10.1.0.1 is in none of the cidrs of company-a",
  ]);

  refuses("has a mapped address on the other company's side", "overlapping", (input) => {
    input.mappings[0].mapped = "100.64.1.33";
  }, [
    "mappings[0].mapped: 100.64.1.33 is not in 100.64.2.0/24, the subnet of the interface that owns the mapped " +
      "addresses of company-a",
  ]);

  for (const mapped of ["100.64.1.0", "100.64.1.3", "100.64.1.255"]) {
    refuses(`leaves ${mapped} to AWS`, "overlapping", (input) => (input.mappings[3].mapped = mapped), [
      `mappings[3].mapped: ${mapped} covers one of the first four addresses or the last of 100.64.1.0/24, which ` +
        "belong to AWS",
    ]);
  }

  refuses("leaves the interface its own address", "overlapping", (input) => (input.mappings[3].mapped = "100.64.1.4"), [
    "mappings[3].mapped: 100.64.1.4 covers 100.64.1.4, the interface's own address",
  ]);

  refuses("shares no address with another of its company", "overlapping", (input) => {
    input.mappings[2].real = "10.0.16.5";
    input.mappings[2].mapped = "100.64.2.70";
  }, [
    "mappings[2].real: 10.0.16.5 overlaps 10.0.16.0/27 of mappings[1]",
    "mappings[2].mapped: 100.64.2.70 overlaps 100.64.2.64/27 of mappings[1]",
  ]);

  refuses("is as long on both sides", "overlapping", (input) => (input.mappings[1].real = "10.0.16.0/26"), [
    "mappings[1]: real 10.0.16.0/26 and mapped 100.64.2.64/27 must be equally long",
  ]);
});

describe("limits of AWS", () => {
  refuses("on instance types", "overlapping", (input) => (input.instanceType = "t3.micro"), [
    'instanceType is "t3.micro": it must be one of c6in.large, c6in.xlarge, c6in.2xlarge, c6in.4xlarge, ' +
      "c6in.8xlarge, c6in.12xlarge, c6in.16xlarge, c6in.24xlarge, c6in.32xlarge, c6in.metal, c7gn.large, " +
      "c7gn.xlarge, c7gn.2xlarge, c7gn.4xlarge, c7gn.8xlarge, c7gn.12xlarge, c7gn.16xlarge, c7gn.metal",
  ]);

  // One of an interface's addresses is its primary one.
  for (const [instanceType, addresses] of [
    ["c6in.large", 10],
    ["c6in.xlarge", 15],
    ["c6in.4xlarge", 30],
    ["c6in.16xlarge", 50],
  ] as const) {
    const change = (count: number) => (input: RawInput) => {
      input.instanceType = instanceType;
      input.mappings = hosts(count);
    };

    it(`leave ${addresses - 1} secondary addresses to a ${instanceType}`, () => {
      templateOf("overlapping", change(addresses - 1));
    });

    refuses(`refuse a ${instanceType} one more`, "overlapping", change(addresses), [
      `mappings: the interface of company-b needs ${addresses} secondary addresses, ${instanceType} allows ` +
        `${addresses - 1}: take a larger instanceType, or map blocks of 16 as one /28 each`,
    ]);
  }

  it("count a delegated prefix as one address", () => {
    templateOf("overlapping", (input) => {
      input.instanceType = "c6in.large";
      input.mappings = networks(9);
    });
  });

  refuses("on delegated prefixes", "overlapping", (input) => {
    input.instanceType = "c6in.large";
    input.mappings = networks(10);
  }, [
    "mappings: the interface of company-b needs 10 delegated prefixes of /28, c6in.large allows 9: take a larger " +
      "instanceType, or map fewer",
  ]);

  for (const [mapped, block] of [["100.64.2.9", "100.64.2.0/28"], ["100.64.2.241", "100.64.2.240/28"]]) {
    refuses(`on whole blocks around ${mapped}`, "overlapping", (input) => (input.mappings[0].mapped = mapped), [
      `mappings: the interface of company-b owns whole blocks of 16, and ${block} has addresses that belong to AWS ` +
        "or to the interface itself: choose mapped addresses in another block",
    ]);
  }

  it("on user data", () => {
    const [mistake] = mistakes("overlapping", (input) => {
      input.instanceType = "c6in.16xlarge";
      const ofA = hosts(49).map((mapping) => ({ ...mapping, name: mapping.name.padEnd(64, "-") }));
      const ofB = ofA.map((mapping) => ({
        ...mapping,
        name: mapping.name.replace("host", "peer"),
        company: "company-b",
        mapped: mapping.mapped.replace("100.64.2", "100.64.1"),
      }));
      input.mappings = [...ofA, ...ofB];
    });
    assert.match(
      mistake,
      /^mappings: the table makes user data of \d{5} bytes, EC2 takes 16384: map networks instead of hosts, or /,
    );
  });
});

describe("the packages", () => {
  const wanted = /packages: \S+\/packages must be a folder with one natto_VERSION_arm64\.deb \(for c7gn\.large\) and /;

  it("must be of the instance's architecture", () => {
    const [mistake] = mistakes("overlapping", (input) => (input.instanceType = "c7gn.large"));
    assert.match(mistake, wanted);
  });

  it("must be there", () => {
    const file = inputFile("overlapping");
    rmSync(join(dirname(file), "packages"), { recursive: true });
    assert.throws(() => stackOf(file), { message: /must be a folder with one natto_VERSION_amd64\.deb/ });
  });

  refuses("have a name where they are in S3", "overlapping", (input) => (input.packages = "s3://packages-of-natto"), [
    'packages is "s3://packages-of-natto": it must be a folder of Debian packages, relative to this file, or a zip ' +
      'file, as "s3://bucket/natto.zip"',
  ]);

  it("are those of the architecture of a c7gn when it is one", () => {
    const file = inputFile("overlapping", (input) => (input.instanceType = "c7gn.large"));
    const folder = join(dirname(file), "packages");
    writeFileSync(join(folder, "natto_1.0_arm64.deb"), "a package");
    assert.equal(readdirSync(folder).length, 2);
    stackOf(file);
  });
});

describe("a pair", () => {
  refuses("is in two zones, its subnets apart", "pair", (input) => {
    input.pair.availabilityZone = "eu-west-1a";
    input.pair.address = "10.33.1.140/25";
    input.pair.attachments[1] = "10.32.255.0/28";
  }, [
    "pair.address: the subnet 10.33.1.128/25 overlaps 10.33.1.0/24 of companies[0].address: an interface has a subnet " +
      "of its own, unless both companies have the very same address",
    "pair.attachments[1]: the subnet 10.32.255.0/28 is not in vpcCidr 10.33.0.0/16",
    "pair.availabilityZone: eu-west-1a is the first instance's too: choose another zone",
  ]);

  refuses("maps to what can be routed", "pair", (input) => {
    input.mappings[0].mapped = "10.33.1.145";
    input.mappings[1].mapped = "192.168.7.9";
  }, [
    "mappings[0].mapped: 10.33.1.145 overlaps vpcCidr 10.33.0.0/16: only what is outside can move to another zone, " +
      "as a route",
    "mappings[1].mapped: 192.168.7.9 overlaps 192.168.7.0/24 of a company: the Transit Gateway has a route to that",
  ]);

  refuses("has one interface for both companies", "pair", (input) => {
    input.companies[1].address = "10.33.3.124/24";
  }, ["pair: both companies must have the very same address: one Transit Gateway leads to both"]);

  refuses("has a Transit Gateway in the place of peerings", "pair", (input) => {
    input.companies[0].vpc = "vpc-0aaaaaaaaaaaaaaaa";
    input.pair.attachments.pop();
    delete input.pair.transitGateway;
  }, [
    'pair.transitGateway is missing: it must be a Transit Gateway, as "tgw-0123456789abcdef0"',
    'pair.attachments must be a list of two prefixes, as ["10.0.0.0/16"]',
    "companies[0].vpc is not known; known here: name, cidrs, address",
  ]);
});
