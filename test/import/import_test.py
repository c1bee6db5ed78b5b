"""What `natto import` makes of rule sets, beside what a person says they mean.

corpus/NAME.rules is the input. corpus/NAME.expected says, a line each:

    status N                        exit code
    --realm IF=NAME                 an option
    REAL = MAPPED [in REALM] [?]    a mapping; ?: commented out, with a question
    FROM > TO: SERVICES [?]         a rule; hosts by real address, <> for either side
    name NAME = REAL                what a mapping is called
    report: TEXT                    what the report or the error says
    open                            there is no policy: the input says nothing of who may talk
"""

import re
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parent / "corpus"
CASES = sorted(path.stem for path in CORPUS.glob("*.rules"))
INPUT_WRONG = 1


@dataclass
class Expected:
    status: int = 0
    options: list[str] = field(default_factory=list)
    mappings: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)
    policy: bool = True


def expected_of(case: str) -> Expected:
    expected = Expected()
    for line in (CORPUS / f"{case}.expected").read_text().splitlines():
        if line.startswith("status "):
            expected.status = int(line.split()[1])
        elif line.startswith("--realm"):
            expected.options += line.split()
        elif line.startswith("report: "):
            expected.reports.append(line.removeprefix("report: "))
        elif line.startswith("name "):
            name, real = line.removeprefix("name ").split(" = ")
            expected.names[name] = real
        elif line == "open":
            expected.policy = False
        elif " = " in line:
            expected.mappings.add(line)
        else:
            expected.rules.add(line)
    return expected


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


def run_import(binary: Path, rules: Path | str, options: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run([binary, "import", *options, rules], capture_output=True, text=True, timeout=60)


def natto_toml(realms: list[str]) -> str:
    ports = [
        f'[[port]]\nrealm = "{realm}"\ndevice = "unused{i}"\naddress = "192.0.2.{16 * i + 1}/28"\n'
        f'gateway = "192.0.2.{16 * i + 2}"\n'
        for i, realm in enumerate(realms)
    ]
    return "".join(ports) + '[table]\nfile = "mappings.toml"\n'


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
