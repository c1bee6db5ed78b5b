"""How a golden is written: a folder with the config, what arrives, what must leave, and the summary.

Packets are Scapy packets from the IPv4 header on, so Scapy calculates their checksums; raw bytes
where a case is about a wrong one. The two companies of every golden, unless it says otherwise:
company-a's host 10.1.1.10 is seen as 172.31.1.10, company-b's 192.168.7.20 as 172.30.7.20.
"""

import json
import sys
from pathlib import Path

from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "oracle"))
import pcap  # noqa: E402

A, B = "company-a", "company-b"
STATION = "02:00:00:00:00:02"
NEXT_HOP = {A: "02:00:00:00:00:a0", B: "02:00:00:00:00:b0"}
NATTO = {A: "02:70:63:61:70:00", B: "02:70:63:61:70:01"}

PORTS = f"""[[port]]
realm = "{A}"
device = "unused0"
address = "10.1.0.1/16"
gateway_mac = "{NEXT_HOP[A]}"
{{a}}
[[port]]
realm = "{B}"
device = "unused1"
address = "192.168.0.1/16"
gateway_mac = "{NEXT_HOP[B]}"
{{b}}
{{more}}
[table]
file = "mappings.toml"
"""
HOSTS = [("host-a", A, "10.1.1.10", "172.31.1.10"), ("host-b", B, "192.168.7.20", "172.30.7.20")]


def frame(packet: Packet | bytes) -> bytes:
    """As it arrives: from some station, to whatever card the capture was made on."""
    data = bytes(packet)
    return data if isinstance(packet, Ether) else bytes(Ether(src=STATION, dst="02:11:22:33:44:55", type=0x800)) + data


def sent(realm: str, packet: Packet | bytes) -> bytes:
    """As natto sends it on."""
    data = bytes(packet)
    if isinstance(packet, Ether):
        return data
    return bytes(Ether(src=NATTO[realm], dst=NEXT_HOP[realm], type=0x800)) + data


def answer(realm: str, packet: Packet) -> Ether:
    """As natto answers the station that a packet came from."""
    return Ether(bytes(Ether(src=NATTO[realm], dst=STATION, type=0x800)) + bytes(packet))


def raw(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal.replace(" ", ""))


def write(
    name: str,
    *,
    arrives: dict[str, list],
    leaves: dict[str, list] | None = None,
    drops: dict[str, int] | None = None,
    consumed: int = 0,
    generated: int = 0,
    fragmented: int = 0,
    fragments: int = 0,
    quoted_checksum_bad: int = 0,
    mappings: list[tuple[str, str, str, str]] | None = None,
    policy: str = "",
    a: str = "",
    b: str = "",
    more: str = "",
) -> None:
    leaves, drops = leaves or {}, drops or {}
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    (folder / "natto.toml").write_text(PORTS.format(a=a, b=b, more=more))
    table = "".join(
        f'[[mapping]]\nname = "{n}"\nrealm = "{realm}"\nreal = "{real}"\nmapped = "{mapped}"\n\n'
        for n, realm, real, mapped in mappings or HOSTS
    )
    (folder / "mappings.toml").write_text(table + policy)
    for realm, packets in arrives.items():
        pcap.write(folder / f"in-{realm}.pcap", [frame(p) for p in packets])
    for realm in (A, B):
        pcap.write(folder / f"expected-{realm}.pcap", [sent(realm, p) for p in leaves.get(realm, [])])
    received = {realm: len(arrives.get(realm, [])) for realm in (A, B)}
    dropped = sum(drops.values())
    summary = {
        "received": sum(received.values()),
        "translated": sum(received.values()) - consumed - dropped,
        "consumed": consumed,
        "generated": generated,
        "fragmented": fragmented,
        "fragments": fragments,
        "checksums_offloaded": 0,
        "quoted_checksum_bad": quoted_checksum_bad,
        "checksum_half_made": 0,
        "dropped": dropped,
        "drops": drops,
        "ports": {
            realm: {"received": received[realm], "transmitted": len(leaves.get(realm, []))} for realm in (A, B)
        },
    }
    (folder / "expected.json").write_text(json.dumps(summary, indent=2) + "\n")


__all__ = ["A", "B", "HOSTS", "NATTO", "NEXT_HOP", "STATION", "Ether", "Raw", "answer", "raw", "write"]
