"""The kinds of project, and how a user names them."""

from __future__ import annotations

import pytest

from plugbay_conformance.scaffold import ABIS, KINDS, LANGUAGES, ProjectInvalid, ProjectKind, kind_of
from plugbay_conformance.specification import load_specification


def test_every_profile_of_the_specification_that_has_an_sdk_is_a_kind() -> None:
    without_sdk = {"wasm-bindgen", "assemblyscript"}
    abis = set(ABIS) - {"reflow"}
    profiles = {(abi, profile) for abi in abis for profile in load_specification(abi).profiles}
    wanted = {(*each, language) for each in profiles if each[1] not in without_sdk for language in LANGUAGES}
    assert {(kind.abi, kind.profile, kind.language) for kind in KINDS} == wanted - {("fluxrig", "core", "go")}


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (("fluxrig", None, "rust"), ("fluxrig", "core", "rust")),
        (("fluxrig", None, "go"), ("fluxrig", "extended", "go")),
        (("fluxrig", "extended", "zig"), ("fluxrig", "extended", "zig")),
        (("extism", None, "go"), ("extism", "plugin", "go")),
        (("reflow", None, "zig"), ("extism", "actor", "zig")),
        (("reflow", "actor", "zig"), ("extism", "actor", "zig")),
        (("priostack", None, "rust"), ("priostack", "packed", "rust")),
    ],
)
def test_a_kind_is_found(asked: tuple[str, str | None, str], kind: tuple[str, str, str]) -> None:
    assert kind_of(*asked) == ProjectKind(*kind)


@pytest.mark.parametrize(
    ("asked", "words", "hint"),
    [
        (("waPC", None, "rust"), "no ABI 'waPC'", "use fluxrig or extism or priostack or reflow"),
        (("fluxrig", None, "c"), "no language 'c'", "use rust or go or zig"),
        (("fluxrig", "packed", "zig"), "no profile of fluxrig 'packed'", "use core or extended"),
        (("fluxrig", "", "zig"), "no profile of fluxrig ''", "use core or extended"),
        (("reflow", "plugin", "zig"), "no profile of reflow 'plugin'", "use actor"),
        (("priostack", "wasm-bindgen", "rust"), "no profile of priostack 'wasm-bindgen'", "use packed"),
        (("fluxrig", "core", "go"), "standard Go can't build a core gear", "use --profile extended"),
    ],
)
def test_what_there_is_not_is_refused(asked: tuple[str, str | None, str], words: str, hint: str) -> None:
    with pytest.raises(ProjectInvalid, match=words) as caught:
        kind_of(*asked)
    assert str(caught.value.hint).startswith(hint)
