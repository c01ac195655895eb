"""Reads a core module's declarations from its binary, strictly and without running or compiling anything.

The rules are those of the WebAssembly core specification 2.0, chapter 5 (binary format) and the parts of chapter 3
(validation) that concern declarations. Instructions, element segments and data are the engine's to validate; here
they only have to lie in sections that are exactly as long as they say.
"""

from __future__ import annotations

from plugbay.errors import InvalidBinary
from plugbay.module.cursor import Cursor
from plugbay.module.declarations import DECLARATIONS, Declarations
from plugbay.module.features import features_of
from plugbay.module.info import CustomSection, ModuleInfo
from plugbay.module.producers import PRODUCERS, read_producers
from plugbay.module.recognise import require_core_module
from plugbay.module.sections import Section, SectionId, sections


def read_module(data: bytes, digest: str) -> ModuleInfo:
    """What the module in ``data`` declares; ``digest`` is the hex SHA-256 that the caller already has.

    Raises :class:`InvalidBinary` with the byte offset for what is not a core module or a malformed one (naming
    components, text, archives and the like), and :class:`UnsupportedFeature` for declarations of a proposal that
    plugbay does not read. What an engine accepts is accepted here, except for those proposals, for more than 100,000
    entries in one section and for more than 4 MiB of types.
    """
    require_core_module(data)
    declared = Declarations(data)
    customs: list[CustomSection] = []
    for section in sections(data):
        if section.id is SectionId.CUSTOM:
            customs.append(_custom(data, section))
            if len(customs) > DECLARATIONS:
                raise InvalidBinary(f"over {DECLARATIONS} custom sections", offset=section.start)
        else:
            declared.read(section)
    declared.finish()
    producers = next((custom for custom in customs if custom.name == PRODUCERS), None)
    return ModuleInfo(
        digest=digest,
        size=len(data),
        imports=tuple(declared.imports),
        exports=tuple(declared.exports),
        memories=tuple(declared.memories),
        tables=tuple(declared.tables),
        start=declared.start,
        function_count=declared.function_count,
        custom_sections=tuple(customs),
        producers=read_producers(data, producers.offset, producers.size) if producers else (),
        features=features_of(declared),
    )


def _custom(data: bytes, section: Section) -> CustomSection:
    cursor = Cursor(data, section.payload, section.end)
    name = cursor.name("the name of a custom section")
    return CustomSection(name, cursor.position, section.end - cursor.position)
