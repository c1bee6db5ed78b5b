"""A container engine of the tests' own, with natto's image in it: podman, by the name of docker."""

import os
import subprocess
import tempfile
from pathlib import Path

from documented import documented
from lab.config import Mapping, Port, mappings_toml, natto_toml
from lab.namespace import Namespace

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

    def __init__(self, archive: Path) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="natto-image-")
        self.folder = Path(self._directory.name)
        (self.folder / "containers.conf").write_text(CONFIG)
        docker = self.folder / "bin/docker"
        docker.parent.mkdir()
        docker.write_text(DOCKER.format(folder=self.folder))
        docker.chmod(0o755)
        self.run(f"docker load --input {archive}")

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

    def follow(self, *words: str, where: Namespace | None = None, status: int = 0) -> str:
        """What a line of doc/install.md prints, with the folder of write_config() for the machine's /etc/natto."""
        line = documented(*words).replace("-v /etc/natto:", f"-v {self.folder}/etc:")
        return self.run(line, where, status)

    def write_config(self, ports: list[Port], mappings: list[Mapping]) -> Path:
        """A folder with both files, as /etc/natto has them."""
        folder = self.folder / "etc"
        folder.mkdir(exist_ok=True)
        (folder / "natto.toml").write_text(natto_toml(ports, Path("mappings.toml"), 1, {}))
        (folder / "mappings.toml").write_text(mappings_toml(mappings))
        return folder

    def close(self) -> None:
        self._directory.cleanup()
