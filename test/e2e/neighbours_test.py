"""Next hops: hosts on the link, gateways that answer late, move, or never answer."""

import time

from lab.config import Mapping, Port
from lab.namespace import Namespace, link
from lab.patience import until
from lab.traffic import ping
from lab.wire import Wire
from lab_test_case import LabTestCase
from scapy.layers.l2 import ARP, Ether

BROADCAST = "ff:ff:ff:ff:ff:ff"


class OnLink(LabTestCase):
    """Hosts and natto on one switch, without any router."""

    def setUp(self) -> None:
        super().setUp()
        switch, natto = self.lab.namespace("switch"), self.lab.namespace("natto")
        switch.run("ip", "link", "add", "bridge", "type", "bridge", "mcast_snooping", "0")
        switch.run("ip", "link", "set", "dev", "bridge", "up")
        self.a, self.b = self.lab.namespace("a"), self.lab.namespace("b")
        for station in (self.a, self.b, natto):
            link(station, "eth0", switch, station.name)
            switch.run("ip", "link", "set", "dev", station.name, "master", "bridge")
        self.a.address("eth0", "10.5.0.1/24")
        self.b.address("eth0", "10.5.0.2/24")
        config = self.lab.write_config(
            [Port("office", "eth0", "10.5.0.254/24")],
            [
                Mapping("a", "office", "10.5.0.1", "10.5.0.101"),
                Mapping("b", "office", "10.5.0.2", "10.5.0.102"),
            ],
        )
        self.natto = self.lab.start_natto(config, natto)

    def test_natto_stands_in_for_mapped_addresses_on_the_link(self) -> None:
        capture = self.lab.capture(self.b, "eth0")
        self.assertEqual(ping(self.a, "10.5.0.102").answered, 3)
        self.assertEqual(ping(self.b, "10.5.0.101").answered, 3)
        capture.stop()
        self.assertEqual(
            capture.ip_pairs(), {("10.5.0.101", "10.5.0.2"): 6, ("10.5.0.2", "10.5.0.101"): 6}
        )
        self.assertEqual(self.natto.stop().translated, 12)

    def test_hosts_still_reach_each_other_without_natto(self) -> None:
        self.assertEqual(ping(self.a, "10.5.0.2").answered, 3)
        self.assertEqual(self.natto.stop().translated, 0)


class Gateway(LabTestCase):
    """A host on the link of one port; behind the other a gateway with a host."""

    A_MAPPED, B_REAL, B_MAPPED = "100.64.1.10", "10.34.1.125", "100.64.2.10"
    GATEWAY = "10.9.0.254"

    def setUp(self) -> None:
        super().setUp()
        natto = self.lab.namespace("natto")
        self.a, self.b = self.lab.namespace("a"), self.lab.namespace("b")
        link(self.a, "eth0", natto, "to-a")
        link(self.b, "eth0", natto, "to-b")
        self.a.address("eth0", "10.8.0.10/24")
        self.a.route("default", "via", "10.8.0.1")
        self.b.address("lo", f"{self.B_REAL}/32")
        config = self.lab.write_config(
            [
                Port("a", "to-a", "10.8.0.1/24"),
                Port("b", "to-b", "10.9.0.1/24", self.GATEWAY),
            ],
            [
                Mapping("a", "a", "10.8.0.10", self.A_MAPPED),
                Mapping("b", "b", self.B_REAL, self.B_MAPPED),
            ],
        )
        self.natto = self.lab.start_natto(config, natto)

    def gateway_appears(self) -> None:
        self.b.address("eth0", f"{self.GATEWAY}/24")
        self.b.route(self.A_MAPPED, "via", "10.9.0.1", "src", self.B_REAL)

    def test_r25_a_gateway_that_never_answers_is_counted(self) -> None:
        pings = ping(self.a, self.B_MAPPED, patience_seconds=0.5)
        self.assertEqual(pings.answered, 0)
        summary = self.natto.stop()
        self.assertEqual(summary.drops, {"next_hop_unresolved": pings.sent})
        self.assertEqual(summary.ports["b"]["received"], 0)

    def test_r25_a_gateway_is_asked_for_once_a_second(self) -> None:
        start = time.monotonic()
        with Wire(self.b, "eth0") as wire:
            for _ in range(4):
                # Traffic is no reason to ask more often.
                ping(self.a, self.B_MAPPED, count=1, patience_seconds=0.1)
                request = wire.receive()[ARP]
                self.assertEqual((request.op, request.psrc), (1, "10.9.0.1"))
                self.assertEqual(request.pdst, self.GATEWAY)
        self.assertGreater(time.monotonic() - start, 2.9)

    def test_a_gateway_that_appears_later_is_found(self) -> None:
        pings = ping(self.a, self.B_MAPPED, count=1, patience_seconds=0.5)
        self.assertEqual(pings.answered, 0)
        self.gateway_appears()
        self.assertTrue(until(lambda: ping(self.a, self.B_MAPPED, count=1).answered == 1))

    def test_a_gateway_that_moves_to_another_mac_is_followed(self) -> None:
        self.gateway_appears()
        self.assertTrue(until(lambda: ping(self.a, self.B_MAPPED, count=1).answered == 1))
        self.b.run("ip", "link", "set", "dev", "eth0", "address", "02:00:00:00:0b:02")
        self.announce(self.b, "eth0", self.GATEWAY)
        self.assertTrue(until(lambda: ping(self.a, self.B_MAPPED, count=1).answered == 1))

    @staticmethod
    def announce(host: Namespace, interface: str, address: str) -> None:
        """Send a gratuitous ARP."""
        with Wire(host, interface) as wire:
            wire.send(
                Ether(src=wire.mac, dst=BROADCAST)
                / ARP(op="who-has", hwsrc=wire.mac, psrc=address, pdst=address)
            )

    def test_r25_the_first_packet_waits_for_arp(self) -> None:
        self.gateway_appears()
        self.assertEqual(ping(self.b, self.A_MAPPED, count=1).answered, 1)
        self.assertEqual(self.natto.stop().drops, {})
