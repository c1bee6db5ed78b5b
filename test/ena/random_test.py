"""Random tables and thousands of random packets of every kind, on all ports at once, beside the oracle."""

import random

import pcap
import pytest
from cards import MACS, Cards, to_card
from comparison import difference_in_all
from oracle import Oracle
from packets import random_frame
from random_replay_test import ends_of, make_tables

PACKETS = 6_000
REALMS = 2
RATE = 5_000  # a second, of each card: what natto has to answer does not pile up
NEXT_HOP = "02:00:00:00:00:fe"  # the oracle's for ports without one
ERRORS_WITHOUT_LIMIT = "errors_per_second = 1000000\nerror_burst = 1000000\n"


def for_cards(config: str, offload: str) -> str:
    """The configuration of a replay, whose ports know next hops without asking and never tire of answering."""
    ports = config.split("[[port]]\n")
    for number, port in enumerate(ports[1:], 1):
        gateway = "" if "gateway_mac" in port else f'gateway_mac = "{NEXT_HOP}"\n'
        ports[number] = f'{gateway}checksum_offload = "{offload}"\n{port}'
    return "[[port]]\n".join(ports).replace("[icmp]\n", f"[icmp]\n{ERRORS_WITHOUT_LIMIT}")


def all_through(natto: Cards) -> bool:
    """Whether natto has judged every packet, and the cards have sent all that it gave them."""
    counts = natto.ask("counters")
    leaving = counts["translated"] - counts["fragmented"] + counts["fragments"] + counts["generated"]
    return (
        counts["received"] == PACKETS == counts["translated"] + counts["consumed"] + counts["dropped"]
        and sum(natto.report(card)["tx_packets"] for card in range(REALMS)) == leaving
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_random_packets(workers, mode, tmp_path, binary, model, hugepages, seed) -> None:
    rng = random.Random(f"{seed} {workers}")
    replayed = make_tables(rng, REALMS, tmp_path)
    oracle = Oracle(replayed)
    arrived, cards = {}, []
    for realm, mac in enumerate(MACS[:REALMS]):
        ends = ends_of(rng, oracle, realm)
        arrived[realm] = [to_card(random_frame(rng, ends), mac) for _ in range(PACKETS // REALMS)]
        pcap.write(tmp_path / f"in-{realm}.pcap", arrived[realm])
        replay, record = (str(tmp_path / f"{way}-{realm}.pcap") for way in ("in", "out"))
        wire = {"replay": replay, "packets_per_second": RATE, "record": record}
        cards.append({"mac": mac, "wire": wire, **mode.card})
    config = for_cards(replayed.read_text(), mode.checksum_offload)
    with Cards(tmp_path, binary, model, cards, config, workers) as natto:
        natto.until("all packets are through", lambda: all_through(natto))
        summary = natto.stop()
    sent = {realm: pcap.read(tmp_path / f"out-{realm}.pcap") for realm in range(REALMS)}
    if problem := difference_in_all(oracle, arrived, sent, summary, in_order=False):
        pytest.fail(f"seed {seed}: {problem}", pytrace=False)
    assert (summary["checksums_offloaded"] > 0) == (mode.checksum_offload == "auto")
