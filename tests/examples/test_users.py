"""The user service in six languages: one behaviour, to the byte, whatever it was compiled from."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugbay import Host, Limits, Permissions, Plugin
from plugbay.errors import GuestError, PermissionDenied
from plugbay.peers.contract import Subject
from plugbay.peers.priostack import ordinary_byte_functions

USERS: Final = Path(__file__).parents[2] / "examples" / "users"
PACKED, BINDGEN, ASSEMBLYSCRIPT = "packed", "wasm-bindgen", "assemblyscript"
REQUEST: Final = b'{"email":"ada@example.com","name":"Ada"}'
CREATED: Final = b'{"id":"user_123","email":"ada@example.com","name":"Ada"}'
INVALID: Final = b'{"error": "Invalid input"}'
REQUIRED: Final = b'{"error": "Email and name are required"}'
ERRORS: Final = {INVALID: "Invalid input", REQUIRED: "Email and name are required"}
MIB: Final = 1024 * 1024

needs_zig = pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")


@dataclass(frozen=True)
class Service:
    """A module that was built from one of the sources."""

    file: str
    convention: str
    function: str
    others: frozenset[str] = frozenset({"echo", "fail"})

    @property
    def path(self) -> Path:
        return USERS / self.file


SERVICES: Final = (
    Service("users-rust-bindgen.wasm", BINDGEN, "create_user"),
    Service("users-rust-bindgen-retptr.wasm", BINDGEN, "create_user"),
    Service("users-rust.wasm", PACKED, "create_user"),
    Service("users-c.wasm", PACKED, "create_user"),
    Service("users-zig.wasm", PACKED, "createUser"),
    Service("users-go.wasm", PACKED, "createUser", frozenset({"echo", "fail", "logLine", "clock"})),
    *(
        Service(file, ASSEMBLYSCRIPT, "createUser", frozenset({"echo", "fail", "logLine", "random"}))
        for file in ("users-assemblyscript.wasm", "users-assemblyscript-minimal.wasm")
    ),
)
services = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.file)
MODULES: Final = (*(service.file for service in SERVICES), "host-c.wasm")


@pytest.fixture(scope="module")
def reference() -> Callable[[bytes], bytes]:
    """The answer to a request by ``examples/users/reference.py``."""
    spec = importlib.util.spec_from_file_location("users_reference", USERS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    create_user: Callable[[bytes], bytes] = module.create_user
    return create_user


@pytest.fixture(scope="module")
def plugins() -> Iterator[dict[Service, Plugin]]:
    """Every service on a host with its usual limits."""
    with Host() as host:
        yield {service: host.load(service.path) for service in SERVICES}


@pytest.fixture
def plugin(service: Service, plugins: dict[Service, Plugin]) -> Plugin:
    return plugins[service]


def answer(plugin: Plugin, function: str, data: bytes) -> bytes | str:
    """The output of a call, or the text of its error."""
    try:
        return plugin.call(function, data)
    except GuestError as error:
        return error.reason


# ---- the modules -----------------------------------------------------------------------------------------------------


def test_the_committed_modules_have_their_digests() -> None:
    lines = [f"{sha256((USERS / name).read_bytes()).hexdigest()}  {name}" for name in sorted(MODULES)]
    assert (USERS / "DIGESTS").read_text().splitlines() == lines
    assert sorted(file.name for file in USERS.glob("*.wasm")) == sorted(MODULES)


def test_the_readme_says_the_size_the_convention_and_the_functions_of_each_module(
    plugins: dict[Service, Plugin],
) -> None:
    lines = (
        line.strip("| ").split("|") for line in (USERS / "README.md").read_text().splitlines() if ".wasm` |" in line
    )
    said = {cells[0].strip("` "): [cell.strip() for cell in cells[1:]] for cells in lines}
    assert sorted(said) == sorted(MODULES)
    for service, plugin in plugins.items():
        size, convention, functions = said[service.file][-3:]
        assert size == f"{service.path.stat().st_size:,}"
        assert convention.strip("`") == service.convention
        assert set(re.findall("`([^`]+)`", functions)) == plugin.functions


@pytest.mark.parametrize("name", MODULES)
def test_no_module_names_the_machine_that_built_it(name: str) -> None:
    assert not re.search(rb"/(home|root|tmp|work|Users|build|usr)/", (USERS / name).read_bytes())


@needs_zig
@pytest.mark.parametrize(("language", "names"), [("c", ("users-c.wasm", "host-c.wasm")), ("zig", ("users-zig.wasm",))])
def test_the_sources_in_c_and_zig_build_to_the_same_bytes(
    language: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHON": sys.executable}
    subprocess.run([USERS / language / "build.sh", tmp_path], check=True, env=environment, timeout=120)
    for name in names:
        assert (tmp_path / name).read_bytes() == (USERS / name).read_bytes()


def test_the_comparison_finds_the_committed_modules_alike_and_changed_ones_not(tmp_path: Path) -> None:
    compare = [sys.executable, str(USERS / "compare.py"), "--count", "50"]
    alike = subprocess.run([*compare, USERS], capture_output=True, text=True, check=False, timeout=60)
    assert alike.returncode == 0, alike.stderr
    assert alike.stdout.count("0 answers differ") == 2 * len(SERVICES)
    for service in SERVICES:
        (tmp_path / service.file).write_bytes(service.path.read_bytes().replace(b"user_123", b"user_124"))
    changed = subprocess.run([*compare, tmp_path], capture_output=True, text=True, check=False, timeout=60)
    assert changed.returncode == 1
    assert "users-c.wasm" in changed.stdout
    assert "user_124" in changed.stderr


# ---- hosting ---------------------------------------------------------------------------------------------------------


@services
def test_a_module_is_found_to_be_a_priostack_module_of_its_convention(service: Service, plugin: Plugin) -> None:
    assert (plugin.claim.abi, plugin.claim.certainty.value) == ("priostack", "exact")
    assert plugin.metadata["convention"] == service.convention
    assert plugin.functions == {service.function} | service.others
    listed = {function["name"]: function["convention"] for function in plugin.metadata["byte_functions"]}
    assert listed == dict.fromkeys(plugin.functions, service.convention)


@services
def test_an_echo_returns_its_input(plugin: Plugin) -> None:
    payloads = [b"", b"\0", REQUEST, bytes(range(256)) * 400]
    assert [plugin.call("echo", payload) for payload in payloads] == payloads
    assert plugin.call_many("echo", payloads) == payloads


@services
def test_a_failure_says_its_text(plugin: Plugin) -> None:
    with pytest.raises(GuestError) as failed:
        plugin.call("fail", "größer als 3 €".encode())
    assert failed.value.reason.split(" at users.ts")[0] == "größer als 3 €"
    assert plugin.call("echo", b"and goes on") == b"and goes on"


@services
def test_calls_leave_no_memory_behind(service: Service) -> None:
    payload = b"x" * (MIB // 4)
    with Host(limits=Limits(memory_pages=160)) as host, host.load(service.path) as plugin:
        for _ in range(200):
            assert plugin.call("echo", payload) == payload
        assert plugin.call_many(service.function, [REQUEST] * 1000) == [CREATED] * 1000


# ---- behaviour -------------------------------------------------------------------------------------------------------


@services
def test_a_request_is_answered_with_the_user(service: Service, plugin: Plugin) -> None:
    assert plugin.call(service.function, REQUEST) == CREATED


@services
def test_what_is_wrong_with_a_request_becomes_an_error(service: Service, plugin: Plugin) -> None:
    assert answer(plugin, service.function, b"no JSON") == "Invalid input"
    assert answer(plugin, service.function, b'{"email":"","name":"Ada"}') == "Email and name are required"


# The peer has no WASI, which Go needs.
@pytest.mark.parametrize("service", [each for each in SERVICES if "go" not in each.file], ids=lambda each: each.file)
def test_the_module_itself_answers_the_exact_bytes(service: Service, plugin: Plugin) -> None:
    subject = Subject(service.path.read_bytes(), plugin.info, Limits())
    with ordinary_byte_functions(subject, 10) as call:
        assert call(service.function, REQUEST) == CREATED
        assert call(service.function, b"no JSON") == INVALID
        assert call(service.function, b'{"email":"a","name":""}') == REQUIRED


def test_the_module_in_go_has_the_exact_errors_in_it() -> None:
    assert all(error in (USERS / "users-go.wasm").read_bytes() for error in ERRORS)


def user(email: bytes, name: bytes) -> bytes:
    return b'{"id":"user_123","email":"' + email + b'","name":"' + name + b'"}'


def member(value: bytes) -> bytes:
    """A request that is right, beside a member of this value."""
    return b'{"email":"a","x":' + value + b',"name":"b"}'


AB: Final = user(b"a", b"b")
CASES: Final = [
    # what is a request
    (b"", INVALID),
    (b" ", INVALID),
    (b"null", INVALID),
    (b'"a"', INVALID),
    (b"{}", INVALID),
    (b'{"email":"a"}', INVALID),
    (b'{"name":"b"}', INVALID),
    (b'{"email":"a","name":null}', INVALID),
    (b'{"email":"a","name":1}', INVALID),
    (b'{"Email":"a","name":"b"}', INVALID),
    (b'{"email":"a","name":"b","email":"a"}', INVALID),
    (b'{"name":"b","email":"a"}', AB),
    (b' \t\r\n{ "email" : "a" , "name" : "b" } \t\r\n', AB),
    (b'{"\\u0065mail":"a","\\u006e\\u0061me":"b"}', AB),
    (b'["a","b"]', AB),
    (b' [ "a" , "b" ] ', AB),
    (b'["a"]', INVALID),
    (b'["a","b","c"]', INVALID),
    (b'["a","b",]', INVALID),
    (b"[]", INVALID),
    (b'["a",1]', INVALID),
    # what is required
    (b'{"email":"","name":"b"}', REQUIRED),
    (b'{"email":"a","name":""}', REQUIRED),
    (b'["",""]', REQUIRED),
    (b'{"email":"","name":""} x', INVALID),
    (b'{"email":" ","name":"\\u0000"}', user(b" ", b"\\u0000")),
    # where it ends
    (b'{"email":"a","name":"b"', INVALID),
    (b'{"email":"a","name":"b', INVALID),
    (b'{"email":"a","name":"b"}}', INVALID),
    (b'{"email":"a","name":"b"}{}', INVALID),
    (b'{"email":"a","name":"b",}', INVALID),
    (b'{,"email":"a","name":"b"}', INVALID),
    (b'\xef\xbb\xbf{"email":"a","name":"b"}', INVALID),
    (b'{"email":"a","name":"b"}\0', INVALID),
    # texts
    (b'["\\"\\\\\\/\\b\\f\\n\\r\\t","b"]', user(b'\\"\\\\/\\b\\f\\n\\r\\t', b"b")),
    (b'["\\u0001\\u001F\\u007f\\u00e9","b"]', user("\\u0001\\u001f\x7fé".encode(), b"b")),
    ('["Ünï 日本 😀","b"]'.encode(), user("Ünï 日本 😀".encode(), b"b")),
    (b'["\\uD83D\\uDE00\\uffff","b"]', user("😀\uffff".encode(), b"b")),
    (b'["\\ud800","b"]', INVALID),
    (b'["\\udc00","b"]', INVALID),
    (b'["\\udc00\\udc00","b"]', INVALID),
    (b'["\\ud800\\ud800","b"]', INVALID),
    (b'["\\ud800x","b"]', INVALID),
    (b'["\\u12","b"]', INVALID),
    (b'["\\u12g4","b"]', INVALID),
    (b'["\\x41","b"]', INVALID),
    (b'["\\","b"]', INVALID),
    (b'["a\nb","b"]', INVALID),
    (b'["\x1f","b"]', INVALID),
    (b"['a','b']", INVALID),
    # UTF-8: cut off, too long, of half a pair, beyond Unicode
    (b'["\xc3","b"]', INVALID),
    (b'["\x80","b"]', INVALID),
    (b'["\xc0\xaf","b"]', INVALID),
    (b'["\xe0\x9f\xbf","b"]', INVALID),
    (b'["\xed\xa0\x80","b"]', INVALID),
    (b'["\xf0\x8f\xbf\xbf","b"]', INVALID),
    (b'["\xf4\x90\x80\x80","b"]', INVALID),
    (b'["\xf8\x88\x80\x80\x80","b"]', INVALID),
    (b'["\xff","b"]', INVALID),
    (b'{"\xff":1,"email":"a","name":"b"}', INVALID),
    # values that nobody asked for
    *((member(value), AB) for value in (b"0", b"-0", b"-1.50e+30", b"1E999", b"true", b"false", b"null", b'""', b"[]")),
    *((member(value), AB) for value in (b"{}", b"[[],{}, [ ] ]", b'{"a":{"b":[1,{"c":null}]}}', b'"\xff\\ud800"')),
    *((member(value), INVALID) for value in (b"", b"01", b"-", b"1.", b".5", b"1e", b"1e+", b"+1", b"NaN", b"0x1")),
    *((member(value), INVALID) for value in (b"tru", b"nulll", b"True", b"[1,]", b"[,1]", b"[1 2]", b"[1}", b"[")),
    *((member(value), INVALID) for value in (b'{"a"}', b'{"a":}', b'{"a":1,}', b'{"a" 1}', b"{1:2}", b'{"a":1]')),
    *((member(value), INVALID) for value in (b'"\\ud80"', b'"\\q"', b'"\n"', b'"')),
    # much
    (member(b"[" * 50_000 + b"]" * 50_000), AB),
    (member(b'{"a":' * 50_000 + b"1" + b"}" * 50_000), AB),
    (member(b"[" * 50_000), INVALID),
    (member(b"[" * 50_000 + b"}" * 50_000), INVALID),
    (member(b",".join([b"[]"] * 3)), INVALID),
    (b"{" + b"".join(b'"k%d":[{}],' % number for number in range(5_000)) + b'"email":"a","name":"b"}', AB),
    (
        b'["' + b"\\u0001" * 20_000 + b'","' + "ü".encode() * 20_000 + b'"]',
        user(b"\\u0001" * 20_000, "ü".encode() * 20_000),
    ),
]


@services
def test_every_case_is_answered_as_serde_answers_it(service: Service, plugin: Plugin) -> None:
    found = {data: answer(plugin, service.function, data) for data, _ in CASES}
    assert found == {data: ERRORS.get(expected, expected) for data, expected in CASES}


def test_the_reference_answers_every_case_too(reference: Callable[[bytes], bytes]) -> None:
    assert {data: reference(data) for data, _ in CASES} == dict(CASES)


CHARACTERS: Final = st.characters(codec="utf-8") | st.sampled_from('"\\/\b\f\n\r\t\0\x1f\x7f\u2028\ufeff\uffff😀')
TEXTS: Final = st.text(CHARACTERS, max_size=8)
VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request as any library may write it."""
    fields: dict[str, Any] = {"email": draw(TEXTS), "name": draw(TEXTS | TEXTS | VALUES)} | draw(
        st.dictionaries(TEXTS, VALUES, max_size=3)
    )
    members = draw(st.permutations(list(fields.items())))
    value = draw(st.sampled_from([dict(members), dict(members), [fields["email"], fields["name"]]]))
    written = json.dumps(value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 0, "\t"])))
    return written.encode()


@st.composite
def damaged_requests(draw: st.DrawFn) -> bytes:
    """A request with a few bytes taken out or put in, or cut off."""
    data = draw(requests())
    at = draw(st.integers(0, len(data)))
    end = draw(st.integers(at, min(len(data), at + 3)) | st.just(len(data)))
    return (
        data[:at] + draw(st.binary(max_size=2) | st.sampled_from([b'"', b"\\", b",", b"}", b"]", b"\\u"])) + data[end:]
    )


@settings(max_examples=400, deadline=None)
@given(data=requests() | damaged_requests() | st.binary(max_size=40))
def test_all_languages_agree_with_the_reference(
    data: bytes, plugins: dict[Service, Plugin], reference: Callable[[bytes], bytes]
) -> None:
    expected = reference(data)
    found = {service.file: answer(plugin, service.function, data) for service, plugin in plugins.items()}
    assert found == dict.fromkeys(found, ERRORS.get(expected, expected))


@settings(max_examples=200, deadline=None)
@given(data=requests())
def test_what_is_answered_is_what_python_reads(data: bytes, plugins: dict[Service, Plugin]) -> None:
    asked: Any = json.loads(data)
    keys: tuple[Any, ...] = ("email", "name") if data.startswith(b"{") else (0, 1)
    texts = [asked[key] for key in keys]
    found = answer(plugins[SERVICES[2]], SERVICES[2].function, data)
    if not all(isinstance(text, str) for text in texts):
        assert found == "Invalid input"
    elif not all(texts):
        assert found == "Email and name are required"
    else:
        assert json.loads(found) == {"id": "user_123", "email": texts[0], "name": texts[1]}


# ---- what a function may ask its host for ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "function"),
    [("host-c.wasm", "log_line"), ("users-go.wasm", "logLine"), ("users-assemblyscript.wasm", "logLine")],
)
def test_a_function_logs_a_line(file: str, function: str, caplog: pytest.LogCaptureFixture) -> None:
    with Host() as host, host.load(USERS / file) as plugin, caplog.at_level(logging.DEBUG, "plugbay.guest"):
        assert plugin.call(function, "für später".encode()) == b""
    assert [record.message.strip() for record in caplog.records] == ["für später"]


@pytest.mark.parametrize("file", ["host-c.wasm", "users-go.wasm"])
def test_a_function_reads_the_clock(file: str) -> None:
    with Host() as host, host.load(USERS / file) as plugin:
        before = time.time_ns()
        told = int.from_bytes(plugin.call("clock", b""), "little")
        assert before <= told <= time.time_ns()


def test_random_bytes_never_come_twice() -> None:
    with Host() as host, host.load(USERS / "host-c.wasm") as plugin:
        tokens = plugin.call_many("token", [b""] * 100)
    assert {len(token) for token in tokens} == {16}
    assert len(set(tokens)) == 100


def test_each_instance_in_assemblyscript_has_a_seed_of_its_own() -> None:
    with Host() as host:
        numbers = {host.load(USERS / "users-assemblyscript.wasm").call("random", b"") for _ in range(20)}
    assert len(numbers) > 10


@pytest.mark.parametrize("function", ["clock", "token"])
def test_a_function_is_refused_what_was_not_granted(function: str) -> None:
    with Host() as host, host.load(USERS / "host-c.wasm", permissions=Permissions.none()) as plugin:
        with pytest.raises(PermissionDenied):
            plugin.call(function, b"")
        assert plugin.call("log_line", b"nobody hears it") == b""
