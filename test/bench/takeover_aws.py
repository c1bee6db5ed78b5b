"""What happens to the active one of two natto in a VPC, and to EC2's API meanwhile. Each ends both in the end."""

import contextlib
from collections.abc import Iterator

from lab.cloud import UNUSED, Cloud, build, renew_credentials
from lab.pair import Node
from takeover_faults import Case, kill

EXPIRED_SECONDS = 3
THROTTLED = 6  # calls


@contextlib.contextmanager
def throttled(cloud: Cloud, node: Node) -> Iterator[None]:
    """Once it has begun to change something."""

    def begin(action: str, _: dict[str, str]) -> None:
        if not action.startswith("Describe"):
            cloud.ec2.before = lambda *_: None
            cloud.ec2.throttled = THROTTLED

    cloud.ec2.before = begin
    with kill(cloud, node):
        yield


@contextlib.contextmanager
def refused(cloud: Cloud, node: Node) -> Iterator[None]:
    cloud.ec2.refuses = {UNUSED: "UnauthorizedOperation"}
    with kill(cloud, node):
        yield
        cloud.ec2.refuses = {}


@contextlib.contextmanager
def expired(cloud: Cloud, node: Node) -> Iterator[None]:
    with kill(cloud, node):
        renew_credentials(cloud.ec2, EXPIRED_SECONDS)
        yield


@contextlib.contextmanager
def both(cloud: Cloud, _: Node) -> Iterator[None]:
    cloud.part(True)
    yield
    cloud.part(False)


def case(text: str, fault: object, latency: float = 0.2) -> Case:
    def made(lab: object, natto: object) -> Cloud:
        cloud = build(lab, natto)
        cloud.ec2.latency = latency
        return cloud

    return Case(text, fault, made)


CASES = {
    "aws-0.2": case("kill -9 of natto, calls of 0.2 s", kill),
    "aws-1": case("kill -9 of natto, calls of 1 s", kill, 1),
    "aws-5": case("kill -9 of natto, calls of 5 s", kill, 5),
    "aws-throttled": case(f"the same at 0.2 s, {THROTTLED} calls throttled in the middle", throttled),
    "aws-refused": case("the same at 0.2 s, a route table refused for good", refused),
    "aws-expired": case(f"the same at 0.2 s, credentials expired for {EXPIRED_SECONDS} s", expired),
    "aws-both": case("both are elected, neither hears the other; calls of 0.2 s", both),
}
