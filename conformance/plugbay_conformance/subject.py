"""From a module to what is judged: its ABI and profile, named by the caller or found in the module itself."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from plugbay.contracts import Certainty, Decline, PluginOptions
from plugbay.detection import detect
from plugbay.errors import TooLarge
from plugbay.limits import Limits
from plugbay.module.binary import read_module
from plugbay.module.source import read_source
from plugbay.module.wat import compile_text, looks_like_text
from plugbay_conformance.case import Subject
from plugbay_conformance.errors import SubjectInvalid
from plugbay_conformance.suite import ABIS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugbay.contracts import AbiAdapter, Claim
    from plugbay.detection import Detection
    from plugbay.module.info import ModuleInfo
    from plugbay.module.source import ModuleSource, WasmSource
    from plugbay_conformance.case import GuestContract
    from plugbay_conformance.running.parts import LoadSuite

REFLOW: Final = "reflow"
"""Another name for Extism's profile of actors."""
_NO_ABI: Final = "no ABI"
_EXTISM, _ACTOR, _PLUGIN = "extism", "actor", "plugin"
_NAMED = re.compile(rf"conformance-({'|'.join(ABIS)})-")
"""What a built conformance guest is called."""


def read_subject(
    source: ModuleSource,
    adapters: Mapping[str, AbiAdapter],
    load_suite: LoadSuite,
    *,
    abi: str | None = None,
    profile: str | None = None,
) -> Subject:
    """The module at a path, or in bytes; ``adapters`` are plugbay's, which tell ABIs apart. Nothing of it runs.

    Raises :class:`SubjectInvalid` for a module of another ABI, an unknown ABI or profile, and a
    :class:`~plugbay.errors.ModuleError` for what is no module.
    """
    abi, profile = _asked(abi, profile, load_suite)
    found = _read(source)
    info = read_module(found.data, found.digest)
    name = re.split(r"[/\\]", found.origin)[-1]
    claim = _claim(info, adapters, abi or _told_by_name(name), found.origin)
    abi = _EXTISM if claim.abi == REFLOW else claim.abi
    profiles = load_suite(abi).specification.profiles
    if profile is not None:
        _require_profile(profile, profiles, abi)
    own = profile or _profile_of(claim)
    return Subject(name, found.data, info, abi, own if own in profiles else profiles[0])


def with_contract(
    subject: Subject, contract: GuestContract | None, profile: str | None, profiles: Sequence[str]
) -> Subject:
    """The subject with what it says about itself; that decides the profile, unless one was asked for."""
    if contract is None or profile is not None or contract.profile not in profiles:
        return replace(subject, contract=contract)
    return replace(subject, contract=contract, profile=contract.profile)


def _asked(abi: str | None, profile: str | None, load_suite: LoadSuite) -> tuple[str | None, str | None]:
    """What was asked for, checked and without other names."""
    if abi == REFLOW:
        abi, profile = _EXTISM, profile or _ACTOR
    if abi is not None and abi not in ABIS:
        raise SubjectInvalid(
            f"there is no specification of the ABI {abi!r}", found=abi, hint=f"there are {', '.join((*ABIS, REFLOW))}"
        )
    if profile is not None:
        every = [name for each in ((abi,) if abi else ABIS) for name in load_suite(each).specification.profiles]
        _require_profile(profile, every, abi or _NO_ABI)
    return abi, profile


def _require_profile(profile: str, known: Sequence[str], whose: str) -> None:
    if profile not in known:
        verb = "has a profile" if whose == _NO_ABI else "has no profile"
        raise SubjectInvalid(f"{whose} {verb} {profile!r}", found=profile, hint=f"there are {', '.join(sorted(known))}")


def _read(source: ModuleSource) -> WasmSource:
    most = Limits().module_bytes
    try:
        found = read_source(source, max_bytes=most)
    except TooLarge as error:
        raise SubjectInvalid(
            f"{error.reason}, more than a plugin may have",
            expected=most,
            found=error.found,
            hint="build it for release, and without debug information",
        ) from None
    if not found.origin.endswith(".wat") and not looks_like_text(found.data):
        return found
    binary = compile_text(found.data, found.origin)
    return replace(found, data=binary, digest=hashlib.sha256(binary).hexdigest())


def _told_by_name(name: str) -> str | None:
    match = _NAMED.match(name)
    return match[1] if match else None


def _claim(info: ModuleInfo, adapters: Mapping[str, AbiAdapter], abi: str | None, origin: str) -> Claim:
    """The claim that the module is judged by. Raises :class:`SubjectInvalid`."""
    detection = detect(adapters, info, PluginOptions(name=origin, limits=Limits()))
    winner = detection.winner()
    if abi is None:
        if winner is None:
            raise _undecided(detection, origin)
        if winner.abi not in (*ABIS, REFLOW):
            raise SubjectInvalid(f"{origin} is a plugin of {winner.abi}, which has no specification", found=winner.abi)
        return winner
    own = [claim for claim in detection.claims if claim.abi in ((abi, REFLOW) if abi == _EXTISM else (abi,))]
    if not own:
        raise _another(detection, abi, origin)
    return next((claim for claim in own if claim.abi == REFLOW and claim.certainty is Certainty.EXACT), own[0])


def _profile_of(claim: Claim) -> str | None:
    return _ACTOR if claim.abi == REFLOW else _PLUGIN if claim.abi == _EXTISM else claim.profile


def _undecided(detection: Detection, origin: str) -> SubjectInvalid:
    leading = detection.leading()
    if leading:
        names = " and ".join(claim.abi for claim in leading)
        return SubjectInvalid(f"{origin} could be of {names}", found=names, hint="name the ABI with --abi (abi=…)")
    return SubjectInvalid(
        f"{origin} is no plugin of {', '.join(ABIS)}",
        hint="plugbay inspect shows what each ABI misses",
    )


def _another(detection: Detection, abi: str, origin: str) -> SubjectInvalid:
    decline = next((decline for decline in detection.declines if decline.abi == abi), Decline(abi, ()))
    winner = detection.winner()
    hint = f"it looks like a plugin of {winner.abi}" if winner else "plugbay inspect shows what it is"
    return SubjectInvalid(f"{origin} is no plugin of {abi}: {'; '.join(decline.missing)}", found=abi, hint=hint)
