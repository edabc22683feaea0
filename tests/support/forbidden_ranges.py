"""The ranges that no caller's URL may reach, and what counts packets to them (nft, in a network namespace of the test's own)."""
from __future__ import annotations

import ipaddress
import json
import subprocess
from typing import Iterable

#: IANA's special-purpose registries, multicast and reserved blocks, and what an address of IPv6 may carry inside.
IPV4 = ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")
IPV6 = ("::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8")


def _carrying(network: str) -> tuple[str, str]:
    """NAT64 and 6to4 addresses whose IPv4 part is in `network`."""
    inner = ipaddress.IPv4Network(network)
    nat64 = ipaddress.IPv6Network(((0x64ff9b << 96) | int(inner.network_address), 96 + inner.prefixlen))
    six_to_four = ipaddress.IPv6Network(((0x2002 << 112) | (int(inner.network_address) << 80), 16 + inner.prefixlen))
    return str(nat64), str(six_to_four)


RANGES = (*IPV4, *IPV6, *(network for inner in IPV4 for network in _carrying(inner)))


def _ran(*words: str, text: str | None = None) -> str:
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
    return done.stdout


class PacketCounters:
    """Counts what this namespace sends by TCP or UDP to each range. `known_ports` are those of the test's own programs."""

    def __init__(self, known_ports: Iterable[int]) -> None:
        ports = ", ".join(map(str, known_ports))
        rules = "\n".join(f'    {"ip6" if ":" in network else "ip"} daddr {network} counter comment "{network}"' for network in RANGES)
        _ran("nft", "-f", "-", text=f"""
table inet forbidden {{
  chain output {{
    type filter hook output priority 0; policy accept;
    meta l4proto != {{ tcp, udp }} return
    tcp dport {{ {ports} }} return
    tcp sport {{ {ports} }} return
{rules}
  }}
}}
""")

    def read(self) -> dict[str, int]:
        """The packets to each range."""
        found = {}
        for item in json.loads(_ran("nft", "-j", "list", "table", "inet", "forbidden"))["nftables"]:
            rule = item.get("rule")
            if rule and rule.get("comment"):
                counter = next(part["counter"] for part in rule["expr"] if "counter" in part)
                found[rule["comment"]] = counter["packets"]
        assert set(found) == set(RANGES)
        return found
