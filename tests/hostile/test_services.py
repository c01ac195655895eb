"""Guests that ask for what is not theirs, or for more of it than there is: state and the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugbay import Host, Limits, LogLevel, Message, Outcome, Permissions
from plugbay.errors import GuestTrap, PlugbayError

STATE = """(import "env" "flux_kv_get" (func $kv_get (param i32 i32) (result i64)))
  (import "env" "flux_kv_put" (func $kv_put (param i32 i32 i32 i32) (result i32)))"""
HTTP = '(import "env" "flux_req_http" (func $req_http (param i32 i32 i32 i32) (result i64)))'
ECHO = "(call $copy (local.get $p) (local.get $n))"
EXPECT = "(if (i32.ne (i32.const {answer}) {call}) (then (unreachable)))"
PUT = "(call $kv_put (i32.const {key}) (i32.const {key_len}) (i32.const {value}) (i32.const {value_len}))"


@pytest.fixture(params=["memory:", "sqlite:"])
def stateful(request: pytest.FixtureRequest, tmp_path: Path, roomy: Limits) -> Iterator[Host]:
    """A host whose plugins may keep 10,000 bytes of state, with each of the built-in stores."""
    url = request.param if request.param == "memory:" else f"sqlite:{tmp_path / 'state.db'}"
    limits = roomy.with_changes(state_bytes=10_000)
    with Host(state=url, limits=limits, permissions=Permissions(state=True)) as host:
        yield host


def _put(key: int, key_len: int, value: int, value_len: int) -> str:
    return PUT.format(key=key, key_len=key_len, value=value, value_len=value_len)


def _refusals(outcome: Outcome) -> list[str]:
    return [record.text for record in outcome.logs if record.level is LogLevel.WARN]


OVER_QUOTA = {
    "a value over the quota": (_put(0, 1, 0, 10_001), "10000"),
    "a giant key": (_put(0, 20_000, 0, 1), ""),
    "a key that is not UTF-8": (_put(4096, 2, 0, 1), "UTF-8"),
    "a key that is half a surrogate": (_put(4098, 3, 0, 1), "UTF-8"),
}


@pytest.mark.parametrize(("put", "why"), OVER_QUOTA.values(), ids=OVER_QUOTA)
def test_state_that_can_not_be_kept_is_refused_with_the_reason_and_the_message_goes_on(
    stateful: Host, guest: Callable[..., bytes], evil: Message, put: str, why: str
) -> None:
    body = EXPECT.format(answer=1, call=put) + ECHO
    module = guest(body, imports=STATE, extra=r'(data (i32.const 4096) "\ff\fe\ed\a0\80")')
    plugin = stateful.load(module, name="hoarder")
    outcome = plugin.process(evil).raise_for_error()
    assert outcome.messages == (("out", evil),)
    assert outcome.state_change is None
    assert len(_refusals(outcome)) == 1
    assert why in _refusals(outcome)[0]


def test_state_in_small_pieces_is_refused_once_the_quota_is_used_up(
    stateful: Host, guest: Callable[..., bytes], evil: Message, good: Message
) -> None:
    # A key is the four bytes at 16, counted up; each value has 1000 bytes. It loops until it is refused.
    body = f"""(loop $on (i32.store (i32.const 16) (i32.add (i32.const 1) (i32.load (i32.const 16))))
      (br_if $on (i32.eqz {_put(16, 4, 0, 1000)}))) {ECHO}"""
    plugin = stateful.load(guest(body, imports=STATE), name="hoarder")
    outcome = plugin.process(evil).raise_for_error()
    assert outcome.state_change is not None
    assert len(outcome.state_change.written) in (8, 9)
    assert len(_refusals(outcome)) == 1
    assert plugin.process(good).messages == (("out", good),)


def test_state_of_a_message_that_fails_is_as_if_it_never_was(
    stateful: Host, guest: Callable[..., bytes], evil: Message, strike: Callable[..., PlugbayError], way: str
) -> None:
    # Before it writes, the key must be absent, or the guest would echo and not trap.
    body = f"""(if (i64.ne (i64.const 0) (call $kv_get (i32.const 0) (i32.const 1))) (then (return {ECHO})))
      (drop {_put(0, 1, 0, 64)}) (unreachable)"""
    plugin = stateful.load(guest(body, imports=STATE), name="hostile")
    for _ in range(2):
        error = strike(plugin, way)
        assert isinstance(error, GuestTrap)


def test_a_guest_sees_no_other_guests_state(stateful: Host, guest: Callable[..., bytes], evil: Message) -> None:
    writes = EXPECT.format(answer=0, call=_put(0, 6, 0, 8)) + ECHO
    reads = f"(if (i64.ne (i64.const 0) (call $kv_get (i32.const 0) (i32.const 6))) (then (unreachable))) {ECHO}"
    secret = '(data (i32.const 0) "secret42")'
    owner = stateful.load(guest(writes, imports=STATE, extra=secret), name="owner")
    thief = stateful.load(guest(reads, imports=STATE, extra=secret), name="thief")
    assert owner.process(evil).raise_for_error().state_change is not None
    assert thief.process(evil).raise_for_error().messages == (("out", evil),)


KEYS = {"a path": "../owner/secret", "a null": r"owner\00secret", "a wildcard": "%", "SQL": "' OR 1=1 --", "none": ""}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_no_key_leads_to_another_guests_state(
    stateful: Host, guest: Callable[..., bytes], evil: Message, key: str
) -> None:
    owner = guest(
        EXPECT.format(answer=0, call=_put(0, 6, 0, 8)) + ECHO, imports=STATE, extra='(data (i32.const 0) "secret42")'
    )
    assert stateful.load(owner, name="owner").process(evil).raise_for_error().state_change is not None
    read = f"(call $kv_get (i32.const 64) (i32.const {len(key) - 2 * key.count(chr(92))}))"
    body = f"(if (i64.ne (i64.const 0) {read}) (then (unreachable))) {ECHO}"
    thief = stateful.load(guest(body, imports=STATE, extra=f'(data (i32.const 64) "{key}")'), name="thief")
    assert thief.process(evil).raise_for_error().messages == (("out", evil),)


def test_state_without_the_permission_is_refused_with_the_reason(
    arena: Host, guest: Callable[..., bytes], evil: Message
) -> None:
    body = f"""{EXPECT.format(answer=1, call=_put(0, 1, 0, 1))}
      (if (i64.ne (i64.const 0) (call $kv_get (i32.const 0) (i32.const 1))) (then (unreachable))) {ECHO}"""
    outcome = arena.load(guest(body, imports=STATE), name="asker").process(evil).raise_for_error()
    assert outcome.messages == (("out", evil),)
    assert outcome.state_change is None
    refusals = _refusals(outcome)
    assert len(refusals) == 2
    assert all("state was not granted" in refusal for refusal in refusals)


URLS = {
    "a public host": "https://example.com/",
    "cloud metadata": "http://169.254.169.254/latest/meta-data/",
    "this machine": "http://127.0.0.1:1/",
    "this machine in disguise": "http://0x7f000001/",
    "this machine in IPv6": "http://[::ffff:127.0.0.1]/",
    "a file": "file:///etc/passwd",
    "no URL": "certainly not",
    "nothing": "",
    "a line break": r"http://example.com/\0d\0aHost: evil",
    "no UTF-8": r"http://\ff\fe/",
}


@pytest.mark.parametrize("granted", [(), ("*.example.org",)])
@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_the_network_is_refused_with_the_reason(
    arena: Host, guest: Callable[..., bytes], evil: Message, url: str, granted: tuple[str, ...]
) -> None:
    size = len(url) - 2 * url.count("\\")
    call = f"(call $req_http (i32.const 64) (i32.const {size}) (i32.const 0) (i32.const 0))"
    body = f"(if (i64.ne (i64.const 0) {call}) (then (unreachable))) {ECHO}"
    module = guest(body, imports=HTTP, extra=f'(data (i32.const 64) "{url}")')
    outcome = arena.load(module, name="caller", permissions=Permissions(http=granted)).process(evil).raise_for_error()
    assert outcome.messages == (("out", evil),)
    (refusal,) = _refusals(outcome)
    assert refusal.startswith("host refused: ")


def test_a_flood_of_refused_requests_leaves_a_bounded_log(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, evil: Message
) -> None:
    body = f"""(local $i i32) (loop $on (drop (call $kv_get (i32.const 0) (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $on (i32.lt_u (local.get $i) (i32.const 20000))))
      {ECHO}"""
    plugin = arena.load(guest(body, imports=STATE), name="asker", limits=roomy)
    outcome = plugin.process(evil)
    assert 0 < sum(len(record.text) for record in outcome.logs) < 2 * roomy.log_bytes
