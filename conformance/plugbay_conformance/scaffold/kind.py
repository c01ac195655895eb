"""The kinds of project there are: an ABI, one of its profiles, a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plugbay_conformance.scaffold.errors import ProjectInvalid

LANGUAGES: Final = ("rust", "go", "zig")
REFLOW: Final = "reflow"
"""What Extism's profile actor may be called, too."""


@dataclass(frozen=True, slots=True)
class ProjectKind:
    """One combination; its templates lie in ``templates/LANGUAGE/ABI-PROFILE``."""

    abi: str
    profile: str
    language: str

    @property
    def templates(self) -> str:
        """Name of the folder with the files that are this kind's alone."""
        return f"{self.abi}-{self.profile}"


_PROFILES: Final = {
    "fluxrig": ("core", "extended"),
    "extism": ("plugin", "actor"),
    "priostack": ("packed",),
}
"""Profiles that the SDKs write guests for, the usual one first."""
_NEEDS_TINYGO: Final = ("fluxrig", "core", "go")
KINDS: Final = tuple(
    ProjectKind(abi, profile, language)
    for abi, profiles in _PROFILES.items()
    for profile in profiles
    for language in LANGUAGES
    if (abi, profile, language) != _NEEDS_TINYGO
)
ABIS: Final = (*_PROFILES, REFLOW)


def kind_of(abi: str, profile: str | None, language: str) -> ProjectKind:
    """The kind that a user means; ``profile`` None is the ABI's usual one in that language.

    Raises :class:`ProjectInvalid` for what there is not.
    """
    if abi not in ABIS:
        raise _unknown("ABI", abi, ABIS)
    if language not in LANGUAGES:
        raise _unknown("language", language, LANGUAGES)
    profiles = ("actor",) if abi == REFLOW else _PROFILES[abi]
    if profile is not None and profile not in profiles:
        raise _unknown(f"profile of {abi}", profile, profiles)
    abi = "extism" if abi == REFLOW else abi
    wanted = (profile,) if profile else profiles
    for kind in KINDS:
        if (kind.abi, kind.language) == (abi, language) and kind.profile in wanted:
            return kind
    raise ProjectInvalid(
        "standard Go can't build a core gear: it needs WASI and 32 pages of memory",
        found=language,
        hint="use --profile extended, or --lang rust or zig; the Go SDK's README tells about TinyGo",
    )


def _unknown(what: str, found: str, known: tuple[str, ...]) -> ProjectInvalid:
    return ProjectInvalid(f"there is no {what} '{found}'", found=found, hint=f"use {' or '.join(known)}")
