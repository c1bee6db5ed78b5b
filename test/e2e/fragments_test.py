"""IPv4 fragments, which pass one by one.

On net_tap: with net_af_packet the kernel puts fragments together before natto sees them.
"""

import os

from lab import dns
from lab.capture import ETHERTYPE_IPV4, ethertype
from lab.traffic import ping, udp_exchange
from lab.two_taps import A_MAPPED, B_MAPPED, REAL

LONGEST = 65_507  # bytes that fit into a UDP datagram


def is_later_fragment(frame: bytes) -> bool:
    """Whether an Ethernet frame carries an IPv4 fragment that is not the first."""
    offset = int.from_bytes(frame[20:22], "big") & 0x1FFF
    return ethertype(frame) == ETHERTYPE_IPV4 and offset != 0


def test_r17_datagrams_in_fragments_arrive_whole(lab, taps) -> None:
    natto, a, b = taps
    payloads = [os.urandom(length) for length in (1472, 1473, 2953, 8000, LONGEST)]
    capture = lab.capture(b, "to-b")
    for checksum in (True, False):
        talk = udp_exchange(a, b, (B_MAPPED, 53), payloads, checksum=checksum)
        assert talk.exchanged == len(payloads)
    capture.stop()
    later = sum(is_later_fragment(frame) for frame in capture.frames)
    assert later > 2 * 2 * (LONGEST // 1480)
    assert capture.ip_pairs().keys() == {(A_MAPPED, REAL), (REAL, A_MAPPED)}
    assert natto.stop().drops == {}


def test_r17_pings_in_fragments_are_answered(taps) -> None:
    assert ping(taps.a, B_MAPPED, "-s", "5000").answered == 3
    assert ping(taps.b, A_MAPPED, "-s", "20000").answered == 3


def test_r17_dns_answers_in_fragments_arrive_whole(lab, taps) -> None:
    natto, a, b = taps
    texts = sorted(f"{number:x}" * 250 for number in range(15))
    capture = lab.capture(b, "to-b")
    for client, server, address in ((a, b, B_MAPPED), (b, a, A_MAPPED)):
        dns.serve(lab, server, "large.example", texts)
        assert dns.ask(client, address, "large.example") == texts
    capture.stop()
    # There and back a datagram of some 4000 bytes.
    assert sum(is_later_fragment(frame) for frame in capture.frames) == 2 * 2
    assert capture.ip_pairs().keys() == {(A_MAPPED, REAL), (REAL, A_MAPPED)}
    assert natto.stop().drops == {}
