// The input file: what it may say. Whether it makes sense together is plan.ts's question.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type InterfaceAddress, type Prefix, parseInterfaceAddress, parsePrefix } from "./ipv4";
import { instanceTypes } from "./limits";

export interface Company {
  name: string;
  /** To peer with; none with a pair, which has a Transit Gateway. */
  vpc?: string;
  cidrs: Prefix[];
  /** Of the interface that faces this company; both companies may share one. */
  address: InterfaceAddress;
  account?: string;
  region?: string;
  roleArn?: string;
}

export interface Mapping {
  name: string;
  company: string;
  real: Prefix;
  mapped: Prefix;
}

export interface Management {
  address: InterfaceAddress;
  keyName?: string;
  ssm: boolean;
}

/** A second instance in another zone, and the Transit Gateway whose packets both get. */
export interface Pair {
  transitGateway: string;
  /** Subnets of its attachment to the middle VPC: in the first instance's zone, and in the other's. */
  attachments: Prefix[];
  availabilityZone: string;
  management: InterfaceAddress;
  address: InterfaceAddress;
}

/** A zip file in S3. */
export interface S3Object {
  s3BucketName: string;
  s3ObjectKey: string;
}

export interface Input {
  availabilityZone: string;
  vpcCidr: Prefix;
  instanceType: string;
  ami: string;
  lcores: string;
  /** A folder, absolute, that the deployment uploads, or what somebody has uploaded. */
  packages: string | S3Object;
  management: Management;
  pair?: Pair;
  companies: Company[];
  mappings: Mapping[];
}

/** Every mistake of an input file, a line for each. */
export class InputError extends Error {
  constructor(file: string, mistakes: string[]) {
    super(mistakes.map((mistake) => `${file}: ${mistake}`).join("\n"));
  }
}

/** One JSON object of the file: reads its keys, and notes what is wrong with them. */
class Section {
  private readonly values: Record<string, unknown>;
  private readonly known = new Set<string>();

  constructor(
    value: unknown,
    private readonly path: string,
    private readonly mistakes: string[],
  ) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    this.values = isObject ? (value as Record<string, unknown>) : {};
    if (!isObject) {
      mistakes.push(`${path || "the file"} must be an object {...}`);
    }
  }

  private at(key: string): string {
    return this.path ? `${this.path}.${key}` : key;
  }

  private take(key: string): unknown {
    this.known.add(key);
    return this.values[key];
  }

  /** The value of a key, made by `parse`, which answers undefined to what it does not take. */
  required<T>(key: string, wanted: string, parse: (text: string) => T | undefined): T {
    const value = this.take(key);
    const parsed = typeof value === "string" ? parse(value) : undefined;
    if (parsed === undefined) {
      const found = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
      this.mistakes.push(`${this.at(key)} ${found}: it must be ${wanted}`);
    }
    return parsed as T;
  }

  optional<T>(key: string, wanted: string, parse: (text: string) => T | undefined): T | undefined {
    return this.take(key) === undefined ? undefined : this.required(key, wanted, parse);
  }

  flag(key: string): boolean {
    const value = this.take(key) ?? false;
    if (typeof value !== "boolean") {
      this.mistakes.push(`${this.at(key)} is ${JSON.stringify(value)}: it must be true or false`);
    }
    return value === true;
  }

  has(key: string): boolean {
    return this.take(key) !== undefined;
  }

  section(key: string): Section {
    return new Section(this.take(key), this.at(key), this.mistakes);
  }

  list<T>(
    key: string,
    wanted: string,
    fits: (length: number) => boolean,
    read: (value: unknown, path: string) => T,
  ): T[] {
    const value = this.take(key);
    if (!Array.isArray(value) || !fits(value.length)) {
      this.mistakes.push(`${this.at(key)} must be ${wanted}`);
      return [];
    }
    return value.map((item, index) => read(item, `${this.at(key)}[${index}]`));
  }

  /** Call it when every key has been read. */
  refuseOthers(): void {
    for (const key of Object.keys(this.values).filter((key) => !this.known.has(key))) {
      this.mistakes.push(`${this.at(key)} is not known; known here: ${[...this.known].join(", ")}`);
    }
  }
}

function matching(pattern: RegExp): (text: string) => string | undefined {
  return (text) => (pattern.test(text) ? text : undefined);
}

const anyText = matching(/./);
const prefixWanted = 'an IPv4 prefix without host bits, as "10.0.0.0/16"';
const realmName = matching(/^[A-Za-z0-9_.-]{1,32}$/);
const mappingName = matching(/^[A-Za-z0-9_.-]{1,64}$/);

function readPrefixes(
  section: Section,
  key: string,
  what: string,
  fits: (length: number) => boolean,
  mistakes: string[],
): Prefix[] {
  return section.list(key, `a list of ${what}, as ["10.0.0.0/16"]`, fits, (item, at) => {
    const prefix = typeof item === "string" ? parsePrefix(item) : undefined;
    if (!prefix) {
      mistakes.push(`${at} is ${JSON.stringify(item)}: it must be ${prefixWanted}`);
    }
    return prefix as Prefix;
  });
}

function readCompany(value: unknown, path: string, mistakes: string[], peered: boolean): Company {
  const section = new Section(value, path, mistakes);
  const company = {
    name: section.required("name", "1 to 32 of the characters A-Z a-z 0-9 _ . -", realmName),
    ...(peered && {
      vpc: section.required("vpc", 'a VPC, as "vpc-0123456789abcdef0"', matching(/^vpc-[0-9a-f]+$/)),
    }),
    cidrs: readPrefixes(section, "cidrs", "prefixes", (length) => length > 0, mistakes),
    address: readInterfaceAddress(section),
    ...(peered && {
      account: section.optional("account", 'an account of 12 digits, as "111122223333"', matching(/^\d{12}$/)),
      region: section.optional("region", 'a region, as "eu-west-1"', matching(/^[a-z]{2}(-[a-z]+)+-\d$/)),
      roleArn: section.optional("roleArn", "the ARN of an IAM role", matching(/^arn:[a-z-]+:iam::\d{12}:role\/.+$/)),
    }),
  };
  section.refuseOthers();
  return company;
}

function readMapping(value: unknown, path: string, mistakes: string[]): Mapping {
  const section = new Section(value, path, mistakes);
  const wanted = 'an IPv4 address, or a prefix without host bits, as "10.0.0.1" or "10.0.0.16/28"';
  const mapping = {
    name: section.required("name", "1 to 64 of the characters A-Z a-z 0-9 _ . -", mappingName),
    company: section.required("company", "the name of a company", anyText),
    real: section.required("real", wanted, parsePrefix),
    mapped: section.required("mapped", wanted, parsePrefix),
  };
  section.refuseOthers();
  return mapping;
}

function readInterfaceAddress(section: Section, key = "address"): InterfaceAddress {
  const wanted = 'an address with the length of its subnet, as "10.33.1.4/24"';
  return section.required(key, wanted, parseInterfaceAddress);
}

const zone = matching(/^[a-z0-9-]+$/);
const zoneWanted = 'a zone, as "eu-west-1a"';

function readPair(section: Section, mistakes: string[]): Pair {
  const gateway = matching(/^tgw-[0-9a-f]+$/);
  const pair = {
    transitGateway: section.required("transitGateway", 'a Transit Gateway, as "tgw-0123456789abcdef0"', gateway),
    attachments: readPrefixes(section, "attachments", "two prefixes", (length) => length === 2, mistakes),
    availabilityZone: section.required("availabilityZone", zoneWanted, zone),
    management: readInterfaceAddress(section, "management"),
    address: readInterfaceAddress(section),
  };
  section.refuseOthers();
  return pair;
}

function readManagement(section: Section): Management {
  const management = {
    address: readInterfaceAddress(section),
    keyName: section.optional("keyName", "the name of an EC2 key pair", anyText),
    ssm: section.flag("ssm"),
  };
  section.refuseOthers();
  return management;
}

/** A folder is relative to `base`. */
function parsePackages(base: string, text: string): string | S3Object | undefined {
  if (!text.startsWith("s3://")) {
    return resolve(base, text);
  }
  const [, s3BucketName, s3ObjectKey] = /^s3:\/\/([a-z0-9.-]+)\/([\w./-]+\.zip)$/.exec(text) ?? [];
  return s3ObjectKey === undefined ? undefined : { s3BucketName, s3ObjectKey };
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new InputError(file, [(error as Error).message]);
  }
}

export function readInput(file: string): Input {
  const mistakes: string[] = [];
  const section = new Section(parse(file), "", mistakes);
  const instanceType = (text: string) => (instanceTypes.includes(text) ? text : undefined);
  const packages = 'a folder of Debian packages, relative to this file, or a zip file, as "s3://bucket/natto.zip"';
  const paired = section.has("pair");
  const input = {
    availabilityZone: section.required("availabilityZone", zoneWanted, zone),
    vpcCidr: section.required("vpcCidr", prefixWanted, parsePrefix),
    instanceType:
      section.optional("instanceType", `one of ${instanceTypes.join(", ")}`, instanceType) ?? "c6in.large",
    ami: section.required("ami", 'a Debian 12 image, as "ami-0123456789abcdef0"', matching(/^ami-[0-9a-f]+$/)),
    lcores: section.optional("lcores", 'CPU cores, as "1-3"', matching(/^\d+(-\d+)?(,\d+(-\d+)?)*$/)) ?? "1",
    packages: section.required("packages", packages, (text) => parsePackages(dirname(file), text)),
    management: readManagement(section.section("management")),
    ...(paired && { pair: readPair(section.section("pair"), mistakes) }),
    companies: section.list("companies", "a list of two", (length) => length === 2, (item, path) =>
      readCompany(item, path, mistakes, !paired),
    ),
    mappings: section.list("mappings", "a list", () => true, (item, path) => readMapping(item, path, mistakes)),
  };
  section.refuseOthers();
  if (mistakes.length > 0) {
    throw new InputError(file, mistakes);
  }
  return input;
}
