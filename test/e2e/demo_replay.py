"""The demo on a capture: what both companies would send, through `natto replay`."""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.real_case import A_MAPPED, A_REAL, B_MAPPED, B_REAL
from lab.summary import Summary, parse
from narrator import Narrator
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import rdpcap, wrpcap

SEGMENTS, SEGMENT_BYTES = 700, 1448
DATAGRAMS = 50
# The MAC addresses of frames that replay sends: its port, and a made-up next hop.
OUT_MACS = {"src": "02:70:63:61:70:00", "dst": "02:00:00:00:00:fe"}

PICTURE = rf"""
     company A                        natto                        company B
    {A_REAL}   ---->   {B_MAPPED} | {A_MAPPED}   <----   {B_REAL}
"""

# One packet of the case: whether A sends it, and what follows its IP header.
Sent = tuple[bool, Packet]


def ping_both_ways() -> Iterator[Sent]:
    for a_asks in (True, False):
        for sequence in range(3):
            for kind in ("echo-request", "echo-reply"):
                message = ICMP(type=kind, id=0x77, seq=sequence) / Raw(b"abcdefgh" * 7)
                yield a_asks == (kind == "echo-request"), message


def tcp_both_ways() -> Iterator[Sent]:
    """A connection from each side, with a file's worth of data."""
    for a_connects, port in ((True, 40001), (False, 40002)):
        client = {"sport": port, "dport": 5001}
        server = {"sport": 5001, "dport": port}
        yield a_connects, TCP(**client, flags="S", seq=1000)
        yield not a_connects, TCP(**server, flags="SA", seq=9000, ack=1001)
        for index in range(SEGMENTS):
            seed = f"{port} {index}".encode()
            data = hashlib.shake_128(seed).digest(SEGMENT_BYTES)
            sequence = 1001 + index * SEGMENT_BYTES
            yield a_connects, TCP(**client, flags="PA", seq=sequence, ack=9001) / Raw(data)
            yield not a_connects, TCP(**server, flags="A", seq=9001, ack=sequence + SEGMENT_BYTES)


def udp_both_ways() -> Iterator[Sent]:
    for a_asks in (True, False):
        for length in range(DATAGRAMS):
            yield a_asks, UDP(sport=40404, dport=50505) / Raw(bytes(length))
            yield not a_asks, UDP(sport=50505, dport=40404) / Raw(bytes(reversed(range(length))))


def before(number: int, from_a: bool, content: Packet) -> Packet:
    """The packet as its sender sends it."""
    source, destination = (A_REAL, B_MAPPED) if from_a else (B_REAL, A_MAPPED)
    header = IP(src=source, dst=destination, id=number, ttl=64)
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / header / content


def after(number: int, from_a: bool, content: Packet) -> Packet:
    """The packet as its receiver must see it; Scapy computes the checksums from nothing."""
    source, destination = (A_MAPPED, B_REAL) if from_a else (B_MAPPED, A_REAL)
    return Ether(**OUT_MACS) / IP(src=source, dst=destination, id=number, ttl=63) / content


def replay(natto: Path, config: Path, frames: list[Packet]) -> tuple[Summary, list[Packet]]:
    """What natto counts and sends when it receives `frames`."""
    with tempfile.TemporaryDirectory(prefix="natto-demo-") as directory:
        received, sent = Path(directory, "received.pcap"), Path(directory, "sent.pcap")
        wrpcap(str(received), frames)
        words = [natto, "replay", "--json", "-c", config]
        words += ["--in", f"middle={received}", "--out", f"middle={sent}"]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
        return parse(done.stdout), list(rdpcap(str(sent)))


def tcp_digest(frames: list[Packet], sender: str) -> str:
    """sha256 of the TCP data that comes from an address."""
    digest = hashlib.sha256()
    for frame in frames:
        if frame[IP].src == sender and TCP in frame and Raw in frame:
            digest.update(frame[Raw].load)
    return digest.hexdigest()


def claim_what_each_side_sees(narrator: Narrator, translated: list[Packet]) -> None:
    for name, own, other in (("A", A_REAL, B_MAPPED), ("B", B_REAL, A_MAPPED)):
        arrived = [frame for frame in translated if frame[IP].dst == own]
        examples = [next(x for x in arrived if layer in x) for layer in (ICMP, TCP, UDP)]
        narrator.section(f"{name} would see, for example:", [x.summary() for x in examples])
        narrator.claim(
            {frame[IP].src for frame in arrived} == {other},
            f"{name} would see only {other}: in each of the {len(arrived)} packets it gets",
        )


def claim_files_are_the_same(
    narrator: Narrator, frames: list[Packet], translated: list[Packet]
) -> None:
    kilobytes = SEGMENTS * SEGMENT_BYTES // 1000
    for name, real, mapped in (("A to B", A_REAL, A_MAPPED), ("B to A", B_REAL, B_MAPPED)):
        narrator.claim(
            tcp_digest(frames, real) == tcp_digest(translated, mapped),
            f"{name}: {kilobytes} kB over TCP with the same sha256",
        )


def run(natto: Path, config: Path) -> bool:
    """Whether everything that the demo shows is true."""
    print(PICTURE)
    narrator = Narrator()
    sent = [*ping_both_ways(), *tcp_both_ways(), *udp_both_ways()]
    frames = narrator.step(
        lambda: [before(number, *packet) for number, packet in enumerate(sent)],
        lambda made: f"made a capture of {len(made)} packets: pings, TCP, UDP, both ways",
    )
    expected = [bytes(after(number, *packet)) for number, packet in enumerate(sent)]
    summary, translated = narrator.step(
        lambda: replay(natto, config, frames),
        lambda result: f"natto replay: {result[0].received} received, "
        f"{result[0].translated} translated, {result[0].dropped} dropped",
    )
    claim_what_each_side_sees(narrator, translated)
    claim_files_are_the_same(narrator, frames, translated)
    narrator.claim(
        [bytes(frame) for frame in translated] == expected,
        f"all {len(expected)} packets are what Scapy computes, byte for byte and in order",
    )
    narrator.claim(
        not summary.contradictions(),
        "natto accounts for every packet: received = translated + consumed + dropped",
    )
    return narrator.conclude()
