"""The table of doc/rfc-compliance.md: doc/requirements.toml, and the tests that name each requirement.

A test names a requirement by having it in its name, set off by underscores or capitals:
`TEST(Parse, R13_H4_VersionAndLengths)`, `test/golden/012_r17_fragments`, `def test_r15_pmtud`.
"""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TEST = ROOT / "test"

GTEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)")
VECTOR = re.compile(r'Vector\{"(\w+)"')
PYTHON = re.compile(r"^\s*def (test_\w+)\(", re.MULTILINE)
REQUIREMENT = re.compile(r"(?:^|_)([rRhHpP]\d+)(?=_|$)")


def test_names() -> list[tuple[str, str]]:
    """Every test as (suite, name)."""
    names = []
    for suite in ("unit", "eal"):
        for source in sorted((TEST / suite).rglob("*_test.cpp")):
            text = source.read_text()
            names += [(suite, f"{group}.{name}") for group, name in GTEST.findall(text)]
            names += [(suite, f"Vectors.{name}") for name in VECTOR.findall(text)]
    names += [("golden", p.name) for p in sorted((TEST / "golden").glob("[0-9]*")) if p.is_dir()]
    for suite in ("e2e", "ena"):
        for source in sorted((TEST / suite).rglob("*_test.py")):
            names += [(suite, name) for name in PYTHON.findall(source.read_text())]
    return names


def tests_by_requirement() -> dict[str, list[str]]:
    found = defaultdict(list)
    for suite, name in test_names():
        for requirement in REQUIREMENT.findall(name.split(".")[-1]):
            found[requirement.upper()].append(f"{suite} `{name}`")
    return found


def table() -> tuple[str, list[str]]:
    """The Markdown table, and the requirements that no test names."""
    requirements = tomllib.loads((ROOT / "doc" / "requirements.toml").read_text())
    tests = tests_by_requirement()
    lines = ["| | requirement | source | answer | tests |", "| --- | --- | --- | --- | --- |"]
    for name, (source, text, answer) in requirements.items():
        lines.append(f"| {name} | {text} | {source} | {answer} | {'<br>'.join(tests[name])} |")
    return "\n".join(lines), [name for name in requirements if not tests[name]]
