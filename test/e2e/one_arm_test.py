"""Two companies behind natto's one port: the case it was made for."""

import hashlib
import os

from lab import real_case
from lab.capture import ETHERTYPE_ARP, ETHERTYPE_IPV4
from lab.namespace import Namespace
from lab.real_case import A_MAPPED, A_REAL, B_MAPPED, B_REAL
from lab.traffic import ping, tcp_transfer, udp_exchange
from lab_test_case import LabTestCase

PORT = 5001


class OneArm(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.case = real_case.build(self.lab)
        config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
        self.natto = self.lab.start_natto(config, self.case.natto)
        self.directions: list[tuple[Namespace, Namespace, str, str]] = [
            (self.case.a, self.case.b, A_MAPPED, B_MAPPED),
            (self.case.b, self.case.a, B_MAPPED, A_MAPPED),
        ]

    def test_pings_pass_both_ways(self) -> None:
        for client, _, _, server_address in self.directions:
            self.assertEqual(ping(client, server_address).answered, 3)

    def test_either_side_starts_tcp(self) -> None:
        data = os.urandom(5_000_000)
        for client, server, client_address, server_address in self.directions:
            transfer = tcp_transfer(client, server, (server_address, PORT), data)
            self.assertEqual(transfer.sha256, hashlib.sha256(data).hexdigest())
            self.assertEqual(transfer.client_address, client_address)

    def test_r4_either_side_starts_udp(self) -> None:
        payloads = [os.urandom(length) for length in (0, 1, 2, 512, 1471, 1472)]
        for client, server, client_address, server_address in self.directions:
            for checksum in (True, False):
                talk = udp_exchange(
                    client, server, (server_address, PORT), payloads, checksum=checksum
                )
                self.assertEqual(talk.exchanged, len(payloads))
                self.assertEqual(talk.client_address, client_address)
                self.assertEqual(talk.server_address, server_address)

    def test_each_side_sees_only_the_mapped_address_of_the_other(self) -> None:
        captures = [self.lab.capture(host, "eth0") for host in (self.case.a, self.case.b)]
        for client, server, _, server_address in self.directions:
            ping(client, server_address)
            tcp_transfer(client, server, (server_address, PORT), b"tcp" * 10_000)
            udp_exchange(client, server, (server_address, PORT), [b"udp"])
        for capture, own, other in zip(captures, (A_REAL, B_REAL), (B_MAPPED, A_MAPPED)):
            capture.stop()
            self.assertEqual(capture.ip_pairs().keys(), {(own, other), (other, own)})
            self.assertLessEqual(capture.ethertypes(), {ETHERTYPE_IPV4, ETHERTYPE_ARP})

    def test_good_traffic_is_not_dropped(self) -> None:
        for client, server, _, server_address in self.directions:
            ping(client, server_address)
            tcp_transfer(client, server, (server_address, PORT), b"tcp" * 10_000)
        summary = self.natto.stop()
        self.assertEqual(summary.drops, {})
        self.assertGreater(summary.translated, 2 * 2 * 3)

    def test_r24_a_sender_that_is_not_in_the_table_gets_nothing_through(self) -> None:
        other = "10.32.1.158"
        self.case.a.address("eth0", f"{other}/24")
        capture = self.lab.capture(self.case.b, "eth0")
        pings = ping(self.case.a, B_MAPPED, "-I", other, patience_seconds=0.5)
        capture.stop()
        self.assertEqual(pings.answered, 0)
        self.assertEqual(capture.ip_pairs(), {})
        self.assertEqual(self.natto.stop().drops, {"source_not_mapped": pings.sent})

    def test_an_address_that_is_not_in_the_table_reaches_nobody(self) -> None:
        nobody = "10.33.1.152"
        mac = self.case.natto.mac(real_case.NATTO_INTERFACE)
        self.case.router.run("ip", "neigh", "add", nobody, "lladdr", mac, "dev", "middle")
        pings = ping(self.case.a, nobody, patience_seconds=0.5)
        self.assertEqual(pings.answered, 0)
        self.assertEqual(self.natto.stop().drops, {"destination_not_mapped": pings.sent})
