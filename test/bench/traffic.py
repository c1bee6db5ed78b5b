"""Captures and tables to measure with: one port, both companies behind it.

Host i of company a is 10.0.0.0 + i, seen as 172.16.0.0 + i; of company b 11.0.0.0 + i, seen as
173.16.0.0 + i. A flow goes from a host of one to a host of the other.
"""

import random
import struct
from dataclasses import dataclass, field
from pathlib import Path

# net_pcap gives its first device this address.
PORT_MAC = bytes.fromhex("027063617000")
SENDER_MAC = bytes.fromhex("020000000001")
A_REAL, A_MAPPED, B_REAL, B_MAPPED = 10 << 24, 172 << 24 | 16 << 16, 11 << 24, 173 << 24 | 16 << 16
ETHERNET_BYTES, IP_BYTES, UDP_BYTES = 14, 20, 8
FCS_BYTES = 4  # part of a frame's size as it is told, and not in a capture
IMIX = [64] * 7 + [594] * 4 + [1518]


@dataclass(frozen=True)
class Workload:
    """What arrives, and what the table knows."""

    name: str
    mappings: int  # of each company: hosts, or addresses in prefixes
    flows: int
    sizes: list[int] = field(default_factory=lambda: [64])  # of frames, FCS included; in turn
    prefix_length: int = 32
    hostile_share: float = 0.0  # expired TTL, unmapped or malformed, in equal parts
    host_beside: bool = False  # a host mapping beside prefixes
    mixed: bool = False  # prefixes of all lengths from 16 to 29 and ten times as many hosts; see _blocks
    kind: str = "udp"  # or "others": ICMP echo, GRE and fragments; or "options": UDP behind an IPv4 option
    pairs: int = 0  # flows go between so many pairs of hosts; 0: between any
    rules: bool = False  # nothing passes but what two rules for each pair allow
    refused_share: float = 0.0  # no rule allows these
    recorded: bool = False  # natto keeps a record of what is refused
    limited: bool = False  # a limit for each company, which is never reached


def _ones_sum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _ip(
    source: int, destination: int, protocol: int, length: int, ttl: int, fragment: int = 0x4000, options: bytes = b""
) -> bytes:
    """The frame up to the end of the IPv4 header."""
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, length, 0, fragment, ttl, protocol, 0)
    addresses = struct.pack("!II", source, destination)
    checksum = 0xFFFF - _ones_sum(head + addresses + options)
    return (
        PORT_MAC + SENDER_MAC + b"\x08\0" + head[:10] + struct.pack("!H", checksum) + addresses + options
    )


def _packet(
    source: int, destination: int, ports: tuple[int, int], size: int, ttl: int = 64, options: bytes = b""
) -> bytes:
    length = size - FCS_BYTES - ETHERNET_BYTES
    udp_length = length - IP_BYTES - len(options)
    data = b"\0" * (udp_length - UDP_BYTES)
    udp = struct.pack("!HHHH", *ports, udp_length, 0)
    pseudo = struct.pack("!IIHH", source, destination, 17, udp_length)
    sum_ = _ones_sum(pseudo + udp) or 0xFFFF
    udp = udp[:6] + struct.pack("!H", 0xFFFF - sum_ or 0xFFFF)
    return _ip(source, destination, 17, length, ttl, options=options) + udp + data


def _echo(source: int, destination: int, length: int, number: int) -> bytes:
    rest = struct.pack("!HH", number, 1) + b"\0" * (length - IP_BYTES - 8)
    icmp = struct.pack("!BBH", 8, 0, 0xFFFF - _ones_sum(struct.pack("!H", 0x0800) + rest)) + rest
    return _ip(source, destination, 1, length, ttl=64) + icmp


def _gre(source: int, destination: int, length: int, number: int) -> bytes:
    gre = struct.pack("!HHI", 0x2000, 0x0800, number)  # RFC 2890: with a key
    return _ip(source, destination, 47, length, ttl=64) + gre + b"\0" * (length - IP_BYTES - 8)


def _fragment(source: int, destination: int, length: int, number: int) -> bytes:
    """A later one of UDP, the last."""
    ip = _ip(source, destination, 17, length, ttl=64, fragment=1 + number % 100)
    return ip + b"\0" * (length - IP_BYTES)


def _other(source: int, destination: int, size: int, number: int) -> bytes:
    make = (_echo, _gre, _fragment)[number % 3]
    return make(source, destination, size - FCS_BYTES - ETHERNET_BYTES, number)


def _hostile(kind: int, source: int, destination: int, size: int) -> bytes:
    if kind == 0:  # expired
        return _packet(source, destination, (1, 2), size, ttl=1)
    if kind == 1:  # unmapped
        return _packet(source + (1 << 23), destination, (1, 2), size, ttl=64)
    good = bytearray(_packet(source, destination, (1, 2), size, ttl=64))
    good[ETHERNET_BYTES + 10] ^= 0xFF  # a damaged header
    return bytes(good)


# The ports of the two rules of a pair.
_RULES = [("tcp", [(22, 22), (443, 443)]), ("udp", [(53, 53), (5000, 5999)])]


def _pairs(workload: Workload) -> list[tuple[int, int]]:
    """Different pairs of a host of company a and one of company b, the same each time."""
    chance = random.Random(workload.pairs)
    pairs: dict[tuple[int, int], None] = {}
    while len(pairs) < workload.pairs:
        pairs[chance.randrange(workload.mappings), chance.randrange(workload.mappings)] = None
    return list(pairs)


def _ports(chance: random.Random, *, opens: bool, refused: bool) -> tuple[int, int]:
    """Of a UDP packet that a pair's rules allow or refuse, to the side that is opened to or back."""
    client = chance.randrange(10_000, 65536)
    first, last = chance.choice(_RULES[1][1])
    server = chance.randrange(6000, 10_000) if refused else chance.randrange(first, last + 1)
    return (client, server) if opens else (server, client)


def _blocks(workload: Workload) -> list[tuple[int, int]]:
    """Of each company: (offset, prefix length) of what the table maps, the same each time.

    Mixed, a prefix of a random length and ten hosts follow one another, the hosts in a range of their own.
    """
    if not workload.mixed:
        step = 1 << (32 - workload.prefix_length)
        return [(offset, workload.prefix_length) for offset in range(0, workload.mappings, step)]
    chance = random.Random(workload.mappings)
    blocks = []
    end = 0
    while len(blocks) < workload.mappings:
        size = 1 << (32 - chance.randrange(16, 30))
        end = -(-end // size) * size
        blocks.append((end, 33 - size.bit_length()))
        end += size
        hosts = range(end, end + 10 * 8, 8)
        blocks += [(host, 32) for host in hosts]
        end = hosts.stop
    return blocks


def write_capture(workload: Workload, file: Path, seed: int = 1) -> int:
    """The packets of `workload`, a packet for each flow; returns how many."""
    chance = random.Random(seed)
    with file.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        pairs = _pairs(workload)
        blocks = _blocks(workload)
        for i in range(workload.flows):
            if pairs:
                a, b = chance.choice(pairs)
            elif workload.mixed:
                a, b = (
                    offset + chance.randrange(1 << (32 - length))
                    for offset, length in chance.choices(blocks, k=2)
                )
            else:
                a, b = chance.randrange(workload.mappings), chance.randrange(workload.mappings)
            ends = (A_REAL + a, B_MAPPED + b) if i % 2 == 0 else (B_REAL + b, A_MAPPED + a)
            size = workload.sizes[i % len(workload.sizes)]
            if chance.random() < workload.hostile_share:
                frame = _hostile(chance.randrange(3), *ends, size)
            elif workload.kind == "others":
                frame = _other(*ends, size, chance.randrange(65536))
            elif pairs:
                refused = chance.random() < workload.refused_share
                ports = _ports(chance, opens=i % 2 == 0, refused=refused)
                frame = _packet(*ends, ports, size)
            else:
                ports = (chance.randrange(1024, 65536), chance.randrange(1024, 65536))
                options = b"\1\1\1\0" if workload.kind == "options" else b""  # which do nothing
                frame = _packet(*ends, ports, size, options=options)
            out.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
    return workload.flows


def _dotted(address: int) -> str:
    return ".".join(str(address >> shift & 0xFF) for shift in (24, 16, 8, 0))


def write_table(workload: Workload, file: Path) -> None:
    """The mappings that translate every flow of `workload`."""
    with file.open("w") as out:
        if workload.host_beside:
            out.write('[[mapping]]\nname = "host"\nreal = "14.0.0.1"\nmapped = "174.16.0.1"\n')
        for company, real, mapped in (("a", A_REAL, A_MAPPED), ("b", B_REAL, B_MAPPED)):
            for offset, bits in _blocks(workload):
                length = "" if bits == 32 else f"/{bits}"
                # Without spaces, so that a million of them are within what natto reads.
                out.write(
                    f'[[mapping]]\nname="{company}{offset}"\n'
                    f'real="{_dotted(real + offset)}{length}"\n'
                    f'mapped="{_dotted(mapped + offset)}{length}"\n'
                )
        if workload.rules:
            out.write('[policy]\ndefault = "deny"\n')
            for a, b in _pairs(workload):
                for protocol, ranges in _RULES:
                    ports = ", ".join(f'"{first}-{last}"' for first, last in ranges)
                    out.write(
                        f'[[allow]]\nname = "{protocol}-{a}-{b}"\nfrom = "a{a}"\nto = "b{b}"\n'
                        f'protocol = "{protocol}"\nports = [{ports}]\n'
                    )
        if workload.limited:
            for company, real in (("a", A_REAL), ("b", B_REAL)):
                out.write(
                    f'[[limit]]\nname = "{company}"\nfrom = "{_dotted(real)}/8"\n'
                    "packets_per_second = 1_000_000_000\n"
                )
