"""A stream of messages end to end, as ``plugbay run`` does it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import orjson
from guests import FRAUD, PASSTHROUGH
from processes import Processes, processes
from results import Section, Target
from timing import seconds_of

from plugbay import Host
from plugbay.stream.files import StreamFiles, stream_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from effort import Effort

TIMED: Final = (
    "Card payments of examples/fraud from file to file: in this process by the function behind plugbay run, with "
    "the time that it reports for reading (and finding or parsing messages), the plugin, and encoding and "
    "writing; and as a user runs it, plugbay run as a process, from its start to its end. The median of several "
    "runs in turns."
)
_GENERATE: Final = Path(__file__).parents[1] / "examples" / "fraud" / "generate.py"
_COMMAND: Final = "plugbay run, whole process"
_INSIDE: Final = "plugbay run, its own clock"


def measure(effort: Effort) -> Section:
    """Every way in turns, from the same messages."""
    with TemporaryDirectory() as folder, processes() as python, Host() as host:
        cbor, ndjson = (Path(folder) / f"payments.{form}" for form in ("cbor", "ndjson"))
        for path in (cbor, ndjson):
            count = str(effort.stream_messages)
            python.run(_GENERATE, "--count", count, "--format", path.suffix[1:], "--out", path)
        ways: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "pass-through, CBOR to CBOR": lambda: [_stream(host, PASSTHROUGH, cbor, "cbor")],
            "pass-through, CBOR to NDJSON": lambda: [_stream(host, PASSTHROUGH, cbor, "ndjson")],
            "pass-through, NDJSON to NDJSON": lambda: [_stream(host, PASSTHROUGH, ndjson, "ndjson")],
            "fraud, CBOR to CBOR": lambda: [_stream(host, FRAUD, cbor, "cbor")],
            "fraud, CBOR to NDJSON": lambda: [_stream(host, FRAUD, cbor, "ndjson")],
            _COMMAND: lambda: _command(python, PASSTHROUGH, cbor),
        }
        runs: dict[str, list[list[dict[str, Any]]]] = {name: [] for name in ways}
        for _ in range(effort.stream_rounds):
            for name, run in ways.items():
                runs[name].append(run())
    found = {name: _median(each[0] for each in several) for name, several in runs.items()}
    found[_INSIDE] = _median(each[1] for each in runs[_COMMAND])
    return _section(found, effort)


def _section(found: dict[str, dict[str, Any]], effort: Effort) -> Section:
    inside, command = (found[name]["messages_per_second"] for name in ("pass-through, CBOR to CBOR", _COMMAND))
    return Section(
        "streams",
        f"A stream of {effort.stream_messages:,} messages",
        TIMED,
        ("way", "messages/s", "reading", "plugin", "writing", "the rest"),
        [_row(name, figures) for name, figures in found.items()],
        [
            Target("pass-through, CBOR in, in this process", 100_000, inside, " msg/s"),
            Target("pass-through, CBOR in, plugbay run as a process", 100_000, command, " msg/s"),
        ],
        found,
    )


def _row(name: str, figures: dict[str, Any]) -> list[str]:
    rate = f"{figures['messages_per_second']:,.0f}"
    if name == _COMMAND:
        return [f"{name}, CBOR to CBOR", rate, "", "", "", ""]
    parts = [figures[f"{part}_seconds"] / figures["seconds"] for part in ("read", "plugin", "write")]
    return [name, rate, *(f"{part:.0%}" for part in (*parts, 1 - sum(parts)))]


def _stream(host: Host, gear: Path, source: Path, form: str) -> dict[str, Any]:
    sink = source.with_name(f"out.{form}")
    with host.load(gear) as plugin:
        summary = stream_files(host, plugin, StreamFiles(str(source), str(sink)))
    assert summary.good, summary
    assert summary.read
    return summary.to_dict()


def _command(python: Processes, gear: Path, source: Path) -> list[dict[str, Any]]:
    """The process by our clock and by its own."""
    sink = source.with_name("out.cbor")
    printed: list[bytes] = []
    arguments = ("-m", "plugbay", "run", gear, "--in", source, "--out", sink, "--json")
    seconds = seconds_of(lambda: printed.append(python.run(*arguments)))
    summary: dict[str, Any] = orjson.loads(printed[0])
    return [{"messages_per_second": summary["read"] / seconds, "seconds": seconds}, summary]


def _median(runs: Any) -> dict[str, Any]:
    """The run of median speed, whole: the parts of one run add up, those of several would not."""
    ordered: list[dict[str, Any]] = sorted(runs, key=lambda run: run["messages_per_second"])
    return ordered[len(ordered) // 2]
