"""Keys and signatures of ssh-keygen, and of hardware keys that exist in this file alone."""

import base64
import hashlib
import os
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

NAMESPACE = "natto-table"


def keygen(*words: str | Path, text: str | None = None) -> str:
    done = subprocess.run(["ssh-keygen", *words], input=text, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


@dataclass
class Key:
    """One of ssh-keygen's."""

    file: Path

    @classmethod
    def make(cls, folder: Path, name: str, kind: str = "ed25519", bits: int | None = None) -> "Key":
        size = [] if bits is None else ["-b", str(bits)]
        keygen("-q", "-t", kind, *size, "-N", "", "-C", "", "-f", folder / name)
        return cls(folder / name)

    @property
    def public(self) -> str:
        return self.file.with_suffix(".pub").read_text().strip()

    def sign(self, text: str, namespace: str = NAMESPACE, *options: str) -> str:
        return keygen("-q", "-Y", "sign", *options, "-n", namespace, "-f", self.file, text=text)


def string(part: bytes) -> bytes:
    return struct.pack(">I", len(part)) + part


def number(value: int) -> bytes:
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big"))


def parts_of(signature: str) -> bytes:
    return base64.b64decode("".join(signature.splitlines()[1:-1]))


def armored(blob: bytes) -> str:
    digits = base64.b64encode(blob).decode()
    lines = [digits[i : i + 70] for i in range(0, len(digits), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def signed_bytes(text: str, namespace: str = NAMESPACE, reserved: bytes = b"") -> bytes:
    """What a key signs: PROTOCOL.sshsig."""
    digest = hashlib.sha512(text.encode()).digest()
    return b"SSHSIG" + string(namespace.encode()) + string(reserved) + string(b"sha512") + string(digest)


def file_of(key: bytes, value: bytes, namespace: str = NAMESPACE, reserved: bytes = b"") -> str:
    """A signature's file."""
    return armored(
        b"SSHSIG\0\0\0\1" + string(key) + string(namespace.encode()) + string(reserved) + string(b"sha512") + string(value)
    )


class HardwareKey:
    """As a FIDO token signs: PROTOCOL.u2f of OpenSSH."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.application = b"ssh:"
        if kind == "sk-ssh-ed25519@openssh.com":
            secret = ed25519.Ed25519PrivateKey.generate()
            raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            middle = string(secret.public_key().public_bytes(*raw))
            self._sign: Callable[[bytes], bytes] = secret.sign
        else:
            curve = ec.generate_private_key(ec.SECP256R1())
            point = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
            middle = string(b"nistp256") + string(curve.public_key().public_bytes(*point))
            self._sign = lambda message: b"".join(
                number(half) for half in utils.decode_dss_signature(curve.sign(message, ec.ECDSA(hashes.SHA256())))
            )
        self.blob = string(kind.encode()) + middle + string(self.application)

    @property
    def public(self) -> str:
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    def sign(self, text: str, flags: int = 1, counter: int = 4711) -> str:
        state = struct.pack(">BI", flags, counter)
        digest = hashlib.sha256
        message = digest(self.application).digest() + state + digest(signed_bytes(text)).digest()
        return file_of(self.blob, string(self.kind.encode()) + string(self._sign(message)) + state)


def edited(signature: str, old: bytes, new: bytes) -> str:
    """The signature with other bytes in it, of the same length."""
    blob = parts_of(signature)
    assert blob.count(old) >= 1
    assert len(old) == len(new)
    return armored(blob.replace(old, new))


def random_text(length: int) -> str:
    return base64.b64encode(os.urandom(length)).decode()
