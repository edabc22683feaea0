"""A certificate authority of our own and server certificates for this machine."""
from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"


@dataclass(frozen=True)
class ServerFiles:
    certificate: Path
    key: Path

    def ends(self) -> int:
        """Seconds since 1970."""
        said = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", str(self.certificate)], capture_output=True, text=True,
                              check=True).stdout
        return ssl.cert_time_to_seconds(said.strip().removeprefix("notAfter="))


class Authority:
    """Signs certificates; `file` is what clients trust. `under` runs openssl under another program, `faketime` for one."""

    def __init__(self, folder: Path, name: str = "ca", days: int = 3, under: Sequence[str] = ()) -> None:
        self._days = str(days)
        self._under = under
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / f"{name}.crt"
        self._key = folder / f"{name}.key"
        self._name = name
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", self._days,
                      "-subj", f"/CN=voicehook test {name}", "-keyout", str(self._key), "-out", str(self.file),
                      "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def server(self, name: str = "server", names: str = _NAMES) -> ServerFiles:
        """A new certificate for localhost, or for `names`: "subjectAltName=DNS:a.example,IP:8.8.8.8"."""
        files = ServerFiles(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extensions.write_text(names + "\nextendedKeyUsage=serverAuth,clientAuth\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                      "-keyout", str(files.key), "-out", str(request))
        self._openssl("x509", "-req", "-in", str(request), "-CA", str(self.file), "-CAkey", str(self._key), "-CAcreateserial",
                      "-days", self._days, "-extfile", str(extensions), "-out", str(files.certificate))
        return files

    def _openssl(self, *words: str) -> None:
        done = subprocess.run([*self._under, "openssl", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(words)}: {done.stderr}")
