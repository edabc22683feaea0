"""nginx with one worker: what voicehook is compared with, and a sink that is never the bottleneck."""
from __future__ import annotations

import shutil
import socket
from pathlib import Path

from support.certificates import ServerFiles
from support.ports import free_port
from support.program import Program
from support.wait import until

# The same protocol versions and ciphers as voicehook's listeners. One process: worker and master in one.
_CONFIGURATION = """
daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 10000; }}
http {{
    access_log off;
    default_type application/json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    server {{
        listen 127.0.0.1:{tls_port} ssl backlog=4096;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
        ssl_prefer_server_ciphers on;
        location / {{ return 200 '{{"status":"accepted"}}'; }}
    }}
    server {{
        listen 127.0.0.1:{plain_port} backlog=4096;
        location / {{ return 200 '{{}}'; }}
    }}
}}
"""


class Nginx:
    def __init__(self, folder: Path, files: ServerFiles, name: str = "nginx") -> None:
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if not program:
            raise SystemExit("bench: nginx is not there: apt-get install nginx-light")
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.plain_port = free_port(), free_port()
        configuration = folder / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(folder=folder, tls_port=self.port, plain_port=self.plain_port,
                                                       certificate=files.certificate, key=files.key))
        self.program = Program([program, "-p", folder, "-c", configuration, "-e", "stderr"], folder, name)
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
