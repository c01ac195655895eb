"""Files for WASI guests that were granted folders: a second driver (``wasi_files.wat``) over the default-deny one.

Its functions ask the host, file by file; the streams 0 to 2 stay with the first driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.engines.wasmtime.driver import Driver
from plugbay.engines.wasmtime.mailbox import Service
from plugbay.engines.wasmtime.wasi import wasi_driver
from plugbay.wasi import FileRequests

if TYPE_CHECKING:
    from plugbay.engines.wasmtime.service_calls import Handler
    from plugbay.wasi import GuestFiles


def file_drivers() -> tuple[Driver, ...]:
    """The drivers of a guest with folders, the one that serves a function before the one that it builds on."""
    return Driver.load("plugbay.engines.wasmtime", "wasi_files.wat"), wasi_driver()


def file_asking() -> frozenset[str]:
    """Imports that ask the host about files, beside those of :data:`~plugbay.engines.wasmtime.wasi.WASI_ASKING`."""
    return frozenset(file_drivers()[0].provides)


def file_handlers(files: GuestFiles) -> dict[int, Handler]:
    """The handler of the driver's requests. Whoever made ``files`` closes them after the instance."""
    return {Service.FILES: FileRequests(files)}
