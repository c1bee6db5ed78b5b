"""natto health: what it says, and its exit code."""

import json
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.namespace import link
from lab.patience import until
from lab.standstill import standing_still, worker_of
from lab.two_hosts import A_MAPPED, B_MAPPED, NATTO, REAL

HEALTHY, UNHEALTHY, USAGE, NOT_RUNNING = 0, 1, 2, 3
GATEWAY = "10.0.0.254"

Health = Callable[..., tuple[int, str]]


@pytest.fixture
def health(binary: Path, world: None) -> Health:
    """health("--json") is the exit status and what it says."""

    def ask(*words: str) -> tuple[int, str]:
        done = subprocess.run([binary, "health", *words], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    return ask


def test_healthy_stopped_refused_and_not_running(health, cli, table, natto) -> None:
    assert until(lambda: health()[0] == HEALTHY), health()
    assert health()[1] == "healthy: 1 worker(s), 1 port(s), 2 mapping(s) in version 1, active\n"
    assert json.loads(health("--json")[1]) == {"state": "healthy", "findings": [], "warnings": []}

    natto.send(signal.SIGSTOP)
    try:
        status, told = health()
        assert status == UNHEALTHY
        assert told == (
            f"natto: natto (pid {natto.pid}) does not answer: its process is stopped, and so is its"
            f" traffic -> kill -CONT {natto.pid} lets it go on\n"
        )
    finally:
        natto.send(signal.SIGCONT)

    right = table.read_text()
    table.write_text("nonsense")
    cli("reload", status=1)
    status, told = health("--json")
    assert status == UNHEALTHY
    (finding,) = json.loads(told)["findings"]
    assert (finding["check"], finding["subject"]) == ("table", str(table))
    assert f"version 1 stays in force: {table}:1:9: expected" in finding["what"]
    table.write_text(right)
    cli("reload")
    assert until(lambda: health()[0] == HEALTHY), health()

    natto.stop()
    status, told = health()
    assert (status, told.count("\n")) == (NOT_RUNNING, 1)
    assert told.startswith("natto: no natto runs here: nobody listens at ")
    assert json.loads(health("--json")[1])["state"] == "not running"


def test_ports_and_next_hops(health, lab: Lab) -> None:
    world, a, b = lab.namespace("natto"), lab.namespace("a"), lab.namespace("b")
    for host in (a, b):
        link(host, "eth0", world, f"to-{host.name}")
        host.address("eth0", f"{REAL}/24")
    config = lab.write_config(
        [Port("a", "to-a", f"{NATTO}/24"), Port("b", "to-b", f"{NATTO}/24", GATEWAY)],
        [Mapping("a", "a", REAL, A_MAPPED), Mapping("b", "b", REAL, B_MAPPED)],
    )
    lab.start_natto(config, world)
    status, told = health()
    assert status == UNHEALTHY
    assert told.startswith(f"next_hop b: the gateway {GATEWAY} has not answered ARP")

    a.run("ip", "link", "set", "dev", "eth0", "down")
    assert until(lambda: health()[1].startswith("port a: link down since ")), health()
    b.address("eth0", f"{GATEWAY}/24")
    assert until(lambda: "next_hop" not in health()[1]), health()
    assert health()[0] == UNHEALTHY
    a.run("ip", "link", "set", "dev", "eth0", "up")
    assert until(lambda: health()[0] == HEALTHY), health()


def test_a_thread_that_hangs_is_named_though_the_socket_answers(health, natto) -> None:
    assert until(lambda: health()[0] == HEALTHY), health()
    lcore = natto.ask("workers")["workers"][0]["lcore"]
    for thread, finding in (
        (worker_of(natto.pid), f"worker lcore {lcore}: the worker has made no progress for "),
        (natto.pid, "control: the control thread has done nothing for "),
    ):
        with standing_still(thread):
            assert until(lambda: health()[0] == UNHEALTHY), health()
            assert health()[1].startswith(finding), health()
        assert until(lambda: health()[0] == HEALTHY), health()


def test_a_socket_that_accepts_and_says_nothing(health, lab: Lab) -> None:
    path = lab.file("deaf.sock")
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        deaf.listen()
        status, told = health("--socket", str(path))
    assert status == UNHEALTHY
    assert "does not answer: it has said nothing for 0.7 s -> look at its log" in told
    assert health("--socket", str(path))[0] == NOT_RUNNING


def test_which_of_several_is_usage(health, lab: Lab, world) -> None:
    sockets = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    Path("/run/natto").mkdir(exist_ok=True)
    for i, listening in enumerate(sockets):
        listening.bind(f"/run/natto/{i}.sock")
        listening.listen()
    status, told = health()
    assert status == USAGE
    assert "say which with --socket" in told
    for i, listening in enumerate(sockets):
        listening.close()
        Path(f"/run/natto/{i}.sock").unlink()
