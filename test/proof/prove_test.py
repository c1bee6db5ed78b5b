"""scripts/prove, with other programs in place of the compiler, the linker, KLEE and what runs an image."""

import importlib
import struct
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts/lib"
COMPILES = '#!/bin/bash\nwhile [ "$1" != -o ]; do shift; done\n: >"$2"\n'
PROVEN = "KLEE: done: completed paths = 3\\nKLEE: done: partially completed paths = 0\\n"


class Tools:
    """The only programs on the path."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.folder = folder / "bin"
        self.out = folder / "out"
        self.calls = folder / "calls"
        self.monkeypatch = monkeypatch
        self.folder.mkdir()
        monkeypatch.setenv("PATH", str(self.folder))
        monkeypatch.delenv("KLEE", raising=False)
        monkeypatch.delenv("KLEE_IMAGE", raising=False)
        monkeypatch.syspath_prepend(SCRIPTS)
        self.prove = importlib.import_module("prove")
        monkeypatch.setattr(self.prove, "OUT", self.out)
        self.add("clang++-16", COMPILES)
        self.add("llvm-link-16", COMPILES)

    def add(self, name: str, script: str) -> Path:
        program = self.folder / name
        program.write_text(script)
        program.chmod(0o755)
        return program

    def add_klee(self, name: str, says: str, leaves: Path | None = None) -> Path:
        """A program that notes its arguments, says this, and leaves the files of a folder."""
        copies = f'/bin/cp {leaves}/* "$folder"\n' if leaves else ""
        return self.add(name, f"#!/bin/bash\nprintf '%s\\n' \"$@\" >{self.calls}\n"
                        "for word; do case $word in --output-dir=*) folder=${word#*=} ;; esac; done\n"
                        f"/bin/mkdir -p \"$folder\"\n{copies}printf '{says}'\n")

    def run(self, *words: str) -> int:
        self.monkeypatch.setattr("sys.argv", ["prove", "--jobs=1", *words])
        return self.prove.main()


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    return Tools(tmp_path, monkeypatch)


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_an_image_runs_klee_on_the_folder_of_its_files(tools: Tools, engine: str,
                                                       capsys: pytest.CaptureFixture) -> None:
    tools.add_klee(engine, PROVEN)
    tools.monkeypatch.setenv("KLEE_IMAGE", "klee/klee:3.2")
    assert tools.run("limit_share") == 0
    assert "limit_share                 0        3" in capsys.readouterr().out
    words = tools.calls.read_text().splitlines()
    assert words[:2] == ["run", "--rm"]
    assert f"--volume={tools.out}:{tools.out}" in words
    behind = words[words.index("klee/klee:3.2") + 1:]
    assert behind[:2] == ["sh", "-c"]
    assert behind[2].startswith('timeout --signal=KILL 660 klee "$@"; chown')
    assert ("chown -R 0:0" in behind[2]) or engine == "docker"
    assert f"--output-dir={tools.out}/limit_share-0" in behind
    assert behind[-1] == f"{tools.out}/limit_share-0.bc"


def test_an_image_without_a_program_that_runs_it(tools: Tools) -> None:
    tools.monkeypatch.setenv("KLEE_IMAGE", "klee/klee:3.2")
    with pytest.raises(SystemExit, match="no docker or podman on the path"):
        tools.run("limit_share")


def test_without_klee_it_says_how_to_get_one(tools: Tools) -> None:
    with pytest.raises(SystemExit, match=r"(?s)no klee on the path.*scripts/build-klee klee.*KLEE_IMAGE=klee/klee"):
        tools.run("limit_share")
    tools.monkeypatch.setenv("KLEE", "/nowhere/klee")
    with pytest.raises(SystemExit, match="KLEE=/nowhere/klee is no program"):
        tools.run("limit_share")


@pytest.mark.parametrize("says", [
    PROVEN.replace("partially completed paths = 0", "partially completed paths = 2"),
    PROVEN.replace("paths = 3", "paths = 0"),
    "KLEE: HaltTimer invoked\\n" + PROVEN,
])
def test_what_did_not_come_to_its_end_is_not_proven(tools: Tools, says: str, capsys: pytest.CaptureFixture) -> None:
    tools.add_klee("klee", says)
    assert tools.run("limit_share") == 1
    assert "size 0: not finished" in capsys.readouterr().out


def test_a_klee_that_does_not_run_says_why(tools: Tools, capsys: pytest.CaptureFixture) -> None:
    tools.add_klee("docker", "docker: Cannot connect to the Docker daemon.\\nSee docker run --help.\\n")
    tools.monkeypatch.setenv("KLEE_IMAGE", "klee/klee:3.2")
    assert tools.run("limit_share") == 1
    assert "size 0: KLEE did not run: docker: Cannot connect to the Docker daemon.  (" in capsys.readouterr().out


def test_a_klee_that_does_not_end_is_ended(tools: Tools, capsys: pytest.CaptureFixture) -> None:
    tools.monkeypatch.setattr(tools.prove, "GRACE_SECONDS", 0)
    tools.add("klee", "#!/bin/bash\ntrap '' TERM\necho KLEE:\nexec /bin/sleep 60\n")
    assert tools.run("--seconds=1", "limit_share") == 1
    assert "size 0: not finished" in capsys.readouterr().out


def test_a_refutation_leaves_its_frame_and_its_values(tools: Tools, tmp_path: Path,
                                                      capsys: pytest.CaptureFixture) -> None:
    found = tmp_path / "found"
    found.mkdir()
    values = {"frame": b"\1\2\3", "length": b"\4\0\0\0"}
    objects = b"".join(struct.pack(">I", len(name)) + name.encode() + struct.pack(">I", len(value)) + value
                       for name, value in values.items())
    (found / "test000001.ktest").write_bytes(b"KTEST" + struct.pack(">IIIII", 3, 0, 0, 0, len(values)) + objects)
    (found / "test000001.refuted.err").write_text("Error: x == y\nFile: parse.cpp\nline: 9\n")
    tools.monkeypatch.setenv("KLEE", str(tools.add_klee("other", PROVEN, found)))
    assert tools.run("limit_share") == 1
    folder = tools.out / "limit_share-0-refuted"
    printed = capsys.readouterr().out
    assert f"refuted: input in {folder}/frame.pcap" in printed
    assert "Error: x == y" in printed
    assert f"--replay=limit_share,0 {folder}" in printed
    assert (folder / "frame.pcap").read_bytes()[40:] == b"\1\2\3"
    assert (folder / "1").read_bytes() == b"\4\0\0\0"


def test_a_mutant_is_named_by_its_number(tools: Tools, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    error = tmp_path / "error"
    error.mkdir()
    (error / "test000001.ptr.err").write_text("Error: memory error: out of bound pointer\n")
    tools.add_klee("klee", PROVEN, error)
    assert tools.run("--mutants", "2") == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("  2 refuted      parse_promises 33")
    assert rows[1:] == ["all 1 are refuted"]
    tools.add_klee("klee", PROVEN)
    assert tools.run("--mutants", "2") == 1
    assert "1 of 1 survive" in capsys.readouterr().out


def test_a_mutant_that_is_not_there_is_no_success(tools: Tools) -> None:
    tools.add_klee("klee", PROVEN)
    for nobody in ("0", "9999", "no-such-word"):
        with pytest.raises(SystemExit, match=f"no such mutant: {nobody}; there are 1 to "):
            tools.run("--mutants", nobody)
