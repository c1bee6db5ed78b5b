"""Frames that only a live link brings, and the counter that each of them moves."""

from lab.config import Mapping, Port
from lab.namespace import link
from lab.wire import Wire
from lab_test_case import LabTestCase
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

LLDP, LLDP_MAC = 0x88CC, "01:80:c2:00:00:0e"
A_REAL, B_REAL, B_MAPPED = "10.0.0.10", "10.1.0.10", "100.64.2.10"


class Refusals(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        natto = self.lab.namespace("natto")
        a, b = self.lab.namespace("a"), self.lab.namespace("b")
        link(a, "eth0", natto, "to-a")
        link(b, "eth0", natto, "to-b")
        b.address("eth0", f"{B_REAL}/24")  # so that it answers natto's ARP
        config = self.lab.write_config(
            [Port("a", "to-a", "10.0.0.1/24"), Port("b", "to-b", "10.1.0.1/24")],
            [
                Mapping("a", "a", A_REAL, "100.64.1.10"),
                Mapping("b", "b", B_REAL, B_MAPPED),
            ],
        )
        self.natto = self.lab.start_natto(config, natto)
        self.a = self.enterContext(Wire(a, "eth0"))
        self.b = self.enterContext(Wire(b, "eth0"))
        self.natto_mac = natto.mac("to-a")

    def ethernet(self, **fields: str) -> Packet:
        return Ether(**({"src": self.a.mac, "dst": self.natto_mac} | fields))

    def test_h1_h2_h3_each_frame_moves_its_counter_and_no_other(self) -> None:
        good = IP(src=A_REAL, dst=B_MAPPED) / UDP(sport=1, dport=2) / Raw(b"x" * 32)
        refused = {
            "destination_mac_not_ours": self.ethernet(dst="02:00:00:00:00:99") / good,
            "destination_mac_group": self.ethernet(dst="ff:ff:ff:ff:ff:ff") / good,
            "source_mac_multicast": self.ethernet(src="03:00:00:00:00:01") / good,
            "vlan_tagged": self.ethernet() / Dot1Q(vlan=7) / good,
            "ipv6": self.ethernet() / IPv6(src="fe80::1", dst="fe80::2") / UDP() / Raw(b"x"),
            "ethertype_unsupported": self.ethernet(dst=LLDP_MAC, type=LLDP) / Raw(b"x"),
            "ip_checksum_bad": self.ethernet() / IP(src=A_REAL, dst=B_MAPPED, chksum=1) / UDP(),
            "ttl_expired": self.ethernet() / IP(src=A_REAL, dst=B_MAPPED, ttl=1) / UDP(),
            "destination_broadcast": self.ethernet() / IP(src=A_REAL, dst="10.0.0.255") / UDP(),
            "source_is_own_address": self.ethernet() / IP(src="10.0.0.1", dst=B_MAPPED) / UDP(),
        }
        for frame in refused.values():
            self.a.send(frame)
        # A good one at the end is the only one that reaches the other side.
        self.a.send(self.ethernet() / good)
        arrived = self.b.receive()
        while IP not in arrived:  # natto's ARP
            arrived = self.b.receive()
        self.assertEqual((arrived[IP].src, arrived[IP].dst), ("100.64.1.10", B_REAL))
        self.assertEqual(arrived[IP].ttl, good.ttl - 1)
        summary = self.natto.stop()
        self.assertEqual(summary.drops, {name: 1 for name in refused})
        self.assertEqual(summary.translated, 1)
