"""Frames that only a live link brings, and the counter that each of them moves."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from lab.appliance import Appliance
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.namespace import link
from lab.wire import Wire
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

LLDP, LLDP_MAC = 0x88CC, "01:80:c2:00:00:0e"
A_REAL, B_REAL, B_MAPPED = "10.0.0.10", "10.1.0.10", "100.64.2.10"


class Wires(NamedTuple):
    """What natto is joined to by its ports."""

    natto: Appliance
    natto_mac: str
    a: Wire
    b: Wire


@pytest.fixture
def wires(lab: Lab) -> Iterator[Wires]:
    world, a, b = (lab.namespace(name) for name in ("natto", "a", "b"))
    link(a, "eth0", world, "to-a")
    link(b, "eth0", world, "to-b")
    b.address("eth0", f"{B_REAL}/24")  # so that it answers natto's ARP
    config = lab.write_config(
        [Port("a", "to-a", "10.0.0.1/24"), Port("b", "to-b", "10.1.0.1/24")],
        [
            Mapping("a", "a", A_REAL, "100.64.1.10"),
            Mapping("b", "b", B_REAL, B_MAPPED),
        ],
    )
    natto = lab.start_natto(config, world)
    with Wire(a, "eth0") as wire_a, Wire(b, "eth0") as wire_b:
        yield Wires(natto, world.mac("to-a"), wire_a, wire_b)


def test_h1_h2_h3_each_frame_moves_its_counter_and_no_other(wires) -> None:
    natto, natto_mac, a, b = wires

    def ethernet(**fields: str) -> Packet:
        return Ether(**({"src": a.mac, "dst": natto_mac} | fields))

    good = IP(src=A_REAL, dst=B_MAPPED) / UDP(sport=1, dport=2) / Raw(b"x" * 32)
    refused = {
        "destination_mac_not_ours": ethernet(dst="02:00:00:00:00:99") / good,
        "destination_mac_group": ethernet(dst="ff:ff:ff:ff:ff:ff") / good,
        "source_mac_multicast": ethernet(src="03:00:00:00:00:01") / good,
        "vlan_tagged": ethernet() / Dot1Q(vlan=7) / good,
        "ipv6": ethernet() / IPv6(src="fe80::1", dst="fe80::2") / UDP() / Raw(b"x"),
        "ethertype_unsupported": ethernet(dst=LLDP_MAC, type=LLDP) / Raw(b"x"),
        "ip_checksum_bad": ethernet() / IP(src=A_REAL, dst=B_MAPPED, chksum=1) / UDP(),
        "ttl_expired": ethernet() / IP(src=A_REAL, dst=B_MAPPED, ttl=1) / UDP(),
        "destination_broadcast": ethernet() / IP(src=A_REAL, dst="10.0.0.255") / UDP(),
        "source_is_own_address": ethernet() / IP(src="10.0.0.1", dst=B_MAPPED) / UDP(),
    }
    for frame in refused.values():
        a.send(frame)
    # A good one at the end is the only one that reaches the other side.
    a.send(ethernet() / good)
    arrived = b.receive()
    while IP not in arrived:  # natto's ARP
        arrived = b.receive()
    assert (arrived[IP].src, arrived[IP].dst) == ("100.64.1.10", B_REAL)
    assert arrived[IP].ttl == good.ttl - 1
    summary = natto.stop()
    assert summary.drops == {name: 1 for name in refused}
    assert summary.translated == 1
