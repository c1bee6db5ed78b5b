"""What the suites share: the natto to test, a random seed, and laboratories of network namespaces."""

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import world as own_world
from lab.lab import Lab

pytest_plugins = ["lab.fixtures"]
ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    add = parser.getgroup("natto").addoption
    add("--build", type=Path, default=ROOT / "build", help="the folder natto was built in (build)")
    add("--natto", type=Path, help="the natto to test (app/natto of that folder)")
    add("--image", type=Path, help="the container image's archive, as scripts/image writes it")
    add("--seed", type=int, help="of random packets (a new one each time)")
    add("--packets", type=int, help="about how many random packets")
    add("--faults", type=int, help="how many random faults of network cards")


def pytest_configure(config: pytest.Config) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end by way of every clean-up
    if config.option.seed is None:
        config.option.seed = random.SystemRandom().randrange(1 << 32)


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.option.seed}"


@pytest.fixture(scope="session")
def build(pytestconfig: pytest.Config) -> Path:
    """The folder natto was built in."""
    return pytestconfig.option.build.resolve()


@pytest.fixture(scope="session")
def binary(pytestconfig: pytest.Config, build: Path) -> Path:
    """The natto to test."""
    program = pytestconfig.option.natto or build / "app" / "natto"
    if not os.access(program, os.X_OK):
        pytest.fail(f"{program} is not a program: build natto first (scripts/build)", pytrace=False)
    return program.resolve()


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    return pytestconfig.option.seed


@pytest.fixture(scope="session")
def world() -> None:
    """From now on this process has a network and a /run of its own; see lab.world."""
    if reason := own_world.refusal():
        pytest.fail(
            f"network namespaces are needed, and not permitted here: {reason}\n"
            "Run this as root on a machine or in a container that permits them.",
            pytrace=False,
        )
    own_world.enter()


@pytest.fixture
def new_lab(binary: Path, world: None) -> Lab:
    """The laboratory that a test gets. Suites may have another kind."""
    return Lab(binary)


@pytest.fixture
def lab(new_lab: Lab) -> Iterator[Lab]:
    """A laboratory of the test's own.

    When the test ends, every natto in it must stop with exit status 0 and with counters that do not
    contradict each other, unless the test has ended that natto itself.
    """
    with new_lab as made:
        yield made
        try:
            made.stop()
        finally:
            for natto in made.appliances:
                print(f"What the natto of process {natto.pid} logged:\n{natto.log()}")
