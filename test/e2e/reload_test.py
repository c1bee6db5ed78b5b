"""The table is replaced while traffic runs."""

import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import api, real_case
from lab.appliance import Appliance
from lab.config import Mapping, mappings_toml
from lab.numbered_stream import NumberedStream
from lab.real_case import RealCase
from lab.traffic import ping

SERVICE = (real_case.B_MAPPED, 5001)
NOT_SENT = 4
EXTRA = Mapping("extra", "middle", "10.32.1.158", "10.33.1.146")
MANY = [
    Mapping(f"m{i}", "middle", f"10.{96 + i // 65536}.{i // 256 % 256}.{i % 256}",
            f"10.{160 + i // 65536}.{i // 256 % 256}.{i % 256}")
    for i in range(65_536 - len(real_case.MAPPINGS))
]  # fmt: skip


@pytest.fixture
def natto(case: RealCase, natto: Appliance) -> Appliance:
    ping(case.a, real_case.B_MAPPED)  # every neighbour is known
    return natto


def replace_table(table: Path, mappings: list[Mapping]) -> None:
    """As editors and configuration management do."""
    new = table.with_suffix(".new")
    new.write_text(mappings_toml(mappings))
    new.rename(table)


def numbered_stream(case: RealCase) -> NumberedStream:
    return NumberedStream(case.a, case.b, SERVICE, per_second=2000)


def assert_nothing_lost(stream: NumberedStream) -> None:
    assert stream.sent >= stream.at_least
    assert stream.lost == 0
    assert stream.in_order_and_once


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def version(natto: Appliance) -> int:
    return natto.ask("table")["version"]


def test_f1_no_packet_is_lost_while_the_file_changes(case, natto, table) -> None:
    with numbered_stream(case) as stream:
        for turn in range(6):
            before = version(natto)
            mappings = [*real_case.MAPPINGS, EXTRA] if turn % 2 == 0 else real_case.MAPPINGS
            replace_table(table, mappings)
            assert soon(lambda before=before: version(natto) > before)
    assert_nothing_lost(stream)
    assert "(file changed): version 2 with 3 mappings: 1 added" in natto.log()


def test_f1_nothing_is_lost_while_large_tables_are_reloaded_back_to_back(
    case, natto, table
) -> None:
    replace_table(table, [*real_case.MAPPINGS, *MANY])
    with numbered_stream(case) as stream:
        for _ in range(2):
            assert natto.ask("reload")["mappings"] == 65_536
            # Control is not held up: natto itself answers.
            assert ping(case.router, real_case.NATTO_ADDRESS).answered == 3
    assert_nothing_lost(stream)


def test_f2_a_wrong_file_changes_nothing(case, natto, table) -> None:
    before = natto.ask("table")
    with numbered_stream(case) as stream:
        table.write_text(table.read_text() + "[[mapping]]\nname = 3\n")
        error = natto.ask("reload")["error"]
        assert error["kind"] == "input"
        assert re.search(rf"{table}:\d+:\d+: ", error["message"])
    after = natto.ask("table")
    assert after["version"] == before["version"]
    assert after["digest"] == before["digest"]
    assert_nothing_lost(stream)


def test_sighup_reloads_and_the_log_says_who(natto) -> None:
    natto.send(signal.SIGHUP)
    outcome = re.compile(r"\(SIGHUP by uid 0, pid \d+\): no change, version 1 ")
    assert soon(lambda: outcome.search(natto.log()) is not None)
    assert version(natto) == 1


def test_a_new_mapping_works_and_a_removed_one_does_not(case, natto, table) -> None:
    case.a.address("eth0", f"{EXTRA.real}/24")
    from_extra = ("-I", EXTRA.real)
    patience = {"count": 2, "patience_seconds": 0.5}
    assert ping(case.a, real_case.B_MAPPED, *from_extra, **patience).answered == 0
    replace_table(table, [*real_case.MAPPINGS, EXTRA])
    natto.ask("reload")
    assert ping(case.a, real_case.B_MAPPED, *from_extra, **patience).answered == 2
    natto.ask("rollback")
    assert ping(case.a, real_case.B_MAPPED, *from_extra, **patience).answered == 0


def test_f4_clients_that_hang_or_die_cost_nothing(case, natto) -> None:
    with numbered_stream(case) as stream:
        hung = [api.connect() for _ in range(3)]
        for client in hung:
            client.setblocking(False)
            try:
                for _ in range(10_000):  # asks, and never reads
                    client.send(b'{"request":"counters"}\n')
            except BlockingIOError:
                pass
        for _ in range(50):  # asks, and is gone before the answer
            with api.connect() as client:
                client.send(b'{"request":"mappings"}\n')
        assert "error" not in natto.ask("reload")
        for client in hung:
            client.close()
    assert_nothing_lost(stream)


def test_f4_a_full_disk_under_the_log_costs_nothing(lab, case, config, natto, table) -> None:
    natto.stop()
    natto = lab.launch_natto(config, case.natto, log=Path("/dev/full"))
    assert soon(answers)
    ping(case.a, real_case.B_MAPPED)  # packets that wait for a neighbour may be overtaken
    with numbered_stream(case) as stream:
        for turn in range(3):
            extra = [EXTRA] if turn % 2 == 0 else []
            replace_table(table, [*real_case.MAPPINGS, *extra])
            assert "error" not in natto.ask("reload")
        time.sleep(0.5)
    assert version(natto) == 4
    assert_nothing_lost(stream)


def answers() -> bool:
    try:
        return bool(api.ask("table"))
    except OSError:
        return False


def test_explain_agrees_with_what_happens(case, cli, natto) -> None:
    ping_of = (real_case.B_MAPPED, "--proto", "icmp", "--length", "84", "--json")
    assert json.loads(cli("explain", real_case.A_REAL, *ping_of))["sent"]
    answer = json.loads(cli("explain", EXTRA.real, *ping_of, status=NOT_SENT))
    assert answer["reason"] == "source_not_mapped"
    case.a.address("eth0", f"{EXTRA.real}/24")
    ping(case.a, real_case.B_MAPPED, "-I", EXTRA.real, count=1, patience_seconds=0.2)
    dropped = {drop["reason"]: drop["packets"] for drop in natto.ask("drops")["drops"]}
    assert dropped[answer["reason"]] >= 1


def test_every_mapping_is_counted(case, natto) -> None:
    before = natto.ask("mappings")["mappings"]
    ping(case.a, real_case.B_MAPPED, count=5)
    after = natto.ask("mappings")["mappings"]
    for counter, each in (("from_packets", 1), ("to_packets", 1), ("to_bytes", 84)):
        gained = [b[counter] - a[counter] for a, b in zip(before, after, strict=True)]
        assert gained == [5 * each, 5 * each], counter
