"""How much is measured."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    rounds: int  # each server in turn, so often; the table shows medians
    nginx_seconds: float
    callbacks: int  # of one run on kept connections
    single_callbacks: int  # of one run with a connection each
    submit_seconds: float
    delivery_seconds: float
    idle_connections: int
    restarts: int
    tasks: int  # stored when memory and start-up are measured
    postgres_callbacks: int  # of one run, on each store
    postgres_counted: int  # operations whose statements are counted
    postgres_idle_seconds: int
    postgres_deliveries: int  # after which dead rows and claims are looked at
    ops_requests: int  # to each route of the operations API
    sink_deliveries: int  # one backlog for a sink
    postgres_warm_up: int = 4_000  # callbacks before the first that count
    connections: int = 64

    @property
    def in_flight(self) -> int:
        """Tasks that wait for their callback: kept, with duplicates, beside deliveries, and one connection each."""
        return (2 * self.rounds + 1) * self.callbacks + self.rounds * self.single_callbacks

    @property
    def postgres_stock(self) -> int:
        """Tasks that wait for their callback in each store that is compared."""
        return self.postgres_warm_up + self.rounds * self.postgres_callbacks + 2 * self.postgres_counted


def full(tasks: int) -> Plan:
    return Plan(rounds=3, nginx_seconds=3, callbacks=50_000, single_callbacks=10_000, submit_seconds=4, delivery_seconds=5,
                idle_connections=2000, restarts=3, tasks=tasks, postgres_callbacks=20_000, postgres_counted=1000,
                postgres_idle_seconds=30, postgres_deliveries=100_000, ops_requests=400, sink_deliveries=20_000)


def quick(tasks: int) -> Plan:
    return Plan(rounds=1, nginx_seconds=1.5, callbacks=20_000, single_callbacks=4_000, submit_seconds=1.5, delivery_seconds=2,
                idle_connections=500, restarts=1, tasks=tasks, postgres_callbacks=12_000, postgres_counted=200,
                postgres_idle_seconds=10, postgres_deliveries=10_000, ops_requests=100, sink_deliveries=12_000)
