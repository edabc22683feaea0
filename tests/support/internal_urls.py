"""Callers' URLs: several hundred that lead inside, however they are written, and fifty that lead to the world."""
from __future__ import annotations

import ipaddress
from typing import Iterator

from .dns_server import Host

#: One address at least of every range that a resolver could lead to.
_INSIDE = ("127.0.0.1", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.254",
           "169.254.169.254", "100.64.0.1", "100.127.255.254", "0.0.0.0", "0.1.2.3", "192.0.0.8", "192.0.2.1", "198.18.0.1",
           "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255")
_INSIDE_V6 = ("::1", "::", "fc00::1", "fd12:3456:789a::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2001:10::1",
              "100::1", "64:ff9b:1::a00:1", "3fff::1", "5f00::1", "2620:4f:8000::1", "4000::1")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")


def _spellings(address: str) -> Iterator[str]:
    """Hosts that some reader or other takes for the IPv4 address."""
    number = int(ipaddress.IPv4Address(address))
    a, b, c, d = address.split(".")
    yield address
    yield address + "."
    yield str(number)
    yield hex(number)
    yield hex(number).upper().replace("0X", "0X")
    yield f"0{number:o}"
    yield f"0x{int(a):x}.0x{int(b):x}.0x{int(c):x}.0x{int(d):x}"
    yield f"0{int(a):o}.0{int(b):o}.0{int(c):o}.0{int(d):o}"
    yield f"0x{int(a):02X}.{b}.0{int(c):o}.{d}"
    yield f"{a}.{number & 0xffffff}"
    yield f"{a}.{b}.{number & 0xffff}"
    yield f"0{int(a):011o}.{b}.{c}.{d}"
    yield f"[::ffff:{address}]"
    yield f"[::FFFF:{number >> 16:x}:{number & 0xffff:x}]"
    yield f"[0:0:0:0:0:ffff:{number >> 16:x}:{number & 0xffff:x}]"
    yield f"[::{address}]"
    yield f"[64:ff9b::{address}]"
    yield f"[64:ff9b::{number >> 16:x}:{number & 0xffff:x}]"
    yield f"[2002:{number >> 16:x}:{number & 0xffff:x}::]"
    yield f"[2002:{number >> 16:x}:{number & 0xffff:x}::1]"
    yield address.replace(".", "%2e")
    yield "".join(f"%{ord(letter):02x}" for letter in address)
    yield address.translate(_WIDE)
    yield address.translate(_CIRCLED)
    yield address.replace(".", "。")


_NAMES = ("localhost", "LOCALHOST", "localhost.", "LocalHost.LocalDomain", "ip6-localhost", "ip6-loopback", "a.localhost", "x.y.localhost.",
          "printer.local", "metadata.google.internal", "vault.internal", "router.home.arpa", "db.localdomain", "loc%61lhost",
          "ｌｏｃａｌｈｏｓｔ", "256.1.1.1", "1.2.3.4.5", "0x", "127.0.0.1.0x", "08.8.8.8", "1e1.1.1.1", "127.0.0.1.", "127..0.0.1")

_ODD = (
    "https://good.example@127.0.0.1/", "https://good.example:443@10.0.0.1/", "https://127.0.0.1@good.example/", "https://@127.0.0.1/",
    "https://good.example%40127.0.0.1/", "https://good.example\\@127.0.0.1/", "https://127.0.0.1\\.good.example/",
    "https://good.example#@127.0.0.1/", "https://127.0.0.1#.good.example/", "https://127.0.0.1?.good.example/",
    "https://127.0.0.1;.good.example/", "https://127.0.0.1,good.example/", "https://[fe80::1%25lo]/", "https://[fe80::1%lo]/",
    "https://[::1%251]/", "https://[::ffff:127.0.0.1%25lo]/", "https://[::1]:443/", "https://[::1].good.example/", "https://[127.0.0.1]/",
    "https://[localhost]/", "https://::1/", "https://127.0.0.1:443:80/", "https://127.0.0.1:0443/", "https://127.0.0.1:+443/",
    "https://127.0.0.1:/", "http://127.0.0.1/", "http://good.example/", "HTTP://10.0.0.1/", "https:127.0.0.1", "https:/127.0.0.1/",
    "https:///127.0.0.1/", "https:\\\\127.0.0.1\\", "//127.0.0.1/", "127.0.0.1", "file:///etc/passwd", "gopher://127.0.0.1/",
    "ftp://127.0.0.1/", "dict://127.0.0.1:6379/", "jar:https://127.0.0.1!/", "javascript:https://127.0.0.1/", "https://127.0.0.1\t/",
    "https://127.0.\n0.1/", "https://127.0.0.1\r\nHost: good.example/", "https://127.0.0.1\u0000.good.example/", " https://127.0.0.1/",
    "https://127.0.0.1 /", "https://127.0.0.1\u00ad/", "https://127.0.0.1\u200b/", "https://\u202e1.0.0.721/", "https://127.0.0.1%00.good.example/",
    "https://127.0.0.1%0d%0a/", "https://127.0.0.1%23.good.example/", "https://[0:0:0:0:0:0:0:1]/", "https://[::0:1]/",
    "https://[0000::0001]/", "https://[::ffff:0x7f.1]/", "https://[::ffff:127.1]/", "https://[::127.0.0.1.]/", "https://[v1.127.0.0.1]/",
    "https://[::1", "https://::1]/", "https://[[::1]]/", "https://%5B::1%5D/", "https://xn--/", "https://0/", "https://00/", "https://0x0/", "https://0x7f000001./",
    "https://2130706433./", "https://017700000001/", "https://0x7f.1/", "https://127.0x1/", "https://0177.1/", "https://4294967296/",
    "https://99999999999/", "https://-1/", "https://127.0.0.-1/", "https:// 127.0.0.1/",
)


def literal_urls() -> list[str]:
    """URLs whose text alone leads inside, or is none."""
    hosts = [host for address in _INSIDE for host in _spellings(address)]
    hosts += [f"[{address}]" for address in _INSIDE_V6] + [f"[{ipaddress.IPv6Address(address).exploded.upper()}]" for address in _INSIDE_V6]
    return list(dict.fromkeys([*(f"https://{host}/inside" for host in (*hosts, *_NAMES)), *_ODD]))


#: Where everything that is well arrives; the answers of the test's DNS server that are public.
PUBLIC = "8.8.8.8"
PUBLIC_V6 = "2001:4860:4860::8888"


def names_inside() -> dict[str, Host]:
    """Names of which nobody can see that they lead inside."""
    hosts = {f"a{index}.inside.example": Host((address,)) for index, address in enumerate((*_INSIDE, *_INSIDE_V6))}
    for index, address in enumerate(_INSIDE):
        hosts[f"mapped{index}.inside.example"] = Host((f"::ffff:{address}",))
        hosts[f"nat64-{index}.inside.example"] = Host((str(ipaddress.IPv6Address((0x64ff9b << 96) | int(ipaddress.IPv4Address(address)))),))
        hosts[f"sixtofour{index}.inside.example"] = Host(
            (str(ipaddress.IPv6Address((0x2002 << 112) | (int(ipaddress.IPv4Address(address)) << 80) | 1)),))
        hosts[f"mixed{index}.inside.example"] = Host((PUBLIC, address))
        hosts[f"first{index}.inside.example"] = Host((address, PUBLIC))
        hosts[f"both{index}.inside.example"] = Host((PUBLIC_V6, address))
    for index, address in enumerate(_INSIDE_V6):
        hosts[f"mixed6-{index}.inside.example"] = Host((PUBLIC, address))
    hosts |= {
        "alias.inside.example": Host(alias="a0.inside.example"),
        "chain.inside.example": Host(alias="chain1.inside.example"),
        "chain1.inside.example": Host(alias="chain2.inside.example"),
        "chain2.inside.example": Host(alias="chain3.inside.example"),
        "chain3.inside.example": Host(("169.254.169.254",)),
        "tolocalhost.inside.example": Host(alias="localhost"),
        "many.inside.example": Host((*(f"8.8.4.{n}" for n in range(1, 12)), "10.1.2.3")),
        "nothing.outside.example.10.0.0.1.example": Host(("10.0.0.1",)),
    }
    return hosts


def rebinding_names() -> dict[str, Host]:
    """Names that are public first, and inside when they are asked for again."""
    return {f"rebind{index}.inside.example": Host(turns=((PUBLIC,), (address,))) for index, address in enumerate(
        ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1"))}


#: Just outside of what is forbidden, and what carries a public address.
_EDGES = ("1.0.0.1", "9.255.255.254", "11.0.0.1", "100.63.255.254", "100.128.0.1", "126.255.255.254", "128.0.0.1", "169.253.255.254",
          "169.255.0.1", "172.15.255.254", "172.32.0.1", "192.0.1.1", "192.0.3.1", "192.167.255.254", "192.169.0.1", "198.17.255.254",
          "198.20.0.1", "198.51.99.254", "203.0.112.254", "223.255.255.254", PUBLIC, "8.8.4.4")
_EDGES_V6 = (PUBLIC_V6, "2001:200::1", "2a00::1", "2003::1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1")


def public_addresses() -> list[str]:
    return [*_EDGES, *_EDGES_V6]


def good_names() -> dict[str, Host]:
    names = {
        "good.example": Host((PUBLIC,)), "hooks.good.example": Host((PUBLIC, PUBLIC_V6)), "six.good.example": Host((PUBLIC_V6,)),
        "127.0.0.1.good.example": Host((PUBLIC,)), "10.good.example": Host((PUBLIC,)), "localhost.good.example": Host((PUBLIC,)),
        "internal.good.example": Host((PUBLIC,)), "local.good.example": Host((PUBLIC,)), "0x7f.good.example": Host((PUBLIC,)),
        "xn--bcher-kva.good.example": Host((PUBLIC,)), "under_score.good.example": Host((PUBLIC,)), "a-b.good.example": Host((PUBLIC,)),
        "alias.good.example": Host(alias="good.example"), "chain.good.example": Host(alias="alias.good.example"),
        "many.good.example": Host(_EDGES[:8]), "mapped.good.example": Host((f"::ffff:{PUBLIC}",)),
        "nat64.good.example": Host(("64:ff9b::808:808",)), "notlocalhost.good.example": Host((PUBLIC,)),
    }
    return names


def good_urls() -> list[str]:
    """Fifty."""
    urls = [f"https://{address}/in" for address in _EDGES] + [f"https://[{address}]/in" for address in _EDGES_V6]
    urls += [f"https://{name}/in?x=1" for name in good_names()]
    urls += ["https://GOOD.Example/in", "https://good.example./in", "https://good.example:443/in"]
    return urls
