"""Packets of 9001 bytes, as EC2 has them: each takes several of natto's buffers, in and out."""

import hashlib
import os

from lab.cards import CardLab
from lab.route import learned_mtu
from lab.traffic import ping, tcp_transfer, udp_exchange
from lab.two_hosts import A_MAPPED, B_MAPPED, TwoHosts, overlapping_hosts

JUMBO, USUAL = 9001, 1500
IP_ICMP_BYTES = IP_UDP_BYTES = 28
PORT = 5001
DO_NOT_FRAGMENT, MAY_BE_FRAGMENTED = ("-M", "do"), ("-M", "dont")


def start(lab: CardLab, mtu_to_b: int) -> TwoHosts:
    return overlapping_hosts(lab, lab.namespace("natto"), (JUMBO, mtu_to_b))


def test_packets_of_9001_bytes_pass_both_ways(lab) -> None:
    natto, a, b = start(lab, JUMBO)
    data = os.urandom(2_000_000)
    longest = JUMBO - IP_UDP_BYTES
    for client, server, address in ((a, b, B_MAPPED), (b, a, A_MAPPED)):
        size = str(JUMBO - IP_ICMP_BYTES)
        assert ping(client, address, *DO_NOT_FRAGMENT, "-s", size).answered == 3
        transfer = tcp_transfer(client, server, (address, PORT), data)
        assert transfer.sha256 == hashlib.sha256(data).hexdigest()
        # Around the ends of buffers, which hold 2048 bytes.
        payloads = [os.urandom(length) for length in (*range(2002, 2052), longest - 1, longest)]
        assert udp_exchange(client, server, (address, PORT), payloads).exchanged == len(payloads)
    summary = natto.stop()
    assert summary.drops == {}
    assert summary.fragmented == 0


def test_r15_r16_natto_fragments_them_for_a_smaller_port_or_says_its_mtu(lab) -> None:
    natto, a, b = start(lab, USUAL)
    size = str(JUMBO - IP_ICMP_BYTES)
    assert ping(a, B_MAPPED, *MAY_BE_FRAGMENTED, "-s", size).answered == 3
    assert ping(a, B_MAPPED, *DO_NOT_FRAGMENT, "-s", size, patience_seconds=0.2).answered == 0
    assert learned_mtu(a, B_MAPPED) == USUAL
    summary = natto.stop()
    assert (summary.fragmented, summary.fragments) == (3, 3 * 7)
    assert summary.drops.keys() == {"exceeds_mtu"}
