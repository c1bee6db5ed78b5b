"""What the tests of scripts/ec2 and of the Debian package share."""

import subprocess
import tempfile
from collections.abc import Iterator
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
def package(build: Path) -> Iterator[Path]:
    """The Debian package of what was built; the folder beside it is its source package."""
    with tempfile.TemporaryDirectory(prefix="natto-deb-") as folder:
        packed = subprocess.run([DEB, build, folder], capture_output=True, text=True)
        assert packed.returncode == 0, packed.stdout + packed.stderr
        yield Path(packed.stdout.strip())
