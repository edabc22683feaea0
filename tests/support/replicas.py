"""Several services on one PostgreSQL database, behind HAProxy, with one provider and one sink."""
from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Sequence

from . import toml
from .certificates import Authority, ServerFiles
from .haproxy import Haproxy
from .http import Client, Response
from .service import ANN, Service
from .simulator import Simulator
from .sink import HANG, Sink
from .wait import until
from .world import SINK_SECRET, World, completed_body

#: Two of them fit into the first half of the lame duck; each may take as long, which a busy machine needs.
CHECK_EVERY = "400ms"
SETTINGS: dict[str, Any] = {"server": {"lame_duck": "2s"}, "public": {"trusted_proxies": ["127.0.0.1/32"]},
                            "api": {"trusted_proxies": ["127.0.0.1/32"]}}


class Replicas(World):
    """A world whose callers and provider come through a load balancer. `store` is the section of the configuration.

    `service` is the first replica that can answer; `replicas` are all. With `send_proxy` ("v1", "v2") HAProxy tells the
    replicas who the provider is."""

    def __init__(self, folder: Path, authority: Authority, files: ServerFiles, store: Mapping[str, Any], count: int = 2,
                 changes: Mapping[str, Any] | None = None, more_sinks: Iterable[Mapping[str, Any]] = (), start: bool = True,
                 send_proxy: str = "", simulator_options: Iterable[str] = (), sink: Sink | None = None,
                 sink_settings: Mapping[str, Any] | None = None, **simulator: Any) -> None:
        self.folder = folder
        self.authority = authority
        self.sink = sink or Sink()
        self.provider = Simulator(folder / "provider", authority, files, *simulator_options, **simulator)
        self._tap = None
        self._paused: set[int] = set()
        results = {"name": "results", "type": "http", "url": self.sink.url + "/hooks", "secret": SINK_SECRET,
                   **(sink_settings or {})}
        common = toml.merged(toml.merged(SETTINGS, {"store": {"url": None, **store}}), changes or {})
        if send_proxy:
            common = toml.merged(common, {"public": {"proxy_protocol": "required"}})
        self.replicas = [Service(folder / f"replica{number}", authority, files, self.provider.url,
                                 [results, *map(dict, more_sinks)], common) for number in range(count)]
        self.public_balancer = Haproxy(folder, [("127.0.0.1", one.public_port, one.public_port) for one in self.replicas],
                                       authority.file, send_proxy, CHECK_EVERY, "haproxy-public")
        self.api_balancer = Haproxy(folder, [("127.0.0.1", one.api_port, one.api_port) for one in self.replicas],
                                    authority.file, check_every=CHECK_EVERY, name="haproxy-api")
        for one in self.replicas:
            one.write_config({"public": {"base_url": f"https://127.0.0.1:{self.public_balancer.port}"}})
            if send_proxy:  # whoever comes straight must not come from the load balancer's address: it would owe a header
                one.public = Client(one.public_port, authority.file, source="127.0.0.2")
        #: As the provider comes in, and as callers do.
        self.public = Client(self.public_balancer.port, authority.file)
        self.api = self.client()
        if start:
            self.start_all()

    @property
    def service(self) -> Service:  # type: ignore[override]
        able = [one for number, one in enumerate(self.replicas) if number not in self._paused and _runs(one)]
        assert able, "no replica runs"
        return able[0]

    def client(self, timeout: float = 30.0) -> Client:
        """A caller that comes through the load balancer, for loads too: nothing is recorded."""
        return Client(self.api_balancer.port, self.authority.file, ANN.key, timeout)

    def close(self) -> None:
        for number in set(self._paused):
            self.resume(number)
        for one in (*self.replicas, self.public_balancer, self.api_balancer, self.provider, self.sink):
            one.close()

    # ---- life ----

    def start_all(self) -> "Replicas":
        """All at once: the first start also makes the tables."""
        for one in self.replicas:
            one.launch()
        for one in self.replicas:
            one.wait_ready()
        self.wait_balanced()
        return self

    def wait_balanced(self, *numbers: int) -> None:
        """Until HAProxy sends to these replicas (to all when none is named), and to no other."""
        names = [f"server{number}" for number in numbers or range(len(self.replicas))]
        for balancer in (self.public_balancer, self.api_balancer):
            balancer.wait_for(*names)

    def kill(self, number: int) -> None:
        self.replicas[number].kill()

    def pause(self, number: int) -> None:
        """SIGSTOP; every thread stands still when this returns."""
        process = self.replicas[number].program.process.pid
        self._paused.add(number)
        self.replicas[number].program.signal(signal.SIGSTOP)
        until(lambda: _stands_still(process), "every thread stands still", every=0.001)

    def resume(self, number: int) -> None:
        """SIGCONT."""
        self._paused.discard(number)
        if _runs(self.replicas[number]):
            self.replicas[number].program.signal(signal.SIGCONT)

    def restart(self, number: int) -> None:
        """As a deployment does it: SIGTERM, exit code 0, start; until HAProxy sends to it again."""
        code = self.replicas[number].terminate()
        assert code == 0, f"replica {number} ended with {code}: {self.replicas[number].program.tail()}"
        self.replicas[number].start()
        self.wait_balanced()

    def rolling_restart(self) -> None:
        for number in range(len(self.replicas)):
            self.restart(number)

    # ---- who does what ----

    def identical_callbacks(self, task: str, count: int) -> list[Response]:
        """So many callbacks of a task at the same moment, evenly over the replicas, as each of them answered."""
        provider_task = self.provider_task(task)
        body = completed_body(provider_task.id)

        def prepared(public: Client) -> Callable[[], Response]:
            connection = public.connect()
            connection.connect()
            headers = {"Content-Type": "application/json"}
            return lambda: public.request("POST", provider_task.callback_path, body, headers, connection)

        return at_once([prepared(self.replicas[number % len(self.replicas)].public) for number in range(count)])

    def held_by(self, number: int, count: int) -> list[str]:
        """Tasks whose deliveries this replica has begun and does not finish: the sink does not answer."""
        tasks = [self.slow_task() for _ in range(count)]
        self.sink.always(HANG)
        for task in tasks:
            provider_task = self.provider_task(task)
            answer = self.replicas[number].public.post(provider_task.callback_path, completed_body(provider_task.id))
            assert answer.json() == {"status": "accepted"}, answer
        for task in tasks:
            self.sink.wait_for(task)
        self.sink.always(200)
        return tasks


def at_once(actions: Sequence[Callable[[], Response]]) -> list[Response]:
    """All actions at the same moment."""
    ready = threading.Barrier(len(actions))

    def act(action: Callable[[], Response]) -> Response:
        ready.wait(30)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(act, actions))


def _runs(service: Service) -> bool:
    return hasattr(service, "program") and service.program.running


def _stands_still(process: int) -> bool:
    states = [path.read_text().rsplit(")", 1)[1].split()[0] for path in Path(f"/proc/{process}/task").glob("*/stat")]
    return set(states) <= {"T", "t"}
