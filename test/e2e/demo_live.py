"""The demo between live hosts: the real case in network namespaces, natto on a veth interface."""

import hashlib
import itertools
import os
from pathlib import Path
from socket import IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP

from lab import real_case
from lab.capture import ETHERTYPE_ARP, ETHERTYPE_IPV4, Capture
from lab.lab import Lab
from lab.namespace import Namespace
from lab.real_case import A_MAPPED, A_REAL, B_MAPPED, B_REAL
from lab.summary import Summary
from lab.traffic import Pings, Transfer, ping, tcp_transfer, udp_exchange
from narrator import Narrator
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

TRANSFER_BYTES = 100_000_000
DATAGRAMS = 200
LONGEST_DATAGRAM = 1472  # bytes: fits into one packet of 1500
CAPTURE_ROOM = 1 << 19  # packets: more than twice what two transfers take
TCP_PORT, UDP_PORT = 5001, 40404

PROTOCOL_OFFSET = 23  # of an Ethernet frame with IPv4

PICTURE = rf"""
     company A                    the middle                    company B
  +-------------+            +------------------+            +-------------+
  | {A_REAL} |------------|      router      |------------| {B_REAL} |
  +-------------+            +------------------+            +-------------+
                                      |
                             +------------------+
                             |       natto      |   {A_MAPPED} stands for A
                             |    {real_case.NATTO_ADDRESS}   |   {B_MAPPED} stands for B
                             +------------------+

  The router joins each company to the middle, and lets neither through to the other.
"""


def examples(frames: list[bytes]) -> list[str]:
    """The first two packets each of ping, TCP and UDP, as text."""
    lines = []
    for protocol in (IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP):
        of_protocol = (frame for frame in frames if frame[PROTOCOL_OFFSET] == protocol)
        lines += [Ether(frame)[IP].summary() for frame in itertools.islice(of_protocol, 2)]
    return lines


class LiveDemo:
    def __init__(self, lab: Lab, narrator: Narrator) -> None:
        self.lab = lab
        self.narrator = narrator
        self.case = narrator.step(
            lambda: real_case.build(lab), lambda _: "lab: 4 network namespaces, 3 virtual cables"
        )

    def no_way_around(self) -> None:
        """Without natto there is no path."""
        answered = self.narrator.step(
            lambda: ping(self.case.a, B_REAL, count=1, patience_seconds=1).answered
            + ping(self.case.b, A_REAL, count=1, patience_seconds=1).answered,
            lambda _: f"A pings {B_REAL} and B pings {A_REAL}: no answer, as it should be",
        )
        self.narrator.claim(answered == 0, "A and B cannot reach each other's real address")

    def start_natto(self, table: Path) -> None:
        config = self.lab.write_config(real_case.PORTS, table)
        self.natto = self.narrator.step(
            lambda: self.lab.start_natto(config, self.case.natto),
            lambda _: "natto runs, on net_af_packet, with the table conf/mappings.toml",
        )

    def pings(self) -> None:
        def told(name: str, address: str, pings: Pings) -> str:
            return (
                f"{name} pings {address}: {pings.answered} of {pings.sent} answered, "
                f"{pings.average_ms:.1f} ms"
            )

        a = self.narrator.step(
            lambda: ping(self.case.a, B_MAPPED), lambda pings: told("A", B_MAPPED, pings)
        )
        b = self.narrator.step(
            lambda: ping(self.case.b, A_MAPPED), lambda pings: told("B", A_MAPPED, pings)
        )
        every_one = a.answered == a.sent and b.answered == b.sent
        self.narrator.claim(every_one, "A pings B and B pings A, every ping answered")

    def tcp(self, client: Namespace, server: Namespace, source: str, address: str) -> None:
        """Move a file and compare its digest."""
        names = f"{client.name.upper()} to {server.name.upper()}"
        megabytes = TRANSFER_BYTES // 1_000_000
        data = os.urandom(TRANSFER_BYTES)
        digest = hashlib.sha256(data).hexdigest()

        def told(transfer: Transfer) -> str:
            same = "same" if transfer.sha256 == digest else "OTHER"
            return (
                f"{names}: {megabytes} MB over TCP, {same} sha256 {transfer.sha256[:16]}..., "
                f"{megabytes / transfer.seconds:.0f} MB/s"
            )

        transfer = self.narrator.step(
            lambda: tcp_transfer(client, server, (address, TCP_PORT), data), told
        )
        right = transfer.sha256 == digest and transfer.client_address == source
        self.narrator.claim(
            right, f"{names}: {megabytes} MB over TCP arrive unchanged, from {source}"
        )

    def udp(self, client: Namespace, server: Namespace, source: str, address: str) -> None:
        names = f"{client.name.upper()} to {server.name.upper()}"
        lengths = [LONGEST_DATAGRAM * i // (DATAGRAMS - 1) for i in range(DATAGRAMS)]
        payloads = [os.urandom(length) for length in lengths]
        talk = self.narrator.step(
            lambda: udp_exchange(client, server, (address, UDP_PORT), payloads),
            lambda talk: f"{names}: {talk.exchanged} of {DATAGRAMS} UDP datagrams echoed",
        )
        right = (talk.exchanged, talk.client_address, talk.server_address)
        self.narrator.claim(
            right == (DATAGRAMS, source, address),
            f"{names}: {DATAGRAMS} UDP datagrams of 0 to {LONGEST_DATAGRAM} bytes arrive and "
            "are answered",
        )

    def captured(self, name: str, capture: Capture, own: str, other: str) -> None:
        """Show what a company saw, and check every packet of it."""
        pairs = capture.ip_pairs()
        total = sum(pairs.values())
        self.narrator.section(f"{name} saw {total} packets, among them:", examples(capture.frames))
        only_these = pairs.keys() == {(own, other), (other, own)} and capture.ethertypes() <= {
            ETHERTYPE_IPV4,
            ETHERTYPE_ARP,
        }
        self.narrator.claim(
            only_these, f"{name} saw only {other}: in each of its {total} packets"
        )

    def counters(self, summary: Summary) -> None:
        lines = [
            f"received   {summary.received:>9}",
            f"translated {summary.translated:>9}",
            f"consumed   {summary.consumed:>9}   by natto itself: ARP",
            f"dropped    {summary.dropped:>9}",
        ]
        lines += [f"  {reason}: {count}" for reason, count in summary.drops.items()]
        self.narrator.section("natto counted:", lines)
        self.narrator.claim(
            not summary.contradictions(),
            "natto accounts for every packet: received = translated + consumed + dropped",
        )


def run(natto: Path, table: Path) -> bool:
    """Whether everything that the demo shows is true."""
    print(PICTURE)
    narrator = Narrator()
    with Lab(natto) as lab:
        demo = LiveDemo(lab, narrator)
        a, b = demo.case.a, demo.case.b
        demo.no_way_around()
        demo.start_natto(table)
        captures = [lab.capture(host, "eth0", CAPTURE_ROOM) for host in (a, b)]
        demo.pings()
        demo.tcp(a, b, A_MAPPED, B_MAPPED)
        demo.tcp(b, a, B_MAPPED, A_MAPPED)
        demo.udp(a, b, A_MAPPED, B_MAPPED)
        demo.udp(b, a, B_MAPPED, A_MAPPED)
        for capture in captures:
            capture.stop()
        summary = demo.natto.stop()
        demo.captured("A", captures[0], A_REAL, B_MAPPED)
        demo.captured("B", captures[1], B_REAL, A_MAPPED)
        demo.counters(summary)
    return narrator.conclude()
