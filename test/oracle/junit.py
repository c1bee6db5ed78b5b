"""A JUnit file with the outcome of each case."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path


def write(file: Path, suite: str, outcomes: dict[str, str | None]) -> None:
    """`outcomes`: by case, why it failed, or None."""
    root = ElementTree.Element("testsuite", name=suite, tests=str(len(outcomes)))
    for name, failure in outcomes.items():
        case = ElementTree.SubElement(root, "testcase", classname=suite, name=name)
        if failure is not None:
            ElementTree.SubElement(case, "failure", message=failure)
    ElementTree.ElementTree(root).write(file)
