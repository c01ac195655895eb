"""The extism engine: compiles Extism manifests with libextism."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import PluginClosed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.engines.extism.library import Library, NativeCode, NativeImport


class ExtismEngine:
    """libextism, loaded when it is first needed. Thread-safe; refuses to work in a forked child."""

    name = "extism"

    def __init__(self) -> None:
        self._closed = False

    @property
    def version(self) -> str:
        """libextism's, such as ``1.41.0``."""
        return self._library().version

    def compile(self, manifest: bytes, imports: Sequence[NativeImport] = (), *, wasi: bool = False) -> NativeCode:
        """The modules of an Extism manifest in JSON, with ``imports`` as functions of the host's own.

        Raises :class:`InvalidBinary` and other :class:`ModuleError`, and :class:`ConfigInvalid` in a child of the
        process that used libextism first.
        """
        if self._closed:
            raise PluginClosed("the engine is closed")
        return self._library().compile(manifest, imports, wasi=wasi)

    def check_process(self, plugin: str) -> None:
        """Raise :class:`ConfigInvalid` in a child of the process that used libextism first: no deadline would hold."""
        self._library().check_process(plugin)

    def close(self) -> None:
        """Compile nothing more; the library stays loaded."""
        self._closed = True

    def _library(self) -> Library:
        from plugbay.engines.extism.library import load_library  # here, since it takes 20 ms that few hosts need

        return load_library()
