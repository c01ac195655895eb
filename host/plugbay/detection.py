"""Decides which ABI a module speaks, by the claims of every registered adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay.contracts import AbiAdapter, Certainty, Claim, Decline, PluginOptions
from plugbay.errors import AmbiguousAbi, ConfigInvalid, UnknownAbi

if TYPE_CHECKING:
    from plugbay.module.info import ModuleInfo

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Detection:
    """Every adapter's word on one module."""

    claims: tuple[Claim, ...]
    declines: tuple[Decline, ...]

    def leading(self, abi: str = AUTO) -> tuple[Claim, ...]:
        """The claims that count, of one ABI or of all: the exact ones, or where there are none the possible ones.

        One whose ABI another of them refines does not count.
        """
        claims = tuple(claim for claim in self.claims if abi in (AUTO, claim.abi))
        leading = tuple(claim for claim in claims if claim.certainty is Certainty.EXACT) or claims
        refined = frozenset[str]().union(*(claim.refines for claim in leading))
        return tuple(claim for claim in leading if claim.abi not in refined)

    def winner(self, abi: str = AUTO) -> Claim | None:
        """The claim that hosting goes by; None when there is none, or no single one."""
        leading = self.leading(abi)
        return leading[0] if len(leading) == 1 else None

    def evidence(self) -> str:
        """What each adapter found and missed, a line each."""
        lines = [f"{claim.abi}: {claim.certainty}: {'; '.join(claim.evidence)}" for claim in self.claims]
        lines += [f"  but {finding.reason}" for claim in self.claims for finding in claim.findings]
        lines += [f"{decline.abi}: no: {'; '.join(decline.missing)}" for decline in self.declines]
        return "\n".join(f"  {line}" for line in lines)


def detect(
    adapters: Mapping[str, AbiAdapter], info: ModuleInfo, options: PluginOptions, *, forced: bool = False
) -> Detection:
    """Ask every adapter.

    One whose config does not understand the given one declines with that reason, or raises it when ``forced``.
    """
    claims: list[Claim] = []
    declines: list[Decline] = []
    for adapter in adapters.values():
        try:
            answer = adapter.claim(info, options)
        except ConfigInvalid as error:
            if forced:
                raise
            answer = Decline(adapter.name, (error.reason,))
        (claims if isinstance(answer, Claim) else declines).append(answer)  # type: ignore[arg-type] # sorted by type
    return Detection(tuple(claims), tuple(declines))


def choose(
    adapters: Mapping[str, AbiAdapter], info: ModuleInfo, options: PluginOptions, abi: str
) -> tuple[AbiAdapter, Claim]:
    """The adapter that hosts the module, and its claim.

    With ``abi`` other than ``auto`` that adapter alone is asked. One exact claim wins over possible ones, one possible
    claim wins alone. Raises :class:`UnknownAbi` or :class:`AmbiguousAbi` with everyone's evidence, the first of the
    winner's findings, or :class:`ConfigInvalid` when the adapter that was named does not take the config.
    """
    plugin = options.name
    if abi != AUTO:
        if abi not in adapters:
            raise ConfigInvalid(
                f"there is no adapter for the ABI {abi}",
                plugin=plugin,
                found=abi,
                hint=f"installed: {', '.join(sorted(adapters))}",
            )
        adapters = {abi: adapters[abi]}
    detection = detect(adapters, info, options, forced=abi != AUTO)
    claim = detection.winner()
    if claim is None:
        raise _undecided(detection, plugin)
    if claim.findings:
        finding = claim.findings[0]
        finding.plugin = plugin
        raise finding
    return adapters[claim.abi], claim


def _undecided(detection: Detection, plugin: str) -> UnknownAbi | AmbiguousAbi:
    leading = detection.leading()
    if not leading:
        return UnknownAbi(
            f"no adapter claims the module:\n{detection.evidence()}",
            plugin=plugin,
            hint="name the ABI with --abi (abi=…) to see everything that it misses",
        )
    return AmbiguousAbi(
        f"{len(leading)} adapters claim the module:\n{detection.evidence()}",
        plugin=plugin,
        found=", ".join(claim.abi for claim in leading),
        hint="name the right one with --abi (abi=…)",
    )
