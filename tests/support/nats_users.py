"""What `nsc` makes: an operator, an account with JetStream and a user's credentials, signed with keys made for it."""
from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Mapping

_OPERATOR, _ACCOUNT, _USER, _SEED = 14 << 3, 0, 20 << 3, 18 << 3
#: PKCS #8 before the 32 bytes of an Ed25519 key.
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


def _sum(data: bytes) -> bytes:
    """CRC-16/XMODEM, the lower byte first."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value.to_bytes(2, "little")


def _base32(data: bytes) -> str:
    return base64.b32encode(data + _sum(data)).decode().rstrip("=")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Key:
    """A key pair of one kind."""

    def __init__(self, folder: Path, kind: int) -> None:
        self._seed = os.urandom(32)
        self._file = folder / f"{self._seed.hex()[:12]}.der"
        self._file.write_bytes(_PKCS8 + self._seed)
        public = subprocess.run(["openssl", "pkey", "-inform", "DER", "-in", self._file, "-pubout", "-outform", "DER"],
                                capture_output=True, check=True).stdout[-32:]
        self.public = _base32(bytes([kind]) + public)
        self.seed = _base32(bytes([_SEED | kind >> 5, (kind & 31) << 3]) + self._seed)

    def sign(self, text: str) -> str:
        message = self._file.with_suffix(".message")
        message.write_text(text)
        return _base64(subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", self._file, "-in", message],
                                      capture_output=True, check=True).stdout)

    def jwt(self, subject: str, name: str, kind: str, **more: Any) -> str:
        claims: dict[str, Any] = {"iat": int(time.time()), "iss": self.public, "name": name, "sub": subject,
                                  "nats": {"type": kind, "version": 2, **more}}
        claims["jti"] = base64.b32encode(hashlib.sha256(json.dumps(claims).encode()).digest()).decode().rstrip("=")
        text = _base64(b'{"typ":"JWT","alg":"ed25519-nkey"}') + "." + _base64(json.dumps(claims).encode())
        return text + "." + self.sign(text)


class Operator:
    """`lines` go into a server's configuration, `login` lets tests in; `credentials` makes the file of one user of its account."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        operator, system = Key(folder, _OPERATOR), Key(folder, _ACCOUNT)
        self._account = Key(folder, _ACCOUNT)
        everything = {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": True, "conn": -1, "leaf": -1}
        storage = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
        account = operator.jwt(self._account.public, "results", "account", limits={**everything, **storage})
        self._admin = Key(folder, _USER)
        self._admin_jwt = self._account.jwt(self._admin.public, "admin", "user", subs=-1, data=-1, payload=-1)
        self.lines = [f"operator: {operator.jwt(operator.public, 'tests', 'operator')}", f"system_account: {system.public}", "resolver: MEMORY",
                      f"resolver_preload: {{ {self._account.public}: {account}",
                      f"{system.public}: {operator.jwt(system.public, 'SYS', 'account', limits=everything)} }}"]

    def login(self, information: Mapping[str, Any]) -> dict[str, str]:
        return {"jwt": self._admin_jwt, "sig": self._admin.sign(information["nonce"])}

    def credentials(self, name: str = "voicehook", **claims: Any) -> Path:
        user = Key(self._folder, _USER)
        jwt = self._account.jwt(user.public, name, "user", **{"subs": -1, "data": -1, "payload": -1, **claims})
        file = self._folder / f"{name}.creds"
        file.write_text(f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
                        "************************* IMPORTANT *************************\nNKEY Seed printed below can be used to sign.\n\n"
                        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n")
        return file
