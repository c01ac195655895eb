"""Byte functions under load: threads, forked children, many instances, reloads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.priostack.conftest import COPY, SHAPES, Shape

from plugbay import Host
from plugbay.errors import GuestError, PluginClosed

FORKING = """
import os, sys
from pathlib import Path
from plugbay import Host, Limits
from plugbay.errors import DeadlineExceeded

module = Path(sys.argv[1]).read_bytes()
with Host() as host:
    plugin = host.load(module, limits=Limits(deadline=0.2))
    assert plugin.call("echo", b"parent") == b"parent"
    child = os.fork()
    if child == 0:
        code = 1
        try:
            assert plugin.call("echo", b"child") == b"child"
            assert plugin.call_many("echo", [b"a", b"b"]) == [b"a", b"b"]
            another = host.load(module, name="another", limits=Limits(deadline=0.2))
            assert another.call("echo", b"another") == b"another"
            try:
                another.call("echo", b"x" * 333)
            except DeadlineExceeded:
                code = 0
        finally:
            os._exit(code)
    assert plugin.call("echo", b"still") == b"still"
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_uses_and_loads_them_under_deadlines(shape: Shape, tmp_path: Path) -> None:
    module = tmp_path / "module.wasm"
    module.write_bytes(shape.build(f"(if (i32.eq (local.get $n) (i32.const 333)) (then (loop $on (br $on)))) {COPY}"))
    command = [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", FORKING, str(module)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_threads_get_their_own_outputs(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(), instances=3)
    wrong: list[str] = []

    def work(name: str) -> None:
        for number in range(300):
            payload = f"{name}-{number}".encode()
            failing = b'{"error":"%s"}' % payload
            if plugin.call("echo", payload) != payload or plugin.call_many("echo", [payload] * 3) != [payload] * 3:
                wrong.append(name)
            try:
                plugin.call("echo", failing)
                wrong.append(name)
            except GuestError as error:
                if error.reason != payload.decode():
                    wrong.append(error.reason)

    threads = [threading.Thread(target=work, args=(f"thread{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_instance_keeps_its_state_and_a_failed_one_is_replaced(host: Host, shape: Shape) -> None:
    body = """
      (if (i32.eq (local.get $n) (i32.const 3)) (then (unreachable)))
      (global.set $count (i32.add (global.get $count) (i32.const 1))) (call $number (global.get $count))"""
    plugin = host.load(shape.build(body, extra="(global $count (mut i32) (i32.const 0))"))
    assert [plugin.call("echo", b"x")[0] for _ in range(3)] == [1, 2, 3]
    with pytest.raises(RuntimeError):
        plugin.call("echo", b"bad")
    assert plugin.call("echo", b"x")[0] == 1


def test_a_reload_swaps_the_functions(host: Host) -> None:
    plugin = host.load(SHAPES[0].build())
    for shape in SHAPES[1:]:
        plugin.reload(shape.build(name=f"echo_{shape.convention.replace('-', '_')}"))
        name = f"echo_{shape.convention.replace('-', '_')}"
        assert plugin.functions == {name}
        assert plugin.call(name, b"x") == b"x"


def test_a_closed_plugin_says_so(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build())
    plugin.close()
    with pytest.raises(PluginClosed):
        plugin.call("echo", b"")
