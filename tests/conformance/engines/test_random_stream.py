"""The random bytes of a session."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from plugbay_conformance.engines.random_stream import RandomStream


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 100), max_size=10))
def test_the_stream_is_the_same_whatever_pieces_it_is_taken_in(seed: int, sizes: list[int]) -> None:
    stream = RandomStream(seed)
    taken = b"".join(stream.take(size) for size in sizes)
    assert taken == RandomStream(seed).take(sum(sizes))


def test_the_first_block_is_the_hash_of_seed_and_counter() -> None:
    assert RandomStream(1).take(64) == b"".join(
        hashlib.sha256(b"\1" + bytes(7) + bytes([counter]) + bytes(7)).digest() for counter in (0, 1)
    )
