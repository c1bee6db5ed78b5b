"""Who changed what, and what was carried: the audit and the report of natto that runs and is killed."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import real_case
from lab.config import Mapping, mappings_toml
from lab.patience import until
from lab.traffic import ping

EXTRA = Mapping("extra", "middle", "10.32.1.158", "10.33.1.146")
PAGE = 4096
ZEROS = "0" * 64


@pytest.fixture
def events(config, cli) -> Callable[[], list[dict]]:
    return lambda: json.loads(cli("audit", "show", "-c", str(config), "--json"))


@pytest.fixture
def verify(config, cli) -> Callable[..., str]:
    return lambda *words, status=0: cli("audit", "verify", "-c", str(config), *words, status=status)


def login_uid() -> int | None:
    number = int(Path("/proc/self/loginuid").read_text())
    return None if number == 0xFFFFFFFF else number


def test_each_change_is_recorded_with_who_and_what(
    table, natto, binary, cli, events, verify
) -> None:
    digest = natto.ask("table")["digest"]
    table.write_text(mappings_toml([*real_case.MAPPINGS, EXTRA]))
    environment = os.environ | {"SUDO_USER": "alice"}
    asker = subprocess.Popen([binary, "reload"], env=environment, stdout=subprocess.DEVNULL)
    assert asker.wait(timeout=60) == 0
    right = table.read_text()
    table.write_text(right + "[[mapping]]\nname = 3\n")
    cli("reload", status=1)
    table.write_text(right)
    cli("reload")
    cli("rollback")
    natto.send(signal.SIGHUP)
    assert until(lambda: natto.ask("table")["reloads"] >= 4)
    natto.stop()

    # The file may have been followed before it was asked for.
    found = [event for event in events() if event.get("trigger") != "file changed"]
    kinds = [event["event"] for event in found]
    assert kinds == ["start", "reload", "refused", "reload", "rollback", "reload", "stop"]
    start, reload, refused, _, rollback, hangup, stop = found
    assert (start["previous"], start["digest"]) == (ZEROS, digest)
    assert start["by"]["pid"] == natto.pid
    assert reload["trigger"] == "natto reload"
    by = reload["by"]
    assert (by["kind"], by["user"], by["uid"]) == ("client", "root (uid 0)", 0)
    assert (by["pid"], by["program"]) == (asker.pid, "natto")
    assert by.get("login_uid") == login_uid()
    assert by["claims"] == {"sudo_user": "alice"}
    if "changes" in reload:  # natto did not follow the file before
        assert reload["changes"] == ["+ extra: middle 10.32.1.158 <-> 10.33.1.146"]
        assert reload["digest_before"] == digest
    assert re.match(rf"{table}:\d+:\d+: ", refused["errors"][0])
    assert "claims" not in refused["by"]
    assert rollback["changes"] == ["- extra: middle 10.32.1.158 <-> 10.33.1.146"]
    assert rollback["digest"] == digest
    assert (hangup["by"]["kind"], hangup["by"]["pid"]) == ("signal", os.getpid())
    assert stop["trigger"] == "SIGTERM"

    told = verify()
    assert told.startswith(f"ok: {len(events())} line(s)\nlast: sequence {len(events())}, ")
    last = told.split("SHA-256 ")[1].strip()
    verify("--last", last)
    assert f'natto: {{"sequence":{start["sequence"]},' in natto.log()
    shown = cli("audit", "show", "-c", str(natto.config))
    assert "rollback (natto rollback) by root (uid 0)" in shown


def test_a_followed_file_is_recorded_with_its_owner(table, natto, events) -> None:
    table.write_text(mappings_toml([*real_case.MAPPINGS, EXTRA]))
    os.chown(table, 12345, -1)
    assert until(lambda: natto.ask("table")["version"] == 2)
    assert until(lambda: events()[-1]["event"] == "reload")
    by = events()[-1]["by"]
    assert (by["kind"], by["file"], by["owner_uid"]) == ("file", str(table), 12345)


def test_a_broken_line_and_what_was_changed_are_named(
    lab, case, config, natto, events, verify, binary
) -> None:
    natto.ask("reload")
    assert until(lambda: events()[-1]["event"] == "reload")
    natto.send(signal.SIGKILL)
    natto.wait()
    folder = str(config)[1:].replace("-", "%2d").replace("/", "-")
    audit = Path("/run/natto-state") / folder / "audit.jsonl"
    whole = audit.read_bytes()
    audit.write_bytes(whole[:-40])  # as if it was killed while it wrote
    done = subprocess.run([binary, "audit", "verify", audit], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"{audit}:2: is broken off" in done.stdout
    natto = lab.start_natto(config, case.natto)
    assert until(lambda: b'"broken_tail"' in audit.read_bytes())
    natto.stop()
    assert f"{audit}:2: " in verify()
    assert audit.read_bytes().startswith(whole[:-40])

    changed = audit.read_text().replace('"event":"start"', '"event":"Start"', 1)
    audit.write_text(changed)
    done = subprocess.run([binary, "audit", "verify", audit], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"{audit}:1: was changed" in done.stdout


def test_a_full_disk_stops_nothing_and_is_told(
    lab, case, config, table, cli, verify, events
) -> None:
    disk = lab.file("disk")
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={2 * PAGE}", "none", disk], check=True)
    try:
        (disk / "filler").write_bytes(b"x" * PAGE)
        config.write_text(config.read_text() + f'\n[log]\naudit_file = "{disk}/audit.jsonl"\n')
        natto = lab.start_natto(config, case.natto)
        asked = 0
        while not natto.ask("health")["warnings"]:
            assert natto.ask("reload")["version"] == 1
            asked += 1
        assert (disk / "audit.jsonl").stat().st_size == PAGE  # in the middle of a line
        assert "No space left on device" in cli("health").split("warning: the audit is not ")[1]
        table.write_text(mappings_toml([*real_case.MAPPINGS, EXTRA]))
        natto.ask("reload")
        assert natto.ask("table")["version"] == 2
        assert ping(case.a, real_case.B_MAPPED).answered == 3
        (disk / "filler").unlink()
        # A page is not enough for all.
        subprocess.run(["mount", "-o", f"remount,size={64 * PAGE}", disk], check=True)
        assert until(lambda: not natto.ask("health")["warnings"])
        natto.stop()
        assert "bytes that were not written to their end" in verify()
        asked_for = [event for event in events() if event.get("trigger") == "natto reload"]
        assert len(asked_for) == asked + 1
        assert "the audit is written again" in natto.log()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_report_has_what_was_sent_across_restarts_and_tables(
    lab, case, config, table, natto, cli
) -> None:
    def report(*words: str) -> dict:
        times = ("--from", "2026-01", "--to", "2261-12")
        return json.loads(cli("report", "-c", str(config), "--json", *times, *words))

    sent = ping(case.a, real_case.B_MAPPED, count=5, patience_seconds=5).sent
    table.write_text(mappings_toml([*real_case.MAPPINGS, EXTRA]))
    natto.ask("reload")
    sent += ping(case.a, real_case.B_MAPPED, count=4, patience_seconds=5).sent
    # The same host under another name: its counts are of that name from now on.
    a, b = real_case.MAPPINGS
    table.write_text(mappings_toml([Mapping("moved", a.realm, a.real, a.mapped), b]))
    natto.ask("reload")
    renamed = ping(case.a, real_case.B_MAPPED, count=3, patience_seconds=5).sent
    natto.stop()
    natto = lab.start_natto(config, case.natto)
    renamed += ping(case.a, real_case.B_MAPPED, count=2, patience_seconds=5).sent
    natto.stop()

    found = report()
    assert (found["starts"], [gap["crashed"] for gap in found["gaps"]]) == (2, [False])
    counts = {(m["name"], m["real"]): m for m in found["mappings"]}
    assert counts[a.name, a.real]["from_packets"] == sent
    assert counts["moved", a.real]["from_packets"] == renamed
    assert counts[b.name, b.real]["to_packets"] == sent + renamed
    assert counts[b.name, b.real]["from_packets"] == sent + renamed
    versions = [t["version"] for t in found["tables"]]
    assert versions == [1, 2, 3, 1]
    assert found["counters"]["translated"] == 2 * (sent + renamed)
    assert report("--realm", "middle")["mappings"] == found["mappings"]

    natto = lab.start_natto(config, case.natto)
    natto.send(signal.SIGKILL)
    natto.wait()
    lab.start_natto(config, case.natto).stop()
    assert report()["starts"] == 3  # of the one that was killed nothing was written
