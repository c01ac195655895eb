"""Extism plugins on libextism, the reference implementation: compiled once, made into guests.

Guests' log lines are lost, since libextism has one log for the whole process, and a guest that sleeps wakes at once,
since libextism would sleep past any deadline. What else to know of it is in :mod:`plugbay.engines.extism`.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from plugbay.engines.extism.prepare import prepare_linked, prepare_plugin, start_ups
from plugbay.errors import ConfigInvalid, PlugbayError
from plugbay_adapters.extism.claim import start_functions
from plugbay_adapters.extism.config import config_texts
from plugbay_adapters.extism.reference_functions import Switchboard, shims
from plugbay_adapters.extism.reference_guest import ReferenceGuest, Seat
from plugbay_adapters.extism.reference_limits import check_enforceable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.contracts import PluginOptions
    from plugbay.engines.extism.engine import ExtismEngine
    from plugbay.functions import HostFunction
    from plugbay.limits import Limits
    from plugbay.module.info import ModuleInfo
    from plugbay.module.verified import VerifiedModule
    from plugbay.permissions import Permissions
    from plugbay.services import HostServices

_MAIN: Final = "main"
_WASI: Final = "wasi_snapshot_preview1"
_NO_SLEEP: Final = b'(module (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32) (i32.const 0)))'


def compile_reference(
    engine: ExtismEngine,
    module: VerifiedModule,
    info: ModuleInfo,
    options: PluginOptions,
    functions: Mapping[str, HostFunction],
) -> ReferenceCode:
    """The plugin compiled by libextism; ``functions`` are those that it imports, by ``namespace.name``.

    Raises :class:`~plugbay.errors.ConfigInvalid` for a limit or permission that libextism can't enforce, for config,
    folders and linked modules that don't fit, and in a forked child; :class:`~plugbay.errors.ModuleError` for a module
    that libextism does not take.
    """
    infos = [info, *(linked.info for linked in options.linked)]
    wasi = any(item.module == _WASI for each in infos for item in each.imports)
    try:
        check_enforceable(options, wasi=wasi)
        prepared = prepare_plugin(module.data, info, options.limits)
        wanted = tuple(functions.values())
        own = shims(wanted)
        if any((item.module, item.name) == (_WASI, "poll_oneoff") for each in infos for item in each.imports):
            own[_WASI] = _NO_SLEEP
        manifest = _manifest(prepared, options, own)
        shift = len(prepared) - len(module.data)
        code = ReferenceCode(
            engine, Plan(options, manifest, wanted, start_ups(info, start_functions(info)), shift, wasi)
        )
        code.check_links()
    except PlugbayError as error:
        error.plugin = error.plugin or options.name
        raise
    return code


@dataclass(frozen=True, slots=True)
class Plan:
    """What native code is made from: the manifest, and the host functions that it imports.

    ``start_ups`` are the exports to call first; ``code_shift`` is how many bytes code is behind its place in the file.
    """

    options: PluginOptions
    manifest: bytes
    functions: tuple[HostFunction, ...]
    start_ups: tuple[str, ...]
    code_shift: int
    wasi: bool


class ReferenceCode:
    """A compiled plugin.

    libextism ends a call that is too slow by stopping all that runs on its engine, so each guest that is alive has
    native code, with an engine, of its own. A guest that closes leaves it to the next.
    """

    def __init__(self, engine: ExtismEngine, plan: Plan) -> None:
        self.engine = engine
        self.plan = plan
        self._free: list[Seat] = []
        self._closed = False
        self._lock = Lock()

    def instantiate(self, services: HostServices, functions: Mapping[str, HostFunction]) -> ReferenceGuest:
        """A fresh guest whose start-up has not run; see :class:`~plugbay_adapters.extism.guest.ExtismCode`.

        Raises what :func:`compile_reference` raises, and :class:`~plugbay.errors.InitFailed`.
        """
        self.engine.check_process(self.plan.options.name)
        seat = self.take()
        try:
            seat.board.functions = tuple(functions[item.qualified_name] for item in self.plan.functions)
            return ReferenceGuest(self, seat, services)
        except BaseException as error:
            self.give_back(seat)
            if isinstance(error, PlugbayError):
                error.plugin = error.plugin or self.plan.options.name
            raise

    def check_links(self) -> None:
        """Raise :class:`~plugbay.errors.ForbiddenImport` and the like now rather than for the first guest."""
        seat = self.take()
        try:
            seat.code.instantiate().close()
        finally:
            self.give_back(seat)

    def take(self) -> Seat:
        """Native code that no guest uses."""
        with self._lock:
            if self._free:
                return self._free.pop()
        board = Switchboard(self.plan.functions)
        return Seat(self.engine.compile(self.plan.manifest, board.imports, wasi=self.plan.wasi), board)

    def give_back(self, seat: Seat) -> None:
        """Take it back from a guest that is closed."""
        with self._lock:
            if not self._closed:
                self._free.append(seat)
                return
        seat.code.close()

    @property
    def idle(self) -> int:
        """How many native codes wait for a guest."""
        return len(self._free)

    def close(self) -> None:
        """Free the code; that of guests which are still open is freed with them."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for seat in free:
            seat.code.close()


def _manifest(prepared: bytes, options: PluginOptions, own: Mapping[str, bytes]) -> bytes:
    """The Extism manifest, in which the plugin's module comes last."""
    taken = {_MAIN, *own}
    modules = [_module(name, data) for name, data in own.items()]
    for linked in options.linked:
        if linked.name in taken:
            raise ConfigInvalid(
                f"a linked module can't be called {linked.name!r} on the extism engine",
                found=linked.name,
                hint="the name belongs to the plugin, to host functions that it imports or to WASI",
            )
        taken.add(linked.name)
        modules.append(_module(linked.name, prepare_linked(linked.module.data, linked.info, options.limits)))
    document = {
        "wasm": [*modules, _module(_MAIN, prepared)],
        "memory": _memory(options.limits),
        "config": config_texts(options.config),
        "allowed_paths": _paths(options.permissions),
        "timeout_ms": math.ceil(options.limits.deadline * 1000),
    }
    return json.dumps(document).encode()


def _module(name: str, data: bytes) -> dict[str, str]:
    return {"name": name, "data": b64encode(data).decode()}


def _memory(limits: Limits) -> dict[str, int]:
    """The guest's own pages are limited in its module; this is for all that grows, Extism's memory included."""
    return {
        "max_pages": 2 * limits.memory_pages,
        "max_http_response_bytes": limits.http_bytes,
        "max_var_bytes": limits.var_bytes,
    }


def _paths(permissions: Permissions) -> dict[str, str]:
    paths: dict[str, str] = {}
    for grant in permissions.paths:
        host = ("" if grant.writable else "ro:") + str(Path(grant.host).absolute())
        if host in paths:
            raise ConfigInvalid(
                f"the extism engine can grant {grant.host!r} once only, under one name", found=grant.guest
            )
        paths[host] = grant.guest
    return paths
