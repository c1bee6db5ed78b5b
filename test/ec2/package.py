"""The Debian package of what was built."""

import functools
import os
import subprocess
import tempfile
from pathlib import Path

DEB = Path(__file__).resolve().parent.parent.parent / "scripts" / "lib" / "deb"
FOLDER = tempfile.TemporaryDirectory(prefix="natto-deb-")


@functools.cache
def package() -> Path:
    """What scripts/lib/deb packs; the folder beside it is its source package."""
    built = subprocess.run(
        [DEB, os.environ["NATTO_BUILD"], FOLDER.name], capture_output=True, text=True
    )
    if built.returncode != 0:
        raise AssertionError(built.stdout + built.stderr)
    return Path(built.stdout.strip())
