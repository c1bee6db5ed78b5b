"""What the tests of the container image share: a container engine with the image in it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine import Engine


@pytest.fixture(scope="session")
def binary() -> Path:
    """That of the image, by its name there: labs start no other."""
    return Path("natto")


@pytest.fixture(scope="session")
def archive(pytestconfig: pytest.Config) -> Path:
    """The image, as scripts/image writes it."""
    if pytestconfig.option.image is None:
        pytest.fail("--image says which: scripts/image-test gives it", pytrace=False)
    return pytestconfig.option.image.resolve()


@pytest.fixture(scope="session")
def engine(archive: Path, world: None) -> Iterator[Engine]:
    """The one of all tests. It is in no namespace but in those that lines are given in."""
    with contextlib.closing(Engine(archive)) as made:
        yield made
