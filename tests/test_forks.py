from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from plugbay import Host, Limits
from plugbay.forks import hold_during_fork, mend_after_fork

QUIET_FORKS = ("-W", "ignore:This process:DeprecationWarning")
"""Python 3.12 and later warn when a process with threads forks."""
FORKING = """
import os, sys, threading
from pathlib import Path
from plugbay import Host, Limits, Permissions

echo, slow = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]).read_bytes()
with Host(state="sqlite:" + sys.argv[3]) as host:
    plugin = host.load(echo, name="echo", instances=2)
    busy = host.load(slow, name="slow", instances=2, limits=Limits(deadline=20))
    stop = threading.Event()

    def keep_busy():
        while not stop.is_set():
            busy.call("process", b"x")

    threads = [threading.Thread(target=keep_busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    children = []
    for _ in range(8):
        child = os.fork()
        if child == 0:
            # What the other threads had leased is gone with them; everything must still work, and close.
            assert busy.call("process", b"in the child") == b"in the child"
            assert plugin.call_many("process", [b"a", b"b"]) == [b"a", b"b"]
            plugin.reload(slow)
            assert plugin.call("process", b"reloaded") == b"reloaded"
            host.close()
            os._exit(0)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    stop.set()
    for thread in threads:
        thread.join()
    assert plugin.call("process", b"in the parent") == b"in the parent"
    print(codes)
"""


class Item:
    def __init__(self) -> None:
        self.mended = 0

    def after_fork(self) -> None:
        self.mended += 1


def answer_of_child(ask: Callable[[], int]) -> int:
    child = os.fork()
    if child == 0:
        os._exit(ask())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_is_known_is_mended_once_in_every_child_and_never_in_the_parent() -> None:
    item = Item()
    mend_after_fork(item)
    assert answer_of_child(lambda: item.mended) == 1
    assert answer_of_child(lambda: answer_of_child(lambda: item.mended)) == 2
    assert item.mended == 0


def test_being_known_keeps_nothing_alive() -> None:
    gone: list[int] = []

    class Dying(Item):
        def __del__(self) -> None:
            gone.append(1)

    mend_after_fork(Dying())
    gc.collect()
    assert gone == [1]


def test_forking_amid_calls_leaves_parent_and_children_working(gear: Callable[..., bytes], tmp_path: Path) -> None:
    slow = """
      (local $i i32)
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 1000000))))
      (call $copy (local.get $p) (local.get $n))"""
    (tmp_path / "echo.wasm").write_bytes(gear())
    (tmp_path / "slow.wasm").write_bytes(gear(slow))
    result = subprocess.run(
        [
            sys.executable,
            *QUIET_FORKS,
            "-c",
            FORKING,
            *(str(tmp_path / name) for name in ("echo.wasm", "slow.wasm", "state.db")),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{[0] * 8}\n", "")


def test_a_child_may_load_close_and_open_hosts_of_its_own(echo_gear: bytes) -> None:
    with Host() as host:
        host.load(echo_gear).call("process", b"x")

        def ask() -> int:
            with Host() as own, own.load(echo_gear, limits=Limits(memory_pages=77)) as plugin:
                return 0 if plugin.call("process", b"y") == b"y" else 1

        assert threading.active_count() >= 1
        assert answer_of_child(ask) == 0


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 warns of forks with threads
def test_a_lock_is_held_while_the_process_forks_and_free_on_both_sides() -> None:
    lock = threading.Lock()
    hold_during_fork(lock)
    for _ in range(2):
        child = os.fork()
        if child == 0:
            os._exit(0 if lock.acquire(timeout=5) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert lock.acquire(timeout=5)
        lock.release()


def test_a_lock_that_is_gone_is_forgotten() -> None:
    lock = threading.Lock()
    gone = weakref.ref(lock)
    hold_during_fork(lock)
    del lock
    gc.collect()
    assert gone() is None
