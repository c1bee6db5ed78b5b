"""What `natto import` makes of rule sets, beside what a person says they mean (rule_corpus.py)."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from rule_corpus import CASES, CORPUS, INPUT_WRONG, expected_of, natto_toml, run_import


def uncommented(text: str) -> str:
    """With the entries that wait for an answer."""
    return re.sub(r"^#(?=\[\[|\w+ = )", "", text, flags=re.MULTILINE)


def mapping_line(mapping: dict) -> str:
    return f"{mapping['real']} = {mapping['mapped']}" + (f" in {mapping['realm']}" if "realm" in mapping else "")


def rule_line(rule: dict, real: dict[str, str]) -> str:
    def side(value: str | list[str]) -> str:
        names = [value] if isinstance(value, str) else value
        return ",".join(sorted(real.get(name, name) for name in names))

    def listed(value: str | list[str], between: str) -> str:
        return value if isinstance(value, str) else between.join(value)

    between = "between" in rule
    sides = sorted(side(one) for one in rule["between"]) if between else [side(rule["from"]), side(rule["to"])]
    services = listed(rule.get("protocol", "all"), ",")
    if "ports" in rule:
        services += " " + listed(rule["ports"], " ")
    return f"{sides[0]} {'<>' if between else '>'} {sides[1]}: {services}"


def read(text: str) -> tuple[set[str], set[str], dict[str, str], dict]:
    sure, all_of_it = tomllib.loads(text), tomllib.loads(uncommented(text).replace("mapping = []\n", ""))
    real = {mapping["name"]: mapping["real"] for mapping in all_of_it.get("mapping", [])}
    mappings, rules = set(), set()
    for mapping in all_of_it.get("mapping", []):
        doubt = "" if mapping in sure.get("mapping", []) else " ?"
        mappings.add(mapping_line(mapping) + doubt)
    for rule in all_of_it.get("allow", []):
        doubt = "" if rule in sure.get("allow", []) else " ?"
        rules.add(rule_line(rule, real) + doubt)
    return mappings, rules, real, sure


@pytest.mark.parametrize("case", CASES)
def test_rules_become_what_they_mean(binary: Path, case: str, tmp_path: Path) -> None:
    expected = expected_of(case)
    done = run_import(binary, CORPUS / f"{case}.rules", expected.options)
    assert done.returncode == expected.status, done.stdout + done.stderr
    for text in expected.reports:
        assert text in done.stderr
    if expected.status == INPUT_WRONG:
        assert done.stdout == ""
        return
    mappings, rules, real, sure = read(done.stdout)
    assert mappings == expected.mappings
    assert rules == expected.rules
    assert expected.names.items() <= real.items()
    assert (sure.get("policy", {}).get("default") == "deny") == expected.policy

    (tmp_path / "mappings.toml").write_text(done.stdout)
    realms = sorted({mapping["realm"] for mapping in sure["mapping"] if "realm" in mapping}) or ["only"]
    (tmp_path / "natto.toml").write_text(natto_toml(realms))
    check = subprocess.run([binary, "check", "-c", tmp_path / "natto.toml"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


def test_there_are_25_rule_sets() -> None:
    assert len(CASES) >= 25


def test_standard_input_and_a_named_dialect(binary: Path) -> None:
    text = (CORPUS / "four-rules-save.rules").read_text()
    done = subprocess.run([binary, "import", "--from", "iptables", "-"], input=text, capture_output=True, text=True)
    assert done.returncode == 0
    assert "# line 7, line 10" in done.stdout, "each entry cites its lines"
    wrong = subprocess.run([binary, "import", "--from", "nft", "-"], input=text, capture_output=True, text=True)
    assert wrong.returncode == INPUT_WRONG
    assert "nft -j list ruleset" in wrong.stderr


def test_a_file_that_is_not_there(binary: Path) -> None:
    done = run_import(binary, "/nowhere", [])
    assert (done.returncode, done.stderr) == (INPUT_WRONG, "cannot read /nowhere\n")
