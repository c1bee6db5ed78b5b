"""natto's socket: who may ask what, who has it, and clients that behave badly."""

import grp
import itertools
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import api, real_case, telemetry
from lab.config import Mapping, mappings_toml
from lab.lab import Lab
from lab.numbered_stream import NumberedStream
from lab.traffic import ping

DONE, INPUT_WRONG, SYSTEM_REFUSED = 0, 1, 3
SERVICE = (real_case.B_MAPPED, 5001)
NOBODY = 65534
READERS, ADMINS = "daemon", "bin"
MANY = [
    Mapping(f"m{i}", "middle", f"10.{96 + i // 65536}.{i // 256 % 256}.{i % 256}",
            f"10.{160 + i // 65536}.{i // 256 % 256}.{i % 256}")
    for i in range(100_000)
]  # fmt: skip


@pytest.fixture
def with_api(config: Path) -> Callable[[str], Path]:
    """with_api(LINES) is the natto.toml with these in its [api]."""

    def write(lines: str) -> Path:
        config.write_text(config.read_text() + f"[api]\n{lines}\n")
        return config

    return write


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


# Rights.


@pytest.fixture
def as_nobody(lab: Lab, binary: Path) -> Callable[..., tuple[int, str]]:
    """as_nobody(GROUP, "show", "table") is the exit status and output of that command of another user,
    with a supplementary group or with none.
    """
    first, _, count = Path("/proc/self/uid_map").read_text().split()[:3]
    if NOBODY not in range(int(first), int(first) + int(count)):
        pytest.skip("there is no other user in this user namespace")
    # From where everybody may read it.
    program = lab.file("natto")
    shutil.copy(binary, program)
    program.chmod(0o755)
    program.parent.chmod(0o755)

    def run(group: str | None, *words: str) -> tuple[int, str]:
        groups = ("--groups", group) if group else ("--clear-groups",)
        become = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", *groups, "--")
        done = subprocess.run([*become, program, *words], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def test_without_a_group_only_root_may_ask(natto, as_nobody) -> None:
    status, text = as_nobody(READERS, "show", "table")
    assert status == SYSTEM_REFUSED
    assert f"(uid {NOBODY}) may not ask this natto" in text
    assert "[api] group" in text
    assert natto.ask("table")["version"] == 1


def test_an_outsider_is_refused_a_member_reads_and_root_changes(
    lab, case, with_api, table, as_nobody
) -> None:
    config = with_api(f'group = "{READERS}"\nadmin_group = "{ADMINS}"')
    natto = lab.start_natto(config, case.natto)
    status, text = as_nobody(None, "show", "table")
    assert status == SYSTEM_REFUSED
    assert f"join the group {READERS}" in text

    assert as_nobody(READERS, "show", "mappings")[0] == DONE
    for change in (("reload",), ("reload", "--dry-run"), ("rollback",)):
        status, text = as_nobody(READERS, *change)
        assert status == SYSTEM_REFUSED
        assert "change nothing" in text
    assert natto.ask("table")["version"] == 1

    assert as_nobody(ADMINS, "reload")[0] == DONE
    assert re.search(rf"natto reload by \S+ \(uid {NOBODY}\), pid \d+ \(", natto.log())
    table.write_text(mappings_toml(real_case.MAPPINGS[:1]))
    assert natto.ask("reload")["mappings"] == 1
    assert as_nobody(ADMINS, "rollback")[0] == DONE
    assert re.search(rf"\(uid {NOBODY}\), pid \d+ \(\d+-natto\)", natto.ask("table")["who"])
    assert "error" not in natto.ask("rollback")
    assert natto.ask("table")["who"].startswith(f"root (uid 0), pid {os.getpid()} (")


def test_a_group_that_is_not_there_is_named(lab, case, with_api) -> None:
    assert "no-such-group" not in {group.gr_name for group in grp.getgrall()}
    natto = lab.launch_natto(with_api('group = "no-such-group"'), case.natto)
    assert natto.wait() == INPUT_WRONG
    assert "no-such-group" in natto.log()


# The place.


def test_a_second_natto_is_refused_with_the_firsts_process(lab, case, config, natto) -> None:
    second = lab.launch_natto(config, case.natto)
    assert second.wait() == SYSTEM_REFUSED
    assert str(api.DEFAULT_SOCKET) in second.log()
    assert f"pid {natto.pid}, " in second.log()
    assert f"run --json -c {config}" in second.log()
    assert ping(case.a, real_case.B_MAPPED).answered == 3
    assert natto.ask("table")["version"] == 1


def test_what_a_killed_natto_left_is_replaced(lab, case, config, natto) -> None:
    natto.kill()
    natto.ended = True
    assert api.DEFAULT_SOCKET.is_socket()
    natto = lab.start_natto(config, case.natto)
    assert natto.ask("table")["version"] == 1
    natto.stop()
    assert not api.DEFAULT_SOCKET.exists()


@pytest.fixture
def no_shared_folder(world: None) -> Iterator[None]:
    """Nobody can make a socket in /run/natto."""
    shutil.rmtree("/run/natto", ignore_errors=True)
    Path("/run/natto").write_text("no folder")
    yield
    Path("/run/natto").unlink()


def test_without_run_it_has_a_place_of_its_own_and_is_found(
    no_shared_folder, lab, case, config, cli, monkeypatch
) -> None:
    own = lab.file("runtime")
    own.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(own))
    natto = lab.start_natto(config, case.natto)
    assert (own / "natto").stat().st_mode & 0o777 == 0o700
    assert f"answers at {own}/natto/natto.sock" in natto.log()
    assert "version      1" in cli("show", "table")


# Clients.


def test_a_reload_tells_its_progress(natto, table) -> None:
    table.write_text(mappings_toml(MANY))
    *stages, report = api.lines("reload")
    # natto repeats what takes long.
    said = [stage for stage, _ in itertools.groupby(stage["progress"] for stage in stages)]
    assert said == ["reading", "checking", "building", "waiting for workers", "keeping"]
    assert report["mappings"] == len(MANY)
    assert report["text"].count("\n") == len(MANY) + len(real_case.MAPPINGS)


def test_whatever_clients_do_packets_and_reports_go_on(case, natto, table) -> None:
    table.write_text(mappings_toml([*real_case.MAPPINGS, *MANY]))
    assert "error" not in natto.ask("reload")
    ping(case.a, real_case.B_MAPPED)  # every neighbour is known
    with NumberedStream(case.a, case.b, SERVICE, per_second=2000) as stream:
        silent = [api.connect() for _ in range(20)]
        garbage = api.connect()
        garbage.sendall(b"\xff\xfe\0half a {\n")
        endless = api.connect()
        with pytest.raises(OSError):
            endless.sendall(b"x" * (2 << 20))
        deaf = api.connect()  # never reads its megabytes
        deaf.sendall(b'{"request":"mappings"}\n')
        for _ in range(50):
            assert "version" in natto.ask("table")
        assert len(natto.ask("mappings")["mappings"]) == len(MANY) + 2
        assert b'"kind":"usage"' in garbage.recv(4096)
        for client in (*silent, garbage, endless, deaf):
            client.close()
    assert stream.lost == 0
    assert stream.in_order_and_once


def test_a_hundred_idle_clients_do_not_keep_the_operator_out(natto, cli) -> None:
    clients = [api.connect() for _ in range(100)]
    assert "version      1" in cli("show", "table")
    assert b"your place for another client" in clients[0].recv(4096)
    for client in clients:
        client.close()


def test_a_client_killed_in_the_middle_of_a_reload_changes_nothing_for_it(
    natto, table, binary
) -> None:
    table.write_text(mappings_toml(MANY))
    client = subprocess.Popen([binary, "reload"], stdout=subprocess.DEVNULL)
    time.sleep(0.1)
    client.send_signal(signal.SIGKILL)
    client.wait()
    assert soon(lambda: natto.ask("table")["mappings"] == len(MANY))
    assert "error" not in natto.ask("rollback")


def test_two_reloads_at_once_have_their_own_reports(natto, table) -> None:
    table.write_text(mappings_toml(MANY))
    reports = []
    threads = [
        threading.Thread(target=lambda: reports.append(natto.ask("reload"))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert "version" in natto.ask("table")
    for thread in threads:
        thread.join()
    first, second = sorted(reports, key=lambda report: report["id"])
    assert second["added"] == 0
    assert second["version"] == first["version"]


def test_telemetry_has_the_numbers(case, natto) -> None:
    ping(case.a, real_case.B_MAPPED)
    counters = telemetry.ask(natto.pid, "/natto/counters")
    assert counters["translated"] == natto.ask("counters")["translated"]
    ports = telemetry.ask(natto.pid, "/natto/ports")
    assert (len(ports["rx_packets"]), ports["link_up"]) == (1, [1])
    assert ports["rx_packets"][0] > 0
    assert len(telemetry.ask(natto.pid, "/natto/workers")["polls"]) == 1
    assert telemetry.ask(natto.pid, "/natto/drops") == {}
