"""Two natto with the same table on one link: who answers, and what is lost when the other takes over."""

import json
from pathlib import Path

import pytest
from lab.command import run
from lab.lab import Lab
from lab.numbered_stream import NumberedStream
from lab.pair import A_MAPPED, B_MAPPED, INTERFACE, Node, Pair, build
from lab.patience import until

PORTS = (7001, 7002)


@pytest.fixture
def pair(lab: Lab, binary: Path) -> Pair:
    made = build(lab, binary)
    for node in made.nodes:
        node.start_natto()
    return made


def streams(pair: Pair) -> list[NumberedStream]:
    return [
        NumberedStream(pair.a, pair.b, (B_MAPPED, PORTS[0]), 1000),
        NumberedStream(pair.b, pair.a, (A_MAPPED, PORTS[1]), 1000),
    ]


def says(node: Node, *words: str) -> str:
    """What that command of natto's prints."""
    return run(str(node.folder / "bin" / "natto"), *words)


def neighbour(pair: Pair) -> str | None:
    """Whom host a takes for host b's mapped address."""
    entries = json.loads(pair.a.run("ip", "-json", "neigh", "show", "to", B_MAPPED))
    return next((entry.get("lladdr") for entry in entries), None)


def test_hosts_send_to_the_active_one_and_a_hand_over_loses_nothing(pair: Pair) -> None:
    one, two = pair.nodes
    assert says(one, "show", "role").startswith("role         standby since ")
    pair.a.run("sh", "-c", f"! ping -c 1 -W 1 {B_MAPPED}")  # nobody answers for it
    assert says(one, "activate").startswith("role         active since ")
    pair.a.run("ping", "-c", "1", "-W", "5", B_MAPPED)
    assert neighbour(pair) == one.where.mac(INTERFACE)

    there, back = streams(pair)
    with there, back:
        says(two, "activate")
        assert until(lambda: neighbour(pair) == two.where.mac(INTERFACE))
        says(one, "standby")
        assert until(lambda: not two.ask("role")["announcing"])
    assert (there.lost, back.lost) == (0, 0)
    assert (one.role(), two.role()) == ("standby", "active")
    assert two.ask("role")["who"]
    assert "was standby (by " in two.natto.log()


def test_who_is_standby_translates_what_reaches_it(pair: Pair) -> None:
    one, _ = pair.nodes
    pair.a.run("ip", "neigh", "add", B_MAPPED, "lladdr", one.where.mac(INTERFACE), "dev", "eth0")
    pair.b.run("ip", "neigh", "add", A_MAPPED, "lladdr", one.where.mac(INTERFACE), "dev", "eth0")
    pair.a.run("ping", "-c", "1", "-W", "5", B_MAPPED)


def test_keepalived_elects_another_when_natto_dies_and_when_it_is_asked(pair: Pair) -> None:
    for node in pair.nodes:
        node.advert = "0.1"
        node.start_tracker()
        node.start_keepalived()
    assert until(pair.settled)
    (first,) = pair.active()
    second = pair.other(first)
    pair.a.run("ping", "-c", "1", "-W", "5", B_MAPPED)

    first.kill_natto()
    assert until(lambda: second.role() == "active")
    assert until(lambda: neighbour(pair) == second.where.mac(INTERFACE))
    pair.a.run("ping", "-c", "1", "-W", "5", B_MAPPED)
    first.start_natto()
    assert until(pair.settled)
    assert pair.active() == [second], "who took over keeps it"

    there, back = streams(pair)
    with there, back:
        second.takes_over("switch")
    assert (there.lost, back.lost) == (0, 0)
    assert pair.active() == [first]
