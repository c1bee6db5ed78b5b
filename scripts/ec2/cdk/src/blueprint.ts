// What the stack builds, every value as CloudFormation and natto take it: what follows from an input
// file, or references to the parameters of a template.

import type { Input, Management, S3Object } from "./input";
import { type InterfaceAddress, formatAddress, formatCidr, formatPrefix } from "./ipv4";
import { type DataPort, makePlan } from "./plan";

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
  vpc: string;
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
  ports: Port[];
  mappings: Mapping[];
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
      // The id keeps the numbers apart, which CloudFormation's letters and digits alone would not.
      routes: cidrs.map(formatCidr).map((cidr) => ({ id: cidr.replace(/\D/g, "x"), cidr })),
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
    ports: ports.map(portOf),
    mappings: mappings.map(({ name, realm, real, mapped }) => ({
      name,
      realm,
      real: formatPrefix(real),
      mapped: formatPrefix(mapped),
    })),
  };
}
