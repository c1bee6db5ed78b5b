"""A port for each company: equal real addresses, gateways, whole prefixes."""

import hashlib
import os

from lab import two_arm
from lab.namespace import Namespace
from lab.traffic import ping, tcp_transfer, udp_exchange
from lab.two_arm import A_MAPPED, B_MAPPED, REAL
from lab_test_case import LabTestCase

PORT = 5001
# Hosts of the offices, the first and the last among them, and their address for the other side.
A_OFFICE_HOSTS = {
    "10.0.16.0": "100.64.16.0",
    "10.0.23.77": "100.64.23.77",
    "10.0.31.255": "100.64.31.255",
}
B_OFFICE_HOSTS = {
    "10.0.16.0": "100.64.32.0",
    "10.0.23.77": "100.64.39.77",
    "10.0.31.255": "100.64.47.255",
}


class TwoArm(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.site = two_arm.build(self.lab)
        self.a, self.b = self.site.a.host, self.site.b.host
        config = self.lab.write_config(two_arm.PORTS, two_arm.MAPPINGS)
        self.natto = self.lab.start_natto(config, self.site.natto)
        self.directions: list[tuple[Namespace, Namespace, str, str]] = [
            (self.a, self.b, A_MAPPED, B_MAPPED),
            (self.b, self.a, B_MAPPED, A_MAPPED),
        ]

    def test_r1_hosts_with_the_same_address_ping_each_other(self) -> None:
        for client, _, _, server_address in self.directions:
            self.assertEqual(ping(client, server_address).answered, 3)

    def test_r1_hosts_with_the_same_address_talk_tcp_and_udp(self) -> None:
        data = os.urandom(2_000_000)
        for client, server, client_address, server_address in self.directions:
            transfer = tcp_transfer(client, server, (server_address, PORT), data)
            self.assertEqual(transfer.sha256, hashlib.sha256(data).hexdigest())
            self.assertEqual(transfer.client_address, client_address)
            talk = udp_exchange(client, server, (server_address, PORT), [b"", b"x" * 1472])
            self.assertEqual(talk.exchanged, 2)
            self.assertEqual(talk.client_address, client_address)

    def test_each_side_sees_only_the_mapped_address_of_the_other(self) -> None:
        captures = [self.lab.capture(host, "eth0") for host in (self.a, self.b)]
        for client, _, _, server_address in self.directions:
            ping(client, server_address)
        for capture, other in zip(captures, (B_MAPPED, A_MAPPED)):
            capture.stop()
            self.assertEqual(capture.ip_pairs().keys(), {(REAL, other), (other, REAL)})

    def test_r1_a_prefix_maps_host_by_host(self) -> None:
        for host, addresses in ((self.a, A_OFFICE_HOSTS), (self.b, B_OFFICE_HOSTS)):
            host.address("lo", *(f"{real}/32" for real in addresses))
        capture = self.lab.capture(self.b, "eth0")
        for (a_real, a_mapped), (b_real, b_mapped) in zip(
            A_OFFICE_HOSTS.items(), B_OFFICE_HOSTS.items()
        ):
            self.assertEqual(ping(self.a, b_mapped, "-I", a_real, count=1).answered, 1)
            self.assertEqual(ping(self.b, a_mapped, "-I", b_real, count=1).answered, 1)
            transfer = tcp_transfer(
                self.a, self.b, (b_mapped, PORT), b"prefix" * 1000, source=a_real
            )
            self.assertEqual(transfer.client_address, a_mapped)
        capture.stop()
        expected = set()
        for a_mapped, b_real in zip(A_OFFICE_HOSTS.values(), B_OFFICE_HOSTS):
            expected |= {(a_mapped, b_real), (b_real, a_mapped)}
        self.assertEqual(capture.ip_pairs().keys(), expected)

    def test_addresses_beside_the_prefix_do_not_pass(self) -> None:
        sources = ("10.0.15.255", "10.0.32.0")
        destinations = ("100.64.15.255", "100.64.48.0")
        self.a.address("lo", *(f"{source}/32" for source in sources))
        for source in sources:
            pings = ping(self.a, B_MAPPED, "-I", source, count=1, patience_seconds=0.5)
            self.assertEqual(pings.answered, 0)
        for destination in destinations:
            pings = ping(self.a, destination, count=1, patience_seconds=0.5)
            self.assertEqual(pings.answered, 0)
        drops = self.natto.stop().drops
        self.assertEqual(drops, {"source_not_mapped": 2, "destination_not_mapped": 2})

    def test_every_packet_is_counted(self) -> None:
        for client, _, _, server_address in self.directions:
            ping(client, server_address, count=5)
        summary = self.natto.stop()
        self.assertEqual(summary.translated, 2 * 2 * 5)
        self.assertEqual(summary.drops, {})
