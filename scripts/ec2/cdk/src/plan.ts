// From the input to what is built: which interface faces whom and which addresses it owns.
//
// An address must be owned by the interface to which its senders' packets come. Others send to a
// mapped address, so the mapped addresses of company A belong to the interface that faces company B,
// and the other way round. Companies whose ranges overlap need an interface each, in a subnet with a
// route table of its own: no one table can have two routes for one range.

import { type Company, type Input, InputError, type Mapping, type Pair } from "./input";
import {
  type InterfaceAddress,
  type Prefix,
  contains,
  formatAddress,
  formatCidr,
  formatPrefix,
  host,
  overlap,
  prefixOf,
  size,
} from "./ipv4";
import * as limits from "./limits";

/** A port of natto: an interface in a subnet of its own, and the companies that it faces. */
export interface DataPort {
  realm: string;
  companies: Company[];
  primary: InterfaceAddress;
  gateway: number;
  mtu: number;
  /** What the interface owns besides its primary address: single addresses or blocks, never both. */
  addresses: number[];
  blocks: Prefix[];
}

export interface PlannedMapping extends Mapping {
  realm: string;
}

export interface Plan {
  ports: DataPort[];
  mappings: PlannedMapping[];
}

const sharedRealm = "middle";

function makePort(companies: Company[], transit: boolean): DataPort {
  const [{ name, address }] = companies;
  return {
    realm: companies.length > 1 ? sharedRealm : name,
    companies,
    primary: address,
    gateway: address.subnet.first + 1,
    mtu: transit
      ? limits.mtuOfTransit
      : companies.some(({ region }) => region)
        ? limits.mtuBetweenRegions
        : limits.mtuInRegion,
    addresses: [],
    blocks: [],
  };
}

function makePorts({ companies: [a, b], pair }: Input): DataPort[] {
  const { address, subnet } = a.address;
  const shared = address === b.address.address && subnet.length === b.address.subnet.length;
  const of = (...companies: Company[]) => makePort(companies, pair !== undefined);
  return shared ? [of(a, b)] : [of(a), of(b)];
}

/** The port through which a company's hosts come in. */
function portOf(ports: DataPort[], company: string): DataPort | undefined {
  return ports.find(({ companies }) => companies.some(({ name }) => name === company));
}

/** The port through which the others reach a company's hosts, and which owns their mapped addresses. */
function ownerOf(ports: DataPort[], company: string): DataPort | undefined {
  return ports.find(({ companies }) => companies.some(({ name }) => name !== company));
}

function steps(first: number, count: number, step: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** AWS takes single addresses or blocks of 16 on an interface, not both: one whole block needs all in blocks. */
function assignMapped(port: DataPort, mapped: Prefix[]): void {
  if (mapped.every(({ length }) => length > limits.blockLength)) {
    port.addresses = mapped.flatMap((prefix) => steps(prefix.first, size(prefix), 1));
    return;
  }
  const step = 2 ** (32 - limits.blockLength);
  const firsts = mapped.flatMap((prefix) => {
    const block = prefixOf(prefix.first, limits.blockLength).first;
    return steps(block, Math.max(1, size(prefix) / step), step);
  });
  port.blocks = [...new Set(firsts)].map((first) => ({ first, length: limits.blockLength }));
}

function* networkMistakes({ vpcCidr, management, companies, pair }: Input, ports: DataPort[]): Generator<string> {
  if (!limits.isVpcSize(vpcCidr)) {
    yield `vpcCidr: AWS takes lengths from /16 to /28, not /${vpcCidr.length}`;
  }
  const interfaces: [string, InterfaceAddress][] = [
    ["management.address", management.address],
    ...ports.map((port): [string, InterfaceAddress] => [
      `companies[${companies.indexOf(port.companies[0])}].address`,
      port.primary,
    ]),
    ...(pair ? pairInterfaces(pair) : []),
  ];
  for (const [index, [path, address]] of interfaces.entries()) {
    const why = limits.whyNotPrimary(address);
    if (why) {
      yield `${path}: ${why}`;
    }
    if (!contains(vpcCidr, address.subnet)) {
      yield `${path}: the subnet ${formatCidr(address.subnet)} is not in vpcCidr ${formatCidr(vpcCidr)}`;
    }
    const before = interfaces.slice(0, index);
    for (const [otherPath, other] of before.filter(([, { subnet }]) => overlap(subnet, address.subnet))) {
      yield `${path}: the subnet ${formatCidr(address.subnet)} overlaps ${formatCidr(other.subnet)} of ${otherPath}: ` +
        "an interface has a subnet of its own, unless both companies have the very same address";
    }
  }
}

function pairInterfaces({ management, address, attachments }: Pair): [string, InterfaceAddress][] {
  return [
    ["pair.management", management],
    ["pair.address", address],
    // Of a subnet without an interface of ours, any address will do.
    ...attachments.map((subnet, index): [string, InterfaceAddress] => [
      `pair.attachments[${index}]`,
      { address: subnet.first + 4, subnet },
    ]),
  ];
}

function* pairMistakes({ availabilityZone, vpcCidr, companies, mappings, pair }: Input, ports: DataPort[]): Generator<string> {
  if (!pair) {
    return;
  }
  if (pair.availabilityZone === availabilityZone) {
    yield `pair.availabilityZone: ${availabilityZone} is the first instance's too: choose another zone`;
  }
  if (ports.length > 1) {
    yield "pair: both companies must have the very same address: one Transit Gateway leads to both";
  }
  for (const [index, { mapped }] of mappings.entries()) {
    const text = `mappings[${index}].mapped: ${formatPrefix(mapped)}`;
    if (overlap(mapped, vpcCidr)) {
      yield `${text} overlaps vpcCidr ${formatCidr(vpcCidr)}: only what is outside can move to another zone, as a route`;
    }
    for (const cidr of companies.flatMap(({ cidrs }) => cidrs).filter((cidr) => overlap(cidr, mapped))) {
      yield `${text} overlaps ${formatCidr(cidr)} of a company: the Transit Gateway has a route to that`;
    }
  }
}

/** What CloudFormation leaves of a name in the name of a resource. */
function resourceId(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, "");
}

function* companyMistakes({ vpcCidr, companies, management }: Input, ports: DataPort[]): Generator<string> {
  const [first, second] = companies.map(({ name }) => name);
  if (resourceId(first) === resourceId(second)) {
    yield `companies: the names "${first}" and "${second}" must differ in a letter or digit`;
  }
  if ([first, second].some((name) => resourceId(name) === "management")) {
    yield 'companies: "management" is the name of the management subnet: choose another';
  }
  if (!management.keyName && !management.ssm) {
    yield 'management: nobody could log in: give a "keyName" for SSH, or "ssm": true';
  }
  for (const [index, company] of companies.entries()) {
    if (company.account && !company.roleArn) {
      yield `companies[${index}].roleArn is missing: with it CloudFormation accepts the peering in account ` +
        company.account;
    }
    for (const cidr of company.cidrs.filter((cidr) => overlap(cidr, vpcCidr))) {
      yield `companies[${index}].cidrs: ${formatCidr(cidr)} overlaps vpcCidr ${formatCidr(vpcCidr)}: ` +
        "AWS does not peer them; choose a range for the middle that neither company uses";
    }
  }
  for (const port of ports) {
    const routes = port.companies.flatMap(({ name, cidrs }) => cidrs.map((cidr) => ({ name, cidr })));
    for (const [index, { name, cidr }] of routes.entries()) {
      for (const other of routes.slice(0, index).filter((route) => overlap(route.cidr, cidr))) {
        const advice =
          name === other.name ? "give each range once" : "give each company an address in a subnet of its own";
        yield `companies: ${formatCidr(cidr)} of ${name} overlaps ${formatCidr(other.cidr)} of ${other.name}, ` +
          `and one route table serves both: ${advice}`;
      }
    }
  }
}

function* mappingMistakes({ companies, mappings, pair }: Input, ports: DataPort[]): Generator<string> {
  for (const [index, mapping] of mappings.entries()) {
    const at = `mappings[${index}]`;
    const company = companies.find(({ name }) => name === mapping.company);
    const owner = ownerOf(ports, mapping.company);
    if (!company || !owner) {
      yield `${at}.company: no company is called "${mapping.company}"`;
      continue;
    }
    const { subnet, address } = owner.primary;
    const real = formatPrefix(mapping.real);
    const mapped = formatPrefix(mapping.mapped);
    if (mapping.real.length !== mapping.mapped.length) {
      yield `${at}: real ${real} and mapped ${mapped} must be equally long`;
    }
    if (!company.cidrs.some((cidr) => contains(cidr, mapping.real))) {
      yield `${at}.real: ${real} is in none of the cidrs of ${company.name}`;
    }
    if (pair) {
      // pairMistakes
    } else if (!contains(subnet, mapping.mapped)) {
      yield `${at}.mapped: ${mapped} is not in ${formatCidr(subnet)}, the subnet of the interface that owns the ` +
        `mapped addresses of ${company.name}`;
    } else if (limits.touchesReserved(mapping.mapped, subnet)) {
      yield `${at}.mapped: ${mapped} covers one of the first four addresses or the last of ${formatCidr(subnet)}, ` +
        "which belong to AWS";
    } else if (overlap(mapping.mapped, host(address))) {
      yield `${at}.mapped: ${mapped} covers ${formatAddress(address)}, the interface's own address`;
    }
    for (const [otherIndex, other] of mappings.slice(0, index).entries()) {
      if (other.name === mapping.name) {
        yield `${at}.name: "${mapping.name}" is the name of mappings[${otherIndex}] too`;
      }
      if (other.company === mapping.company && overlap(other.real, mapping.real)) {
        yield `${at}.real: ${real} overlaps ${formatPrefix(other.real)} of mappings[${otherIndex}]`;
      }
      if (overlap(other.mapped, mapping.mapped)) {
        yield `${at}.mapped: ${mapped} overlaps ${formatPrefix(other.mapped)} of mappings[${otherIndex}]`;
      }
    }
  }
}

/** To be asked only about mappings that are right. */
function* limitMistakes({ instanceType }: Input, { realm, primary, addresses, blocks }: DataPort): Generator<string> {
  const allowed = limits.secondariesPerInterface(instanceType);
  if (addresses.length > allowed) {
    yield `mappings: the interface of ${realm} needs ${addresses.length} secondary addresses, ${instanceType} allows ` +
      `${allowed}: take a larger instanceType, or map blocks of 16 as one /${limits.blockLength} each`;
  }
  if (blocks.length > allowed) {
    yield `mappings: the interface of ${realm} needs ${blocks.length} delegated prefixes of /${limits.blockLength}, ` +
      `${instanceType} allows ${allowed}: take a larger instanceType, or map fewer`;
  }
  for (const block of blocks) {
    if (limits.touchesReserved(block, primary.subnet) || overlap(block, host(primary.address))) {
      yield `mappings: the interface of ${realm} owns whole blocks of 16, and ${formatCidr(block)} has addresses ` +
        `that belong to AWS or to the interface itself: choose mapped addresses in another block`;
    }
  }
}

export function makePlan(file: string, input: Input): Plan {
  const ports = makePorts(input);
  const mistakes = [
    ...networkMistakes(input, ports),
    ...companyMistakes(input, ports),
    ...mappingMistakes(input, ports),
    ...pairMistakes(input, ports),
  ];
  if (mistakes.length === 0 && !input.pair) {
    for (const port of ports) {
      const owned = input.mappings.filter(({ company }) => ownerOf(ports, company) === port);
      assignMapped(port, owned.map(({ mapped }) => mapped));
      mistakes.push(...limitMistakes(input, port));
    }
  }
  if (mistakes.length > 0) {
    throw new InputError(file, mistakes);
  }
  const mappings = input.mappings.map((mapping) => ({ ...mapping, realm: portOf(ports, mapping.company)!.realm }));
  return { ports, mappings };
}
