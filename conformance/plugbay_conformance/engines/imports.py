"""What a host of each ABI has for its guests to import, and the check that a module asks for no more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from plugbay.module.info import FuncType
from plugbay_conformance.engines.contract import GuestStopped, StopKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.module.info import ModuleInfo, ValType
    from plugbay_conformance.case import Subject
    from plugbay_conformance.host_profile import HostProfile

WASI: Final = "wasi_snapshot_preview1"
THROW: Final = "__wbindgen_throw"
"""Name of the event of a thrown text, whatever a release of wasm-bindgen calls the import."""
NO_OBJECTS: Final = "__wbindgen_init_externref_table"
_GLUE: Final = re.compile(r"wbg|\./.{1,200}_bg\.js")
_THROW: Final = re.compile(r"__wbindgen_throw|__wbg___wbindgen_throw_[0-9a-f]{16}")
_LETTERS: Final[Mapping[str, Literal["i32", "i64", "f64"]]] = {"i": "i32", "l": "i64", "d": "f64"}


def _types(signatures: str, module: str) -> dict[str, FuncType]:
    """Read ``name:parameters:results`` by letters: i is an i32, l an i64, d an f64."""
    found: dict[str, FuncType] = {}
    for signature in signatures.split():
        name, params, results = signature.split(":")
        found[f"{module}.{name}"] = FuncType(_valtypes(params), _valtypes(results))
    return found


def _valtypes(letters: str) -> tuple[ValType, ...]:
    return tuple(_LETTERS[letter] for letter in letters)


_FLUXRIG: Final = """
    log:iii: flux_log_info:ii: emit:ii: flux_emit:ii: reject:ii:
    flux_kv_get:ii:l flux_kv_put:iiii:i flux_req_http:iiii:l
"""
_PRIOSTACK: Final = "log:iii: now::l random:ii:"
_ASSEMBLYSCRIPT: Final = "abort:iiii: seed::d"
_WASI: Final = """
    args_get:ii:i args_sizes_get:ii:i environ_get:ii:i environ_sizes_get:ii:i clock_res_get:ii:i clock_time_get:ili:i
    fd_advise:illi:i fd_allocate:ill:i fd_close:i:i fd_datasync:i:i fd_fdstat_get:ii:i fd_fdstat_set_flags:ii:i
    fd_fdstat_set_rights:ill:i fd_filestat_get:ii:i fd_filestat_set_size:il:i fd_filestat_set_times:illi:i
    fd_pread:iiili:i fd_prestat_get:ii:i fd_prestat_dir_name:iii:i fd_pwrite:iiili:i fd_read:iiii:i fd_readdir:iiili:i
    fd_renumber:ii:i fd_seek:ilii:i fd_sync:i:i fd_tell:ii:i fd_write:iiii:i path_create_directory:iii:i
    path_filestat_get:iiiii:i path_filestat_set_times:iiiilli:i path_link:iiiiiii:i path_open:iiiiillii:i
    path_readlink:iiiiii:i path_remove_directory:iii:i path_rename:iiiiii:i path_symlink:iiiii:i
    path_unlink_file:iii:i poll_oneoff:iiii:i proc_exit:i: proc_raise:i:i random_get:ii:i sched_yield::i
    sock_accept:iii:i sock_recv:iiiiii:i sock_send:iiiii:i sock_shutdown:ii:i
"""


def offered_imports(subject: Subject) -> dict[str, FuncType]:
    """The functions, by ``module.name``, that its ABI has for a module of this profile to import."""
    offered = _types(_WASI, WASI)
    if subject.abi == "fluxrig":
        return offered | _types(_FLUXRIG, "env")
    offered |= _types(_PRIOSTACK, "env")
    if subject.profile == "assemblyscript":
        offered |= _types(_ASSEMBLYSCRIPT, "env")
    if subject.profile == "wasm-bindgen":
        offered |= _glue(subject.info)
    return offered


def glue_role(module: str, name: str) -> str | None:
    """What wasm-bindgen's own import is: :data:`THROW`, :data:`NO_OBJECTS`, or None for any other."""
    if not _GLUE.fullmatch(module):
        return None
    if _THROW.fullmatch(name):
        return THROW
    return NO_OBJECTS if name == NO_OBJECTS else None


def check_imports(subject: Subject, host: HostProfile) -> None:
    """Raise :class:`GuestStopped` (kind LINK) that names the first import which the host does not have."""
    offered = offered_imports(subject)
    for item in subject.info.imports:
        name = f"{item.module}.{item.name}"
        if name not in offered or (host.imports is not None and name not in host.imports):
            raise GuestStopped(StopKind.LINK, f"it imports {name}, which this host does not have")
        if item.type != offered[name]:
            found = str(item.type) if isinstance(item.type, FuncType) else "something that is no function"
            raise GuestStopped(StopKind.LINK, f"it imports {name} as {found}; the host has it as {offered[name]}")


def _glue(info: ModuleInfo) -> dict[str, FuncType]:
    types = {THROW: FuncType(("i32", "i32")), NO_OBJECTS: FuncType()}
    roles = ((f"{item.module}.{item.name}", glue_role(item.module, item.name)) for item in info.imports)
    return {name: types[role] for name, role in roles if role is not None}
