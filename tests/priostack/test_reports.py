"""What guests report as errors: bit 63, JSON with the single key error, thrown texts and aborts."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.priostack.conftest import COPY, SHAPES, Shape

from plugbay import Host, Limits, Plugin
from plugbay.errors import GuestError, GuestTrap, InitFailed, OutOfMemory, PlugbayError
from plugbay_adapters.priostack.errortext import SILENT, TOO_DEEP, abort_text, error_in

Fail = Callable[..., PlugbayError]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
SPACE = st.text(alphabet=" \t\r\n", max_size=3)


@pytest.fixture
def echo_of(host: Host) -> Callable[[Shape], Plugin]:
    return lambda shape: host.load(shape.build(), name=shape.name)


# ---- a JSON object whose only key is error ---------------------------------------------------------------------------

ERRORS = [
    (b'{"error":"bad"}', "bad", None),
    (b'{"error": "Invalid input"}', "Invalid input", None),
    (b' \n\t\r{ \n"error"\t:\r"bad" } \n', "bad", None),
    ('{"error":"größe \\u20ac"}'.encode(), "größe €", None),
    (b'{"error":""}', SILENT, None),
    (b'{"error":0}', "0", 0),
    (b'{"error":null}', "null", None),
    (b'{"error":{"code":7,"why":["x"]}}', '{"code":7,"why":["x"]}', {"code": 7, "why": ["x"]}),
    (b'{"error":"first","error":"last"}', "last", None),
]


@pytest.mark.parametrize(("output", "text", "found"), ERRORS)
def test_an_object_whose_only_key_is_error_is_one(
    echo_of: Callable[[Shape], Plugin], shape: Shape, fail: Fail, output: bytes, text: str, found: object
) -> None:
    error = fail(echo_of(shape), output)
    assert isinstance(error, GuestError)
    assert (error.reason, error.found, error.function) == (text, found, "echo")
    assert error.__cause__ is None


@pytest.mark.parametrize("depth", [255, 300, 1000, 1023])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_an_error_too_deep_to_be_shown_is_one_all_the_same(
    echo_of: Callable[[Shape], Plugin], fail: Fail, depth: int, opening: bytes, closing: bytes
) -> None:
    plugin = echo_of(SHAPES[0])
    error = fail(plugin, b'{"error":' + opening * depth + b"0" + closing * depth + b"}")
    assert isinstance(error, GuestError)
    assert (error.reason, error.found) == (TOO_DEEP, None)
    assert plugin.call("echo", b"on") == b"on"


OUTPUTS = [
    b"{}",
    b"{",
    b'{"error"',
    b'{"error":',
    b'{"error":}',
    b'{"error":"bad"',
    b'{"error":"bad"} trailing',
    b'{"error":"bad","code":7}',
    b'{"code":7,"error":"bad"}',
    b'{"errors":"bad"}',
    b'{"Error":"bad"}',
    b'{"error ":"bad"}',
    b'["error"]',
    b'[{"error":"bad"}]',
    b'"error"',
    b'x{"error":"bad"}',
    b'\xef\xbb\xbf{"error":"bad"}',
    b'{"error":"\xff"}',
    b'{"error":' + b"[" * 100_000,
    b" " * 100_000,
    b" " * 100_000 + b"{",
    b"{" + b" " * 100_000,
]


@pytest.mark.parametrize("output", OUTPUTS)
def test_any_other_output_is_an_output(echo_of: Callable[[Shape], Plugin], shape: Shape, output: bytes) -> None:
    plugin = echo_of(shape)
    assert plugin.call("echo", output) == output
    assert plugin.call_many("echo", [output, b"x", output]) == [output, b"x", output]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(value=JSON, spaces=st.tuples(SPACE, SPACE, SPACE), key=st.sampled_from(["error", "errors", "erro", ""]))
def test_the_driver_and_python_agree_on_what_is_an_error(
    host: Host, value: object, spaces: tuple[str, str, str], key: str
) -> None:
    before, after, between = spaces
    output = f"{before}{{{after}{json.dumps(key)}{between}:{json.dumps(value)}}}".encode()
    plugin = host.load(SHAPES[0].build())
    means = error_in(output)
    assert (means is not None) == (json.loads(output).keys() == {"error"})
    if means is None:
        assert plugin.call("echo", output) == output
        return
    with pytest.raises(GuestError) as caught:
        plugin.call("echo", output)
    assert caught.value.reason == means.text
    if not isinstance(value, str):
        assert orjson.loads(caught.value.reason) == value


@given(st.binary(max_size=60))
def test_no_output_is_too_odd_to_be_looked_at(output: bytes) -> None:
    error_in(output)
    error_in(b'{"error":' + output + b"}")


# ---- bit 63 ----------------------------------------------------------------------------------------------------------

FAILING = """
  (local $q i32) (local $k i32)
  (call $copy (local.get $p) (local.get $n)) (local.set $k) (local.set $q)
  (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 88))
    (then (local.set $q (i32.or (local.get $q) (i32.const 0x80000000)))))
  (local.get $q) (local.get $k)"""


@pytest.mark.parametrize("payload", [b"X", b"Xyz", "X größe".encode()])
def test_bit_63_is_a_failure_with_its_text(host: Host, fail: Fail, payload: bytes) -> None:
    for shape in SHAPES[:2]:
        plugin = host.load(shape.build(FAILING), name=shape.name)
        error = fail(plugin, payload)
        assert isinstance(error, GuestError)
        assert (error.reason, error.function, error.plugin) == (payload.decode(), "echo", shape.name)
        assert plugin.call("echo", b"on it goes") == b"on it goes"


def test_a_failure_without_a_text_says_so(host: Host) -> None:
    body = "(i32.const 0x80000000) (i32.const 0)"
    with pytest.raises(GuestError, match=SILENT):
        host.load(SHAPES[0].build(body)).call("echo", b"")


def test_a_text_that_is_no_utf_8_and_one_without_end_are_shown_as_far_as_they_go(host: Host) -> None:
    plugin = host.load(SHAPES[0].build(FAILING))
    with pytest.raises(GuestError) as caught:
        plugin.call("echo", b"X\xff\xfe")
    assert caught.value.reason == "X\ufffd\ufffd"
    with pytest.raises(GuestError) as caught:
        plugin.call("echo", b"X" * 1_000_000)
    assert caught.value.reason == "X" * 65_536


def test_failures_leave_no_buffer_behind(host: Host) -> None:
    count = "(if (i32.eqz (local.get $n)) (then (return (call $number (global.get $live)))))"
    plugin = host.load(SHAPES[0].build(FAILING.replace("(local $k i32)", f"(local $k i32) {count}")))
    for _ in range(100):
        with pytest.raises(GuestError):
            plugin.call("echo", b"X")
    assert plugin.call("echo", b"") == struct.pack("<I", 1)


# ---- thrown texts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("wbg", "__wbindgen_throw"),
        ("./users_bg.js", "__wbindgen_throw"),
        ("./users_bg.js", "__wbg___wbindgen_throw_0123456789abcdef"),
        ('./odd "näme\\_bg.js', "__wbindgen_throw"),
    ],
)
def test_what_wasm_bindgen_throws_is_a_guest_error(host: Host, fail: Fail, module: str, name: str) -> None:
    quoted = "".join(f"\\{byte:02x}" for byte in module.encode())
    imports = f"""(import "{quoted}" "{name}" (func $throw (param i32 i32)))
      (import "{quoted}" "__wbindgen_init_externref_table" (func $init))"""
    body = f"(if (i32.eq (local.get $n) (i32.const 3)) (then (call $throw (local.get $p) (local.get $n)))) {COPY}"
    start = '(func (export "__wbindgen_start") (call $init))'
    for shape in SHAPES[2:4]:
        plugin = host.load(shape.build(body, imports=imports, extra=start), name=shape.name)
        error = fail(plugin, b"bad")
        assert isinstance(error, GuestError)
        assert (error.reason, error.function) == ("bad", "echo")
        assert isinstance(error.__cause__, GuestTrap)
        assert plugin.call("echo", b"on") == b"on"


def test_a_wild_throw_is_a_trap(host: Host, fail: Fail) -> None:
    imports = '(import "wbg" "__wbindgen_throw" (func $throw (param i32 i32)))'
    for pointer, size in ((65_536, 1), (0xFFFFFFFF, 0xFFFFFFFF), (0, 0xFFFFFFFF)):
        throw = f"(call $throw (i32.const {pointer}) (i32.const {size}))"
        body = f"(if (i32.eq (local.get $n) (i32.const 3)) (then {throw})) {COPY}"
        plugin = host.load(SHAPES[2].build(body, imports=imports), name="wild")
        assert type(fail(plugin, b"bad")) is GuestTrap


# ---- aborts ----------------------------------------------------------------------------------------------------------

ABORT = '(import "env" "abort" (func $abort (param i32 i32 i32 i32)))'


def text_at(place: int, text: str) -> str:
    """A String as AssemblyScript has it: id 2, size, UTF-16."""
    data = struct.pack("<II", 2, len(text.encode("utf-16-le"))) + text.encode("utf-16-le")
    return f'(data (i32.const {place - 8}) "{"".join(f"{chr(92)}{byte:02x}" for byte in data)}")'


def aborting(message: int, file: int) -> str:
    return f"""(if (i32.eq (local.get $n) (i32.const 3))
      (then (call $abort (i32.const {message}) (i32.const {file}) (i32.const 12) (i32.const 5)))) {COPY}"""


@pytest.mark.parametrize(
    ("message", "file", "text"),
    [
        (64, 256, "größe 𝄞 at users.ts:12:5"),
        (0, 256, "aborted at users.ts:12:5"),
        (64, 0, "größe 𝄞 at unknown place:12:5"),
        (0, 0, "aborted at unknown place:12:5"),
        (65_536, 0xFFFFFFFF, "aborted at unknown place:12:5"),
        (65_537, 256, "aborted at users.ts:12:5"),
        (0xFFFFFFFF, 256, "aborted at users.ts:12:5"),
        (64, 0xFFFFFFFF, "größe 𝄞 at unknown place:12:5"),
        (3, 65_535, "aborted at unknown place:12:5"),
        (1024, 2048, "aborted at unknown place:12:5"),
    ],
)
def test_an_abort_is_a_guest_error_with_its_place(host: Host, fail: Fail, message: int, file: int, text: str) -> None:
    lies = '(data (i32.const 1020) "\\ff\\ff\\ff\\ff") (data (i32.const 2044) "\\ff\\ff\\ff\\7f")'
    extra = text_at(64, "größe 𝄞") + text_at(256, "users.ts") + lies
    plugin = host.load(SHAPES[4].build(aborting(message, file), imports=ABORT, extra=extra))
    error = fail(plugin, b"bad")
    assert isinstance(error, GuestError)
    assert (error.reason, error.function) == (text, "echo")
    assert isinstance(error.__cause__, GuestTrap)
    assert plugin.call("echo", b"on") == b"on"


def test_an_abort_as_long_as_memory_is_shown_as_far_as_people_read(host: Host) -> None:
    extra = '(data (i32.const 60) "\\00\\00\\0f\\00")'
    plugin = host.load(SHAPES[4].build(aborting(64, 0), imports=ABORT, extra=extra, pages="32"))
    with pytest.raises(GuestError) as caught:
        plugin.call("echo", b"bad")
    assert len(caught.value.reason) == 32_768 + len(" at unknown place:12:5")


def test_a_text_counts_for_more_than_a_full_memory(host: Host, fail: Fail) -> None:
    grows = "(drop (memory.grow (i32.const 15)))"
    limits = Limits(memory_pages=16)
    aborts = SHAPES[4].build(f"{grows} {aborting(64, 0)}", imports=ABORT, extra=text_at(64, "bad"))
    throws = SHAPES[2].build(
        f"{grows} (if (i32.eq (local.get $n) (i32.const 3)) (then (call $throw (local.get $p) (local.get $n)))) {COPY}",
        imports='(import "wbg" "__wbindgen_throw" (func $throw (param i32 i32)))',
    )
    for module, text in ((aborts, "bad at unknown place:12:5"), (throws, "bad")):
        error = fail(host.load(module, limits=limits), b"bad")
        assert isinstance(error, GuestError)
        assert error.reason == text
        assert isinstance(error.__cause__, OutOfMemory)


def test_an_abort_at_the_start_is_why_it_failed(host: Host) -> None:
    start = f"""(func (export "_initialize")
      (call $abort (i32.const 64) (i32.const 0) (i32.const 1) (i32.const 2))) {text_at(64, "no table")}"""
    with pytest.raises(InitFailed, match="no table at unknown place:1:2"):
        host.load(SHAPES[4].build(imports=ABORT, extra=start))


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 2**32 - 1))
def test_any_text_and_place_of_an_abort_is_read(message: str, file: str, line: int) -> None:
    encoded = message.encode("utf-16-le", "surrogatepass")
    record = struct.pack("<III", line, 3, len(encoded)) + encoded + file.encode("utf-16-le", "surrogatepass")
    assert abort_text(record).endswith(f":{line}:3")


# ---- traps -----------------------------------------------------------------------------------------------------------


def test_a_trap_without_a_report_stays_a_trap(host: Host, shape: Shape, fail: Fail) -> None:
    plugin = host.load(shape.build(f"(if (i32.eq (local.get $n) (i32.const 3)) (then (unreachable))) {COPY}"))
    error = fail(plugin, b"bad")
    assert type(error) is GuestTrap
    assert error.function == "echo"
    assert error.frames
