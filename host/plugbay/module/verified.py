"""The trust step: the only maker of bytes that an engine may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay.errors import UntrustedSignature

if TYPE_CHECKING:
    from plugbay.module.source import WasmSource


@dataclass(frozen=True, slots=True)
class Trust:
    """Which modules may be hosted.

    ``digests`` are hex SHA-256 digests of module files; when given, every other module is refused. None trusts all.
    """

    digests: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class VerifiedModule:
    """Bytes that passed the trust policy; made only by :func:`verify`."""

    data: bytes
    digest: str
    origin: str


def verify(source: WasmSource, trust: Trust) -> VerifiedModule:
    """Apply the trust policy. Raises :class:`UntrustedSignature` for a module that it does not name."""
    if trust.digests is not None and source.digest not in trust.digests:
        raise UntrustedSignature(
            f"{source.origin} has the digest {source.digest}, which is not among the {len(trust.digests)} trusted ones",
            found=source.digest,
            hint="check where the file comes from; add its digest to Trust(digests=…) to host it",
        )
    return VerifiedModule(source.data, source.digest, source.origin)
