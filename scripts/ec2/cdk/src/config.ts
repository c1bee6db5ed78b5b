// natto's two configuration files, as doc/configuration.md describes them.

import type { Blueprint, Mapping, PairOf, Port } from "./blueprint";

const header = "# Written by the deployment of the middle VPC.\n";

/** On Nitro instances, interface n of an instance is in slot 5 + n of the first PCI bus. */
function pciAddress(deviceIndex: number): string {
  return `0000:00:${(5 + deviceIndex).toString(16).padStart(2, "0")}.0`;
}

/** Interface 0 of the instance is for management; the ports follow it. */
export function deviceIndex(portIndex: number): number {
  return portIndex + 1;
}

function portTable({ realm, address, gateway, mtu }: Port, index: number): string {
  return `
[[port]]
realm = "${realm}"
device = "${pciAddress(deviceIndex(index))}"
address = "${address}"
gateway = "${gateway}"
mtu = ${mtu}
`;
}

export function nattoToml({ lcores, ports, pair }: Blueprint): string {
  return `${header}
[dpdk]
lcores = "${lcores}"
main_lcore = 0
${ports.map(portTable).join("")}
[table]
file = "mappings.toml"
${ha(pair)}`;
}

/** boot-pair.sh knows the peer's address. */
function ha(pair: PairOf | undefined): string {
  return pair ? '\n[ha]\nstart = "standby"\npeer = "PEER_ADDRESS"\n' : "";
}

function mappingTable({ name, realm, real, mapped }: Mapping): string {
  return `
[[mapping]]
name = "${name}"
realm = "${realm}"
real = "${real}"
mapped = "${mapped}"
`;
}

export function mappingsToml({ mappings }: Blueprint): string {
  return header + mappings.map(mappingTable).join("");
}
