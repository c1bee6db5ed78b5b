"""scripts/prove --mutants: that each change of test/proof/mutants.toml is refuted."""

import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

import prove

MODEL = "publishing.pml"


def compiled_test(test, lib, folder):
    """Builds and runs test/proof/NAME_test.cpp alone, with what it needs of lib/."""
    needs = {"arithmetic": [], "bijection": ["table/bijection.cpp", "config/diagnostics.cpp", "base/address.cpp"],
             "policy_compiler": ["table/policy_compiler.cpp", "policy/policy.cpp", "packet/flow.cpp"]}
    libraries = shlex.split(subprocess.run(["pkgconf", "--cflags", "--libs", "gtest_main", "fmt"],
                                           capture_output=True, text=True, check=True).stdout)
    program = folder / "test"
    subprocess.run(["c++", "-std=c++20", "-O2", f"-I{lib}", f"-I{prove.ROOT / 'test'}",
                    str(prove.PROOF / f"{test}_test.cpp"), *(str(lib / file) for file in needs[test]),
                    "-o", str(program), *libraries], check=True, capture_output=True)
    ran = subprocess.run([str(program), "--gtest_brief=1", "--gtest_fail_fast"], capture_output=True)
    return "refuted" if ran.returncode != 0 else "proven"


class MutantProver(prove.Prover):
    def stop_early(self):
        return ["--exit-on-error"]

    def keep(self, of, size, error):
        return error.name


def result_of(mutant, properties, klee, seconds, folder):
    lib = folder / "lib"
    shutil.copytree(prove.ROOT / "lib", lib)
    by, *size = mutant["by"].split()
    file = folder / MODEL if mutant["file"] == MODEL else lib / mutant["file"]
    if by == "model":
        shutil.copy(prove.PROOF / MODEL, folder)
    text = file.read_text()
    if text.count(mutant["from"]) != 1:
        return "not there any more, or twice"
    file.write_text(text.replace(mutant["from"], mutant["to"]))
    if by == "model":
        ran = subprocess.run([str(prove.PROOF / "check_model"), str(file)], capture_output=True)
        return "refuted" if ran.returncode != 0 else "proven"
    if by not in properties:
        return compiled_test(by, lib, folder)
    prover = MutantProver(klee, lib, folder / "out", seconds)
    of = properties[by]
    return prover.prove(of, prover.prepare(of), int(size[0]))[0].split(":")[0]


def run(words, seconds):
    mutants = tomllib.loads((prove.PROOF / "mutants.toml").read_text())["mutant"]
    properties = {of["name"]: of for of in
                  tomllib.loads((prove.PROOF / "properties.toml").read_text())["property"]}
    klee = prove.find_klee()
    tried = survivors = 0
    for number, mutant in enumerate(mutants, 1):
        line = f"{mutant['file']}: {' '.join(mutant['from'].split())} -> {' '.join(mutant['to'].split()) or 'nothing'}"
        if words and str(number) not in words and not any(
                word in f"{line} {mutant['by']}" for word in words if not word.isdigit()):
            continue
        tried += 1
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            result = result_of(mutant, properties, klee, seconds, pathlib.Path(folder))
        survivors += result != "refuted"
        print(f"{number:3} {result:12} {mutant['by']:22} {time.monotonic() - begin:4.0f} s  {line}", flush=True)
    if tried == 0:
        sys.exit(f"no such mutant: {', '.join(words)}; there are 1 to {len(mutants)}")
    print(f"{survivors} of {tried} survive" if survivors else f"all {tried} are refuted")
    return 1 if survivors else 0
