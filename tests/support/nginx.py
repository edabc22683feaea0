"""A private nginx, one process: any servers, or a reverse proxy with TLS in front of a sink."""
from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from .certificates import ServerFiles
from .ports import free_port
from .program import Program
from .wait import until

_CONFIGURATION = """
daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 10000; }}
http {{
    default_type application/json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
{http}
}}
"""

#: The same protocol versions and ciphers as voicehook's listeners.
TLS = """
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
        ssl_prefer_server_ciphers on;
"""


def executable() -> str | None:
    return shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class Nginx:
    """Runs what `http` says, the inside of an http block, and listens on `port` when it is made."""

    def __init__(self, folder: Path, http: str, port: int, name: str = "nginx") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port
        self._folder, self._name = folder, name
        self.configure(http)
        self.start()

    def configure(self, http: str) -> None:
        """For the next start."""
        text = _CONFIGURATION.format(folder=self._folder, http=http)
        (self._folder / f"{self._name}.conf").write_text(text)

    def start(self) -> None:
        program = executable()
        if not program:
            raise SystemExit("nginx is not there: apt-get install nginx-light")
        configuration = self._folder / f"{self._name}.conf"
        self.program = Program([program, "-p", self._folder, "-c", configuration, "-e", "stderr"], self._folder, self._name)
        until(self._listens, "nginx listens", 10)

    @property
    def pid(self) -> int:
        return self.program.process.pid

    def _listens(self) -> bool:
        if not self.program.running:
            raise SystemError(f"nginx ended: {self.program.tail()}")
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True

    def close(self) -> None:
        self.program.kill()


_REVERSE_PROXY = """
    log_format told '$connection $connection_requests $status $request_length $ssl_client_verify';
    access_log {folder}/access.log told;
    upstream sink {{
        server 127.0.0.1:{backend};
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
{tls}
{more}
        location / {{
            proxy_pass http://sink;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_next_upstream off;
        }}
    }}
"""


@dataclass(frozen=True)
class Served:
    """A request as the access log tells it."""

    connection: int
    number: int  # of the request on its connection
    status: int
    client_verified: str


class ReverseProxy(Nginx):
    """TLS in front of a plain sink at `backend`. `client_ca`: who has no certificate of it is answered 400."""

    def __init__(self, folder: Path, files: ServerFiles, backend: int, client_ca: Path | None = None, max_body: str = "1m") -> None:
        self._files, self._backend, self._client_ca = files, backend, client_ca
        self.log = folder / "access.log"
        port = free_port()
        self.url = f"https://localhost:{port}"
        super().__init__(folder, self._http(folder, port, max_body), port)

    def _http(self, folder: Path, port: int, max_body: str) -> str:
        mutual = f"        ssl_client_certificate {self._client_ca};\n        ssl_verify_client on;\n" if self._client_ca else ""
        tls = TLS.format(certificate=self._files.certificate, key=self._files.key)
        return _REVERSE_PROXY.format(folder=folder, port=port, backend=self._backend, tls=tls,
                                     more=mutual + f"        client_max_body_size {max_body};")

    def restart(self, max_body: str = "1m") -> None:
        """Another process on the same port."""
        self.close()
        self.configure(self._http(self._folder, self.port, max_body))
        self.start()

    def served(self) -> list[Served]:
        """Every request so far, those of tests that only connect left out."""
        lines = [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []
        return [Served(int(one[0]), int(one[1]), int(one[2]), one[4]) for one in lines if one[2] != "000" and one[3] != "0"]
