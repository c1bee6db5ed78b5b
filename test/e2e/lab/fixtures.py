"""What tests between hosts share, as fixtures: natto in one of several labs, and its commands."""

import functools
import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from lab import companies, real_case
from lab.appliance import Appliance
from lab.capture import WHOLE_ERROR_BYTES, Capture
from lab.companies import Company, Site
from lab.lab import Lab
from lab.namespace import Namespace
from lab.real_case import RealCase
from lab.ssh import SshServer
from lab.two_hosts import TwoHosts
from lab.two_taps import start_between_two_taps

FILE_BYTES = 3_000_000
DONE, NOT_SENT = 0, 4


@pytest.fixture
def cli(binary: Path, world: None) -> Callable[..., str]:
    """cli("show", "ports") is what that command of natto's prints: on standard output if it does its work, on
    standard error if it must end with another `status`.
    """

    def run(*words: str, status: int = 0) -> str:
        done = subprocess.run([binary, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == status, f"natto {words}:\n{done.stdout}{done.stderr}"
        return done.stdout if status in (DONE, NOT_SENT) else done.stderr

    return run


@pytest.fixture
def ssh_server(lab: Lab) -> Callable[[Namespace], SshServer]:
    """ssh_server(host) is one on that host."""
    if Path("/proc/self/setgroups").read_text().strip() == "deny":
        pytest.skip("an SSH server needs to be root, or a user, of the machine's own")
    return functools.partial(SshServer, lab)


@pytest.fixture
def random_file(lab: Lab) -> tuple[Path, str]:
    """A file in a directory of its own, and its digest."""
    directory = lab.file("public")
    directory.mkdir()
    file = directory / "file"
    file.write_bytes(os.urandom(FILE_BYTES))
    return file, hashlib.sha256(file.read_bytes()).hexdigest()


# The case natto was made for.


@pytest.fixture
def case(lab: Lab) -> RealCase:
    return real_case.build(lab)


@pytest.fixture
def config(lab: Lab) -> Path:
    return lab.write_config(real_case.PORTS, real_case.MAPPINGS)


@pytest.fixture
def table(config: Path) -> Path:
    """The file of the mappings."""
    return Path(config.read_text().split('file = "')[1].split('"')[0])


@pytest.fixture
def natto(lab: Lab, case: RealCase, config: Path) -> Appliance:
    return lab.start_natto(config, case.natto)


# Two hosts on net_tap.


@pytest.fixture
def checksum_offload() -> str:
    return "auto"


@pytest.fixture
def taps(lab: Lab, checksum_offload: str) -> TwoHosts:
    """natto between two hosts of overlapping networks."""
    return start_between_two_taps(lab, checksum_offload)


# Two companies, each with routers.


@pytest.fixture
def topology() -> Callable[[Lab], Site]:
    return companies.two_arm


@pytest.fixture
def site(lab: Lab, topology: Callable[[Lab], Site]) -> Iterator[Site]:
    """Two companies, and natto's place between them. All that passes between natto and each is recorded.

    When the test ends, neither may have seen a real address of the other, not even inside an ICMP error.
    """
    made = topology(lab)
    captures = [
        lab.capture(company.edge, "eth0", frame_bytes=WHOLE_ERROR_BYTES)
        for company in (made.a, made.b)
    ]
    yield made
    lab.stop()
    for capture, (company, other) in zip(captures, made.directions, strict=True):
        capture.stop()
        check_view(company, other, capture)


def check_view(company: Company, other: Company, capture: Capture) -> None:
    may_see = company.addresses | {*company.hops, company.natto, other.mapped}
    assert capture.addresses() - may_see == set()
    for secret in other.addresses - may_see:
        found = [p.hex() for p in capture.icmp_packets() if IPv4Address(secret).packed in p]
        assert found == [], f"ICMP packets with {secret}"
