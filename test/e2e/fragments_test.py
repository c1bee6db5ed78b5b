"""IPv4 fragments, which pass one by one.

On net_tap: with net_af_packet the kernel puts fragments together before natto sees them.
"""

import os

from lab import dns
from lab.capture import ETHERTYPE_IPV4, ethertype
from lab.traffic import ping, udp_exchange
from two_taps_test_case import A_MAPPED, B_MAPPED, REAL, TwoTapsTestCase

LONGEST = 65_507  # bytes that fit into a UDP datagram


def is_later_fragment(frame: bytes) -> bool:
    """Whether an Ethernet frame carries an IPv4 fragment that is not the first."""
    offset = int.from_bytes(frame[20:22], "big") & 0x1FFF
    return ethertype(frame) == ETHERTYPE_IPV4 and offset != 0


class Fragments(TwoTapsTestCase):
    def test_r17_datagrams_in_fragments_arrive_whole(self) -> None:
        payloads = [os.urandom(length) for length in (1472, 1473, 2953, 8000, LONGEST)]
        capture = self.lab.capture(self.b, "to-b")
        for checksum in (True, False):
            talk = udp_exchange(self.a, self.b, (B_MAPPED, 53), payloads, checksum=checksum)
            self.assertEqual(talk.exchanged, len(payloads))
        capture.stop()
        later = sum(is_later_fragment(frame) for frame in capture.frames)
        self.assertGreater(later, 2 * 2 * (LONGEST // 1480))
        self.assertEqual(capture.ip_pairs().keys(), {(A_MAPPED, REAL), (REAL, A_MAPPED)})
        self.assertEqual(self.natto.stop().drops, {})

    def test_r17_pings_in_fragments_are_answered(self) -> None:
        self.assertEqual(ping(self.a, B_MAPPED, "-s", "5000").answered, 3)
        self.assertEqual(ping(self.b, A_MAPPED, "-s", "20000").answered, 3)

    def test_r17_dns_answers_in_fragments_arrive_whole(self) -> None:
        texts = sorted(f"{number:x}" * 250 for number in range(15))
        capture = self.lab.capture(self.b, "to-b")
        for client, server, address in (
            (self.a, self.b, B_MAPPED),
            (self.b, self.a, A_MAPPED),
        ):
            dns.serve(self.lab, server, "large.example", texts)
            self.assertEqual(dns.ask(client, address, "large.example"), texts)
        capture.stop()
        # There and back a datagram of some 4000 bytes.
        self.assertEqual(sum(is_later_fragment(frame) for frame in capture.frames), 2 * 2)
        self.assertEqual(capture.ip_pairs().keys(), {(A_MAPPED, REAL), (REAL, A_MAPPED)})
        self.assertEqual(self.natto.stop().drops, {})
