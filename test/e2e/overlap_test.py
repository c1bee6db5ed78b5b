"""Two hosts with one and the same address, each on a link of its own with natto, no router."""

import hashlib
import os

from lab.config import Mapping, Port
from lab.namespace import link
from lab.traffic import ping, tcp_transfer, udp_exchange
from lab_test_case import LabTestCase

REAL, NATTO = "10.0.0.10", "10.0.0.1"
A_MAPPED, B_MAPPED = "100.64.1.10", "100.64.2.10"


class Overlap(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        natto = self.lab.namespace("natto")
        self.a, self.b = (self.lab.namespace(name) for name in ("a", "b"))
        for host in (self.a, self.b):
            link(host, "eth0", natto, f"to-{host.name}")
            host.address("eth0", f"{REAL}/24")
            host.route("default", "via", NATTO)
        config = self.lab.write_config(
            [Port("a", "to-a", f"{NATTO}/24"), Port("b", "to-b", f"{NATTO}/24")],
            [Mapping("a", "a", REAL, A_MAPPED), Mapping("b", "b", REAL, B_MAPPED)],
        )
        self.natto = self.lab.start_natto(config, natto)

    def test_r1_all_traffic_passes_both_ways(self) -> None:
        data = os.urandom(2_000_000)
        for client, server, client_address, server_address in (
            (self.a, self.b, A_MAPPED, B_MAPPED),
            (self.b, self.a, B_MAPPED, A_MAPPED),
        ):
            self.assertEqual(ping(client, server_address).answered, 3)
            transfer = tcp_transfer(client, server, (server_address, 80), data)
            self.assertEqual(transfer.sha256, hashlib.sha256(data).hexdigest())
            self.assertEqual(transfer.client_address, client_address)
            talk = udp_exchange(client, server, (server_address, 53), [b"question"])
            self.assertEqual(talk.exchanged, 1)
        self.assertEqual(self.natto.stop().drops, {})

    def test_each_side_sees_the_other_under_its_mapped_address(self) -> None:
        captures = [self.lab.capture(host, "eth0") for host in (self.a, self.b)]
        ping(self.a, B_MAPPED)
        for capture, other in zip(captures, (B_MAPPED, A_MAPPED)):
            capture.stop()
            self.assertEqual(capture.ip_pairs(), {(REAL, other): 3, (other, REAL): 3})

    def test_r38_a_host_reaches_itself_through_its_own_mapped_address(self) -> None:
        capture = self.lab.capture(self.a, "eth0")
        self.assertEqual(ping(self.a, A_MAPPED, count=1).answered, 1)
        capture.stop()  # the request and the answer each pass twice
        self.assertEqual(capture.ip_pairs(), {(REAL, A_MAPPED): 2, (A_MAPPED, REAL): 2})
