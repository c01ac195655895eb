"""Run by test_fork: a parent that used plugins forks, and its child uses, loads and compiles more of them.

Prints ``fine`` when everything in the child went as it must; an assertion that fails is seen on standard error.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback

from plugbay import Host, Limits, Message, Plugin
from plugbay.errors import DeadlineExceeded
from plugbay.module.wat import compile_text

GUEST = """(module
  (memory (export "memory") 1)
  (func (export "alloc") (param $n i32) (result i32) (i32.const 1024))
  (func (export "free") (param i32 i32))
  (func (export "process") (param $p i32) (param $n i32) (result i64)
    (if (i32.eqz (local.get $n)) (then (loop $on (br $on))))
    (memory.copy (i32.const 32768) (local.get $p) (local.get $n))
    (i64.or (i64.const 0x800000000000) (i64.extend_i32_u (local.get $n)))))"""
LIMITS = Limits(deadline=0.1)


def is_stopped(plugin: Plugin) -> bool:
    """Whether the plugin's endless loop, which an empty payload starts, ends at its deadline."""
    try:
        plugin.call("process", b"")
    except DeadlineExceeded:
        return True
    return False


def check(host: Host, plugin: Plugin, new: str) -> None:
    """What must work on both sides of the fork."""
    message = Message.new(data={"side": new})
    assert plugin.call("process", b"hello") == b"hello"
    assert is_stopped(plugin)
    assert plugin.process_many([message] * 3)[2].messages == (("out", message),)
    assert plugin.process_encoded([message.to_cbor()]) == [message.to_cbor()]
    # A module that no cache has: its name section is new.
    another = host.load(compile_text(GUEST.replace("(module", f"(module ${new}").encode(), new), limits=LIMITS)
    assert another.call("process", b"anew") == b"anew"
    assert is_stopped(another)
    metered = host.load(compile_text(GUEST.encode(), "metered"), limits=LIMITS.with_changes(fuel=10_000))
    assert metered.call("process", b"other settings") == b"other settings"


def keep_busy(plugin: Plugin, stop: threading.Event) -> None:
    """Hold an instance most of the time, so that the fork happens in the middle of calls."""
    while not stop.is_set():
        plugin.call("process", b"busy")


def main() -> int:
    """Fork in the middle of everything; 0 when the child and the parent are fine."""
    unique = f"p{os.getpid()}t{time.time_ns()}"
    with Host() as host, host.load(compile_text(GUEST.encode(), "g"), limits=LIMITS, instances=2) as plugin:
        check(host, plugin, f"{unique}before")
        stop = threading.Event()
        worker = threading.Thread(target=keep_busy, args=(plugin, stop))
        worker.start()
        child = os.fork()
        if child == 0:
            try:
                check(host, plugin, f"{unique}child")
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)
        stop.set()
        worker.join()
        check(host, plugin, f"{unique}parent")
        _, status = os.waitpid(child, 0)
    if status == 0:
        sys.stdout.write("fine\n")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
