from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import cbor2
import pytest

from plugbay import Message
from plugbay.message.identifier import EntityType, entity_type
from plugbay.message.ndjson import from_line

if TYPE_CHECKING:
    from pathlib import Path

    from tests.examples.conftest import Generate, RunExample, Stream


def test_the_stream_is_a_day_of_payments(stream: Stream) -> None:
    assert len(stream.messages) == len(stream.truth) == 12_000
    times = [message.ts for message in stream.messages]
    assert times == sorted(times)
    assert 20 * 3600 < (times[-1] - times[0]) / 1e9 < 28 * 3600
    assert len({message.get("card.hash") for message in stream.messages}) > 1200
    assert len({message.get("merchant.id") for message in stream.messages}) > 250
    by_hour = Counter(ts // 3_600_000_000_000 % 24 for ts in times)
    assert by_hour[12] > 5 * by_hour[3]


def test_each_message_is_a_message_with_an_id_of_its_own(stream: Stream) -> None:
    assert len({message.id for message in stream.messages}) == 12_000
    for message in stream.messages:
        assert entity_type(message.id) is EntityType.MESSAGE
        assert int.from_bytes(message.id[:6]) == message.ts // 1_000_000
        assert message.meta["event.type"] == "card.payment"
        assert message.meta["traceparent"].split("-")[1] == message.trace


def test_the_accidents_are_as_frequent_as_promised(stream: Stream) -> None:
    duplicates = sum(row["duplicate"] for row in stream.truth)
    malformed = Counter(row["malformed"] for row in stream.truth if row["malformed"])
    assert 80 <= duplicates <= 160
    assert 30 <= malformed.total() <= 100
    assert len(malformed) == 6
    assert {row["attack"] for row in stream.truth} == {
        None,
        "velocity",
        "card testing",
        "cloned card",
        "takeover",
        "quiet",
    }


def test_a_duplicate_is_the_same_payment_in_another_message(stream: Stream) -> None:
    first: dict[str, Message] = {}
    for message, row in zip(stream.messages, stream.truth, strict=True):
        original = first.setdefault(row["payment"], message)
        assert row["duplicate"] == (original is not message)
        if row["duplicate"]:
            assert message.data == original.data
            assert message.id != original.id


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(run_example: RunExample) -> None:
    def write(seed: int) -> bytes:
        done = run_example("fraud/generate.py", "--count", "500", "--seed", str(seed))
        assert done.returncode == 0
        return done.stdout

    assert write(7) == write(7)
    assert write(7) != write(8)


def test_both_formats_hold_the_same_messages(run_example: RunExample, tmp_path: Path) -> None:
    lines = run_example("fraud/generate.py", "--count", "200").stdout.splitlines()
    path = tmp_path / "payments.cbor"
    run_example("fraud/generate.py", "--count", "200", "--format", "cbor", "--out", path)
    with path.open("rb") as file:
        items = [cbor2.dumps(cbor2.load(file)) for _ in lines]
        assert not file.read()
    assert [Message.from_cbor(item) for item in items] == [from_line(line) for line in lines]


def test_a_wrong_option_is_named(run_example: RunExample) -> None:
    done = run_example("fraud/generate.py", "--format", "xml")
    assert done.returncode == 2
    assert b"--format" in done.stderr


@pytest.mark.parametrize("count", [1, 100])
def test_any_count_is_written_exactly(generate: Generate, tmp_path: Path, count: int) -> None:
    assert len(generate(tmp_path, "--count", str(count)).messages) == count
