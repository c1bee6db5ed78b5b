"""Which ARP requests natto answers, and which it does not."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from lab.appliance import Appliance
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.namespace import link
from lab.wire import Wire
from scapy.layers.l2 import ARP, Ether

BROADCAST = "ff:ff:ff:ff:ff:ff"
STATION, MARKER, NATTO = "10.0.0.50", "10.0.0.51", "10.0.0.1"
A_REAL, A_MAPPED = "10.0.0.10", "100.64.1.10"
B_REAL, B_MAPPED = "10.0.0.20", "100.64.2.10"
MAPPINGS = [
    Mapping("a", "a", A_REAL, A_MAPPED),
    Mapping("b", "b", B_REAL, B_MAPPED),
    Mapping("b-prefix", "b", "10.0.64.0/24", "100.64.64.0/24"),
    # Looks to others like a host that realm a really has.
    Mapping("b-like-a", "b", "10.0.0.21", A_REAL),
]
TWO_ARM = [Port("a", "to-a", f"{NATTO}/24"), Port("b", "to-b", f"{NATTO}/24")], MAPPINGS
ONE_ARM = (
    [Port("a", "to-a", f"{NATTO}/24")],
    [Mapping("a", "a", A_REAL, A_MAPPED), Mapping("b", "a", B_REAL, B_MAPPED)],
)


@dataclass
class Station:
    """A host on the link of natto's first port, which asks for addresses."""

    natto: Appliance
    natto_mac: str
    wire: Wire

    def ask(self, target: str, sender: str = STATION) -> None:
        """Send a request as the kernel would."""
        self.wire.send(
            Ether(src=self.wire.mac, dst=BROADCAST)
            / ARP(op="who-has", hwsrc=self.wire.mac, psrc=sender, pdst=target)
        )

    def answered(self) -> list[str]:
        """The addresses for which natto has answered requests sent so far.

        A request that is always answered, sent last, marks the end: natto answers in order.
        """
        self.ask(NATTO, sender=MARKER)
        addresses = []
        while True:
            frame = self.wire.receive()
            if ARP in frame and frame[ARP].op == 2:
                self._check_macs(frame)
                if frame[ARP].pdst == MARKER:
                    return addresses
                addresses.append(frame[ARP].psrc)

    def _check_macs(self, frame: Ether) -> None:
        assert (frame.src, frame.dst) == (self.natto_mac, self.wire.mac)
        assert (frame[ARP].hwsrc, frame[ARP].hwdst) == (self.natto_mac, self.wire.mac)


@pytest.fixture
def layout() -> tuple[list[Port], list[Mapping]]:
    return TWO_ARM


@pytest.fixture
def station(lab: Lab, layout: tuple[list[Port], list[Mapping]]) -> Iterator[Station]:
    ports, mappings = layout
    host, where = lab.namespace("station"), lab.namespace("natto")
    for port in ports:
        peer = host if port is ports[0] else lab.namespace(f"far-{port.realm}")
        link(peer, port.interface, where, port.interface)
    natto = lab.start_natto(lab.write_config(ports, mappings), where)
    with Wire(host, ports[0].interface) as wire:
        yield Station(natto, where.mac(ports[0].interface), wire)


def test_r25_answers_for_its_own_address(station) -> None:
    station.ask(NATTO)
    assert station.answered() == [NATTO]


def test_r25_answers_for_mapped_addresses_of_the_other_side(station) -> None:
    wanted = [B_MAPPED, "100.64.64.0", "100.64.64.99", "100.64.64.255"]
    for address in wanted:
        station.ask(address)
    assert station.answered() == wanted


def test_r25_is_silent_for_other_addresses(station) -> None:
    strangers = ["10.0.0.99", "100.64.2.11", "100.64.63.255", "100.64.65.0"]
    real_and_own_side = [A_REAL, B_REAL, A_MAPPED]
    for address in strangers + real_and_own_side:
        station.ask(address)
    assert station.answered() == []
    assert station.natto.stop().drops == {"arp_not_for_natto": 7}


@pytest.mark.parametrize("layout", [ONE_ARM], ids=["one-arm"])
def test_r25_answers_for_every_mapped_address_behind_one_port(station) -> None:
    for address in (A_MAPPED, A_REAL, B_MAPPED, B_REAL):
        station.ask(address)
    assert station.answered() == [A_MAPPED, B_MAPPED]


def test_h3_does_not_answer_a_gratuitous_request(station) -> None:
    station.ask(STATION, sender=STATION)
    assert station.answered() == []


def test_r25_defends_its_addresses_against_probes(station) -> None:
    # RFC 5227: a station that wants an address asks from 0.0.0.0
    for address in (NATTO, B_MAPPED):
        station.ask(address, sender="0.0.0.0")
    assert station.answered() == [NATTO, B_MAPPED]


def test_h3_does_not_believe_who_claims_its_addresses(station) -> None:
    for claimed in (NATTO, B_MAPPED):
        station.ask(claimed, sender=claimed)
        station.ask(STATION, sender=claimed)
    assert station.answered() == []
    assert station.natto.stop().drops == {"arp_spoofs_own_address": 4}


def test_h3_malformed_requests_are_counted(station) -> None:
    request = bytes(
        Ether(src=station.wire.mac, dst=BROADCAST)
        / ARP(op="who-has", hwsrc=station.wire.mac, psrc=STATION, pdst=B_MAPPED)
    )
    station.wire.send(request[:-1])
    station.wire.send(request[:15] + b"\x06" + request[16:])  # hardware type 6: IEEE 802
    assert station.answered() == []
    assert station.natto.stop().drops == {"arp_malformed": 2}
