"""The service alone in a network where every forbidden range has a route, and packets there are counted.

Run by test_ssrf.py as `unshare --net --mount python3 -m support.ssrf_scene FOLDER guarded|open`; what it found is FOLDER/found.json.
"""
from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterable

from .certificates import Authority
from .dns_server import DnsServer, Host
from .forbidden_ranges import PacketCounters
from .internal_urls import good_names, good_urls, literal_urls, names_inside, public_addresses, rebinding_names
from .sink import Answer, Sink
from .wait import until
from .world import REQUEST, World

DNS = "9.9.9.9"
#: What every name has that the server does not know.
CATCH_ALL = ("10.9.9.9", "fd99::9")
RETRIED_PORT, REDIRECTING_PORT = 8443, 9443


def lay_out_network(folder: Path) -> None:
    """Loopback, and a cable that nobody listens at: public addresses live on it, and everything else is routed there."""

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, timeout=10)

    ip("link", "set", "lo", "up")
    ip("link", "add", "world", "type", "veth", "peer", "name", "end_of_world")
    for device in ("world", "end_of_world"):
        ip("link", "set", device, "arp", "off", "up")
    for address in (DNS, *public_addresses()):
        ip("address", "add", f"{address}/{128 if ':' in address else 32}", "dev", "world", *(["nodad"] if ":" in address else []))
    ip("route", "add", "default", "dev", "world")
    ip("-6", "route", "add", "default", "dev", "world")
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {DNS}\noptions timeout:2 attempts:2\n")
    subprocess.run(["mount", "--bind", resolver, Path("/etc/resolv.conf").resolve()], check=True, timeout=10)


class Scene:
    def __init__(self, folder: Path, callback_url: dict[str, Any]) -> None:
        lay_out_network(folder)
        hosts = {**names_inside(), **rebinding_names(), **good_names(), "retried.good.example": Host(("8.8.8.8",))}
        self.dns = DnsServer(DNS, hosts, CATCH_ALL)
        authority = Authority(folder / "certificates")
        addresses = [f"IP:{address}" for address in (*public_addresses(), "127.0.0.1", "::1")]
        names = ["DNS:localhost", *(f"DNS:{name}" for name in hosts)]
        files = authority.server("everybody", "subjectAltName=" + ",".join([*names, *addresses]))
        self.sinks = [Sink(tls=files, port=443, host=host) for host in ("0.0.0.0", "::")]
        self.retried = Sink(tls=files, port=RETRIED_PORT, host="0.0.0.0")
        self.retried.always(Answer(503, {"Connection": "close"}))
        self.redirecting = Sink(tls=files, port=REDIRECTING_PORT, host="0.0.0.0")
        self.redirecting.always(Answer(302, {"Location": "http://169.254.169.254/latest/meta-data/"}))
        self.world = World(folder, authority, files, start=False, changes={
            "callback_url": {"ca_file": str(authority.file), "timeout": "3s", "max_in_flight": 64, **callback_url}})
        provider, service = self.world.provider, self.world.service
        self.counters = PacketCounters([provider.port, provider.control_port, service.public_port, service.api_port, service.ops_port,
                                        self.world.sink.port])
        service.start()
        self._patient_until = time.monotonic() + 30

    def post(self, url: str) -> str:
        """The task's id, or "" where the URL is refused."""
        answer = self.world.post(body={**REQUEST, "callback_url": url}, Prefer="respond-async")
        assert answer.status in (200, 202, 400), (url, answer)
        if answer.status == 400:
            assert {item["field"] for item in answer.json()["errors"]} == {"callback_url"}, (url, answer)
            return ""
        return answer.json()["id"]

    def post_all(self, urls: Iterable[str]) -> dict[str, str]:
        wanted = list(urls)
        with ThreadPoolExecutor(8) as pool:
            return dict(zip(wanted, pool.map(self.post, wanted), strict=True))

    def delivery(self, task: str) -> dict[str, Any]:
        """The one to the caller's own URL."""
        return [item for item in self.world.service.deliveries(task) if item["sink"] == "callback_url"][0]

    def settled(self, task: str) -> list[Any]:
        """State and cause, once it is not tried any more; or waits, for a name that no resolver takes."""
        found: dict[str, Any] = {}

        def is_over() -> bool:
            found.update(self.delivery(task))
            return found["state"] in ("delivered", "parked") or found["cause"] == "dns"

        # What does not settle is told as it is: the packets say why.
        with contextlib.suppress(AssertionError):
            until(is_over, f"{task} settles", max(0.0, self._patient_until - time.monotonic()))
        return [found["state"], found["cause"]]

    def all_settled(self, tasks: dict[str, str]) -> dict[str, list[Any]]:
        """The same of many, by URL; "" is a URL that was refused."""
        self._patient_until = time.monotonic() + 30
        with ThreadPoolExecutor(8) as pool:
            return dict(zip(tasks, pool.map(lambda task: self.settled(task) if task else ["refused", None], tasks.values()), strict=True))

    def attempted(self, task: str, times: int = 1) -> dict[str, Any]:
        return until(lambda: (item := self.delivery(task))["attempts"] >= times and item["cause"] and item, f"{task} is attempted", 40)

    def arrived(self, task: str) -> bool:
        return any(sink.of_task(task) for sink in self.sinks)

    def packets(self) -> dict[str, int]:
        return {network: count for network, count in self.counters.read().items() if count}

    def close(self) -> None:
        self.world.close()
        for sink in (*self.sinks, self.retried, self.redirecting):
            sink.close()
        self.dns.close()


def guarded(folder: Path) -> dict[str, Any]:
    """Everything that a caller may try; nothing of it may reach a forbidden range."""
    scene = Scene(folder, {})
    good = scene.post_all(good_urls())
    literal = scene.post_all(literal_urls())
    names = scene.post_all(f"https://{name}/inside" for name in names_inside())
    rebinding = scene.post_all(f"https://{name}:{RETRIED_PORT}/inside" for name in rebinding_names())
    inside = [url for url in literal_urls() if url.startswith("https://") and url.isascii() and url.isprintable()]
    scene.redirecting.script(*(Answer(302 + 5 * (index % 2), {"Location": url.replace("https", "http" if index % 3 else "https")})
                               for index, url in enumerate(inside[::10])))
    redirects = scene.post_all(f"https://good.example:{REDIRECTING_PORT}/{index}" for index in range(len(inside[::10])))

    found = {
        "good": scene.all_settled(good),
        "good_arrived": sum(scene.arrived(task) for task in good.values() if task),
        "literal": _count(scene.all_settled(literal)),
        "names": scene.all_settled(names),
        "rebinding": scene.all_settled(rebinding),
        "rebinding_reached_first": len({item.headers["webhook-id"] for item in scene.retried.received}),
        "redirects": Counter(scene.attempted(task)["cause"] for task in redirects.values()),
        "stored": _stored(scene),
        "packets": scene.packets(),
        "look_ups": sum(scene.dns.asked.values()),
    }
    scene.world.service.check_conservation()
    scene.close()
    return found


def _count(outcomes: dict[str, list[Any]]) -> Counter[str]:
    return Counter(" ".join(word for word in outcome if word) for outcome in outcomes.values())


def _stored(scene: Scene) -> Counter[str]:
    """The same URLs past the check of POST: put into the store by hand, for what delivers to judge alone."""
    service = scene.world.service
    assert service.ops.post("/ops/v1/sinks/callback_url/pause", {"reason": "the store is edited"}).status == 200
    urls = literal_urls()
    tasks = list(scene.post_all(f"https://good.example/{index}" for index in range(len(urls))).values())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(scene.world.ended, tasks))
    service.terminate()
    with sqlite3.connect(service.store) as store:
        for task, url in zip(tasks, urls, strict=True):
            changed = store.execute("UPDATE delivery SET destination = ? WHERE task = ? AND sink = 'callback_url'", (url, task))
            assert changed.rowcount == 1, task
    service.start()
    assert service.ops.post("/ops/v1/sinks/callback_url/resume").status == 200
    return _count(scene.all_settled(dict(zip(urls, tasks, strict=True))))


def unguarded(folder: Path) -> dict[str, Any]:
    """The guard switched off: so the counters are seen to count."""
    scene = Scene(folder, {"allow_internal": True})
    urls = ["https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/", "https://a2.inside.example/", "https://[fd00::1]/",
            "https://[::1]/", "https://[64:ff9b::10.0.0.1]/", "https://[2002:a00:1::1]/", "https://192.168.0.1/"]
    tasks = scene.post_all(urls)
    before = scene.packets()
    for task in tasks.values():
        until(lambda: (item := scene.delivery(task))["state"] == "delivered" or item["cause"], f"{task} is attempted", 40)
    found = {"packets": scene.packets(), "before": before, "arrived": sum(scene.arrived(task) for task in tasks.values())}
    scene.close()
    return found


if __name__ == "__main__":
    where = Path(sys.argv[1])
    (where / "found.json").write_text(json.dumps({"guarded": guarded, "open": unguarded}[sys.argv[2]](where)))
