"""Strategies for messages and for CBOR that is nearly one, shared by the tests of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cbor2
import pytest
from hypothesis import strategies as st

from plugbay.message import EntityId, Hop, Message

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = TEXT | st.sampled_from(["$bytes", "$float", "$map", "id", "a.b", ""])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.sampled_from(
        [2**53 + 1, 2**63, 2**64 - 1, -(2**63), 0.0, -0.0, 1.0, 1e20, 2.0**64, float("inf"), float("-inf")]
    )
    | st.floats(allow_nan=False)
    | TEXT
    | st.binary(max_size=20)
)
PLAIN = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
IDS = st.binary(min_size=16, max_size=16).map(EntityId) | st.just(EntityId(bytes(16)))
INT64 = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture(scope="session")
def plain_values() -> SearchStrategy[object]:
    return PLAIN


@pytest.fixture(scope="session")
def messages() -> SearchStrategy[Message]:
    hops = st.builds(Hop, IDS, IDS, INT64)
    return st.builds(
        Message,
        id=IDS,
        ref_id=IDS,
        trace=TEXT,
        src_id=IDS,
        meta=st.dictionaries(TEXT, TEXT, max_size=4),
        data=st.dictionaries(KEYS, PLAIN, max_size=6),
        flags=st.integers(0, 2**32 - 1),
        raw=st.none() | st.binary(max_size=40),
        path=st.none() | st.lists(hops, max_size=3).map(tuple),
        ts=INT64,
    )


def _head(major: int, number: int, width: int) -> bytes:
    """A head of CBOR whose argument takes ``width`` bytes, or more if it must; 0 is in the first byte."""
    if width == 0 and number < 24:
        return bytes([major << 5 | number])
    width = max(width, 1)
    while number >= 1 << (8 * width):
        width *= 2
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + number.to_bytes(width, "big")


@st.composite
def _strings(draw: st.DrawFn, major: int, content: SearchStrategy[bytes]) -> bytes:
    chunks = draw(st.lists(content, max_size=3))
    if draw(st.integers(0, 4)):
        text = b"".join(chunks)
        return _head(major, len(text), draw(st.sampled_from([0, 1, 2, 4, 8]))) + text
    return bytes([major << 5 | 31]) + b"".join(_head(major, len(chunk), 0) + chunk for chunk in chunks) + b"\xff"


@st.composite
def _containers(draw: st.DrawFn, major: int, entries: SearchStrategy[list[bytes]]) -> bytes:
    inner = draw(entries)
    if draw(st.booleans()):
        return _head(major, len(inner), draw(st.sampled_from([0, 1, 2, 8]))) + b"".join(inner)
    return bytes([major << 5 | 31]) + b"".join(inner) + b"\xff"


def _pairs(keys: SearchStrategy[bytes], values: SearchStrategy[bytes], most: int) -> SearchStrategy[list[bytes]]:
    return st.lists(st.tuples(keys, values).map(b"".join), max_size=most)


@pytest.fixture(scope="session")
def near_messages() -> SearchStrategy[bytes]:
    """Well-formed CBOR that is often a message and often barely not one."""
    short = st.sampled_from([b"", b"a", b"key", b"\xc3\xa9", b"\xf0\x9f\x8e\x89", "mäßig".encode()])
    texts = _strings(3, short) | st.sampled_from([b"\x61\xff", b"\x63\xed\xa0\x80", b"\x62\xc0\x80"])
    numbers = st.sampled_from([0, 1, 23, 24, 255, 2**16, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1])
    integers = st.builds(_head, st.integers(0, 1), numbers, st.sampled_from([0, 1, 8]))
    floats = st.sampled_from([cbor2.dumps(1.5), bytes.fromhex("f97e00"), bytes.fromhex("fa3f800000")])
    odd = st.sampled_from([b"\xf7", b"\xe0", b"\xf8\x20", b"\xc0\x60", b"\xc2\x41\x01", b"\xd9\xd9\xf7\x00"])
    atoms = st.sampled_from([b"\xf4", b"\xf5", b"\xf6"]) | integers | floats | texts | _strings(2, short) | texts
    values = st.recursive(
        atoms,
        lambda inner: _containers(4, st.lists(inner, max_size=3)) | _containers(5, _pairs(texts, inner, 3)),
        max_leaves=6,
    )
    rough = values | values | values | odd | _containers(5, _pairs(values, values, 2))
    ids = _strings(2, st.just(b"\x01" * 16)) | st.just(b"\x50" + bytes(16))
    hop_keys = st.sampled_from([cbor2.dumps(key) for key in ("g", "p", "t", "x")])
    hops = _containers(5, _pairs(hop_keys, ids | integers | rough, 4))
    good = {
        **dict.fromkeys(["id", "ref_id", "src_id"], ids),
        "trace": texts,
        "meta": _containers(5, _pairs(texts, texts, 3)) | st.just(b"\xf6"),
        "data": _containers(5, _pairs(texts, values, 4)) | st.just(b"\xf6"),
        "flags": integers,
        "raw": _strings(2, short) | st.just(b"\xf6"),
        "path": _containers(4, st.lists(hops, max_size=3)) | st.just(b"\xf6"),
        "ts": integers,
        "extra": values,
    }
    fields = st.sampled_from(sorted(good)).flatmap(
        lambda name: st.tuples(
            st.just(cbor2.dumps(name)), good[name] | good[name] | good[name] | good[name] | rough
        ).map(b"".join)
    )
    maps = _containers(
        5, st.lists(fields, max_size=6, unique_by=lambda field: field[:4]) | st.lists(fields, max_size=4)
    )
    return maps | maps | _containers(4, st.lists(maps, max_size=3)) | rough
