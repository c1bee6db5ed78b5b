// natto's two configuration files, as doc/configuration.md describes them.

import { formatAddress, formatPrefix } from "./ipv4";
import type { DataPort, Plan, PlannedMapping } from "./plan";

const header = "# Written by the deployment of the middle VPC from its input file.\n";

/** On Nitro instances, interface n of an instance is in slot 5 + n of the first PCI bus. */
function pciAddress(deviceIndex: number): string {
  return `0000:00:${(5 + deviceIndex).toString(16).padStart(2, "0")}.0`;
}

/** Interface 0 of the instance is for management; the ports follow it. */
export function deviceIndex(portIndex: number): number {
  return portIndex + 1;
}

function portTable(port: DataPort, index: number): string {
  const { address, subnet } = port.primary;
  return `
[[port]]
realm = "${port.realm}"
device = "${pciAddress(deviceIndex(index))}"
address = "${formatAddress(address)}/${subnet.length}"
gateway = "${formatAddress(port.gateway)}"
mtu = ${port.mtu}
`;
}

export function nattoToml({ input, ports }: Plan): string {
  return `${header}
[dpdk]
lcores = "${input.lcores}"
main_lcore = 0
${ports.map(portTable).join("")}
[table]
file = "mappings.toml"
`;
}

function mappingTable({ name, realm, real, mapped }: PlannedMapping): string {
  return `
[[mapping]]
name = "${name}"
realm = "${realm}"
real = "${formatPrefix(real)}"
mapped = "${formatPrefix(mapped)}"
`;
}

export function mappingsToml({ mappings }: Plan): string {
  return header + mappings.map(mappingTable).join("");
}
