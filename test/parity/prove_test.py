"""`natto import --prove`: the rules in a namespace of their own, the table in natto, the same packets."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from export_test import exported, write_files
from kernel import INTERFACE
from cases import SIDES
from rule_corpus import CASES, CORPUS, expected_of

DONE, CANNOT, DIFFERS = 0, 1, 4
PACKETS = "3000"


def prove(binary: Path, *words: str | Path, status: int = DONE, seed: int = 1, **named) -> subprocess.CompletedProcess:
    command = [binary, "import", "--prove", "--packets", PACKETS, "--seed", str(seed), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **named)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def counts(text: str) -> dict[str, int]:
    return {name: int(count) for count, name in re.findall(r"^ +(\d+) (\w+ \w+|differ)", text, re.MULTILINE)}


def realms() -> list[str]:
    return [word for side in SIDES for word in ("--realm", f"{INTERFACE[side]}={side}")]


@pytest.fixture(params=["iptables", "nft"])
def rules(binary: Path, world: None, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """What a natto's table with a policy is in rules."""
    file = tmp_path / "rules"
    file.write_text(exported(binary, write_files(tmp_path, True), request.param))
    return file


def test_the_imported_table_is_proven(binary: Path, rules: Path, seed: int) -> None:
    found = counts(prove(binary, *realms(), rules, seed=seed).stdout)
    assert found["forwarded alike"] > 500
    assert found["refused alike"] > 500
    assert found["differ"] == 0


def test_a_seed_repeats_the_proof(binary: Path, rules: Path) -> None:
    one, other = (prove(binary, *realms(), rules, seed=7).stdout for _ in range(2))
    assert one == other
    assert "seed 7" in one


def test_another_table_differs_and_the_packets_replay(binary: Path, rules: Path, tmp_path: Path) -> None:
    config = tmp_path / "natto.toml"
    table = tmp_path / "mappings.toml"
    changed = table.read_text().replace('mapped = "10.33.1.2"', 'mapped = "10.33.1.99"')
    assert changed != table.read_text()
    table.write_text(changed)
    capture = tmp_path / "differing.pcapng"
    done = prove(
        binary, *realms(), "--table", table, "--differing", capture, rules, status=DIFFERS
    )
    differ = counts(done.stdout)["differ"]
    assert differ > 10
    assert "the rules forward it as 10.33.1.2" in done.stdout
    assert "natto forward it as 10.33.1.99" in done.stdout
    assert f"... and {differ - 10} more" in done.stdout
    words = [word for side in SIDES for word in ("--in", f"{side}={capture}")]
    replayed = subprocess.run([binary, "replay", "--json", "-c", config, *words], capture_output=True, text=True)
    assert replayed.returncode == DONE, replayed.stderr
    assert f'"received": {differ}' in replayed.stdout or f'"received":{differ}' in replayed.stdout


def test_a_wider_policy_differs(binary: Path, rules: Path, tmp_path: Path) -> None:
    table = tmp_path / "mappings.toml"
    table.write_text(table.read_text().replace('"1-30000"', '"1-40000"').replace('default = "deny"', 'default = "allow"'))
    done = prove(binary, *realms(), "--table", table, rules, status=DIFFERS)
    assert "the rules do not forward it, natto forward it as" in done.stdout


def saved_and_whole(case: str) -> bool:
    text = (CORPUS / f"{case}.rules").read_text()
    return expected_of(case).status == DONE and (text.startswith('{"nftables"') or "\nCOMMIT" in text)


@pytest.mark.parametrize("case", filter(saved_and_whole, CASES))
def test_what_is_imported_in_whole_is_proven(binary: Path, world: None, case: str, seed: int) -> None:
    prove(binary, *expected_of(case).options, CORPUS / f"{case}.rules", seed=seed)


def test_a_user_without_rights_proves_it(binary: Path, rules: Path) -> None:
    if os.geteuid() != 0 or "deny" in Path("/proc/self/setgroups").read_text():
        pytest.skip("only root can become another user")
    home = Path("/tmp/prove-as-nobody")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o755)
    try:
        program, text = home / "natto", home / "rules"
        shutil.copy(binary, program)
        shutil.copy(rules, text)
        text.chmod(0o644)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", program]
        words = ["import", "--prove", "--packets", PACKETS, "--seed", "1", *realms(), text]
        done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == DONE, done.stdout + done.stderr
    finally:
        shutil.rmtree(home)


def test_the_machines_own_rules_and_interfaces_stay(binary: Path, rules: Path) -> None:
    def state() -> list[str]:
        commands = (["iptables-save"], ["nft", "-j", "list", "ruleset"], ["ip", "-o", "link"], ["ip", "route"])
        texts = [subprocess.run(c, capture_output=True, text=True, check=True).stdout for c in commands]
        return [re.sub(r"\[\d+:\d+\]|^#.*$", "", text, flags=re.MULTILINE) for text in texts]

    before = state()
    prove(binary, *realms(), rules)
    assert state() == before


def test_what_cannot_be_tried_is_told(binary: Path, world: None, rules: Path, tmp_path: Path) -> None:
    script = CORPUS / "four-rules-script.rules"
    assert "only what iptables-save" in prove(binary, script, status=CANNOT).stderr
    assert "a list of mappings is no rules" in prove(binary, CORPUS / "tgw.rules", status=CANNOT).stderr
    done = prove(binary, *realms(), rules, status=CANNOT, env={"PATH": "/nowhere"})
    assert "there is no ip: install the package that has it" in done.stderr
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "ip").symlink_to(shutil.which("ip"))
    done = prove(binary, *realms(), rules, status=CANNOT, env={"PATH": str(tools)})
    assert re.search(r"there is no (iptables-restore|nft):", done.stderr)
    broken = tmp_path / "broken"
    broken.write_text((CORPUS / "four-rules-save.rules").read_text().replace("COMMIT", "-A NOWHERE -j NOTHING\nCOMMIT"))
    assert "iptables-restore failed:" in prove(binary, broken, status=CANNOT).stderr
