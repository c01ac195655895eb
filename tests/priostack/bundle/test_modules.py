from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from tests.priostack.bundle.workshop import module, open_plugins

from plugbay import Host, Limits
from plugbay_adapters.priostack.bundle.check import check_bundle

if TYPE_CHECKING:
    from tests.priostack.bundle.workshop import BundleFolder

USERS = "services/users.yaml"
GEAR_IS = "wasm/orders.wasm is a fluxrig gear, which takes fluxMsgs in CBOR: "


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host() as host:
        yield host


def problems_of(shop: BundleFolder, host: Host, limits: Limits | None = None) -> list[str]:
    return [str(problem) for problem in check_bundle(shop.path, host, limits=limits).problems]


def test_a_missing_module_is_told_at_its_service(shop: BundleFolder, host: Host) -> None:
    shop.put("wasm/users.wasm", None)
    assert problems_of(shop, host) == [
        f"{USERS}:1: the service has no module wasm/users.wasm (build it, and put it into the folder wasm)"
    ]


def test_a_misnamed_module_is_suggested(shop: BundleFolder, host: Host) -> None:
    (shop.path / "wasm" / "users.wasm").rename(shop.path / "wasm" / "Users.wasm")
    check = check_bundle(shop.path, host)
    assert [str(problem) for problem in check.problems] == [
        f"{USERS}:1: the service has no module wasm/users.wasm (did you mean Users.wasm?)"
    ]
    assert [str(note) for note in check.notes] == ["wasm/Users.wasm: no service has this module (did you mean users?)"]


def test_an_extra_module_is_noted(shop: BundleFolder, host: Host) -> None:
    shop.put("wasm/zebra.wasm", module())
    check = check_bundle(shop.path, host)
    assert check.good
    assert [str(note) for note in check.notes] == [
        "wasm/zebra.wasm: no service has this module (services are users, orders)"
    ]


def test_a_service_whose_handlers_are_all_of_others_needs_no_module(shop: BundleFolder, host: Host) -> None:
    shop.put("wasm/orders.wasm", None).replace("services/orders.yaml", "wasm:orders:echo", "wasm:users:echo")
    check = check_bundle(shop.path, host)
    assert check.problems == ()
    assert [service.module is None for service in check.services] == [False, True]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "wasm/users.wasm is empty (build the module again)"),
        (b"not wasm at all", "wasm/users.wasm can't be hosted: "),
        (b"\0asm\1\0\0\0", "wasm/users.wasm can't be hosted: no adapter claims the module; priostack: no: "),
    ],
)
def test_what_is_no_module_is_told_at_its_service(shop: BundleFolder, host: Host, data: bytes, reason: str) -> None:
    shop.put("wasm/users.wasm", data)
    problems = problems_of(shop, host)
    assert len(problems) == 1
    assert problems[0].startswith(f"{USERS}:1: {reason}")
    assert "--abi" not in problems[0]


def test_a_module_over_the_limit_is_never_read_whole(shop: BundleFolder, host: Host) -> None:
    with (shop.path / "wasm" / "users.wasm").open("wb") as file:
        file.truncate(5 * 1024 * 1024 * 1024)
    assert problems_of(shop, host, Limits(module_bytes=1024 * 1024)) == [
        f"{USERS}:1: wasm/users.wasm has over 1,024 KiB"
    ]


def test_all_modules_and_handlers_are_judged_at_once(shop: BundleFolder, host: Host) -> None:
    shop.put("wasm/orders.wasm", b"broken").replace(USERS, "wasm:users:createUser", "wasm:users:makeUser")
    assert [problem.partition(": ")[0] for problem in problems_of(shop, host)] == [
        f"{USERS}:7",
        "services/orders.yaml:1",
    ]


def test_two_spellings_at_once_are_told(shop: BundleFolder, host: Host) -> None:
    shop.put("wasm/users.wasm", module(create_user="{}", createUser="{}"))
    assert problems_of(shop, host) == [
        f"{USERS}:7: wasm/users.wasm: createUser may mean createUser or create_user, and the module exports them all "
        "(export only one of them)",
        "services/orders.yaml:9: wasm/users.wasm: createUser may mean createUser or create_user, and the module "
        "exports them all (export only one of them)",
    ]


def test_a_raw_wasm_bindgen_module_is_refused_with_the_way_out(
    shop: BundleFolder, host: Host, wat: Callable[[str], bytes]
) -> None:
    raw = '(module (import "__wbindgen_placeholder__" "x" (func)) (memory (export "memory") 1))'
    shop.put("wasm/users.wasm", wat(raw))
    (problem,) = problems_of(shop, host)
    assert "wasm-bindgen has not been run on it" in problem
    assert "run wasm-bindgen" in problem


def test_a_go_module_for_javascript_is_refused_with_the_way_out(
    shop: BundleFolder, host: Host, wat: Callable[[str], bytes]
) -> None:
    shop.put("wasm/users.wasm", wat('(module (import "gojs" "runtime.wasmExit" (func (param i32))))'))
    (problem,) = problems_of(shop, host)
    assert "GOOS=wasip1" in problem


def test_a_fluxrig_gear_is_refused_with_the_evidence(
    shop: BundleFolder, host: Host, gear: Callable[..., bytes]
) -> None:
    shop.put("wasm/orders.wasm", gear()).replace("services/orders.yaml", "wasm:orders:echo", "wasm:orders:process")
    (problem,) = problems_of(shop, host)
    assert problem.startswith(f"services/orders.yaml:1: {GEAR_IS}")
    assert problem.endswith("(a bundle takes functions of JSON: if process is one, give it another name)")
    assert "process" in problem


def test_a_module_with_a_gears_function_beside_others_is_hosted_for_the_others(shop: BundleFolder, host: Host) -> None:
    shop.put("wasm/orders.wasm", module(process="{}"))
    check = check_bundle(shop.path, host)
    assert check.problems == ()
    assert check.routes[-1].target.convention == "packed"


def test_an_extism_plugin_is_hosted(shop: BundleFolder, host: Host, wat: Callable[[str], bytes]) -> None:
    plugin = """(module
      (import "extism:host/env" "output_set" (func $set (param i64 i64)))
      (import "extism:host/env" "input_offset" (func $offset (result i64)))
      (import "extism:host/env" "input_length" (func $length (result i64)))
      (memory (export "memory") 1)
      (func (export "echo") (result i32) (call $set (call $offset) (call $length)) (i32.const 0)))"""
    shop.put("wasm/orders.wasm", wat(plugin))
    check = check_bundle(shop.path, host)
    assert check.problems == ()
    target = check.routes[-1].target
    assert (target.abi, target.export, target.convention) == ("extism", "echo", None)


def test_nothing_stays_open_after_a_check(shop: BundleFolder, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), Host() as host:
        for change in (None, "createUsr"):
            if change is not None:
                shop.replace(USERS, "wasm:users:createUser", f"wasm:users:{change}")
            check_bundle(shop.path, host)
            assert open_plugins(host) == 0


def test_the_check_as_plain_values_has_all_of_it(shop: BundleFolder, host: Host) -> None:
    facts = check_bundle(shop.path, host).to_dict()
    assert facts["good"] is True
    assert (facts["name"], facts["version"], facts["description"]) == ("shop", "1.2.0", "Things to test with")
    assert facts["routes"] == [
        {
            "service": service,
            "name": name,
            "method": method,
            "path": path,
            "target": {"handler": handler, "export": export, "abi": "priostack", "convention": "packed"},
        }
        for service, name, method, path, handler, export in (
            ("users", "createUser", "POST", "/api/users", "wasm:users:createUser", "create_user"),
            ("users", "getUser", "GET", "/api/users/{id}", "wasm:users:echo", "echo"),
            ("orders", "get", "GET", "/api/orders/{id}", "wasm:orders:echo", "echo"),
        )
    ]
    assert facts["intents"] == [
        {
            "service": "orders",
            "name": "restock",
            "sensor": "stockLow",
            "primitive": "workflow",
            "cooldown": 300.0,
            "retries": 3,
            "expected_duration": 1.5,
            "expires_in": 5400.0,
            "target": {
                "handler": "wasm:users:createUser",
                "export": "create_user",
                "abi": "priostack",
                "convention": "packed",
            },
        }
    ]
    assert facts["goals"] == [
        {"service": "users", "name": "fast", "metric": "latency", "target": "p99 < 50ms", "description": "Quick"}
    ]


def test_a_check_with_mistakes_as_plain_values_has_them(shop: BundleFolder, host: Host) -> None:
    shop.replace("bundle.yaml", "name: shop", "name:").put("services/old.yaml", "name: old\n")
    facts = check_bundle(shop.path, host).to_dict()
    assert facts["good"] is False
    assert facts["problems"] == [{"file": "bundle.yaml", "line": 1, "reason": "name has no value"}]
    assert "routes" not in facts
