"""Run by test_library: a parent that used libextism forks, and its child tries to.

Prints ``child`` and ``parent`` when both went as they must; an assertion that fails is seen on standard error.
"""

from __future__ import annotations

import os
import sys
import traceback

from plugbay import Limits, Permissions
from plugbay.contracts import PluginOptions
from plugbay.engines.extism.engine import ExtismEngine
from plugbay.errors import ConfigInvalid, DeadlineExceeded
from plugbay.module.binary import read_module
from plugbay.module.source import read_source
from plugbay.module.verified import Trust, verify
from plugbay.module.wat import compile_text
from plugbay.services import HostServices, HttpClient
from plugbay.state import MemoryStore
from plugbay_adapters.extism.reference import ReferenceCode, compile_reference
from plugbay_adapters.extism.reference_guest import ReferenceGuest

GUEST = b'(module (func (export "f")) (func (export "loop") (loop $on (br $on))))'
LIMITS = Limits(deadline=0.05)


def compile_guest(engine: ExtismEngine) -> ReferenceCode:
    module = verify(read_source(compile_text(GUEST, "guest"), max_bytes=10**6), Trust())
    return compile_reference(engine, module, read_module(module.data, module.digest), PluginOptions("g", LIMITS), {})


def make_guest(code: ReferenceCode) -> ReferenceGuest:
    services = HostServices("g", Permissions(), LIMITS, MemoryStore(), HttpClient())
    return code.instantiate(services, {})


def is_refused(action: object, *arguments: object) -> bool:
    """Whether it raises the error of a forked child."""
    assert callable(action)
    try:
        action(*arguments)
    except ConfigInvalid as error:
        return error.limit == "deadline" and "wasmtime" in (error.hint or "")
    return False


def in_child(code: ReferenceCode, guest: ReferenceGuest) -> None:
    """Everything that would run is refused; what was inherited can be closed."""
    assert is_refused(guest.invoke, "f", b"")
    assert is_refused(guest.invoke, "loop", b"")
    assert is_refused(make_guest, code)
    assert is_refused(compile_guest, ExtismEngine())
    guest.interrupt()
    guest.close()
    code.close()


def main() -> int:
    """Fork, and see to both sides."""
    code = compile_guest(ExtismEngine())
    guest = make_guest(code)
    assert guest.invoke("f", b"") == b""
    child = os.fork()
    if child == 0:
        try:
            in_child(code, guest)
            sys.stdout.write("child\n")
            sys.stdout.flush()
        except BaseException:  # noqa: BLE001 # the child must not run on as the parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    try:
        guest.invoke("loop", b"")
    except DeadlineExceeded:
        sys.stdout.write("parent\n")
    guest.close()
    code.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
