"""A link that goes down and comes back while natto runs.

On net_tap: net_af_packet says that its link is up whatever happens to its interface.
"""

import json
import os

from lab.command import run
from lab.config import Mapping, Port
from lab.patience import until
from lab.traffic import ping
from lab_test_case import LabTestCase

REAL = "10.0.0.10"
A_MAPPED, B_MAPPED = "100.64.1.10", "100.64.2.10"


def show(*words: str) -> str:
    """What `natto show ports` prints."""
    return run(os.environ["NATTO"], "show", "ports", *words)


def port_a() -> dict:
    """The port of realm a, as `natto show ports --json` has it."""
    return json.loads(show("--json"))[0]


class Link(LabTestCase):
    """Two hosts, each at the other end of one of natto's ports."""

    def setUp(self) -> None:
        super().setUp()
        config = self.lab.write_config(
            [
                Port("a", "to-a", "10.0.0.1/24", driver="net_tap"),
                Port("b", "to-b", "10.0.0.1/24", driver="net_tap"),
            ],
            [Mapping("a", "a", REAL, A_MAPPED), Mapping("b", "b", REAL, B_MAPPED)],
        )
        self.a, self.b = self.lab.namespace("a"), self.lab.namespace("b")
        # The driver makes the hosts' ends of the links, and asks for their state where natto runs.
        self.natto = self.lab.start_natto(config, self.a)
        self.a.run("ip", "link", "set", "dev", "to-b", "netns", "b")
        for host in (self.a, self.b):
            host.run("ip", "link", "set", "dev", f"to-{host.name}", "up")
            host.address(f"to-{host.name}", f"{REAL}/24")
            host.route("default", "via", "10.0.0.1")

    def link_of_a(self, state: str) -> None:
        self.a.run("ip", "link", "set", "dev", "to-a", state)

    def test_h17_a_link_that_goes_and_comes_is_followed_and_traffic_resumes(self) -> None:
        self.assertEqual(ping(self.b, A_MAPPED).answered, 3)
        self.assertEqual((port_a()["state"], port_a()["link_losses"]), ("up", 0))
        for flap in (1, 2):
            self.link_of_a("down")
            self.assertTrue(until(lambda: port_a()["state"] == "link down"), port_a())
            self.assertIn("link down since", show())
            self.assertEqual(ping(self.b, A_MAPPED, patience_seconds=0.2).answered, 0)
            self.link_of_a("up")
            self.a.route("default", "via", "10.0.0.1")
            self.assertTrue(until(lambda: port_a()["state"] == "up"), port_a())
            self.assertEqual(port_a()["link_losses"], flap)
            self.assertTrue(until(lambda: ping(self.b, A_MAPPED).answered == 3))
        log = self.natto.log()
        self.assertEqual(log.count("port 0 (realm a): link down"), 2, log)
        self.assertGreaterEqual(log.count("port 0 (realm a): link up"), 2, log)
