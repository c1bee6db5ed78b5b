"""natto as a service manager sees it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import real_case
from lab.config import Port
from lab.lab import Lab
from lab.standstill import standing_still, worker_of

PATIENCE_SECONDS = 30


@pytest.fixture
def manager(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A service manager, whose service is whatever runs here meanwhile."""
    address = lab.file("notify")
    Path("/run/natto").mkdir(exist_ok=True)
    monkeypatch.setenv("NOTIFY_SOCKET", str(address))
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/natto")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(PATIENCE_SECONDS)
        manager.bind(str(address))
        yield manager


def hear(manager: socket.socket) -> list[str]:
    return manager.recv(4096).decode().splitlines()


def hear_news(manager: socket.socket) -> list[str]:
    """What it hears next but that natto is alive."""
    heard = hear(manager)
    while heard == ["WATCHDOG=1"]:
        heard = hear(manager)
    return heard


def test_tells_that_it_is_ready_alive_and_stopping(lab, case, config, manager) -> None:
    natto = lab.launch_natto(config, case.natto)
    assert hear(manager) == ["READY=1", "WATCHDOG=1", "STATUS=2 mappings, version 1"]
    for _ in range(3):
        assert hear(manager) == ["WATCHDOG=1"]
    natto.stop()
    assert hear_news(manager) == ["STOPPING=1", "STATUS=stopping"]


def test_a_worker_that_stands_still_feeds_no_watchdog(lab, case, config, manager) -> None:
    natto = lab.launch_natto(config, case.natto)
    hear(manager)
    lcore = natto.ask("workers")["workers"][0]["lcore"]
    with standing_still(worker_of(natto.pid)):
        assert hear_news(manager) == [f"STATUS=no progress on lcore {lcore}"]
        manager.settimeout(1)  # more than twice as long as a report takes to come
        with pytest.raises(TimeoutError):
            hear(manager)
    manager.settimeout(PATIENCE_SECONDS)
    assert hear(manager) == ["WATCHDOG=1", "STATUS=2 mappings, version 1"]


def test_is_never_ready_if_it_cannot_start(lab, manager) -> None:
    port = Port("middle", "no-such-if", "10.33.1.124/28", "10.33.1.113")
    config = lab.write_config([port], real_case.MAPPINGS)
    lab.launch_natto(config, lab.namespace("natto")).wait()
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(4096)


def test_is_found_without_its_environment_and_reloads_within(
    cli, lab, case, config, table, manager, monkeypatch
) -> None:
    lab.launch_natto(config, case.natto)
    hear(manager)
    with monkeypatch.context() as elsewhere:
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "RUNTIME_DIRECTORY"):
            elsewhere.delenv(name)
        assert json.loads(cli("show", "table", "--json"))["version"] == 1
    table.write_text(table.read_text().replace(real_case.MAPPINGS[0].name, "renamed"))
    cli("reload")  # as ExecReload does
    assert hear_news(manager) == ["WATCHDOG=1", "STATUS=2 mappings, version 2"]
    table.write_text("nonsense")
    cli("reload", status=1)
    refused = f"file refused: {table}:1:9: expected \"=\" after the key"
    assert hear_news(manager) == ["WATCHDOG=1", f"STATUS=2 mappings, version 2; {refused}"]
