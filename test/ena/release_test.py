"""What DPDK's ENA driver of the release that runs here takes, and what natto asks of it.

Devargs, rings, queues and RSS by release: natto's plan beside what the driver then made of the card.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pcap
import pytest
from busy import CARDS, Busy
from cards import Cards
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether

ROUTER = "02:00:00:00:00:01"
MACS = ["02:00:00:00:00:06", "02:00:00:00:00:07"]
MAPPINGS = """[[mapping]]
name = "hosts-a"
realm = "company-a"
real = "10.1.1.0/24"
mapped = "172.31.1.0/24"

[[mapping]]
name = "host-b"
realm = "company-b"
real = "192.168.7.20"
mapped = "172.30.7.20"
"""
LARGE, NORMAL, HOST = 256, 128, 0  # bytes of a transmit queue's entry in the card's memory


def config(devargs: str = "", mtu: int = 1500) -> str:
    """natto between two cards, with `devargs` behind each device."""
    ports = [("company-a", "10.1.0.1/16"), ("company-b", "192.168.0.1/16")]
    return "".join(
        f'[[port]]\nrealm = "{realm}"\ndevice = "card{devargs}"\naddress = "{address}"\nmtu = {mtu}\n'
        f'gateway_mac = "{ROUTER}"\n'
        for realm, address in ports
    ) + ('[table]\nfile = "mappings.toml"\n')


@pytest.fixture(scope="module")
def release() -> tuple[int, ...]:
    """Of DPDK: (24, 11, 8)."""
    version = subprocess.run(
        ["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True, check=True
    ).stdout
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


@pytest.fixture
def start(tmp_path: Path, binary: Path, model: Path, hugepages: None):
    """natto on two cards, which are as `cards` says."""

    def made(*cards: dict, devargs: str = "", mtu: int = 1500, workers: int = 1) -> Cards:
        (tmp_path / "mappings.toml").write_text(MAPPINGS)
        cards = [{"mac": mac, "queues": 4, **card} for mac, card in zip(MACS, cards)]
        return Cards(tmp_path, binary, model, cards, config(devargs, mtu), workers)

    return made


def refusal(start, *cards: dict, **options) -> str:
    """What natto says when it does not start."""
    with pytest.raises(AssertionError, match="natto ended before it is ready") as error, start(*cards, **options):
        pass
    return str(error.value)


def devargs_of(natto: Cards) -> list[str]:
    return [port["device"].partition(",")[2] for port in natto.ask("ports")["ports"]]


def entries(natto: Cards, card: int) -> set[int]:
    """Bytes of the transmit queues' entries."""
    return {queue["entry"] for queue in natto.configuration(card)["tx"]}


def test_natto_adds_the_devargs_of_the_release(start, release) -> None:
    """A card that has no fragment bypass is none the worse."""
    with start({}, {"fragment_bypass": False}) as natto:
        expected = []
        if (24, 11, 0) <= release < (24, 11, 2):
            expected.append("llq_policy=1")
        if release >= (25, 7, 0):
            expected.append("enable_frag_bypass=1")
        assert devargs_of(natto) == [",".join(expected)] * 2
        assert [natto.configuration(card)["fragment_bypass"] for card in (0, 1)] == [release >= (25, 7, 0), False]
        assert [entries(natto, card) for card in (0, 1)] == [{NORMAL}] * 2
        natto.stop()


def test_the_drivers_own_choice_of_entries(start, release) -> None:
    """From 24.11 on the driver does as the card recommends; before, 128 bytes unless it is told otherwise."""
    with start({"recommends_large_entries": True}, {"large_entries": False}) as natto:
        follows = release >= (24, 11, 0)
        assert [entries(natto, card) for card in (0, 1)] == [{LARGE} if follows else {NORMAL}, {NORMAL}]
        natto.stop()


@pytest.mark.parametrize("entry", [LARGE, NORMAL, HOST])
def test_the_users_own_devargs(start, release, entry) -> None:
    """And large entries are half as many, which natto's plan keeps to."""
    old, new = {
        LARGE: ("large_llq_hdr=1", "llq_policy=3"),
        NORMAL: ("large_llq_hdr=0", "llq_policy=2"),
        HOST: ("enable_llq=0", "llq_policy=0"),
    }[entry]
    has_policy = release >= (24, 11, 0)
    given, refused = (new, old) if has_policy else (old, new)
    with start({}, {"recommends_large_entries": True}, devargs=f",{given}") as natto:
        for card, port in enumerate(natto.ask("ports")["ports"]):
            assert given in port["device"].split(",")
            (queue,) = natto.configuration(card)["tx"]
            assert (queue["depth"], queue["entry"]) == (512 if entry == LARGE else 1024, entry)
            assert port["tx_descriptors"] == queue["depth"]
        natto.stop()
    assert "0000:00:06.0 is not there: no DPDK driver took it" in refusal(start, {}, {}, devargs=f",{refused}")


def test_bursts_are_as_short_as_the_card_takes_them(tmp_path, binary, model, hugepages) -> None:
    """The driver rings its doorbell in time, and the card stops where it does not. A packet takes an entry here."""
    entries = 4
    limit = {"max_burst_bytes": entries * NORMAL}
    with Busy(tmp_path, binary, model, limit, {**limit, "cached_metadata": False}) as natto:
        for card in CARDS:
            natto.forwards(card)
        natto.settle()
        for card in CARDS:
            counted = natto.telemetry(f"/ethdev/xstats,{card}")
            assert 1000 < counted["tx_q0_cnt"] <= entries * counted["tx_q0_doorbells"]
            assert (natto.report(card)["fatal"], natto.port(card)["resets"]) == ("", 0)
        natto.stop()


def test_a_card_without_interrupts_is_polled(start, release) -> None:
    """uio_pci_generic gives the driver none. It is told to look by itself, but not as DPDK's guide writes it."""
    given = ",control_path_poll_interval=500"
    silent = {"interrupts": False}
    assert "no DPDK driver took it" in refusal(start, silent, {}, devargs=",control_poll_interval=500")
    if release < (24, 11, 0):
        assert "no DPDK driver took it" in refusal(start, {}, {}, devargs=given)
        return
    with start(silent, silent, devargs=given) as natto:
        natto.until("both links are up", lambda: {port["link"] for port in natto.ask("ports")["ports"]} == {"up"})
        natto.stop()


def test_rings_are_as_long_as_the_card_has_them(start) -> None:
    with start({"rx_depth": 512, "tx_depth": 256}, {"rx_depth": 8192}) as natto:
        for card, (rx, tx) in enumerate([(512, 256), (1024, 1024)]):
            port = natto.ask("ports")["ports"][card]
            assert (port["rx_descriptors"], port["tx_descriptors"]) == (rx, tx)
            made = natto.configuration(card)
            assert [queue["depth"] for queue in made["rx"] + made["tx"]] == [rx, tx]
        natto.stop()


def test_the_counters_of_the_card(start, release) -> None:
    """Older cards count five allowances (ENI statistics), newer ones six, of which 22.11 asks for the same five.

    Of SRD, EC2's own transport, newer drivers ask as well: natto does not show it, DPDK's telemetry does.
    """

    def counters(card: int) -> dict[str, int]:
        return {c["name"]: c["value"] for c in natto.ask("ports")["ports"][card]["counters"]}

    def srd(card: int) -> dict[str, int]:
        counted = natto.telemetry(f"/ethdev/xstats,{card}")
        return {name: value for name, value in counted.items() if name.startswith("ena_srd_")}

    exceeded = [f"{kind}_allowance_exceeded" for kind in ("bw_in", "bw_out", "pps", "conntrack", "linklocal")]
    of_srd = [f"ena_srd_{kind}" for kind in ("mode", "tx_pkts", "eligible_tx_pkts", "rx_pkts", "resource_utilization")]
    is_new = release >= (24, 11, 0)
    old = {name: 70 + which for which, name in enumerate(exceeded)}
    new = old | {"conntrack_allowance_available": 75} if is_new else old
    with start({}, {"customer_metrics": True, "srd": True}) as natto:
        for card in (0, 1):
            for which in range(6):
                natto.card(card, f"allowance {which} {70 + which}")
            for which in range(5):
                natto.card(card, f"srd {which} {80 + which}")
        natto.until("all counts are there", lambda: [counters(0), counters(1)] == [old, new])
        assert srd(0) == (dict.fromkeys(of_srd, 0) if is_new else {}), "this card has none"
        assert srd(1) == ({name: 80 + which for which, name in enumerate(of_srd)} if is_new else {})
        natto.stop()


@pytest.mark.parametrize(
    "card, options, said",
    [
        ({"queues": 1}, {"workers": 2}, "has 1 queue pair(s), but 2 workers want one each"),
        ({"max_mtu": 1500}, {"mtu": 9001}, "takes an MTU of 128 to 1500 bytes, not 9001"),
        ({"faults": ["refuse-mtu on"]}, {}, "cannot set the MTU 1500 of 0000:00:06.0"),
        ({"faults": ["fail-creation-at 1"]}, {}, "cannot start 0000:00:06.0"),
    ],
)
def test_what_the_card_does_not_give(start, card, options, said) -> None:
    assert said in refusal(start, card, {}, **options)


FLOWS, ROUNDS = 64, 4


@pytest.mark.parametrize("table_bits", [7, 8])
def test_two_workers(start, release, table_bits, tmp_path) -> None:
    """The card spreads whole UDP, and natto all else, which comes in by one queue; each flow keeps its order.

    Before DPDK 25.03 the driver's table has 128 entries, then as many as the card's.
    """
    ether = Ether(src=ROUTER, dst=MACS[0])
    to = IP(src="10.1.1.10", dst="172.30.7.20")
    frames = []
    for number in range(ROUNDS):
        frames += [ether / IP(src=f"10.1.1.{host}", dst=to.dst, id=number) / ICMP() for host in range(FLOWS)]
        frames += [ether / IP(src=f"10.1.1.{host}", dst=to.dst, id=number, frag=9) / b"later" for host in range(FLOWS)]
        frames += [ether / to / UDP(sport=1024 + flow) / bytes([number]) for flow in range(FLOWS)]
    pcap.write(tmp_path / "in.pcap", [bytes(frame) for frame in frames])
    in_wire, out_wire = {"replay": str(tmp_path / "in.pcap")}, {"record": str(tmp_path / "out.pcap")}
    in_card = {"rss_table_bits": table_bits, "wire": in_wire, "faults": ["link off"]}
    with start(in_card, {"wire": out_wire}, workers=2) as natto:
        port = natto.ask("ports")["ports"][0]
        assert (port["queues"], port["rss"]) == (2, "TCP, UDP")
        made = natto.configuration(0)
        entries = 1 << (table_bits if release >= (25, 3, 0) else 7)
        assert Counter(made["rss_table"]) == {0: entries // 2, 1: entries // 2}
        natto.card(0, "link on")
        natto.until("all is out", lambda: natto.report(1)["tx_packets"] == len(frames))
        received = [queue["packets"] for queue in natto.configuration(0)["rx"]]
        assert FLOWS // 4 * ROUNDS < received[1] < FLOWS * ROUNDS, "some of UDP, and nothing else"
        assert [worker["received"] for worker in natto.ask("workers")["workers"]] == received
        sent = [queue["packets"] for queue in natto.configuration(1)["tx"]]
        assert min(sent) > len(frames) // 3
        natto.stop()
    seen: dict = {}
    for frame in map(Ether, pcap.read(tmp_path / "out.pcap")):
        packet = frame[IP]
        is_udp = UDP in packet
        flow = (packet.src, packet.proto, packet.sport if is_udp else 0)
        seen.setdefault(flow, []).append(packet[UDP].payload.load[0] if is_udp else packet.id)
    assert len(seen) == 3 * FLOWS
    assert all(numbers == list(range(ROUNDS)) for numbers in seen.values())


def resets(natto: Cards, card: int) -> int:
    """How often the driver missed the card's keep-alive."""
    return natto.report(card)["reset_reasons"].count(1)


def test_h17_a_reset_makes_the_card_as_it_was(start) -> None:
    """All that natto had asked for, MTU and fragment bypass included; at a later try, if the card refuses some.

    But not under another name.
    """
    with start({}, {}, mtu=9001) as natto:
        before = [natto.configuration(card) for card in (0, 1)]
        assert [made["mtu"] for made in before] == [9001, 9001]
        natto.card(0, "refuse-mtu on")
        natto.card(1, "mac 02:00:00:00:00:99")
        for card in (0, 1):
            natto.card(card, "keep-alive off")
        natto.until("the drivers reset them", lambda: all(resets(natto, card) for card in (0, 1)))
        for card in (0, 1):
            natto.card(card, "keep-alive on")
        natto.until("card 0 refused the MTU", lambda: "cannot set the MTU 9001" in natto.log())
        natto.card(0, "refuse-mtu off")
        natto.until("card 0 is in use again", lambda: natto.ask("ports")["ports"][0]["resets"] == 1)
        natto.until("card 1 is another", lambda: "MAC address 02:00:00:00:00:99 instead of " + MACS[1] in natto.log())
        assert natto.configuration(0) == before[0]
        assert [port["state"] == "up" for port in natto.ask("ports")["ports"]] == [True, False]
        natto.stop()
