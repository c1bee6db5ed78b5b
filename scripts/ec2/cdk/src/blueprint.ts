// What the stack builds, every value as CloudFormation and natto take it: what follows from an input
// file, or references to the parameters of a template.

import type { Input, Management, Pair, S3Object } from "./input";
import { type InterfaceAddress, formatAddress, formatCidr, formatPrefix } from "./ipv4";
import { type DataPort, type PlannedMapping, makePlan } from "./plan";

/** An interface's own address, with the length of its subnet ("10.33.1.4/24"), and that subnet. */
export interface Interface {
  address: string;
  subnet: string;
}

export interface Route {
  /** Tells the routes of a company apart, in letters and digits. */
  id: string;
  cidr: string;
}

export interface Company {
  name: string;
  vpc?: string;
  account?: string;
  region?: string;
  roleArn?: string;
  routes: Route[];
}

export interface Port extends Interface {
  realm: string;
  companies: Company[];
  gateway: string;
  mtu: string;
  /** What the interface owns besides its own address: single addresses or blocks, never both. */
  addresses: string[];
  blocks: string[];
}

export interface Mapping {
  name: string;
  realm: string;
  real: string;
  mapped: string;
}

/** An instance of a pair that is not the first. */
export interface Standby {
  availabilityZone: string;
  management: Interface;
  port: Interface & { gateway: string };
}

export interface PairOf {
  transitGateway: string;
  attachments: string[];
  standby: Standby;
  /** The mapped prefixes, as routes have them. */
  routes: Route[];
}

export interface Blueprint {
  /** The input file, to be named in messages. */
  file: string;
  availabilityZone: string;
  vpcCidr: string;
  instanceType: string;
  ami: string;
  lcores: string;
  packages: string | S3Object;
  management: Interface & Pick<Management, "keyName" | "ssm">;
  pair?: PairOf;
  ports: Port[];
  mappings: Mapping[];
}

/** What differs on the other instance of a pair. */
export function ofStandby(blueprint: Blueprint): Blueprint {
  const { standby } = blueprint.pair!;
  const { availabilityZone, management, port } = standby;
  return {
    ...blueprint,
    availabilityZone,
    management: { ...blueprint.management, ...management },
    ports: blueprint.ports.map((first) => ({ ...first, ...port })),
  };
}

/** The id keeps the numbers apart, which CloudFormation's letters and digits alone would not. */
function routeTo(cidr: string): Route {
  return { id: cidr.replace(/\D/g, "x"), cidr };
}

function pairOf({ transitGateway, attachments, availabilityZone, management, address }: Pair, mappings: PlannedMapping[]): PairOf {
  return {
    transitGateway,
    attachments: attachments.map(formatCidr),
    standby: {
      availabilityZone,
      management: interfaceAt(management),
      port: { ...interfaceAt(address), gateway: formatAddress(address.subnet.first + 1) },
    },
    routes: mappings.map(({ mapped }) => routeTo(formatCidr(mapped))),
  };
}

function interfaceAt({ address, subnet }: InterfaceAddress): Interface {
  return { address: `${formatAddress(address)}/${subnet.length}`, subnet: formatCidr(subnet) };
}

function portOf({ realm, companies, primary, gateway, mtu, addresses, blocks }: DataPort): Port {
  return {
    ...interfaceAt(primary),
    realm,
    companies: companies.map(({ name, vpc, account, region, roleArn, cidrs }) => ({
      name,
      vpc,
      account,
      region,
      roleArn,
      routes: cidrs.map(formatCidr).map(routeTo),
    })),
    gateway: formatAddress(gateway),
    mtu: String(mtu),
    addresses: addresses.map(formatAddress),
    blocks: blocks.map(formatCidr),
  };
}

export function makeBlueprint(file: string, input: Input): Blueprint {
  const { ports, mappings } = makePlan(file, input);
  const { availabilityZone, vpcCidr, instanceType, ami, lcores, packages } = input;
  const { address, keyName, ssm } = input.management;
  return {
    file,
    availabilityZone,
    vpcCidr: formatCidr(vpcCidr),
    instanceType,
    ami,
    lcores,
    packages,
    management: { ...interfaceAt(address), keyName, ssm },
    ...(input.pair && { pair: pairOf(input.pair, mappings) }),
    ports: ports.map(portOf),
    mappings: mappings.map(({ name, realm, real, mapped }) => ({
      name,
      realm,
      real: formatPrefix(real),
      mapped: formatPrefix(mapped),
    })),
  };
}
