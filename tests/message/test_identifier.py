from __future__ import annotations

import os
import threading
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import InvalidMessage
from plugbay.message import EntityId, EntityType, new_id
from plugbay.message.identifier import NIL_ID, entity_type, id_from_text, id_to_text


@pytest.mark.parametrize("kind", EntityType)
def test_an_id_is_a_uuid_of_version_7_that_knows_its_entity_type(kind: EntityType) -> None:
    own = new_id(kind)
    parsed = uuid.UUID(bytes=own)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert entity_type(own) is kind


def test_the_entity_type_stands_right_behind_version_and_variant() -> None:
    number = int.from_bytes(new_id(EntityType.OUTPUT_PORT), "big")
    assert number >> 54 & 0xFF == 0x07
    assert number >> 62 & 0b11 == 0b10


def test_an_id_carries_the_time_at_which_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = int.from_bytes(new_id(EntityType.MESSAGE)[:6], "big")
    # Ids made faster than one in 244 ns run ahead of the clock, by far less than a second in these tests.
    assert before <= milliseconds <= time.time_ns() // 1_000_000 + 1000


@given(st.integers(0, 2**48 * 1_000_000 - 1))
def test_an_id_of_another_time_carries_that_time(at_ns: int) -> None:
    own = new_id(EntityType.GEAR, at_ns)
    assert int.from_bytes(own[:6], "big") == at_ns // 1_000_000
    assert (own[6] & 0xF) << 8 | own[7] == at_ns % 1_000_000 * 4096 // 1_000_000
    assert entity_type(own) is EntityType.GEAR


@pytest.mark.parametrize("at_ns", [-1, 2**48 * 1_000_000])
def test_a_time_that_no_uuid_v7_holds_is_refused(at_ns: int) -> None:
    with pytest.raises(InvalidMessage) as caught:
        new_id(EntityType.MESSAGE, at_ns)
    assert (caught.value.function, caught.value.found) == ("at_ns", at_ns)


def test_ids_of_several_threads_are_distinct_and_each_thread_sees_its_own_rise() -> None:
    made: list[list[EntityId]] = [[] for _ in range(4)]

    def work(own: list[EntityId]) -> None:
        own.extend(new_id(EntityType.MESSAGE) for _ in range(5000))

    threads = [threading.Thread(target=work, args=(own,)) for own in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(own == sorted(own) for own in made)
    assert len({one for own in made for one in own}) == 20_000


def test_a_forked_child_has_random_bits_of_its_own() -> None:
    new_id(EntityType.MESSAGE)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"".join(new_id(EntityType.MESSAGE, 0) for _ in range(50)))
        os._exit(0)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        os.close(writer)
        theirs = pipe.read()
    ours = {new_id(EntityType.MESSAGE, 0) for _ in range(50)}
    assert len(theirs) == 50 * 16
    assert ours.isdisjoint(theirs[start : start + 16] for start in range(0, len(theirs), 16))


@pytest.mark.parametrize(
    "other",
    [
        NIL_ID,
        uuid.UUID("0c5e3f0a-8f6e-4f0d-9a0e-5a1e6f1f2d3c").bytes,
        b"",
        bytes(15),
        bytes.fromhex("01a214bd9aff7232") + b"\xff" * 8,
    ],
)
def test_what_is_no_id_of_the_sheet_has_no_entity_type(other: bytes) -> None:
    assert entity_type(EntityId(other)) is None


def test_an_unlisted_entity_type_is_none() -> None:
    own = bytearray(new_id(EntityType.RACK))
    own[8], own[9] = 0x80 | 0x3F, own[9] & 0x3F
    assert entity_type(EntityId(bytes(own))) is None


@given(st.binary(min_size=16, max_size=16))
def test_the_text_form_is_the_usual_one_and_comes_back(value: bytes) -> None:
    text = id_to_text(EntityId(value))
    assert text == str(uuid.UUID(bytes=value))
    assert id_from_text(text) == id_from_text(text.upper()) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 32,
        "{00000000-0000-0000-0000-000000000000}",
        "00000000-0000-0000-0000-00000000000g",
        "00000000-0000-0000-0000-00000000000 ",
        "0000000 -0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-00000000000\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidMessage):
        id_from_text(text)
