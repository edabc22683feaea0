"""Standard Webhooks, the receiving side."""
from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Mapping


def make_secret(seed: str) -> str:
    """A secret in the form that configurations hold."""
    return "whsec_" + base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode()


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def verifies(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures fits. `headers` with names in lower case."""
    expected = sign(secret, headers["webhook-id"], headers["webhook-timestamp"], body)
    return expected in headers["webhook-signature"].split(" ")
