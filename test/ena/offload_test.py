"""Checksums left to the card: which packets', and that no damaged one leaves with a right checksum.

A card computes the sum of a TCP or UDP packet as a whole, or goes on from the pseudo-header's, which the
driver then has to write. Every packet comes twice, for natto's slow path and its fast path.
"""

from collections.abc import Iterator

import pcap
import pytest
from cards import Cards
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import GRE, Ether
from scapy.packet import Packet, Raw

IPV4 = 0x0800
ROUTER = "02:00:00:00:00:01"
MACS = ["02:00:00:00:00:06", "02:00:00:00:00:07"]
ARRIVES = {"src": "10.1.1.10", "dst": "172.30.7.20", "ttl": 64}
LEAVES = {"src": "172.31.1.10", "dst": "192.168.7.20", "ttl": 63}
CONFIG = f"""[[port]]
realm = "company-a"
device = "card"
address = "10.1.0.1/16"
gateway_mac = "{ROUTER}"

[[port]]
realm = "company-b"
device = "card"
address = "192.168.0.1/16"
gateway_mac = "{ROUTER}"

[table]
file = "mappings.toml"
"""
MAPPINGS = """[[mapping]]
name = "host-a"
realm = "company-a"
real = "10.1.1.10"
mapped = "172.31.1.10"

[[mapping]]
name = "host-b"
realm = "company-b"
real = "192.168.7.20"
mapped = "172.30.7.20"
"""


def for_the_card() -> Iterator[tuple[dict, Packet]]:
    """Headers and payloads of packets whose checksums the card makes."""
    for fields in ({}, {"flags": "DF"}, {"options": b"\1\1\1\1"}):
        for length in (0, 1, 31, 1400):
            for transport in (TCP(sport=1, dport=2), UDP(sport=1, dport=2)):
                yield fields, transport / Raw(bytes([0x5A] * length))


def for_natto() -> Iterator[tuple[dict, Packet]]:
    """What is no whole TCP or UDP with a checksum."""
    yield {}, UDP(sport=1, dport=2, chksum=0) / Raw(b"none")
    yield {}, ICMP(id=1, seq=2) / Raw(b"ping")
    yield {}, GRE() / Raw(bytes(24))
    yield {"proto": 50}, Raw(bytes(24))
    yield {"proto": 17, "frag": 3}, Raw(b"later fragment of UDP")


def damaged(packet: bytes) -> bytes:
    """A byte of the payload changed on the way."""
    return packet[:-1] + bytes([packet[-1] ^ 0x10])


@pytest.mark.parametrize("whole_sums", [True, False])
def test_r3_r4_checksums_left_to_the_card(tmp_path, binary, model, hugepages, whole_sums) -> None:
    (tmp_path / "mappings.toml").write_text(MAPPINGS)
    arriving, leaving, card_makes = [], [], 0

    def passes(fields: dict, payload: Packet, change=lambda packet: packet) -> None:
        for frames, source, destination, header in (
            (arriving, ROUTER, MACS[0], ARRIVES),
            (leaving, MACS[1], ROUTER, LEAVES),
        ):
            ether = Ether(src=source, dst=destination, type=IPV4)
            frames.append(bytes(ether) + change(bytes(IP(**header, **fields) / payload)))

    for fields, payload in for_the_card():
        passes(fields, payload)
        card_makes += 1
    for transport in (TCP(sport=1, dport=2), UDP(sport=1, dport=2)):
        passes({}, transport / Raw(b"damaged"), damaged)
    for fields, payload in for_natto():
        passes(fields, payload)
    pcap.write(tmp_path / "in.pcap", arriving * 2)
    cards = [
        {"mac": MACS[0], "wire": {"replay": str(tmp_path / "in.pcap")}},
        {"mac": MACS[1], "wire": {"record": str(tmp_path / "out.pcap")}, "whole_sums": whole_sums},
    ]
    with Cards(tmp_path, binary, model, cards, CONFIG) as natto:
        natto.until("all packets are out", lambda: natto.report(1)["tx_packets"] == 2 * len(leaving))
        made = natto.report(1)["l4_sums_made"]
        assert natto.stop()["checksums_offloaded"] == made == 2 * card_makes
    assert sorted(pcap.read(tmp_path / "out.pcap")) == sorted(leaving * 2)
