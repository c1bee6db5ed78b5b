"""Checksums from end to end: all that a packet, and what the card says of it, can be like.

No damaged packet may leave with good checksums, whatever the card has looked at. The calculation here is of its own:
one's complement sums (RFC 1071) over what arrived and what left, which must be the same wherever addresses are part of
them.
"""

import itertools
import random
import struct
import subprocess

import pcap
import pytest
from cards import Cards

ROUTER = bytes.fromhex("020000000001")
TCP, UDP, ICMP, GRE, UDP_LITE = 6, 17, 1, 47, 136
CHECKSUM_AT = {TCP: 16, UDP: 6, UDP_LITE: 6}
HEADER = {TCP: 20, UDP: 8, UDP_LITE: 8, ICMP: 8, GRE: 4}
WHOLE, FIRST, LATER = 0, 0x2000, 0x00B9
DF = 0x4000
# What cards look at, and how they are given packets. The second one does as drivers before 22.11.6 told: a wrong sum
# is one not looked at.
CARDS = [
    {},
    {"checks_l3": False, "hides_wrong_l4": True},
    {"checks_l4": False, "max_burst_bytes": 512},
    {"checks_l3": False, "checks_l4": False, "low_latency_queues": False},
]
WIDE = 1  # this one gets entries of 256 bytes


def ones_sum(data: bytes) -> int:
    """0xffff over data with a right checksum; never 0 unless all is 0."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def with_checksum(data: bytes, at: int, more: bytes = b"") -> bytes:
    total = ~ones_sum(data[:at] + bytes(2) + data[at + 2 :] + more) & 0xFFFF
    return data[:at] + struct.pack("!H", total) + data[at + 2 :]


def pseudo_header(packet: bytes) -> bytes:
    return packet[12:20] + struct.pack("!HH", packet[9], len(packet) - 20)


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def address(network: int, card: int) -> bytes:
    return bytes([10, network, card, 1])


def packet(dice: random.Random, card: int, number: int, protocol: int, fragment: int, harm: str) -> bytes:
    length = HEADER[protocol] + dice.choice([20, 21, 180, 181, 1200, 1201, 2100, 4500, 8900])  # of up to five buffers
    length = length & ~7 if fragment == FIRST else length  # more follows
    payload = bytearray(dice.randbytes(length))
    if protocol == TCP:
        payload[12:14] = b"\x50\x10"
    if protocol == UDP:
        payload[4:6] = struct.pack("!H", length if fragment & ~DF == WHOLE else length + 800)
    if protocol == UDP_LITE:
        payload[4:6] = bytes(2)  # all of it is covered
    if protocol == ICMP:
        payload[0:2] = b"\x08\x00"
    if protocol == GRE:
        payload[0:4] = b"\x00\x00\x08\x00"
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, number, fragment, dice.randint(2, 255), protocol, 0)
    header += address(32, card) + bytes([10, 40, card, 34])
    payload = bytes(payload)
    if fragment & ~DF != LATER and protocol != GRE:
        at = CHECKSUM_AT.get(protocol, 2)
        payload = with_checksum(payload, at, pseudo_header(header + payload) if protocol != ICMP else b"")
        if harm == "no checksum":
            payload = payload[:at] + bytes(2) + payload[at + 2 :]
        if harm == "checksum":
            payload = flip(payload, at)
    if harm == "payload":
        payload = flip(payload, length - 5)
    header = with_checksum(header, 10)
    if harm == "header":
        header = flip(header, 10)
    return header + payload


def wide_entries() -> str:
    """The devarg, by DPDK's release."""
    command = ["pkg-config", "--modversion", "libdpdk"]
    release = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return ",large_llq_hdr=1" if int(release.split(".")[0]) < 24 else ",llq_policy=3"


def all_packets(card: int) -> list[bytes]:
    dice = random.Random(card)
    harms = ["", "checksum", "payload", "header", "no checksum"]
    fragments = [WHOLE, WHOLE | DF, FIRST, LATER]
    kinds = itertools.product([TCP, UDP, UDP_LITE, ICMP, GRE], fragments, harms, range(3))
    return [
        packet(dice, card, number, protocol, fragment, harm)
        for number, (protocol, fragment, harm, _) in enumerate(kinds)
        if harm != "no checksum" or protocol == UDP
    ]


def check(arrived: bytes, left: bytes, card: int) -> None:
    """`left` is `arrived`, translated."""
    protocol, is_later = arrived[9], struct.unpack("!H", arrived[6:8])[0] & 0x1FFF != 0
    assert left[:8] == arrived[:8]
    assert left[8] == arrived[8] - 1
    assert left[9] == protocol
    assert left[12:20] == bytes([10, 40, card, 32]) + address(34, card)
    assert ones_sum(left[:20]) == 0xFFFF
    at = None if is_later else CHECKSUM_AT.get(protocol)
    if at is None or (protocol == UDP and arrived[20 + at : 22 + at] == bytes(2)):
        assert left[20:] == arrived[20:]
        return
    assert left[20 : 20 + at] + left[22 + at :] == arrived[20 : 20 + at] + arrived[22 + at :]
    assert protocol != UDP or left[20 + at : 22 + at] != bytes(2)
    # Right if it was right, and wrong by as much if it was wrong.
    before, after = (ones_sum(pseudo_header(ip) + ip[20:]) for ip in (arrived, left))
    assert before % 0xFFFF == after % 0xFFFF


@pytest.mark.parametrize("offload", ["auto", "off"])
def test_no_damaged_packet_leaves_with_good_checksums(offload, tmp_path, binary, model, hugepages) -> None:
    ports, table, cards, arriving, recorded = "", "", [], [], []
    for card, checks in enumerate(CARDS):
        mac = bytes([2, 0, 0, 0, 0, 6 + card])
        ports += f"""[[port]]
realm = "middle-{card}"
device = "card{wide_entries() if card == WIDE else ""}"
mtu = 9001
address = "10.33.{card}.124/24"
gateway_mac = "02:00:00:00:00:01"
checksum_offload = "{offload}"
"""
        for network in (32, 34):
            table += f"""[[mapping]]
name = "{network}-{card}"
realm = "middle-{card}"
real = "10.{network}.{card}.1"
mapped = "10.40.{card}.{network}"
"""
        arriving.append(all_packets(card))
        arrives, record = tmp_path / f"in-{card}.pcap", tmp_path / f"out-{card}.pcap"
        pcap.write(arrives, [mac + ROUTER + b"\x08\x00" + ip for ip in arriving[card]])
        recorded.append(record)
        wire = {"replay": str(arrives), "record": str(record)}
        cards.append({"mac": mac.hex(":"), "wire": wire, **checks})
    (tmp_path / "mappings.toml").write_text(table)
    all_in = sum(len(packets) for packets in arriving)
    with Cards(tmp_path, binary, model, cards, ports + '[table]\nfile = "mappings.toml"\n') as natto:
        natto.until("all packets are in", lambda: natto.ask("counters")["received"] == all_in)
        natto.until(
            "all are out",
            lambda: sum(natto.report(card)["tx_packets"] for card in range(len(CARDS)))
            == natto.ask("counters")["translated"],
        )
        assert natto.report(WIDE)["entry_bytes"] == 256
        made = [natto.report(card)["l4_sums_made"] for card in range(len(CARDS))]
        summary = natto.stop()
    damaged = [ip for packets in arriving for ip in packets if ones_sum(ip[:20]) != 0xFFFF]
    assert summary["drops"] == {"ip_checksum_bad": len(damaged)}
    for card, packets in enumerate(arriving):
        left = {ip[4:6]: ip for ip in (frame[14:] for frame in pcap.read(recorded[card]))}
        arrived = {ip[4:6]: ip for ip in packets if ones_sum(ip[:20]) == 0xFFFF}
        assert left.keys() == arrived.keys()
        for number, ip in arrived.items():
            check(ip, left[number], card)
    # Only where a card has looked at both checksums, another one may make them anew.
    assert [sums > 0 for sums in made] == [offload == "auto", False, False, False]
