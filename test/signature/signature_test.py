"""Signed tables: what ssh-keygen signs is taken, and every forgery of it is refused."""

import base64
import os
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from keys import HardwareKey, Key, armored, edited, file_of, keygen, parts_of, signed_bytes, string

A, B = "company-a", "company-b"
CONFIG = """\
[[port]]
realm = "middle"
device = "net_null0"
address = "10.33.1.124/24"
gateway = "10.33.1.1"

[table]
file = "mappings.toml"
signers = "allowed_signers"
require = ["company-a", "company-b"]

[state]
directory = "{state}"
"""
TABLE = """\
serial = {serial}

[[mapping]]
name = "a"
real = "10.32.1.157"
mapped = "10.33.1.145"
"""
KINDS = [("ed25519", None), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521), ("rsa", 2048), ("rsa", 4096)]
HARDWARE = ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"]


class Appliance:
    """A folder as /etc/natto, and the keys of both companies."""

    def __init__(self, folder: Path, binary: Path, kind: str = "ed25519", bits: int | None = None) -> None:
        self.folder, self.binary = folder, binary
        self.table = folder / "mappings.toml"
        self.signers = folder / "allowed_signers"
        self.config = folder / "natto.toml"
        self.keys = {A: Key.make(folder, "key-a", kind, bits), B: Key.make(folder, "key-b", kind, bits)}
        self.config.write_text(CONFIG.format(state=folder / "state"))
        self.table.write_text(TABLE.format(serial=1))
        self.allow()
        for party in self.keys:
            self.sign(party)

    def allow(self, **options: str) -> None:
        """`options`: of company_a's and company_b's lines."""
        lines = [f"{party} {options.get(party.replace('-', '_'), '')} {key.public}" for party, key in self.keys.items()]
        self.signers.write_text("# who may sign\n" + "\n".join(lines) + "\n")

    def signature(self, party: str) -> Path:
        return self.folder / f"mappings.toml.{party}.sig"

    def sign(self, party: str) -> None:
        self.signature(party).write_text(self.keys[party].sign(self.table.read_text()))

    def run(self, *words: str | Path) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.binary, *words], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )

    def verdict(self) -> str:
        """Empty where natto takes the table; `check` and `verify` agree."""
        check = self.run("check", "-c", "natto.toml")
        verify = self.run("verify", "-c", "natto.toml")
        assert check.returncode == verify.returncode, check.stderr + verify.stderr
        assert check.returncode in (0, 1)
        if check.returncode == 1:
            assert set(check.stderr.splitlines()) == set(verify.stderr.splitlines())
        return check.stderr


@pytest.fixture
def appliance(tmp_path: Path, binary: Path) -> Appliance:
    return Appliance(tmp_path, binary)


def allows(kind: str, bits: int | None) -> str:
    return f"{kind}-{bits}" if bits else kind


@pytest.mark.parametrize(("kind", "bits"), KINDS, ids=[allows(*kind) for kind in KINDS])
def test_what_each_key_signs_is_taken(tmp_path: Path, binary: Path, kind: str, bits: int | None) -> None:
    appliance = Appliance(tmp_path, binary, kind, bits)
    assert appliance.verdict() == ""
    fingerprint = keygen("-l", "-f", appliance.keys[A].file).split()[1]
    assert f"{A} with {appliance.keys[A].public.split()[0]} ({fingerprint})" in appliance.run("verify", "-c", "natto.toml").stdout
    for _ in range(8):  # ecdsa's and RSA's numbers come with and without zeros in front
        appliance.sign(A)
        assert appliance.verdict() == ""
    appliance.table.write_text(appliance.table.read_text().replace("157", "158"))
    assert "does not fit" in appliance.verdict()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_both_hashes_are_taken(appliance: Appliance, algorithm: str) -> None:
    signature = appliance.keys[A].sign(appliance.table.read_text(), "natto-table", "-O", f"hashalg={algorithm}")
    assert algorithm.encode() in parts_of(signature)
    appliance.signature(A).write_text(signature)
    assert appliance.verdict() == ""


@pytest.mark.parametrize("kind", HARDWARE)
def test_what_a_touched_hardware_key_signs_is_taken(appliance: Appliance, kind: str) -> None:
    key = appliance.keys[A] = HardwareKey(kind)
    appliance.allow()
    appliance.sign(A)
    # ssh-keygen is of the same opinion.
    command = ["ssh-keygen", "-Y", "verify", "-n", "natto-table", "-f", appliance.signers, "-I", A, "-s", appliance.signature(A)]
    subprocess.run(command, input=appliance.table.read_bytes(), check=True, capture_output=True, timeout=60)
    assert appliance.verdict() == ""
    text = appliance.table.read_text()
    appliance.signature(A).write_text(key.sign(text, flags=0))
    assert "without a touch" in appliance.verdict()
    appliance.signature(A).write_text(key.sign(text + " "))
    assert "does not fit" in appliance.verdict()
    counter = b"\0\0\x12\x67"  # 4711
    appliance.signature(A).write_text(edited(key.sign(text), counter, b"\0\0\x12\x68"))
    assert "does not fit" in appliance.verdict()
    assert key.application in parts_of(key.sign(text))
    other = edited(key.sign(text), b"ssh:", b"web:")
    appliance.signature(A).write_text(other)
    assert "not among the allowed signers" in appliance.verdict()


def test_natto_signs_what_it_verifies(appliance: Appliance) -> None:
    for party in (A, B):
        appliance.signature(party).unlink()
    assert f"{A} has not signed the table" in appliance.verdict()
    for party, key in appliance.keys.items():
        done = appliance.run("sign", "--party", party, "--key", key.file, "mappings.toml")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"mappings.toml.{party}.sig: serial 1, signed as {party} with ssh-ed25519 (SHA256:")
    assert appliance.verdict() == ""
    assert appliance.run("verify", "--signers", "allowed_signers", "mappings.toml").returncode == 0
    check = appliance.run("check", "-c", "natto.toml").stdout
    assert "serial 1\nsigned by company-a (ssh-ed25519, SHA256:" in check
    appliance.table.write_text(appliance.table.read_text().replace("serial = 1\n", ""))
    done = appliance.run("sign", "--party", A, "--key", appliance.keys[A].file, "mappings.toml")
    assert (done.returncode, done.stderr.splitlines()[0][:20]) == (1, "mappings.toml:1:1: a")
    done = appliance.run("sign", "--party", "../x", "--key", appliance.keys[A].file, "mappings.toml")
    assert done.returncode == 2


def test_a_signature_is_written_to_no_other_file_and_can_be_read(appliance: Appliance) -> None:
    target = appliance.folder / "target"
    target.write_text("x")
    signature = appliance.signature(A)
    signature.unlink()
    for link in (signature, Path(f"{signature}.new")):
        link.symlink_to(target)
    appliance.table.chmod(0o644)
    before = os.umask(0o077)
    done = appliance.run("sign", "--party", A, "--key", appliance.keys[A].file, "mappings.toml")
    os.umask(before)
    assert done.returncode == 0, done.stderr
    assert target.read_text() == "x"
    assert not signature.is_symlink()
    assert signature.stat().st_mode & 0o777 == 0o644
    assert appliance.verdict() == ""


def test_sign_says_whose_signature_it_replaces(appliance: Appliance) -> None:
    words = ("sign", "--party", A, "--key")
    assert "in place of" not in appliance.run(*words, appliance.keys[A].file, "mappings.toml").stdout
    fingerprint = keygen("-l", "-f", appliance.keys[A].file).split()[1]
    told = appliance.run(*words, appliance.keys[B].file, "mappings.toml").stdout
    assert told.endswith(f"\n  in place of the signature with ssh-ed25519 ({fingerprint})\n")


def test_verify_warns_of_what_keeps_nobody_from_taking_the_table(appliance: Appliance) -> None:
    appliance.folder.joinpath("mappings.toml.old.company-a.sig").write_text("of another table")
    assert appliance.verdict() == ""
    assert "old" not in appliance.run("verify", "-c", "natto.toml").stderr
    appliance.signature("company-c").write_text("nonsense")
    done = appliance.run("verify", "-c", "natto.toml")
    assert (done.returncode, done.stdout.count("good, signed by")) == (0, 2)
    assert done.stderr.startswith("mappings.toml.company-c.sig: the signature of company-c is no signature")
    assert appliance.run("verify", "--signers", "allowed_signers", "mappings.toml").returncode == 1
    # A party whose name has a dot is one if somebody knows it.
    dotted = "a.b@c.example"
    appliance.signers.write_text(f"{appliance.signers.read_text()}{dotted} {appliance.keys[A].public}\n")
    appliance.signature(dotted).write_text(appliance.signature(A).read_text())
    assert f"good, signed by {dotted} with" in appliance.run("verify", "-c", "natto.toml").stdout


def test_without_require_signatures_are_told_and_decide_nothing(appliance: Appliance) -> None:
    config = appliance.config.read_text()
    appliance.config.write_text(config.replace('require = ["company-a", "company-b"]\n', ""))
    appliance.signature(A).write_text("nonsense")
    done = appliance.run("check", "-c", "natto.toml")
    assert done.returncode == 0
    assert "signed by company-b" in done.stdout
    assert "signed by company-a" not in done.stdout
    assert f"{appliance.signature(A).name}: the signature of company-a is no signature" in done.stderr
    assert appliance.run("check", "--strict", "-c", "natto.toml").returncode == 1


def test_a_lab_tries_a_table_before_it_is_signed(appliance: Appliance) -> None:
    appliance.signature(A).unlink()
    assert appliance.run("export", "-c", "natto.toml", "--to", "csv").returncode == 0


# Forgeries, each of company A's signature; company B's stays good.


def after(appliance: Appliance, text: str) -> str:
    appliance.signature(A).write_text(text)
    return appliance.verdict()


def good(appliance: Appliance) -> str:
    return appliance.signature(A).read_text()


def wrong_namespace(appliance: Appliance) -> str:
    return after(appliance, appliance.keys[A].sign(appliance.table.read_text(), "file"))


def namespace_changed_afterwards(appliance: Appliance) -> str:
    signature = appliance.keys[A].sign(appliance.table.read_text(), "other-table")
    return after(appliance, edited(signature, b"other-table", b"natto-table"))


def other_file(appliance: Appliance) -> str:
    return after(appliance, appliance.keys[A].sign(TABLE.format(serial=2)))


def stripped(appliance: Appliance) -> str:
    appliance.signature(A).unlink()
    return appliance.verdict()


def the_others_in_its_place(appliance: Appliance) -> str:
    return after(appliance, appliance.signature(B).read_text())


def of_a_stranger(appliance: Appliance) -> str:
    return after(appliance, Key.make(appliance.folder, "stranger").sign(appliance.table.read_text()))


def expired(appliance: Appliance) -> str:
    appliance.allow(company_a='valid-before="20200101"')
    return appliance.verdict()


def expired_a_minute_ago(appliance: Appliance) -> str:
    ago = datetime.now(timezone.utc) - timedelta(minutes=1)
    appliance.allow(company_a=f'valid-before="{ago:%Y%m%d%H%M%S}Z"')
    return appliance.verdict()


def not_yet_valid(appliance: Appliance) -> str:
    appliance.allow(company_a='valid-after="20990101Z"')
    return appliance.verdict()


def not_for_tables(appliance: Appliance) -> str:
    appliance.allow(company_a='namespaces="git,file"')
    return appliance.verdict()


def principal_forbidden(appliance: Appliance) -> str:
    appliance.signers.write_text(appliance.signers.read_text().replace("company-a ", "company-*,!company-a ", 1))
    return appliance.verdict()


def cut_at_half(appliance: Appliance) -> str:
    return after(appliance, good(appliance)[: len(good(appliance)) // 2])


def cut_inside(appliance: Appliance) -> str:
    return after(appliance, armored(parts_of(good(appliance))[:-1]))


def empty(appliance: Appliance) -> str:
    return after(appliance, "")


def concatenated(appliance: Appliance) -> str:
    return after(appliance, good(appliance) + appliance.signature(B).read_text())


def concatenated_bad_and_good(appliance: Appliance) -> str:
    return after(appliance, appliance.signature(B).read_text() + good(appliance))


def junk_behind(appliance: Appliance) -> str:
    return after(appliance, good(appliance) + "junk\n")


def blank_line_behind(appliance: Appliance) -> str:
    return after(appliance, good(appliance) + "\n")


def junk_before(appliance: Appliance) -> str:
    return after(appliance, "junk\n" + good(appliance))


def junk_inside(appliance: Appliance) -> str:
    return after(appliance, armored(parts_of(good(appliance)) + b"junk"))


def reserved_used(appliance: Appliance) -> str:
    blob = parts_of(good(appliance))
    at = blob.index(string(b"natto-table")) + len(string(b"natto-table"))
    assert blob[at : at + 4] == bytes(4)
    return after(appliance, armored(blob[:at] + string(b"x") + blob[at + 4 :]))


def version_2(appliance: Appliance) -> str:
    return after(appliance, edited(good(appliance), b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2"))


def huge_length(appliance: Appliance) -> str:
    return after(appliance, edited(good(appliance), string(b"natto-table"), b"\xff\xff\xff\xffnatto-table"))


def bit_flipped_in_value(appliance: Appliance) -> str:
    blob = bytearray(parts_of(good(appliance)))
    blob[-1] ^= 1
    return after(appliance, armored(bytes(blob)))


def a_directory(appliance: Appliance) -> str:
    appliance.signature(A).unlink()
    appliance.signature(A).mkdir()
    return appliance.verdict()


def endless(appliance: Appliance) -> str:
    appliance.signature(A).unlink()
    appliance.signature(A).symlink_to("/dev/zero")
    return appliance.verdict()


def too_large(appliance: Appliance) -> str:
    return after(appliance, good(appliance) + "\n" * 70_000)


def dangling(appliance: Appliance) -> str:
    appliance.signature(A).unlink()
    appliance.signature(A).symlink_to("nowhere")
    return appliance.verdict()


def of_the_lenient_base64(appliance: Appliance) -> str:
    lines = good(appliance).splitlines()
    lines[1] = lines[1][:10] + " " + lines[1][10:]
    return after(appliance, "\n".join(lines) + "\n")


FORGERIES = {
    wrong_namespace: 'is for "file", not for natto-table',
    namespace_changed_afterwards: "does not fit",
    other_file: "does not fit",
    stripped: "company-a has not signed the table; have it signed: natto sign --party company-a --key KEY mappings.toml",
    the_others_in_its_place: "which the allowed signers have for others than company-a",
    of_a_stranger: "is by a key that is not among the allowed signers",
    expired: "was valid until",
    expired_a_minute_ago: "was valid until",
    not_yet_valid: "is not valid before 2099-01-01T00:00:00.000Z (line 2 of the allowed signers)",
    not_for_tables: "may not sign tables: line 2 ",
    principal_forbidden: "for others than company-a",
    cut_at_half: "its end is missing",
    cut_inside: "it was cut off",
    empty: "is no signature of ssh-keygen: it does not begin with",
    concatenated: "something stands behind its end",
    concatenated_bad_and_good: "something stands behind its end",
    junk_behind: "something stands behind its end",
    blank_line_behind: "something stands behind its end",
    junk_before: "it does not begin with",
    junk_inside: "bytes stand behind its end",
    reserved_used: "where the format has nothing yet",
    version_2: "it is of version 2",
    huge_length: "it was cut off",
    bit_flipped_in_value: "does not fit",
    a_directory: "is a directory",
    endless: "is not a regular file",
    too_large: "is larger than 64 KiB",
    dangling: "cannot be opened",
    of_the_lenient_base64: "is not base64",
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_is_refused(appliance: Appliance, forge: Callable[[Appliance], str]) -> None:
    verdict = forge(appliance)
    assert FORGERIES[forge] in verdict
    assert verdict.startswith("mappings.toml.company-a.sig: "), "the file is named"
    assert A in verdict
    assert verdict.count("\n") == 1, "company B's is good"


def test_one_key_is_one_party(appliance: Appliance) -> None:
    appliance.signers.write_text(f"* {appliance.keys[A].public}\n")
    appliance.signature(B).write_text(appliance.signature(A).read_text())
    assert "by the same key as that of company-a" in appliance.verdict()


@pytest.mark.parametrize("algorithm", [b"ssh-rsa", b"rsa-sha2-384"])
def test_rsa_without_sha2_is_refused(tmp_path: Path, binary: Path, algorithm: bytes) -> None:
    appliance = Appliance(tmp_path, binary, "rsa", 2048)
    value = string(algorithm) + string(bytes(256))
    key = base64.b64decode(appliance.keys[A].public.split()[1])
    appliance.signature(A).write_text(file_of(key, value))
    assert "is made with an algorithm that a key of type ssh-rsa does not have here" in appliance.verdict()


def test_old_serials_are_refused(appliance: Appliance) -> None:
    """The state folder is as natto leaves it."""
    digest = appliance.run("check", "-c", "natto.toml").stdout.split("digest ")[1].split()[0]
    name = str(appliance.config.resolve())[1:].replace("%", "%25").replace("-", "%2d").replace("/", "-")
    state = appliance.folder / "state" / name
    state.mkdir(parents=True)
    other = "0" * 64

    def check(newest: int, known: str) -> subprocess.CompletedProcess:
        (state / "in-force").write_text(f"digest {known}\nserial {newest} {known}\n")
        return appliance.run("check", "-c", appliance.config)

    assert check(1, digest).returncode == 0, "it is the table itself"
    assert check(2, digest).returncode == 1, "it says what is in force, and was agreed on before"
    for newest in (1, 2, 2**53 - 1):
        done = check(newest, other)
        assert done.returncode == 1
        assert f"mappings.toml:1:1: serial is 1, and a table with serial {newest} and digest 000000000000" in done.stderr
    appliance.table.write_text(TABLE.format(serial=2).replace("157", "158"))
    appliance.sign(A)
    appliance.sign(B)
    assert check(1, other).returncode == 0
    appliance.table.write_text(TABLE.format(serial=2).replace("serial = 2\n", "").replace("157", "159"))
    appliance.sign(A)
    appliance.sign(B)
    assert "has to be signed needs a number; write serial = 1" in check(1, other).stderr


def test_check_says_where_it_compares_no_serial(appliance: Appliance) -> None:
    name = str(appliance.config.resolve())[1:].replace("%", "%25").replace("-", "%2d").replace("/", "-")
    record = appliance.folder / "state" / name / "in-force"
    record.mkdir(parents=True)  # no more to be read than another user's file
    done = appliance.run("check", "-c", appliance.config)
    assert done.returncode == 0
    assert done.stderr.startswith(f"no serial is compared: {record}: is a directory")
    assert appliance.run("check", "--strict", "-c", appliance.config).returncode == 1


def test_check_warns_of_a_table_that_has_to_be_confirmed(appliance: Appliance) -> None:
    def mappings(first: int, last: int) -> str:
        return "".join(
            f'[[mapping]]\nname = "m{i}"\nreal = "10.32.1.{i}"\nmapped = "10.33.1.2{i:02}"\n' for i in range(first, last)
        )

    name = str(appliance.config.resolve())[1:].replace("%", "%25").replace("-", "%2d").replace("/", "-")
    state = appliance.folder / "state" / name
    state.mkdir(parents=True)
    (state / "table.toml").write_text("serial = 1\n" + mappings(1, 13))
    (state / "in-force").write_text(f"digest {'0' * 64} 1\nserial 1 {'0' * 64}\n")
    appliance.table.write_text("serial = 2\n" + mappings(1, 4))
    for party in (A, B):
        appliance.sign(party)
    config = appliance.config.read_text()
    appliance.config.write_text(config.replace('require = ["company-a", "company-b"]\n', ""))
    done = appliance.run("check", "-c", appliance.config)
    assert done.returncode == 0
    digest = done.stdout.split("digest ")[1].split()[0]
    assert done.stderr.splitlines() == [
        f"{appliance.table}: takes away 9 of 12 mappings, and [table] max_removed is 0.5",
        f"  if that is meant: natto reload --confirm {digest}",
    ]


def test_diff_tells_serials(appliance: Appliance) -> None:
    new = appliance.folder / "new.toml"
    new.write_text(TABLE.format(serial=2))
    assert appliance.run("diff", "mappings.toml", "new.toml").stdout == (
        "serial 2, was 1\nno other difference: both give everybody the same addresses and rights\n"
    )
    new.write_text(TABLE.format(serial=2).replace("157", "158"))
    told = appliance.run("diff", "mappings.toml", "new.toml").stdout
    assert told.startswith("serial 2, was 1\nmappings changed:\n")
    new.write_text(TABLE.format(serial=1))
    assert appliance.run("diff", "mappings.toml", "new.toml").stdout == "no difference: both say the same\n"


def test_what_is_signed_is_what_the_format_says(appliance: Appliance) -> None:
    """Not only ssh-keygen's word: the value is ed25519 of the bytes that PROTOCOL.sshsig names."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    blob = parts_of(good(appliance))
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(appliance.keys[A].public.split()[1])[-32:])
    key.verify(blob[-64:], signed_bytes(appliance.table.read_text()))
