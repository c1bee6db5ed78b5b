"""A link that goes down and comes back while natto runs.

On net_tap: net_af_packet says that its link is up whatever happens to its interface.
"""

import json

import pytest
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.patience import until
from lab.traffic import ping
from lab.two_hosts import TwoHosts

REAL = "10.0.0.10"
A_MAPPED, B_MAPPED = "100.64.1.10", "100.64.2.10"


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
