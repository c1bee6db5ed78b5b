"""What the tests of scripts/ec2 and of the Debian package share."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("script")

from machine import SCRIPTS, Machine  # noqa: E402

DEB = SCRIPTS.parent / "lib" / "deb"


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = Machine()
    yield made
    made.close()


@pytest.fixture(scope="session")
def pack(build: Path) -> Callable[..., Path]:
    """Makes the Debian package of what was built, in a folder, beside its source package."""

    def packed(folder: Path, **how: object) -> Path:
        done = subprocess.run([DEB, build, folder], capture_output=True, text=True, **how)
        assert done.returncode == 0, done.stdout + done.stderr
        return Path(done.stdout.strip())

    return packed


@pytest.fixture(scope="session")
def package(pack: Callable[..., Path]) -> Iterator[Path]:
    """The one to test."""
    with tempfile.TemporaryDirectory(prefix="natto-deb-") as folder:
        yield pack(Path(folder))
