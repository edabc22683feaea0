"""Libraries that are loaded before libc to plant a fault: our own, compiled when needed, and those of Debian packages."""
from __future__ import annotations

import subprocess
from pathlib import Path

_SOURCES = Path(__file__).resolve().parent / "shims"
_DEBIAN = Path("/usr/lib/x86_64-linux-gnu")
EATMYDATA = _DEBIAN / "libeatmydata.so"
FAKETIME = _DEBIAN / "faketime" / "libfaketime.so.1"


def compiled(name: str, folder: Path) -> Path:
    """The shim `shims/<name>.c` as a library in `folder`."""
    library = folder / f"{name}.so"
    if not library.exists():
        subprocess.run(["clang-19", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", str(library),
                        str(_SOURCES / f"{name}.c"), "-ldl"], check=True, stdin=subprocess.DEVNULL, timeout=60)
    return library


def preload(*libraries: Path) -> dict[str, str]:
    """The environment that loads them."""
    return {"LD_PRELOAD": ":".join(map(str, libraries))}
