"""What goes wrong with a card while packets flow, and that natto forwards again once it has passed.

The driver's own watchdog looks once a second, and takes 3 s for a card that is silent.
"""

from collections.abc import Iterator

import pcap
import pytest
from cards import Cards
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

MAC, ROUTER = "02:00:00:00:00:06", "02:00:00:00:00:01"
CONFIG = f"""[[port]]
realm = "middle"
device = "card"
address = "10.33.1.124/24"
gateway_mac = "{ROUTER}"

[table]
file = "mappings.toml"
"""
MAPPINGS = """[[mapping]]
name = "company-a"
realm = "middle"
real = "10.32.1.157"
mapped = "10.33.1.145"

[[mapping]]
name = "company-b"
realm = "middle"
real = "10.34.1.125"
mapped = "10.33.1.151"
"""

# The driver's reasons for a reset (enum ena_regs_reset_reason_types).
KEEP_ALIVE, TX_COMPLETION = 1, 3
FAULTS = {
    "it falls silent": (["keep-alive off"], KEEP_ALIVE),
    "completions are lost for good": (["lose-tx-completions 500"], TX_COMPLETION),
    "completions stop": (["hold-tx-completions on"], TX_COMPLETION),
    # DPDK 22.11's driver goes no further than this completion, until the others are late.
    "a completion names no packet": (["wrong-tx-ids 1"], TX_COMPLETION),
    "two resets do not end": (["fail-reset 2", "keep-alive off"], KEEP_ALIVE),
    "a queue cannot be made again": (["fail-creation-at 1", "keep-alive off"], KEEP_ALIVE),
}
HARMLESS = ["warnings 500", "spurious-interrupts 500", "admin-delay 100"]


@pytest.fixture
def natto(tmp_path, binary, model, hugepages) -> Iterator[Cards]:
    """natto on a card whose receive rings are always full."""
    (tmp_path / "mappings.toml").write_text(MAPPINGS)
    frames = [
        bytes(Ether(src=ROUTER, dst=MAC) / IP(src="10.32.1.157", dst="10.33.1.151") / UDP(sport=port) / bytes(64))
        for port in range(1024, 1088)
    ]
    pcap.write(tmp_path / "in.pcap", frames)
    card = {"mac": MAC, "wire": {"replay": str(tmp_path / "in.pcap"), "repeat": True}}
    with Cards(tmp_path, binary, model, [card], CONFIG) as running:
        forwards(running)
        yield running
        summary = running.stop()
        assert summary["received"] == summary["translated"] + summary["consumed"] + summary["dropped"]


def forwards(natto: Cards) -> None:
    before = natto.report(0)["tx_packets"]
    natto.until("it forwards", lambda: natto.report(0)["tx_packets"] > before + 1000)


@pytest.mark.parametrize("fault", FAULTS)
def test_natto_recovers(natto, fault) -> None:
    commands, reason = FAULTS[fault]
    assert reason not in natto.report(0)["reset_reasons"]
    for command in commands:
        natto.card(0, command)
    natto.until("the driver resets the card", lambda: reason in natto.report(0)["reset_reasons"])
    natto.card(0, "heal")
    natto.until("it is in use again", lambda: "in use again: reset" in natto.log())
    forwards(natto)


@pytest.mark.parametrize("fault", HARMLESS)
def test_what_is_no_reason_to_stop(natto, fault) -> None:
    resets = natto.report(0)["reset_reasons"]
    natto.card(0, fault)
    forwards(natto)
    assert natto.report(0)["reset_reasons"] == resets


def test_a_link_that_goes_down_and_comes_back(natto) -> None:
    natto.card(0, "link off")
    natto.until("natto says so", lambda: "link down" in natto.log())
    natto.card(0, "link on")
    forwards(natto)
