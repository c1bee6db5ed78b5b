#!/usr/bin/python3
"""Run the tests of scripts/ec2 and of the Debian package: no AWS, nothing of this machine is changed.

Prints a line per test and, last, `N passed, N failed, N skipped`. Exit status 1 if anything failed.
"""

import argparse
import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(1, str(HERE.parent / "e2e"))
import run_e2e  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path, metavar="BUILD", help="the folder natto was built in")
    parser.add_argument("names", nargs="*", help="run only tests whose id contains one of these")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report")
    options = parser.parse_args()
    os.environ["NATTO_BUILD"] = str(options.build.resolve())
    found = unittest.TestLoader().discover(str(HERE), "*_test.py")
    result = run_e2e.Result()
    result.suite.set("name", "ec2")
    for test in run_e2e.each_test(found):
        if not options.names or any(name in test.id() for name in options.names):
            test.run(result)
    return run_e2e.finish(result, options.junit)


if __name__ == "__main__":
    sys.exit(main())
