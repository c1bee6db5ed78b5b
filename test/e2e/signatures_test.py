"""Signed tables under natto that runs: started, replaced, refused, rolled back, guarded."""

import json
from pathlib import Path

import pytest
from lab import real_case
from lab.appliance import Appliance
from lab.command import run
from lab.config import Mapping, mappings_toml
from lab.patience import until
from lab.traffic import ping

PARTIES = ("company-a", "company-b")
EXTRA = Mapping("extra", "middle", "10.32.1.158", "10.33.1.146")
MANY = [Mapping(f"m{i}", "middle", f"10.32.7.{i}", f"10.33.7.{i}") for i in range(1, 21)]


class Parties:
    """Both companies: their keys, and the files that they give to natto."""

    def __init__(self, folder: Path, table: Path) -> None:
        self.folder, self.table = folder, table
        lines = []
        for party in PARTIES:
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / party))
            lines.append(f'{party} namespaces="natto-table" {(folder / party).with_suffix(".pub").read_text()}')
        self.signers = folder / "allowed_signers"
        self.signers.write_text("".join(lines))

    def signature_file(self, party: str) -> Path:
        return Path(f"{self.table}.{party}.sig")

    def write(self, serial: int, mappings: list[Mapping], *parties: str) -> None:
        """The new table and its signatures: these first, the table last, each by rename."""
        new = self.folder / "new.toml"
        new.write_text(f"serial = {serial}\n" + (mappings_toml(mappings) or "mapping = []\n"))
        for party in parties or PARTIES:
            self.sign(new, party)
        for party in parties or PARTIES:
            Path(f"{new}.sig.{party}").rename(self.signature_file(party))
        new.rename(self.table)

    def sign(self, text: Path, party: str) -> None:
        run("ssh-keygen", "-q", "-Y", "sign", "-n", "natto-table", "-f", str(self.folder / party), str(text))
        Path(f"{text}.sig").rename(f"{text}.sig.{party}")


@pytest.fixture
def parties(lab, config, table) -> Parties:
    folder = lab.file("parties")
    folder.mkdir()
    parties = Parties(folder, table)
    of_table = f'signers = "{parties.signers}"\nrequire = {json.dumps(PARTIES)}\n'
    config.write_text(config.read_text().replace("[table]\n", "[table]\n" + of_table))
    parties.write(1, real_case.MAPPINGS)
    return parties


@pytest.fixture
def natto(lab, case, config, parties) -> Appliance:
    return lab.start_natto(config, case.natto)


def events(cli, config: Path) -> list[dict]:
    return json.loads(cli("audit", "show", "-c", str(config), "--json"))


def test_natto_starts_with_a_signed_table_alone(lab, case, config, parties, cli) -> None:
    signature = parties.signature_file("company-b")
    kept = signature.read_bytes()
    signature.unlink()
    missing = f"{signature}: company-b has not signed the table; have it signed: natto sign --party company-b"
    assert cli("check", "-c", str(config), status=1).startswith(missing)
    assert cli("run", "-c", str(config), status=1).startswith(missing)
    signature.write_bytes(kept)
    natto = lab.start_natto(config, case.natto)
    assert ping(case.a, real_case.B_MAPPED).answered == 3
    table = natto.ask("table")
    assert (table["serial"], table["signed_by"]) == (1, list(PARTIES))
    assert "signed by    company-a, company-b\n" in cli("show", "table")
    start = events(cli, config)[0]
    assert start["serial"] == 1
    fingerprints = {
        party: run("ssh-keygen", "-l", "-f", str(parties.folder / party)).split()[1] for party in PARTIES
    }
    assert start["signatures"] == [{"party": party, "key": fingerprints[party]} for party in PARTIES]


def test_what_arrives_one_after_the_other_is_refused_and_heals(case, config, parties, natto, cli) -> None:
    table = parties.table
    old = {path: path.read_bytes() for path in (table, *map(parties.signature_file, PARTIES))}
    parties.write(2, [*real_case.MAPPINGS, EXTRA])
    new = {path: path.read_bytes() for path in old}
    assert until(lambda: natto.ask("table")["version"] == 2)
    # Back, so that each file may arrive alone; the table last.
    for path, content in old.items():
        path.write_bytes(content)
    assert until(lambda: natto.ask("table")["file_state"] == "refused"), "serial 1 is an old one"
    natto.ask("rollback")
    natto.ask("reload")
    assert until(lambda: natto.ask("table")["file_state"] == "same")

    for party in PARTIES:
        parties.signature_file(party).write_bytes(new[parties.signature_file(party)])
        assert until(lambda: natto.ask("table")["file_state"] == "refused"), "natto follows signatures as well"
        assert ping(case.a, real_case.B_MAPPED).answered == 3
    assert natto.ask("table")["mappings"] == 2
    assert "does not fit" in natto.ask("table")["file_error"]
    temporary = table.with_suffix(".new")
    temporary.write_bytes(new[table])
    temporary.rename(table)
    assert until(lambda: natto.ask("table")["mappings"] == 3)
    assert natto.ask("table")["file_state"] == "same"

    # The other order heals, too, by the signature that comes last.
    last = parties.signature_file("company-b")
    parties.write(3, real_case.MAPPINGS)
    signed = last.read_bytes()
    assert until(lambda: natto.ask("table")["serial"] == 3)
    last.unlink()
    parties.write(4, [*real_case.MAPPINGS, EXTRA], "company-a")
    assert until(lambda: natto.ask("table")["file_state"] == "refused")
    assert f"{last}: company-b has not signed the table" in natto.ask("table")["file_error"]
    last.write_bytes(signed)
    assert until(lambda: "does not fit" in natto.ask("table")["file_error"])
    parties.sign(table, "company-b")
    Path(f"{table}.sig.company-b").rename(last)
    assert until(lambda: natto.ask("table")["serial"] == 4)


def test_a_refused_table_changes_nothing_and_a_rollback_goes_back(lab, case, config, parties, natto, cli) -> None:
    before = natto.ask("table")
    parties.write(2, [*real_case.MAPPINGS, EXTRA])
    natto.ask("reload")
    newer = natto.ask("table")
    assert (newer["version"], newer["serial"]) == (2, 2)

    # Company A alone brings back the table that both had signed, and one of its own.
    parties.write(1, real_case.MAPPINGS)
    refused = cli("reload", status=1)
    assert f"{parties.table}:1:1: serial is 1, and a table with serial 2 and digest {newer['digest'][:12]}" in refused
    parties.write(3, real_case.MAPPINGS, "company-a")
    assert f"{parties.signature_file('company-b')}: the signature of company-b does not fit" in cli("reload", status=1)
    assert natto.ask("table")["digest"] == newer["digest"]

    cli("rollback")
    assert natto.ask("table")["digest"] == before["digest"]
    assert natto.ask("table")["serial"] == 1
    kinds = [event["event"] for event in events(cli, config) if event.get("trigger") != "file changed"]
    assert kinds == ["start", "reload", "refused", "refused", "rollback"]
    rollback = events(cli, config)[-1]
    assert (rollback["event"], rollback["serial"]) == ("rollback", 1)
    assert [signature["party"] for signature in rollback["signatures"]] == list(PARTIES)
    assert ": version 3 with 2 mappings" in natto.log().split("rollback ")[-1]

    # The next natto goes on with it, and knows the highest serial.
    natto.stop()
    natto = lab.start_natto(config, case.natto)
    assert natto.ask("table")["digest"] == before["digest"]
    assert natto.ask("table")["signed_by"] == list(PARTIES)
    parties.write(2, [*real_case.MAPPINGS, MANY[0]])
    assert "serial is 2, and a table with serial 2" in natto.ask("reload")["error"]["message"]
    parties.write(3, [*real_case.MAPPINGS, MANY[0]])
    assert natto.ask("reload")["mappings"] == 3


def test_a_key_that_expires_stops_the_next_table_and_nothing_else(lab, case, config, parties, natto) -> None:
    text = parties.signers.read_text()
    parties.signers.write_text(text.replace("namespaces=", 'valid-before="20200101",namespaces=', 1))
    assert until(lambda: natto.ask("table")["file_state"] == "refused")
    assert "was valid until " in natto.ask("table")["file_error"]
    assert ping(case.a, real_case.B_MAPPED).answered == 3
    natto.stop()
    natto = lab.start_natto(config, case.natto)
    assert natto.ask("table")["file_state"] == "refused"
    assert natto.ask("table")["signed_by"] == list(PARTIES)
    assert ping(case.a, real_case.B_MAPPED).answered == 3
    parties.signers.write_text(text)
    assert until(lambda: natto.ask("table")["file_state"] == "same")


def test_an_emptied_file_takes_nobody_off_the_network(lab, case, config, parties, natto, cli) -> None:
    parties.write(2, [*real_case.MAPPINGS, *MANY])
    assert until(lambda: natto.ask("table")["mappings"] == 22)
    parties.write(3, [])
    assert until(lambda: natto.ask("table")["file_state"] == "refused")
    assert ping(case.a, real_case.B_MAPPED).answered == 3
    told = cli("reload", status=1)
    assert f"{parties.table}: takes away 22 of 22 mappings, and [table] max_removed is 0.5\n" in told
    command = told.strip().splitlines()[-1].removeprefix("  if that is meant: natto ").split()
    assert command[:2] == ["reload", "--confirm"]

    natto.stop()
    natto = lab.start_natto(config, case.natto)
    assert natto.ask("table")["mappings"] == 22
    assert "takes away 22 of 22 mappings" in cli("show", "table")
    cli("reload", "--confirm", "0" * 64, status=1)
    assert natto.ask("table")["mappings"] == 22
    cli(*command)
    assert natto.ask("table")["mappings"] == 0
    reload = next(event for event in reversed(events(cli, config)) if event["event"] == "reload")
    assert (reload["confirmed"], reload["removed"], reload["digest"]) == (True, 22, command[2])
    assert "22 removed, 0 changed, confirmed; digest" in natto.log()
    assert ", confirmed" in cli("audit", "show", "-c", str(config))
