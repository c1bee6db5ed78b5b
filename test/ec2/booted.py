"""A throwaway machine whose systemd runs, with natto installed."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from throwaway import Refused, Throwaway

PATIENCE_SECONDS = 30
SYSTEMD = "/lib/systemd/systemd"
# A manager with nothing to do but natto: no target of the machine's own is reached.
ALONE = "[Unit]\nDefaultDependencies=no\n"
CONFIG, TABLE = "/etc/natto/natto.toml", "/etc/natto/mappings.toml"
SYSTEM = "/etc/systemd/system"
DROP_INS = f"{SYSTEM}/natto.service.d"
BOOT = f"until [ -e /boot-now ]; do sleep 0.1; done; exec {SYSTEMD} --unit=alone.target"


@pytest.fixture
def machine(package: Path) -> Iterator[Throwaway]:
    """Its systemd runs, and natto is installed."""
    try:
        made = Throwaway("sh", "-c", BOOT)
    except Refused as reason:
        pytest.skip(f"needs root and namespaces: {reason}")
    with contextlib.closing(made):
        set_up(made, package)
        yield made


def set_up(machine: Throwaway, package: Path) -> None:
    write(machine, "/var/natto.deb", package.read_bytes())
    # With this, containers keep packages from starting and stopping services.
    machine.path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
    machine.run("dpkg", "--install", "/var/natto.deb")
    # A device that is there without hardware; a core that this process may use.
    cpu = min(os.sched_getaffinity(0))
    config = machine.path(CONFIG).read_text()
    config = config.replace("0000:00:06.0", "net_ring0").replace("mtu = 9001", "mtu = 1500")
    config = config.replace("[dpdk]", f'[dpdk]\neal = ["--lcores", "0@{cpu},1@{cpu}"]')
    write(machine, CONFIG, config.encode())
    write(machine, f"{SYSTEM}/alone.target", ALONE.encode())
    for unit in ("natto.service", "natto-bind.service", "natto-exporter.service"):
        write(machine, f"{SYSTEM}/{unit}.d/alone.conf", ALONE.encode())
    write(machine, f"{DROP_INS}/watchdog.conf", b"[Service]\nWatchdogSec=2\n")
    write(machine, "/boot-now", b"")
    wait_until(lambda: machine.path("/run/systemd/private").exists(), "boot")


def write(machine: Throwaway, path: str, content: bytes) -> None:
    file = machine.path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"did not {what} in time"
        time.sleep(0.1)


def shown(machine: Throwaway, name: str, unit: str = "natto") -> str:
    return machine.run("systemctl", "show", "--property", name, "--value", unit).strip()


def process(machine: Throwaway, unit: str = "natto") -> dict[str, str]:
    """/proc/PID/status of the running natto, or of another service's process."""
    text = machine.path(f"/proc/{shown(machine, 'MainPID', unit)}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
