"""Which ARP requests natto answers, and which it does not."""

from lab.config import Mapping, Port
from lab.namespace import link
from lab.wire import Wire
from lab_test_case import LabTestCase
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


class Arp(LabTestCase):
    def start(self, ports: list[Port], mappings: list[Mapping]) -> None:
        """Run natto on `ports`, the first of which a station is joined to."""
        station, natto = self.lab.namespace("station"), self.lab.namespace("natto")
        for port in ports:
            peer = station if port is ports[0] else self.lab.namespace(f"far-{port.realm}")
            link(peer, port.interface, natto, port.interface)
        self.natto_mac = natto.mac(ports[0].interface)
        self.natto = self.lab.start_natto(self.lab.write_config(ports, mappings), natto)
        self.wire = self.enterContext(Wire(station, ports[0].interface))

    def start_two_arm(self) -> None:
        self.start([Port("a", "to-a", f"{NATTO}/24"), Port("b", "to-b", f"{NATTO}/24")], MAPPINGS)

    def start_one_arm(self) -> None:
        mappings = [Mapping(name, "a", real, mapped) for name, real, mapped in (
            ("a", A_REAL, A_MAPPED), ("b", B_REAL, B_MAPPED))]  # fmt: skip
        self.start([Port("a", "to-a", f"{NATTO}/24")], mappings)

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
                self.check_macs(frame)
                if frame[ARP].pdst == MARKER:
                    return addresses
                addresses.append(frame[ARP].psrc)

    def check_macs(self, frame: Ether) -> None:
        self.assertEqual((frame.src, frame.dst), (self.natto_mac, self.wire.mac))
        self.assertEqual((frame[ARP].hwsrc, frame[ARP].hwdst), (self.natto_mac, self.wire.mac))

    def test_r25_answers_for_its_own_address(self) -> None:
        self.start_two_arm()
        self.ask(NATTO)
        self.assertEqual(self.answered(), [NATTO])

    def test_r25_answers_for_mapped_addresses_of_the_other_side(self) -> None:
        self.start_two_arm()
        wanted = [B_MAPPED, "100.64.64.0", "100.64.64.99", "100.64.64.255"]
        for address in wanted:
            self.ask(address)
        self.assertEqual(self.answered(), wanted)

    def test_r25_is_silent_for_other_addresses(self) -> None:
        self.start_two_arm()
        strangers = ["10.0.0.99", "100.64.2.11", "100.64.63.255", "100.64.65.0"]
        real_and_own_side = [A_REAL, B_REAL, A_MAPPED]
        for address in strangers + real_and_own_side:
            self.ask(address)
        self.assertEqual(self.answered(), [])
        self.assertEqual(self.natto.stop().drops, {"arp_not_for_natto": 7})

    def test_r25_answers_for_every_mapped_address_behind_one_port(self) -> None:
        self.start_one_arm()
        for address in (A_MAPPED, A_REAL, B_MAPPED, B_REAL):
            self.ask(address)
        self.assertEqual(self.answered(), [A_MAPPED, B_MAPPED])

    def test_h3_does_not_answer_a_gratuitous_request(self) -> None:
        self.start_two_arm()
        self.ask(STATION, sender=STATION)
        self.assertEqual(self.answered(), [])

    def test_r25_defends_its_addresses_against_probes(self) -> None:
        self.start_two_arm()  # RFC 5227: a station that wants an address asks from 0.0.0.0
        for address in (NATTO, B_MAPPED):
            self.ask(address, sender="0.0.0.0")
        self.assertEqual(self.answered(), [NATTO, B_MAPPED])

    def test_h3_does_not_believe_who_claims_its_addresses(self) -> None:
        self.start_two_arm()
        for claimed in (NATTO, B_MAPPED):
            self.ask(claimed, sender=claimed)
            self.ask(STATION, sender=claimed)
        self.assertEqual(self.answered(), [])
        self.assertEqual(self.natto.stop().drops, {"arp_spoofs_own_address": 4})

    def test_h3_malformed_requests_are_counted(self) -> None:
        self.start_two_arm()
        request = bytes(
            Ether(src=self.wire.mac, dst=BROADCAST)
            / ARP(op="who-has", hwsrc=self.wire.mac, psrc=STATION, pdst=B_MAPPED)
        )
        self.wire.send(request[:-1])
        self.wire.send(request[:15] + b"\x06" + request[16:])  # hardware type 6: IEEE 802
        self.assertEqual(self.answered(), [])
        self.assertEqual(self.natto.stop().drops, {"arp_malformed": 2})
