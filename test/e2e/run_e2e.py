#!/usr/bin/python3
"""Run the end-to-end tests: natto between live hosts, in network namespaces of the tests' own.

Prints a line per test and, last, `N passed, N failed, N skipped`. Exit status 1 if anything failed.
"""

import argparse
import os
import re
import signal
import sys
import time
import unittest
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from lab import world

HERE = Path(__file__).resolve().parent


class Result(unittest.TestResult):
    """Prints each test's outcome, and keeps it for the JUnit file."""

    def __init__(self) -> None:
        super().__init__()
        self.suite = ElementTree.Element("testsuite", name="e2e")
        self.passed = 0
        self._start = 0.0
        self._texts: list[str] = []
        self._skipped = ""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._start = time.monotonic()
        self._texts = []
        self._skipped = ""

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._skipped = reason

    def addFailure(self, test: unittest.TestCase, err: object) -> None:
        super().addFailure(test, err)
        self._texts.append(self.failures[-1][1])

    def addError(self, test: unittest.TestCase, err: object) -> None:
        super().addError(test, err)
        self._texts.append(self.errors[-1][1])

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: object) -> None:
        if err is not None:
            self.addFailure(subtest, err)

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        seconds = time.monotonic() - self._start
        module, case, method = test.id().rsplit(".", 2)
        outcome = "FAILED" if self._texts else "skip" if self._skipped else "ok"
        name = method.removeprefix("test_").replace("_", " ")
        name = re.sub(r"\b[rh]\d+\b", lambda requirement: requirement[0].upper(), name)
        topic = module.removesuffix("_test")
        print(f"{outcome:6}  {topic:12} {name}  ({seconds:.1f} s)", flush=True)
        element = ElementTree.SubElement(
            self.suite, "testcase", classname=f"{module}.{case}", name=method, time=f"{seconds:.3f}"
        )
        if self._texts:
            text = "\n".join(self._texts)
            print(text, flush=True)
            ElementTree.SubElement(element, "failure", message=f"{case}.{method}").text = text
        elif self._skipped:
            print(f"        {self._skipped}", flush=True)
            ElementTree.SubElement(element, "skipped", message=self._skipped)
        else:
            self.passed += 1


def each_test(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from each_test(entry)
        else:
            yield entry


def chosen_tests(names: list[str]) -> list[unittest.TestCase]:
    """All tests, or those whose id (module.Class.test_name) contains one of `names`."""
    found = unittest.TestLoader().discover(str(HERE), "*_test.py")
    return [test for test in each_test(found) if not names or any(n in test.id() for n in names)]


def run(tests: list[unittest.TestCase]) -> Result:
    result = Result()
    for test in tests:
        test.run(result)
    return result


def skip(tests: list[unittest.TestCase]) -> Result:
    """The result of running nothing."""
    result = Result()
    for test in tests:
        module, case, method = test.id().rsplit(".", 2)
        element = ElementTree.SubElement(
            result.suite, "testcase", classname=f"{module}.{case}", name=method
        )
        ElementTree.SubElement(element, "skipped", message="no network namespaces here")
        result.skipped.append((test, ""))
    return result


def finish(result: Result, junit: Path | None) -> int:
    """Write the JUnit file and the last line; the exit status."""
    failed = len(result.suite.findall("testcase[failure]"))
    skipped = len(result.skipped)
    if junit:
        result.suite.set("tests", str(result.passed + failed + skipped))
        result.suite.set("failures", str(failed))
        result.suite.set("skipped", str(skipped))
        ElementTree.ElementTree(result.suite).write(junit, encoding="utf-8", xml_declaration=True)
    print(f"{result.passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("natto", type=Path, metavar="NATTO", help="the program to test")
    parser.add_argument("names", nargs="*", help="run only tests whose id contains one of these")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report")
    parser.add_argument(
        "--allow-skip", action="store_true", help="no failure where namespaces are not permitted"
    )
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if not os.access(options.natto, os.X_OK):
        sys.exit(f"{options.natto} is not a program: build natto first (scripts/build)")
    os.environ["NATTO"] = str(options.natto.resolve())
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end by way of every clean-up
    reason = world.refusal()
    if not reason:
        world.enter()
    tests = chosen_tests(options.names)
    if not tests:
        sys.exit("no test has such a name")
    if not reason:
        return finish(run(tests), options.junit)
    print(f"These tests need network namespaces, which are not permitted here: {reason}")
    if not options.allow_skip:
        print("Run them as root on a machine or in a container that permits namespaces.")
        return 1
    return finish(skip(tests), options.junit)


if __name__ == "__main__":
    sys.exit(main())
