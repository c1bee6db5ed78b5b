"""A container engine of the tests' own, with natto's image in it: podman, by the name of docker."""

import functools
import os
import subprocess
import tempfile
from pathlib import Path

from lab.namespace import Namespace

ARCHIVE = Path(os.environ["NATTO_IMAGE"])  # as scripts/image writes it
# Without systemd and its journal, and within any limits of the machine's.
CONFIG = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
"""
DOCKER = """#!/bin/sh
CONTAINERS_CONF={folder}/containers.conf exec podman \
  --root {folder}/storage --runroot {folder}/run --storage-driver vfs "$@"
"""


class Engine:
    """Use it in a process that has called world.enter(), in a PID namespace that ends what is left running."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="natto-image-")
        self.folder = Path(self._directory.name)
        (self.folder / "containers.conf").write_text(CONFIG)
        docker = self.folder / "bin/docker"
        docker.parent.mkdir()
        docker.write_text(DOCKER.format(folder=self.folder))
        docker.chmod(0o755)
        self.run(f"docker load --input {ARCHIVE}")

    def run(self, line: str, where: Namespace | None = None, status: int = 0) -> str:
        """What a line of shell prints on standard output, when it is given in a network namespace."""
        words = ["bash", "-euc", line]
        done = subprocess.run(
            where.inside(*words) if where else words,
            cwd=self.folder,
            env=os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode != status:
            raise AssertionError(f"{line}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


@functools.cache
def engine() -> Engine:
    """The one of all tests. It is in no namespace but in those that lines are given in."""
    return Engine()
