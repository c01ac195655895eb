"""What a project may be called: a name that is one in Rust, Go and Zig, and a file's."""

from __future__ import annotations

import re
from typing import Final

from plugbay_conformance.scaffold.errors import ProjectInvalid

LONGEST: Final = 32
"""Characters; Zig's packages allow no more."""
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RUST: Final = """
    abstract alloc as async await become box break const continue core crate do dyn else enum extern false
    final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self static std
    struct super test trait true try type typeof unsafe unsized use virtual where while yield
"""
_ZIG: Final = """
    addrspace align allowzero and anyframe anytype asm break callconv catch comptime const continue defer else
    enum errdefer error export extern fn for if inline linksection noalias noinline nosuspend opaque or orelse
    packed pub resume return struct suspend switch test threadlocal try union unreachable var volatile while
"""
_TAKEN: Final = frozenset(f"{_RUST}{_ZIG}".split())
"""Words that the languages keep for themselves."""


def check_name(name: str) -> None:
    """Raise :class:`ProjectInvalid` for what can't be the name of a project in every language."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise ProjectInvalid(
            f"'{name}' can't be the name of a project",
            found=name,
            hint=f"use lower-case letters, digits and single hyphens, a letter first, at most {LONGEST}: my-filter",
        )
    if name in _TAKEN:
        raise ProjectInvalid(
            f"'{name}' can't be the name of a project: it is a word of Rust or Zig",
            found=name,
            hint=f"choose another, such as my-{name}",
        )
