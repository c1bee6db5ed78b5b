"""The Debian package of what was built."""

import functools
import os
import subprocess
import tempfile
from pathlib import Path

DEB = Path(__file__).resolve().parent.parent.parent / "scripts" / "lib" / "deb"


@functools.cache
def package() -> bytes:
    """What scripts/lib/deb packs."""
    with tempfile.TemporaryDirectory(prefix="natto-deb-") as folder:
        built = subprocess.run(
            [DEB, os.environ["NATTO_BUILD"], folder], capture_output=True, text=True
        )
        if built.returncode != 0:
            raise AssertionError(built.stdout + built.stderr)
        return Path(built.stdout.strip()).read_bytes()
