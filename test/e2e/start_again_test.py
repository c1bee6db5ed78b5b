"""natto is killed, and its file of mappings is not what it was."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import real_case
from lab.appliance import Appliance
from lab.config import Mapping, mappings_toml
from lab.traffic import ping

EXTRA = Mapping("extra", "middle", "10.32.1.158", "10.33.1.146")
INPUT_WRONG = 1


@pytest.fixture
def start_again(lab, case, config, natto) -> Callable[[], Appliance]:
    """Kills the natto that runs, and starts another."""

    def crash_and_start() -> Appliance:
        lab.appliances[-1].send(signal.SIGKILL)
        lab.appliances[-1].wait()
        return lab.start_natto(config, case.natto)

    return crash_and_start


def test_a_wrong_file_is_no_outage(case, table, natto, start_again, cli) -> None:
    ran_with = natto.ask("table")
    table.write_text(table.read_text() + "[[mapping]]\nname = 3\n")
    natto = start_again()
    assert ping(case.a, real_case.B_MAPPED).answered == 3
    now = natto.ask("table")
    assert now["digest"] == ran_with["digest"]
    assert (now["file"], now["file_state"]) == (str(table), "refused")
    assert now["file_error"].startswith(f"{table}:")
    assert f"natto: {table} is refused; the table that was in force last is in force again" in (
        natto.log()
    )
    for error in now["file_error"].splitlines():
        assert f"natto: {error}\n" in natto.log()
    assert f": {table}:" in cli("show", "table").split("file: refused since ")[1]
    explained = cli("explain", real_case.A_REAL, real_case.B_MAPPED, "--proto", "icmp")
    line = int(explained.split(", line ")[1].split()[0])
    assert f"line {line} of {now['read_from']}" in explained
    assert Path(now["read_from"]).read_text().splitlines()[line - 1] == "[[mapping]]"

    table.write_text(mappings_toml([*real_case.MAPPINGS, EXTRA]))
    assert natto.ask("reload")["added"] == 1
    assert natto.ask("table")["file_state"] == "same"
    assert start_again().ask("table")["mappings"] == 3


def test_a_missing_file_is_no_outage(case, table, natto, start_again) -> None:
    natto.ask("table")
    table.unlink()
    assert start_again().ask("table")["file_state"] == "refused"
    assert ping(case.a, real_case.B_MAPPED).answered == 3


def test_a_rollback_outlives_a_crash_until_the_file_is_changed(table, natto, start_again) -> None:
    first = natto.ask("table")["digest"]
    table.write_text(mappings_toml([*real_case.MAPPINGS, EXTRA]))
    natto.ask("reload")
    natto.ask("rollback")
    for _ in range(2):
        natto = start_again()
        now = natto.ask("table")
        assert (now["digest"], now["file_state"]) == (first, "differs")
    assert "was taken out of force by a rollback" in natto.log()
    table.write_text(mappings_toml([EXTRA, *real_case.MAPPINGS[:1]]))
    assert start_again().ask("table")["mappings"] == 2


def test_a_reload_ends_a_rollback(table, natto, start_again) -> None:
    table.write_text(mappings_toml([*real_case.MAPPINGS, EXTRA]))
    natto.ask("reload")
    natto.ask("rollback")
    start_again().ask("reload")
    now = start_again().ask("table")
    assert (now["mappings"], now["file_state"]) == (3, "same")


def test_each_config_has_its_own_table(lab, case, config, table, natto) -> None:
    natto.stop()
    other = config.with_name("other.toml")
    other.write_text(config.read_text())
    table.write_text("nonsense")
    stranger = lab.launch_natto(other, case.natto)
    assert stranger.wait() == INPUT_WRONG
    assert f"{table}:1:9: " in stranger.log()


def test_reload_reads_the_config_again(config, natto, cli) -> None:
    right = config.read_text()
    config.write_text(right.replace("[icmp]\n", "[icmp]\nerror_burst = 7\n"))
    assert "icmp error_burst differs from what natto runs with" in cli("reload", "--dry-run")
    assert "natto.toml: icmp error_burst differs" in cli("reload")
    assert json.loads(cli("reload", "--json"))["config_changed"] == ["icmp error_burst"]
    config.write_text(right + "nonsense\n")
    for words in (("reload", "--dry-run"), ("reload",)):
        assert f"{config}:" in cli(*words, status=INPUT_WRONG)
    assert f": {config}:" in cli("show", "table").split("file: refused since ")[1]
