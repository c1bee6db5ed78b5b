"""Checksums left to the port that sends, on net_tap, which offers that in both directions."""

import hashlib
import os

import pytest
from lab.appliance import Appliance
from lab.namespace import Namespace
from lab.traffic import ping, tcp_transfer, udp_exchange
from lab.two_hosts import TwoHosts
from lab.two_taps import A_MAPPED, B_MAPPED, REAL
from lab.wire import Wire
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

PORT = 5001
PAYLOAD = b"checksums of this may be left to the port"
WHOLE_FRAME_BYTES = 2048


def checksum(data: bytes) -> int:
    """RFC 1071."""
    words = [
        int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big") for at in range(0, len(data), 2)
    ]
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def wrong_checksums(frame: bytes) -> list[str]:
    """Which checksums of an IPv4 frame are wrong, transport ones of unfragmented TCP and UDP."""
    length = int.from_bytes(frame[16:18], "big")
    packet = frame[14 : 14 + length]
    header, segment, protocol = packet[:20], packet[20:], packet[9]
    wrong = ["IPv4"] if checksum(header) != 0 else []
    is_fragment = int.from_bytes(packet[6:8], "big") & 0x3FFF
    has_none = protocol == 17 and segment[6:8] == b"\0\0"
    if protocol in (6, 17) and not is_fragment and not has_none:
        pseudo_header = packet[12:20] + bytes([0, protocol]) + len(segment).to_bytes(2, "big")
        if checksum(pseudo_header + segment) != 0:
            wrong.append("transport")
    return wrong


def offloaded(natto: Appliance) -> int:
    return natto.ask("counters")["checksums_offloaded"]


def test_every_packet_arrives_with_right_checksums(lab, taps) -> None:
    natto, a, b = taps
    captures = [
        lab.capture(host, f"to-{host.name}", frame_bytes=WHOLE_FRAME_BYTES) for host in (a, b)
    ]
    data = os.urandom(2_000_000)
    for client, server, address in ((a, b, B_MAPPED), (b, a, A_MAPPED)):
        transfer = tcp_transfer(client, server, (address, PORT), data)
        assert transfer.sha256 == hashlib.sha256(data).hexdigest()
        payloads = [os.urandom(length) for length in (0, 1, 2, 511, 1472)]
        assert udp_exchange(client, server, (address, PORT), payloads).exchanged == len(payloads)
        assert ping(client, address).answered == 3
    packets = 0
    for capture in captures:
        capture.stop()
        for frame in capture.frames:
            if frame[12:14] == b"\x08\x00":
                packets += 1
                assert wrong_checksums(frame) == [], frame.hex()
    assert packets > 2 * len(data) // 1500
    # All of TCP and UDP, nothing of ICMP; the capture saw each packet on either side.
    icmp = 2 * 3 * 2
    assert offloaded(natto) == packets // 2 - icmp


def pass_by(taps: TwoHosts, transport: Packet) -> Packet:
    """What arrives at b of a packet that a sends."""
    gateway = gateway_mac(taps.a)
    with Wire(taps.a, "to-a") as wire_a, Wire(taps.b, "to-b") as wire_b:
        packet = IP(src=REAL, dst=B_MAPPED) / transport / Raw(PAYLOAD)
        wire_a.send(Ether(src=wire_a.mac, dst=gateway) / packet)
        while not bytes(arrived := wire_b.receive()).endswith(PAYLOAD):
            pass
        return arrived[IP]


def gateway_mac(host: Namespace) -> str:
    ping(host, B_MAPPED)
    return host.run("ip", "neigh", "show", "10.0.0.1").split("lladdr ")[1].split()[0]


def test_r3_a_damaged_packet_stays_damaged(taps) -> None:
    for transport in (UDP(sport=1, dport=2, chksum=0x1234), TCP(chksum=0x1234)):
        before = offloaded(taps.natto)
        arrived = bytes(pass_by(taps, transport))
        assert wrong_checksums(bytes(14) + arrived) == ["transport"]
        assert offloaded(taps.natto) == before


def test_r4_udp_without_a_checksum_stays_so(taps) -> None:
    arrived = pass_by(taps, UDP(sport=1, dport=2, chksum=0))
    assert arrived[UDP].chksum == 0


def test_icmp_is_not_the_hardware_s(taps) -> None:
    before = offloaded(taps.natto)
    assert wrong_checksums(bytes(14) + bytes(pass_by(taps, ICMP()))) == []
    assert offloaded(taps.natto) == before


@pytest.mark.parametrize("checksum_offload", ["off"])
def test_the_port_computes_nothing(taps) -> None:
    natto, a, b = taps
    data = os.urandom(100_000)
    transfer = tcp_transfer(a, b, (B_MAPPED, PORT), data)
    assert transfer.sha256 == hashlib.sha256(data).hexdigest()
    assert offloaded(natto) == 0
