"""The corpus of rule sets, and what a person says they mean.

corpus/NAME.rules is the input. corpus/NAME.expected says, a line each:

    status N                        exit code
    --realm IF=NAME                 an option
    REAL = MAPPED [in REALM] [?]    a mapping; ?: commented out, with a question
    FROM > TO: SERVICES [?]         a rule; hosts by real address, <> for either side
    name NAME = REAL                what a mapping is called
    report: TEXT                    what the report or the error says
    open                            there is no policy: the input says nothing of who may talk
"""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

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


def run_import(binary: Path, rules: Path | str, options: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run([binary, "import", *options, rules], capture_output=True, text=True, timeout=60)


def natto_toml(realms: list[str]) -> str:
    ports = [
        f'[[port]]\nrealm = "{realm}"\ndevice = "unused{i}"\naddress = "192.0.2.{16 * i + 1}/28"\n'
        f'gateway = "192.0.2.{16 * i + 2}"\n'
        for i, realm in enumerate(realms)
    ]
    return "".join(ports) + '[table]\nfile = "mappings.toml"\n'
