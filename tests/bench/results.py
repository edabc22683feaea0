"""The table, the aims beside it, and what changed since another run."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping

from . import operations, postgres_results, sinks

Figures = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Aim:
    text: str
    wanted: str
    value: Callable[[Figures], float]
    reached: Callable[[float], bool]
    form: str = "{:.2f}"


def _ratio(scenario: str, figure: str) -> Callable[[Figures], float]:
    return lambda found: found[f"{scenario}.voicehook"][figure] / found[f"{scenario}.nginx"][figure]


AIMS = (
    Aim("callbacks per second, of nginx", "≥ 0.45", _ratio("callbacks", "per_second"), lambda value: value >= 0.45),
    Aim("CPU per callback, of nginx", "≤ 2.5", _ratio("callbacks", "cpu_us"), lambda value: value <= 2.5),
    Aim("p99 at 64 connections, ms", "≤ 10", lambda found: found["callbacks.voicehook"]["p99_us"] / 1000,
        lambda value: value <= 10),
    Aim("one connection per callback, of nginx", "≥ 0.8", _ratio("connection_each", "per_second"), lambda value: value >= 0.8),
    Aim("submit adds at the median, ms", "≤ 1", lambda found: found["submit_one_by_one.added"]["p50_us"] / 1000,
        lambda value: value <= 1),
    Aim("KiB per idle TLS connection", "≤ 29.3 (30 KB)", lambda found: found["idle_connection.voicehook"]["kib"],
        lambda value: value <= 30_000 / 1024, "{:.1f}"),
    Aim("first durable 2xx after kill -9, ms", "≤ 500", lambda found: found["start.warm"]["first_2xx_ms"],
        lambda value: value <= 500, "{:.0f}"),
)

_THROUGHPUT = (
    ("callbacks, 64 kept connections", "callbacks"), ("  10 % of them duplicates", "callbacks_10_duplicates"),
    ("  while deliveries go out", "callbacks_beside_deliveries"), ("one connection per callback", "connection_each"),
    ("submissions one by one", "submit_one_by_one"), ("submissions, 32 at a time", "submit_32"), ("deliveries", "deliveries"))
_SIZES = (
    ("memory at start", "memory.at_start", "kib", "KiB"), ("memory with many tasks stored", "memory.many_tasks", "kib", "KiB"),
    ("  after a run of callbacks", "memory.after_callbacks", "kib", "KiB"),
    ("memory per idle TLS connection", "idle_connection.voicehook", "kib", "KiB"),
    ("  nginx", "idle_connection.nginx", "kib", "KiB"),
    ("file per ended, delivered task", "file.task", "bytes", "bytes"), ("  its texts and bodies alone", "file.task", "payload", "bytes"),
    ("kill -9 to first durable 2xx", "start.warm", "first_2xx_ms", "ms"),
    ("  file not in the page cache", "start.cold", "first_2xx_ms", "ms"))


def page(measured: Mapping[str, Any]) -> str:
    found, machine, plan = measured["figures"], measured["machine"], measured["plan"]
    lines = [f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['file_system']}, "
             f"fdatasync p50 {machine['fdatasync_p50_us']:.0f} µs, load before {machine['load_before']:.1f}",
             f"store: SQLite, WAL, synchronous=FULL, every 2xx after its commit; {plan['rounds']} rounds, medians; "
             f"{plan['tasks']:,} tasks stored for memory and start-up"]
    if any(f"{scenario}.voicehook" in found for _, scenario in _THROUGHPUT):
        lines += ["", f"{'':34}{'/s':>9}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'busy':>7}"]
    for title, scenario in _THROUGHPUT:
        for server in ("voicehook", "nginx", "simulator"):
            if figures := found.get(f"{scenario}.{server}"):
                lines.append(_row(title if server == "voicehook" else f"    {server}", figures))
        if f"{scenario}.nginx" in found and f"{scenario}.voicehook" in found:
            lines.append(f"{'    ratio':34}{_ratio(scenario, 'per_second')(found):9.2f}{_ratio(scenario, 'cpu_us')(found):9.2f}")
    if sizes := [f"{title:34}{found[name][key]:12,.1f} {unit}" for title, name, key, unit in _SIZES if name in found]:
        lines += ["", *sizes]
    lines += sinks.section(found)
    lines += operations.section(found)
    lines += postgres_results.section(found)
    if reached := aims(found):
        lines += ["", f"{'aim':42}{'wanted':>16}{'reached':>10}", *reached]
    lines += ["", "busy: share of a core that the server's busiest thread used. With little of it the server waited: for the disk, or",
              "for a load generator that was the limit itself."]
    if machine["file_system"] == "tmpfs":
        lines.append("NOT A DISK: the store was on tmpfs, where a sync costs nothing; use --folder.")
    others = max((figures.get("other_cores", 0.0) for name, figures in found.items()
                  if name.startswith(("callbacks", "pg_callbacks"))), default=0)
    if others > 0.2:
        lines.append(f"NOT A QUIET MACHINE: other processes used up to {others:.1f} cores during the runs.")
    return "\n".join(lines)


def _row(title: str, figures: Mapping[str, float]) -> str:
    row = f"{title:34}{figures['per_second']:9,.0f}{figures['cpu_us']:9.1f}"
    row += "".join(f"{figures[name] / 1000:9.2f}" if name in figures else f"{'':9}" for name in ("p50_us", "p99_us", "max_us"))
    row += f"{figures['server_busy']:7.2f}"
    if "rows_per_commit" in figures:
        row += f"  network {figures['main_us']:.0f} µs, store {figures['cpu_us'] - figures['main_us']:.0f} µs"
        row += f", {figures['rows_per_commit']:.0f} a commit of {figures['commit_ms']:.2f} ms"
    if "deliveries_per_second" in figures:
        row += f"  and {figures['deliveries_per_second']:,.0f} deliveries/s"
    return row


def aims(found: Figures) -> list[str]:
    lines = []
    for aim in AIMS:
        try:
            value = aim.value(found)
        except KeyError:
            continue
        lines.append(f"{aim.text:42}{aim.wanted:>16}{aim.form.format(value):>10}  {'yes' if aim.reached(value) else 'NO'}")
    return lines


#: What a comparison looks at.
_COMPARED = ("per_second", "deliveries_per_second", "cpu_us", "main_us", "p50_us", "p99_us", "kib", "bytes", "first_2xx_ms",
             "added_us", "store_us", "backends_us", "statements", "statements_per_minute")


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Every figure of voicehook, and every ratio, that moved by 3 % or more."""
    lines = ["", f"{'changed by 3 % or more':48}{'before':>12}{'after':>12}"]
    old_figures, new_figures = _with_ratios(before["figures"]), _with_ratios(after["figures"])
    for scenario, figures in new_figures.items():
        for name in _COMPARED:
            value, old = figures.get(name), old_figures.get(scenario, {}).get(name)
            if value and old and abs(value / old - 1) >= 0.03:
                lines.append(f"{scenario + ' ' + name:48}{old:12,.2f}{value:12,.2f}  {100 * (value / old - 1):+.0f} %")
    if before["machine"]["cpu"] != after["machine"]["cpu"] or before["plan"] != after["plan"]:
        lines.append("The machine or the amount measured differ: compare the ratios to nginx only.")
    return "\n".join(lines)


def _with_ratios(found: Figures) -> dict[str, Mapping[str, float]]:
    """Without the figures of other servers, but with what ours are of nginx's."""
    kept = {scenario: figures for scenario, figures in found.items() if not scenario.endswith((".nginx", ".simulator"))}
    for scenario in ("callbacks", "connection_each"):
        if {f"{scenario}.nginx", f"{scenario}.voicehook"} <= found.keys():
            kept[f"{scenario} of nginx"] = {name: _ratio(scenario, name)(found) for name in ("per_second", "cpu_us")}
    return kept
