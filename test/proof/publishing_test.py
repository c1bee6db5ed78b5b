"""How a table is published, as a model of which spin tries every state."""

import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def test_the_model_holds_and_every_reload_ends() -> None:
    words = [FOLDER / "check_model", FOLDER / "publishing.pml"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" states, stored") == 3
