"""Running a command to its end."""

import logging
import shlex
import subprocess

LOG = logging.getLogger("lab")


class CommandFailed(Exception):
    """A command that the lab needs ended with an error; the text says which and why."""


def run(*words: str) -> str:
    """Run a command and return its standard output; raise CommandFailed if it fails."""
    LOG.info("%s", shlex.join(words))
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise CommandFailed(f"{words[0]} is not installed: run scripts/install-packages") from error
    if done.returncode != 0:
        output = (done.stderr + done.stdout).strip()
        raise CommandFailed(f"`{' '.join(words)}` failed ({done.returncode}): {output}")
    return done.stdout
