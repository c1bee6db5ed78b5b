"""scripts/prove: runs KLEE on the properties of test/proof/properties.toml."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROOF = ROOT / "test/proof"
OUT = ROOT / "build/proof"
COMPILER = "clang++-16"
LINKER = "llvm-link-16"
# No exceptions and no run-time types: what is proven has none. Shifts by too much are the sanitizers'
# business: clang itself makes such ones, whose result it then does not take.
FLAGS = ["-std=c++20", "-O1", "-g", "-emit-llvm", "-c", "-fno-exceptions", "-fno-rtti", "-DNATTO_KLEE"]
KLEE_FLAGS = ["--solver-backend=z3", "--only-output-states-covering-new", "--external-calls=none",
              "--check-overshift=false"]
# KLEE sees that its time is over, and that it is asked to end, between two questions to the solver only.
GRACE_SECONDS = 60


HOW_TO_GET_ONE = """KLEE is no Debian package. One of these makes one:
    git clone https://github.com/klee/klee && scripts/build-klee klee   then KLEE=klee/build/bin/klee
    docker pull klee/klee:3.2                                           then KLEE_IMAGE=klee/klee:3.2
(an image's KLEE must be made with LLVM 16 or later, to read what clang 16 writes)"""


class LocalKlee:
    """The program of that name."""

    start_seconds = 0

    def __init__(self, program):
        self.program = program

    def command(self, _folder, _seconds):
        """What runs KLEE on files in a folder, and has it end after some seconds where nobody else can."""
        return [self.program]


class ImageKlee:
    """A `klee` on the path of a container image; it sees the folder of its files, and no network."""

    start_seconds = 60  # within which the engine has it running, or another has ended it

    def __init__(self, engine, image):
        self.engine = engine
        self.image = image

    def command(self, folder, seconds):
        # The image's own user may not write here: its root may, and podman's root is who runs it.
        owner = "0:0" if pathlib.Path(self.engine).name == "podman" else f"{os.getuid()}:{os.getgid()}"
        return [self.engine, "run", "--rm", "--network=none", "--user=0:0", "--ulimit=stack=-1:-1",
                f"--volume={folder}:{folder}", f"--workdir={folder}", "--entrypoint=", self.image,
                "sh", "-c", f'timeout --signal=KILL {seconds} klee "$@"; chown -R {owner} .', "sh"]


def find_klee():
    for tool in (COMPILER, LINKER):
        if not shutil.which(tool):
            sys.exit(f"no {tool}: scripts/install-packages proof")
    image = os.environ.get("KLEE_IMAGE")
    if image:
        engine = shutil.which("docker") or shutil.which("podman")
        if not engine:
            sys.exit(f"KLEE_IMAGE={image}, but there is no docker or podman on the path to run it")
        return ImageKlee(engine, image)
    named = os.environ.get("KLEE")
    program = shutil.which(named or "klee")
    if not program:
        sys.exit(f"{f'KLEE={named} is no program' if named else 'no klee on the path, and neither KLEE nor KLEE_IMAGE names one'}\n"
                 f"{HOW_TO_GET_ONE}")
    return LocalKlee(str(pathlib.Path(program).resolve()))


def flags_of(packages):
    if not packages:
        return []
    return shlex.split(subprocess.run(["pkgconf", "--cflags", *packages], capture_output=True, text=True,
                                      check=True).stdout)


def read_ktest(file):
    """The values that KLEE chose, in the order of choice: [(name, bytes)]."""
    data = file.read_bytes()
    at = 0

    def take(count):
        nonlocal at
        at += count
        return data[at - count:at]

    def number():
        return struct.unpack(">I", take(4))[0]

    take(5)
    version = number()
    for _ in range(number()):
        take(number())
    if version >= 2:
        number(), number()
    return [(take(number()).decode(), take(number())) for _ in range(number())]


def write_pcap(file, frame):
    file.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1) +
                     struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


class Prover:
    def __init__(self, klee, lib, out, seconds):
        self.klee = klee
        self.lib = lib
        self.out = out
        self.seconds = seconds
        out.mkdir(parents=True, exist_ok=True)

    def compile(self, source, name, options):
        target = self.out / name
        made = subprocess.run([COMPILER, *FLAGS, *options, f"-I{self.lib}", f"-I{ROOT / 'test'}",
                               str(source), "-o", str(target)], capture_output=True, text=True)
        if made.returncode != 0:
            raise RuntimeError(made.stderr)
        return target

    def prepare(self, of):
        """What all sizes of a property have in common."""
        options = [*of.get("options", []), *flags_of(of.get("packages", []))]
        files = [(PROOF / of["harness"]), *(self.lib / source for source in of["sources"]),
                 *(PROOF / stand_in for stand_in in of.get("stand_ins", []))]
        return [self.compile(file, f"{of['name']}-{file.parent.name}-{file.stem}.bc", options)
                for file in files]

    def prove(self, of, modules, size):
        """(result, paths): "proven", "refuted: …", "not finished" or why KLEE did not run."""
        name = f"{of['name']}-{size}"
        main = self.compile(PROOF / "klee_main.cpp", f"{name}-main.bc",
                            [f"-DPROOF_PROPERTY={of['name']}", f"-DPROOF_SIZE={size}"])
        whole = self.out / f"{name}.bc"
        subprocess.run([LINKER, str(main), *map(str, modules), "-o", str(whole)], check=True)
        folder = self.out / name
        shutil.rmtree(folder, ignore_errors=True)
        log = self.out / f"{name}.log"
        most = self.seconds + GRACE_SECONDS
        with open(log, "w") as output:
            try:
                subprocess.run([*self.klee.command(self.out, most), f"--output-dir={folder}",
                                f"--max-time={self.seconds}s", *KLEE_FLAGS, *self.stop_early(), str(whole)],
                               stdout=output, stderr=subprocess.STDOUT,
                               timeout=most + self.klee.start_seconds)
            except subprocess.TimeoutExpired:
                output.write("halted")
        text = log.read_text(errors="replace")
        if "KLEE:" not in text:
            return f"KLEE did not run: {(text.strip() or 'it says nothing').splitlines()[0]}", 0
        paths = re.search(r"completed paths = (\d+)", text)
        partial = re.search(r"partially completed paths = (\d+)", text)
        errors = sorted(folder.glob("*.err"))
        if errors:
            return f"refuted: input in {self.keep(of, size, errors[0])}", 0
        if not paths or not partial or int(partial[1]) != 0 or int(paths[1]) == 0 or "halt" in text.lower():
            return "not finished", int(paths[1]) if paths else 0
        return "proven", int(paths[1])

    def stop_early(self):
        return []

    def keep(self, of, size, error):
        """Writes the values for proof_tests --replay, and the frame as a capture; says how."""
        values = read_ktest(error.with_name(error.name.split(".")[0] + ".ktest"))
        folder = self.out / f"{of['name']}-{size}-refuted"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for index, (name, value) in enumerate(values):
            (folder / str(index)).write_bytes(value)
        capture = folder / "frame.pcap"
        write_pcap(capture, next((value for name, value in values if name.startswith("frame")), b""))
        first = error.read_text(errors="replace").splitlines()
        print("\n".join(f"    {line}" for line in first[:3]))
        print(f"    build/test/proof/proof_tests --replay={of['name']},{size} {folder}")
        return capture


def row(result, name, sizes, paths, seconds, says):
    return f"{name:20} {sizes:>8} {paths:>8} {seconds:6.0f} s  {result}  ({says})"


def prove_all(names, seconds, jobs):
    properties = tomllib.loads((PROOF / "properties.toml").read_text())["property"]
    unknown = set(names) - {of["name"] for of in properties}
    if unknown:
        sys.exit(f"no such property: {', '.join(sorted(unknown))}; there are "
                 f"{', '.join(of['name'] for of in properties)}")
    prover = Prover(find_klee(), ROOT / "lib", OUT, seconds)
    unproven = []
    started = time.monotonic()
    print(f"{'property':20} {'sizes':>8} {'paths':>8} {'time':>8}")
    for of in properties:
        if names and of["name"] not in names:
            continue
        begin = time.monotonic()
        modules = prover.prepare(of)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            results = list(pool.map(lambda size: prover.prove(of, modules, size), of["sizes"]))
        bad = [f"size {size}: {result}" for size, (result, _) in zip(of["sizes"], results)
               if result != "proven"]
        sizes = of["sizes"]
        print(row("; ".join(bad) or "proven", of["name"],
                  str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]}-{sizes[-1]}",
                  sum(paths for _, paths in results), time.monotonic() - begin, of["says"]),
              flush=True)
        unproven += [of["name"]] if bad else []
    print(f"not proven: {', '.join(unproven)}" if unproven else
          f"all of them are proven, in {time.monotonic() - started:.0f} s")
    return 1 if unproven else 0


def main():
    parser = argparse.ArgumentParser(prog="scripts/prove")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    if options.mutants:
        import prove_mutants
        return prove_mutants.run(options.words, options.seconds)
    return prove_all(options.words, options.seconds, options.jobs)


if __name__ == "__main__":
    sys.exit(main())
