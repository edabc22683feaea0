"""The part of the table that sets PostgreSQL beside SQLite."""
from __future__ import annotations

from typing import Mapping

Figures = Mapping[str, Mapping[str, float]]

_STORES = (("SQLite", "sqlite"), ("PostgreSQL", "one_replica"), ("PostgreSQL, two replicas", "two_replicas"))
_WORK = (("callbacks, 64 kept connections", "pg_callbacks"), ("deliveries", "pg_deliveries"))
_IDLE = (("one", "one idle replica"), ("two", "two idle replicas"), ("two_checked", "  /readyz asked every second"))
_SUBMISSIONS = (("submissions one by one", "pg_submit_one_by_one"), ("submissions, 32 at a time", "pg_submit_32"))
_OPERATIONS = (("callback", "callback"), ("callback and its delivery", "callback_and_delivery"), ("delivery", "delivery"),
               ("submission", "submission"))


def section(found: Figures) -> list[str]:
    """Nothing when it was not measured."""
    if "pg_callbacks.sqlite" not in found:
        return []
    return [*_throughput(found), *_submissions(found), "", *_statements(found), "", *_idle(found), "", *_many(found)]


def _throughput(found: Figures) -> list[str]:
    lines = ["", f"{'':34}{'':>9}{'CPU µs for each, by':>28}{'PostgreSQL':>16}",
             f"{'SQLite and PostgreSQL in turn':34}{'/s':>9}{'all':>9}{'network':>9}{'store':>7}{'backends':>10}{'others':>8}"
             f"{'p50 ms':>9}{'p99 ms':>9}"]
    for title, scenario in _WORK:
        lines.append(title)
        for store, name in _STORES:
            figures = found[f"{scenario}.{name}"]
            everything = figures["cpu_us"] + figures["backends_us"] + figures["server_us"]
            row = (f"    {store:30}{figures['per_second']:9,.0f}{everything:9.1f}{figures['main_us']:9.1f}"
                   f"{figures['store_us']:7.1f}{figures['backends_us']:10.1f}{figures['server_us']:8.1f}")
            if "p50_us" in figures:
                row += f"{figures['p50_us'] / 1000:9.2f}{figures['p99_us'] / 1000:9.2f}"
                row += f"  {figures['rows_per_commit']:.0f} a commit of {figures['commit_ms']:.2f} ms"
            lines.append(row)
        lines.append(f"    {'PostgreSQL of SQLite':30}{ratio(found, scenario, 'one_replica', 'sqlite'):9.2f}")
        lines.append(f"    {'two replicas of one':30}{ratio(found, scenario, 'two_replicas', 'one_replica'):9.2f}")
    lines.append("  Replicas, PostgreSQL and the load share the cores of this machine: two of one says what sharing a database")
    lines.append("  costs, not what a second machine brings.")
    return lines


def ratio(found: Figures, scenario: str, of: str, to: str, figure: str = "per_second") -> float:
    return found[f"{scenario}.{of}"][figure] / found[f"{scenario}.{to}"][figure]


def _submissions(found: Figures) -> list[str]:
    lines = []
    for title, scenario in _SUBMISSIONS:
        lines.append(title)
        for store, name in _STORES[:2]:
            figures = found[f"{scenario}.{name}"]
            lines.append(f"    {store:30}{figures['per_second']:9,.0f}/s, at the median {figures['added_us'] / 1000:.2f} ms "
                         "more than directly")
    return lines


def _statements(found: Figures) -> list[str]:
    lines = [f"{'PostgreSQL, for each operation':34}{'alone: statements':>18}{'transactions':>14}"
             f"{'grouped: statements':>21}{'transactions':>14}"]
    for title, operation in _OPERATIONS:
        cells = [found.get(f"pg_statements.{operation}_{name}", {}).get(figure) for name in ("alone", "grouped")
                 for figure in ("statements", "transactions")]
        lines.append(f"    {title:30}" + "".join(f"{'' if cell is None else f'{cell:.2f}':>{width}}"
                                                 for cell, width in zip(cells, (18, 14, 21, 14))))
    return [*lines, "    BEGIN and COMMIT apart. A callback alone also causes a claim, which finds the sink paused."]


def _idle(found: Figures) -> list[str]:
    lines = []
    for name, title in _IDLE:
        figures = found[f"pg_idle.{name}"]
        lines.append(f"{title:34}{figures['statements_per_minute']:9,.0f} statements in "
                     f"{figures['transactions_per_minute']:,.0f} transactions a minute, {figures['connections']:.0f} connections; "
                     f"pg_stat_database counts {figures['xact_commit_per_minute']:,.0f}, autovacuum's among them")
    return lines


def _many(found: Figures) -> list[str]:
    before, after = found["pg_tables.before"], found["pg_tables.after"]
    lines = [f"{'a backlog, delivered':34}{before['delivery_rows']:9,.0f} deliveries"]
    for title, name in (("first claims", "pg_claim.first"), ("last claims", "pg_claim.last")):
        figures = found[name]
        lines.append(f"    {title:30}{figures['p50_us']:9,.0f} µs p50, {figures['p99_us']:,.0f} µs p99, longest "
                     f"{figures['max_us']:,.0f} µs, of {figures['claims']:,.0f} as the server timed them")
    for table in ("delivery", "task", "event", "counter"):
        rows, indexes = (" → ".join(f"{figures[f'{table}_{what}_bytes'] / 2**20:.0f}" for figures in (before, after))
                         for what in ("table", "index"))
        lines.append(f"    {table:30}{after[f'{table}_dead']:9,.0f} dead rows, {rows} MiB, indexes {indexes} MiB, autovacuum "
                     f"{after[f'{table}_autovacuums']:.0f} times")
    return [*lines, f"    {'dead deliveries at most':30}{after['delivery_dead_peak']:9,.0f}"]
