"""Ports that nobody else takes."""
from __future__ import annotations

import os
import random
import socket

_given: set[int] = set()
# Below the range from which the kernel gives ports to outgoing connections, so that none of those takes one meanwhile.
# Runs at the same time are given ranges of their own.
_first, _, _last = os.environ.get("VOICEHOOK_TEST_PORTS", "12000-32000").partition("-")
_choice = random.Random(os.getpid())


def free_port() -> int:
    """A port of 127.0.0.1 that is free now and was not given before."""
    for _ in range(1000):
        port = _choice.randrange(int(_first), int(_last))
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError("no free port found")
