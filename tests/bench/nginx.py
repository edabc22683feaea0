"""nginx with one worker: what voicehook is compared with, and a sink that is never the bottleneck."""
from __future__ import annotations

from pathlib import Path

from support import nginx
from support.certificates import ServerFiles
from support.ports import free_port

_SERVERS = """
    access_log off;
    server {{
        listen 127.0.0.1:{tls_port} ssl backlog=4096;
{tls}
        location / {{ return 200 '{{"status":"accepted"}}'; }}
    }}
    server {{
        listen 127.0.0.1:{plain_port} backlog=4096;
        location / {{ return 200 '{{}}'; }}
    }}
"""


class Nginx(nginx.Nginx):
    """The same protocol versions and ciphers as voicehook's listeners; worker and master in one process."""

    def __init__(self, folder: Path, files: ServerFiles, name: str = "nginx") -> None:
        if not nginx.executable():
            raise SystemExit("bench: nginx is not there: apt-get install nginx-light")
        port, self.plain_port = free_port(), free_port()
        tls = nginx.TLS.format(certificate=files.certificate, key=files.key)
        super().__init__(folder, _SERVERS.format(tls=tls, tls_port=port, plain_port=self.plain_port), port, name)
