"""Two natto in a VPC, with natto-takeover aws as what keepalived's election runs: whom do packets reach?"""

from pathlib import Path

import pytest
from lab.cloud import A_MAPPED, B_MAPPED, C_MAPPED, UNUSED, Cloud, build
from lab.lab import Lab
from lab.pair import Node
from lab.patience import until
from lab.transfer import Transfer

PORT = 7003


@pytest.fixture
def cloud(lab: Lab, binary: Path) -> Cloud:
    """One is elected, and has all."""
    made = build(lab, binary)
    for node in made.nodes:
        node.start_natto()
    made.start_keepalived()
    assert until(made.settled, 60)
    return made


def pings(cloud: Cloud) -> None:
    """By way of an address, of a route and of a prefix."""
    for host, mapped in ((cloud.b, A_MAPPED), (cloud.a, B_MAPPED), (cloud.a, C_MAPPED)):
        host.run("ping", "-c", "1", "-W", "5", mapped)


def said(node: Node) -> str:
    """By natto-takeover aws."""
    file = Path(f"{node.on_active}.log")
    return file.read_text() if file.exists() else ""


def test_everything_moves_and_connections_survive(cloud: Cloud) -> None:
    pings(cloud)
    (first,) = cloud.active()
    second = cloud.other(first)

    def throttle(action: str, _: dict[str, str]) -> None:
        """In the middle."""
        if not action.startswith("Describe"):
            cloud.ec2.before = lambda *_: None
            cloud.ec2.throttled = 3

    cloud.ec2.before, cloud.ec2.latency, cloud.ec2.settles_after = throttle, 0.05, 0.3
    with (transfer := Transfer(cloud.a, cloud.b, (C_MAPPED, PORT))):
        first.kill_natto()
        assert until(lambda: cloud.has_taken_over(second), 60)
    assert transfer.survived
    assert cloud.ec2.throttled == 0
    pings(cloud)
    first.start_natto()
    assert until(cloud.settled)
    assert cloud.active() == [second], "who took over keeps it"


def test_a_call_that_is_refused_for_good_holds_up_no_other(cloud: Cloud) -> None:
    (first,) = cloud.active()
    second = cloud.other(first)
    cloud.ec2.refuses = {UNUSED: "UnauthorizedOperation"}
    first.kill_natto()
    assert until(lambda: cloud.has_taken_over(second), 60)
    pings(cloud)
    assert until(lambda: f"{UNUSED}: " in said(second))
    cloud.ec2.refuses = {}  # it is tried again
    first.start_natto()
    assert until(cloud.settled, 60)


def test_credentials_that_have_expired_are_tried_again(cloud: Cloud) -> None:
    (first,) = cloud.active()
    second = cloud.other(first)
    cloud.ec2.expired = True
    first.kill_natto()
    assert until(lambda: "RequestExpired" in said(second), 60)
    assert cloud.has_taken_over(first)
    cloud.ec2.expired = False
    assert until(lambda: cloud.has_taken_over(second), 60)
    pings(cloud)
    first.start_natto()


def test_of_two_that_are_elected_one_has_everything_in_the_end(cloud: Cloud) -> None:
    (first,) = cloud.active()
    second = cloud.other(first)
    with (transfer := Transfer(cloud.a, cloud.b, (C_MAPPED, PORT))):
        cloud.part(True)
        assert until(lambda: cloud.has_taken_over(second), 60), "the last one"
        assert (first.role(), second.role()) == ("active", "active")
        pings(cloud)
        cloud.part(False)
        # Who stays elected takes all back if need be: keepalived says so.
        assert until(cloud.settled, 60)
    assert transfer.survived
    assert len(cloud.active()) == 1
    pings(cloud)
