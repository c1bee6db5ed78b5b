// IPv4 addresses and prefixes. An address is an unsigned integer of 32 bits.

export interface Prefix {
  first: number;
  length: number;
}

/** An address on an interface, with the prefix length of its subnet: "10.33.1.4/24". */
export interface InterfaceAddress {
  address: number;
  subnet: Prefix;
}

export function parseAddress(text: string): number | undefined {
  const bytes = text.split(".");
  if (bytes.length !== 4 || !bytes.every((byte) => /^(0|[1-9]\d{0,2})$/.test(byte) && Number(byte) < 256)) {
    return undefined;
  }
  return bytes.reduce((address, byte) => address * 256 + Number(byte), 0);
}

export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const [, host, bits] = /^([^/]+)\/(\d{1,2})$/.exec(text) ?? [];
  const address = host === undefined ? undefined : parseAddress(host);
  const length = Number(bits);
  if (address === undefined || length > 32) {
    return undefined;
  }
  return { address, subnet: prefixOf(address, length) };
}

/** "10.0.0.0/16"; an address alone is a prefix of length 32. Host bits must be zero. */
export function parsePrefix(text: string): Prefix | undefined {
  const parsed = parseInterfaceAddress(text.includes("/") ? text : `${text}/32`);
  return parsed && parsed.address === parsed.subnet.first ? parsed.subnet : undefined;
}

export function prefixOf(address: number, length: number): Prefix {
  const size = 2 ** (32 - length);
  return { first: address - (address % size), length };
}

export function size(prefix: Prefix): number {
  return 2 ** (32 - prefix.length);
}

export function last(prefix: Prefix): number {
  return prefix.first + size(prefix) - 1;
}

export function contains(outer: Prefix, inner: Prefix): boolean {
  return outer.first <= inner.first && last(inner) <= last(outer);
}

export function overlap(a: Prefix, b: Prefix): boolean {
  return a.first <= last(b) && b.first <= last(a);
}

export function host(address: number): Prefix {
  return { first: address, length: 32 };
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** As natto writes it: a single host without "/32". */
export function formatPrefix(prefix: Prefix): string {
  return prefix.length === 32 ? formatAddress(prefix.first) : formatCidr(prefix);
}

/** As AWS writes it: always with the length. */
export function formatCidr(prefix: Prefix): string {
  return `${formatAddress(prefix.first)}/${prefix.length}`;
}
