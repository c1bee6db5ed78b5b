"""Two natto with the same table on one link: who answers, and what is lost when the other takes over."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lab.command import CommandFailed, run
from lab.config import Mapping, mappings_toml
from lab.lab import Lab
from lab.numbered_stream import NumberedStream
from lab.pair import (
    A_MAPPED,
    B_MAPPED,
    INTERFACE,
    MAPPINGS,
    TABLE,
    Node,
    Pair,
    build,
    script,
)
from lab.patience import until

PORTS = (7001, 7002)


@pytest.fixture
def pair(lab: Lab, binary: Path) -> Pair:
    made = build(lab, binary)
    for node in made.nodes:
        node.start_natto()
    return made


def streams(pair: Pair) -> list[NumberedStream]:
    return [
        NumberedStream(pair.a, pair.b, (B_MAPPED, PORTS[0]), 1000),
        NumberedStream(pair.b, pair.a, (A_MAPPED, PORTS[1]), 1000),
    ]


def says(node: Node, *words: str) -> str:
    """What that command of natto's prints."""
    return run(str(node.folder / "bin" / "natto"), *words)


def neighbour(pair: Pair) -> str | None:
    """Whom host a takes for host b's mapped address."""
    entries = json.loads(pair.a.run("ip", "-json", "neigh", "show", "to", B_MAPPED))
    return next((entry.get("lladdr") for entry in entries), None)


def test_hosts_send_to_the_active_one_and_a_hand_over_loses_nothing(pair: Pair) -> None:
    one, two = pair.nodes
    assert says(one, "show", "role").startswith("role         standby since ")
    pair.a.run("sh", "-c", f"! ping -c 1 -W 1 {B_MAPPED}")  # nobody answers for it
    assert says(one, "activate").startswith("role         active since ")
    pair.a.run("ping", "-c", "1", "-W", "5", B_MAPPED)
    assert neighbour(pair) == one.where.mac(INTERFACE)

    there, back = streams(pair)
    with there, back:
        says(two, "activate")
        assert until(lambda: neighbour(pair) == two.where.mac(INTERFACE))
        says(one, "standby")
        assert until(lambda: not two.ask("role")["announcing"])
    assert (there.lost, back.lost) == (0, 0)
    assert (one.role(), two.role()) == ("standby", "active")
    assert two.ask("role")["who"]
    assert "was standby (by " in two.natto.log()


def test_who_is_standby_translates_what_reaches_it(pair: Pair) -> None:
    one, _ = pair.nodes
    pair.a.run("ip", "neigh", "add", B_MAPPED, "lladdr", one.where.mac(INTERFACE), "dev", "eth0")
    pair.b.run("ip", "neigh", "add", A_MAPPED, "lladdr", one.where.mac(INTERFACE), "dev", "eth0")
    pair.a.run("ping", "-c", "1", "-W", "5", B_MAPPED)


def test_check_fails_with_natto_and_gives_its_role_again(pair: Pair) -> None:
    one, _ = pair.nodes
    (one.folder / "state").write_text("MASTER\n")
    assert "natto was started again: active once more" in one.takes_over("check")
    assert (one.role(), one.takes_over("check")) == ("active", "")
    one.table.write_text("nonsense")
    assert until(lambda: one.ask("table")["file_state"] == "refused")
    one.takes_over("check")  # it forwards all the same
    one.kill_natto()
    with pytest.raises(CommandFailed):
        one.takes_over("check")
    one.takes_over("stopped")
    assert (one.folder / "state").read_text() == "STOP\n"


def test_keepalived_elects_another_when_natto_dies_and_when_it_is_asked(pair: Pair) -> None:
    pair.start_keepalived()
    assert until(pair.settled)
    (first,) = pair.active()
    second = pair.other(first)
    pair.a.run("ping", "-c", "1", "-W", "5", B_MAPPED)

    first.kill_natto()
    assert until(lambda: second.role() == "active")
    assert until(lambda: neighbour(pair) == second.where.mac(INTERFACE))
    pair.a.run("ping", "-c", "1", "-W", "5", B_MAPPED)
    first.start_natto()
    assert until(pair.settled)
    assert pair.active() == [second], "who took over keeps it"

    there, back = streams(pair)
    with there, back:
        second.takes_over("switch")
    assert (there.lost, back.lost) == (0, 0)
    assert pair.active() == [first]


def test_a_hand_over_to_one_that_is_ill_changes_nothing(pair: Pair) -> None:
    pair.start_keepalived()
    assert until(pair.settled)
    (first,) = pair.active()
    second = pair.other(first)
    second.table.write_text("nonsense")
    assert until(lambda: (second.folder / "health").read_text() == "-20\n")
    with pytest.raises(CommandFailed, match="the other natto does not take over"):
        first.takes_over("switch")
    assert pair.active() == [first]
    assert (first.folder / "yield").read_text() == "0\n"
    assert "was active" not in first.natto.log(), "not for a moment"
    second.table.write_text(TABLE)


def test_what_runs_while_elected_goes_on_when_keepalived_reloads_its_file(pair: Pair) -> None:
    one, _ = pair.nodes
    runs = one.folder / "runs"
    script(one.on_active, f"echo >>{runs}", "exec sleep 1000")
    one.start_tracker()
    one.advert = "0.1"
    one.start_keepalived()
    assert until(runs.exists)
    one.keepalived.send(signal.SIGHUP)
    assert until(lambda: runs.read_text() == "\n\n")
    assert (one.elected(), one.role()) == ("MASTER", "active")


@pytest.fixture
def ssh(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ssh that gets to the second machine, whatever its destination is."""
    folder = pair.nodes[0].folder / "ssh"
    folder.mkdir()
    script(
        folder / "ssh",
        'while [ "$1" != -- ]; do shift; done',
        f'PATH={pair.nodes[1].folder}/bin:$PATH exec sh -c "$3"',
    )
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    """`file`, which root too may only read."""
    run("mount", "--bind", "-o", "ro", str(file), str(file))
    try:
        yield
    finally:
        run("umount", str(file))


def digests(pair: Pair) -> list[str]:
    return [node.ask("table")["digest"] for node in pair.nodes]


def test_push_gives_both_the_same_table_or_none(pair: Pair, ssh: None) -> None:
    one, two = pair.nodes
    assert says(one, "push", "--dry-run").startswith("peer has the same table: ")
    assert "warning" not in says(one, "health")
    more = mappings_toml([*MAPPINGS, Mapping("c", "middle", "10.33.1.30", "10.33.1.130")])

    new = one.folder / "new.toml"
    new.write_text(more)
    before = digests(pair)
    assert says(one, "push", "--table", str(new)).startswith("both have version 2 here, digest ")
    assert digests(pair)[0] == digests(pair)[1] != before[0]
    assert one.table.read_text() == two.table.read_text() == more

    # The peer refuses a table that maps its own address.
    new.write_text(mappings_toml([*MAPPINGS, Mapping("two", "middle", "10.33.1.30", "10.33.1.2")]))
    with pytest.raises(CommandFailed, match="both natto keep the table that they had"):
        says(one, "push", "--table", str(new))
    assert one.table.read_text() == two.table.read_text() == more
    assert digests(pair)[0] == digests(pair)[1]
    assert all(node.ask("table")["file_state"] == "same" for node in pair.nodes)

    # This one refuses a table that maps its own.
    new.write_text(mappings_toml([*MAPPINGS, Mapping("one", "middle", "10.33.1.30", "10.33.1.1")]))
    with pytest.raises(CommandFailed, match="both natto keep the table that they had"):
        says(one, "push", "--table", str(new))
    assert one.table.read_text() == two.table.read_text() == more
    assert digests(pair)[0] == digests(pair)[1]

    # This one's file cannot be written.
    new.write_text(TABLE)
    with read_only(one.table), pytest.raises(CommandFailed, match="(?s)cannot write .*both natto keep the table"):
        says(one, "push", "--table", str(new))
    assert one.table.read_text() == two.table.read_text() == more
    assert digests(pair)[0] == digests(pair)[1]

    two.table.write_text(TABLE)
    two.ask("reload")
    assert says(one, "push", "--dry-run").startswith("peer has another table: ")
    assert "warning: peer peer: its table is another" in says(one, "health")
    says(one, "push")
    assert "warning" not in says(one, "health")
    assert two.table.read_text() == more


@pytest.fixture
def signing(pair: Pair, binary: Path) -> Callable[[Path, int, list[Mapping]], None]:
    """signing(table, serial, mappings) writes a signed table; both natto want one from now on."""
    folder = pair.nodes[0].folder / "keys"
    folder.mkdir()
    key = folder / "company-a"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    (folder / "signers").write_text(f"company-a {key.with_suffix('.pub').read_text()}")

    def write(table: Path, serial: int, mappings: list[Mapping]) -> None:
        table.write_text(f"serial = {serial}\n" + mappings_toml(mappings))
        run(str(binary), "sign", "--party", "company-a", "--key", str(key), str(table))

    for node in pair.nodes:
        of_table = f'[table]\nsigners = "{folder}/signers"\nrequire = ["company-a"]\n'
        node.config.write_text(node.config.read_text().replace("[table]\n", of_table))
        write(node.table, 1, MAPPINGS)
        node.natto.stop()
        node.start_natto()
    return write


def test_push_carries_signatures_and_confirmation(pair: Pair, ssh: None, signing: Callable) -> None:
    one, two = pair.nodes
    new = one.folder / "new.toml"

    def signature(table: Path) -> bytes:
        return Path(f"{table}.company-a.sig").read_bytes()

    many = [*MAPPINGS, *(Mapping(f"m{i}", "middle", f"10.33.1.{i}", f"10.33.1.{i + 100}") for i in range(30, 45))]
    signing(new, 2, many)
    # Of other tables, and of nobody that natto knows: they stay.
    others = [Path(f"{node.table}.old.company-a.sig") for node in pair.nodes]
    for other in others:
        other.write_text("of another table")
    stale = [Path(f"{node.table}.company-b.sig") for node in pair.nodes]
    for file in stale:
        file.write_text("of the table before")
    one.table.chmod(0o640)
    assert says(one, "push", "--table", str(new)).startswith("both have version 2 here, digest ")
    assert [other.read_text() for other in others] == ["of another table"] * 2
    assert not any(file.exists() for file in stale)
    assert one.table.stat().st_mode & 0o777 == 0o640
    assert Path(f"{one.table}.company-a.sig").stat().st_mode & 0o777 == 0o640
    for node in pair.nodes:
        assert signature(node.table) == signature(new)
        assert (node.ask("table")["serial"], node.ask("table")["signed_by"]) == (2, ["company-a"])

    # A table that nobody signed, and an old one.
    unsigned = one.folder / "unsigned.toml"
    unsigned.write_text(f"serial = 3\n{mappings_toml(MAPPINGS)}")
    with pytest.raises(CommandFailed, match="company-a has not signed the table(?s:.*)both natto keep the table"):
        says(one, "push", "--table", str(unsigned))
    signing(new, 1, MAPPINGS)
    with pytest.raises(CommandFailed, match="serial is 1, and a table with serial 2(?s:.*)both natto keep the table"):
        says(one, "push", "--table", str(new))
    # One that takes much away.
    signing(new, 3, MAPPINGS)
    with pytest.raises(CommandFailed, match="takes away 15 of 17 mappings(?s:.*)--confirm") as refused:
        says(one, "push", "--table", str(new))
    for node in pair.nodes:
        assert node.ask("table")["serial"] == 2
        assert until(lambda node=node: node.ask("table")["file_state"] == "same")
    digest = str(refused.value).split("--confirm ")[1].split()[0]

    # The peer takes it, and this one cannot: the peer goes back to a table with a lower serial.
    with read_only(one.table), pytest.raises(CommandFailed, match="(?s)cannot write .*both natto keep the table"):
        says(one, "push", "--table", str(new), "--confirm", digest)
    for node in pair.nodes:
        assert node.ask("table")["serial"] == 2
        assert until(lambda node=node: node.ask("table")["file_state"] == "same")
    assert [other.read_text() for other in others] == ["of another table"] * 2
    assert one.table.read_bytes() == two.table.read_bytes()
    assert signature(one.table) == signature(two.table) != signature(new)

    assert says(one, "push", "--table", str(new), "--confirm", digest).startswith("both have version ")
    assert digests(pair) == [digest, digest]
    assert signature(one.table) == signature(two.table) == signature(new)
