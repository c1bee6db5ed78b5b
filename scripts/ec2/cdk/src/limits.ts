// What AWS allows. Source: "Maximum IP addresses per network interface" in the EC2 user guide; every
// type below can have at least the three interfaces that an appliance needs.

import { type InterfaceAddress, type Prefix, formatCidr, host, last, overlap } from "./ipv4";

/** The Debian architecture of each instance family. */
const familyArchitecture: Record<string, string> = { c6in: "amd64", c7gn: "arm64" };

/** IPv4 addresses and delegated prefixes of one interface, its primary address included. */
const addressesPerInterface: Record<string, number> = {
  "c6in.large": 10,
  "c6in.xlarge": 15,
  "c6in.2xlarge": 15,
  "c6in.4xlarge": 30,
  "c6in.8xlarge": 30,
  "c6in.12xlarge": 30,
  "c6in.16xlarge": 50,
  "c6in.24xlarge": 50,
  "c6in.32xlarge": 50,
  "c6in.metal": 50,
  "c7gn.large": 10,
  "c7gn.xlarge": 15,
  "c7gn.2xlarge": 15,
  "c7gn.4xlarge": 30,
  "c7gn.8xlarge": 30,
  "c7gn.12xlarge": 30,
  "c7gn.16xlarge": 50,
  "c7gn.metal": 50,
};

export const instanceTypes = Object.keys(addressesPerInterface);

export function architecture(instanceType: string): string {
  return familyArchitecture[instanceType.split(".")[0]];
}

/** How many secondary addresses, or delegated prefixes, an interface can have. */
export function secondariesPerInterface(instanceType: string): number {
  return addressesPerInterface[instanceType] - 1;
}

/** The length of the prefixes that AWS delegates to an interface. */
export const blockLength = 28;

/** User data before its base64 encoding, in bytes. */
export const userDataBytes = 16384;

/** The longest packet through a peering, in bytes. */
export const mtuInRegion = 9001;
export const mtuBetweenRegions = 8500;
/** Through a Transit Gateway. */
export const mtuOfTransit = 8500;

export function isVpcSize(prefix: Prefix): boolean {
  return prefix.length >= 16 && prefix.length <= 28;
}

/** The first four addresses of a subnet and its last belong to AWS. */
export function touchesReserved(prefix: Prefix, subnet: Prefix): boolean {
  const firstFour = { first: subnet.first, length: 30 };
  return overlap(prefix, firstFour) || overlap(prefix, host(last(subnet)));
}

/** Why AWS would not give an interface this address, or nothing. */
export function whyNotPrimary({ address, subnet }: InterfaceAddress): string | undefined {
  if (!isVpcSize(subnet)) {
    return `${formatCidr(subnet)} cannot be a subnet: AWS takes lengths from /16 to /28`;
  }
  if (touchesReserved(host(address), subnet)) {
    return `the first four addresses and the last of ${formatCidr(subnet)} belong to AWS: choose another`;
  }
  return undefined;
}
