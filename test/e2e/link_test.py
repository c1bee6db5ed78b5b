"""Links that go down, come back or end while natto runs, and what is lost before natto takes it."""

import json
import signal

import pytest
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.namespace import Namespace, link
from lab.patience import until
from lab.traffic import ping
from lab.two_hosts import A_MAPPED, B_MAPPED, REAL, TwoHosts, overlapping_hosts
from lab.wire import Wire
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether


@pytest.fixture
def hosts(lab: Lab) -> TwoHosts:
    """Each at the other end of one of natto's ports."""
    config = lab.write_config(
        [
            Port("a", "to-a", "10.0.0.1/24", driver="net_tap"),
            Port("b", "to-b", "10.0.0.1/24", driver="net_tap"),
        ],
        [Mapping("a", "a", REAL, A_MAPPED), Mapping("b", "b", REAL, B_MAPPED)],
    )
    a, b = lab.namespace("a"), lab.namespace("b")
    # The driver makes the hosts' ends of the links, and asks for their state where natto runs.
    natto = lab.start_natto(config, a)
    a.run("ip", "link", "set", "dev", "to-b", "netns", "b")
    for host in (a, b):
        host.run("ip", "link", "set", "dev", f"to-{host.name}", "up")
        host.address(f"to-{host.name}", f"{REAL}/24")
        host.route("default", "via", "10.0.0.1")
    return TwoHosts(natto, a, b)


def test_h17_a_link_that_goes_and_comes_is_followed_and_traffic_resumes(cli, hosts) -> None:
    natto, a, b = hosts

    def port_a() -> dict:
        return json.loads(cli("show", "ports", "--json"))["ports"][0]

    assert ping(b, A_MAPPED).answered == 3
    assert (port_a()["state"], port_a()["link_losses"]) == ("up", 0)
    for flap in (1, 2):
        a.run("ip", "link", "set", "dev", "to-a", "down")
        assert until(lambda: port_a()["state"] == "link down"), port_a()
        assert "link down since" in cli("show", "ports")
        assert ping(b, A_MAPPED, patience_seconds=0.2).answered == 0
        a.run("ip", "link", "set", "dev", "to-a", "up")
        a.route("default", "via", "10.0.0.1")
        assert until(lambda: port_a()["state"] == "up"), port_a()
        assert port_a()["link_losses"] == flap
        assert until(lambda: ping(b, A_MAPPED).answered == 3)
    log = natto.log()
    assert log.count("port 0 (realm a): link down") == 2, log
    assert log.count("port 0 (realm a): link up") >= 2, log


def port_a(cli) -> dict:
    return json.loads(cli("show", "ports", "--json"))["ports"][0]


def test_a_tap_that_is_deleted_is_told_of(cli, hosts) -> None:
    natto, a, _ = hosts
    a.run("ip", "link", "delete", "to-a")
    assert until(lambda: port_a(cli)["state"] == "interface gone"), port_a(cli)
    assert "port 0 (realm a): the interface to-a is gone" in natto.log()
    # The other one has moved to its host's namespace, and goes on there.
    assert until(lambda: json.loads(cli("show", "ports", "--json"))["ports"][1]["state"] == "up")


@pytest.fixture
def joined(lab: Lab) -> tuple[TwoHosts, Namespace]:
    """On interfaces of the kernel, which natto joins; and natto's own namespace."""
    world = lab.namespace("natto")
    return overlapping_hosts(lab, world), world


def test_a_lost_carrier_of_the_kernels_interface_is_followed(cli, joined) -> None:
    (natto, a, b), _ = joined
    assert (port_a(cli)["state"], port_a(cli)["link_losses"]) == ("up", 0)
    a.run("ip", "link", "set", "dev", "eth0", "down")
    assert until(lambda: port_a(cli)["state"] == "link down"), port_a(cli)
    assert (port_a(cli)["link"], port_a(cli)["speed_mbps"]) == ("down", 0)
    a.run("ip", "link", "set", "dev", "eth0", "up")
    a.route("default", "via", "10.0.0.1")
    assert until(lambda: port_a(cli)["state"] == "up"), port_a(cli)
    assert until(lambda: ping(b, A_MAPPED).answered == 3)
    assert natto.log().count("port 0 (realm a): link down") == 1, natto.log()


def test_an_interface_that_is_deleted_and_one_that_follows_it_are_told_of(cli, joined) -> None:
    (natto, a, b), world = joined
    assert ping(b, A_MAPPED).answered == 3
    world.run("ip", "link", "delete", "to-a")
    assert until(lambda: port_a(cli)["state"] == "interface gone"), port_a(cli)
    assert port_a(cli)["link"] == "down"
    assert "port 0 (realm a): the interface to-a is gone" in natto.log()
    assert ping(b, A_MAPPED, count=1, patience_seconds=0.2).answered == 0
    link(a, "eth0", world, "to-a")
    assert until(lambda: "there is an interface to-a again" in natto.log()), natto.log()
    assert port_a(cli)["state"] == "interface gone"
    # What the other port's host asks of natto itself is answered as before.
    assert ping(b, "10.0.0.1").answered == 3


@pytest.mark.parametrize("driver", ["net_af_packet", "net_tap"])
def test_what_natto_was_too_slow_to_take_is_shown(cli, request, driver) -> None:
    natto, a, _ = request.getfixturevalue("joined")[0] if driver == "net_af_packet" else (
        request.getfixturevalue("hosts")
    )
    interface = "eth0" if driver == "net_af_packet" else "to-a"

    def missed() -> int:
        counters = {counter["name"]: counter for counter in port_a(cli)["counters"]}
        return counters.get("rx_missed_errors", {"value": 0})["value"]

    assert missed() == 0
    natto.send(signal.SIGSTOP)
    frames = 3000
    with Wire(a, interface) as wire:
        frame = bytes(Ether(dst="02:00:00:00:00:99") / IP(src=REAL, dst=B_MAPPED) / UDP())
        for _ in range(frames):
            wire.send(frame)
    natto.send(signal.SIGCONT)
    assert until(lambda: missed() > 0), port_a(cli)
    assert until(lambda: port_a(cli)["rx_packets"] + missed() >= frames), port_a(cli)
    assert "rx_missed_errors grew by" in natto.log()
