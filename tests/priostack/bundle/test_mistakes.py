from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugbay import Host
from plugbay.errors import ConfigInvalid
from plugbay_adapters.priostack.bundle.check import BundleCheck, check_bundle
from plugbay_adapters.priostack.bundle.loader import BundleLoader
from plugbay_adapters.priostack.bundle.problem import Place, Problem
from plugbay_adapters.priostack.errors import BundleInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.priostack.bundle.workshop import BundleFolder

B = "bundle.yaml"
U = "services/users.yaml"
R = "services/orders.yaml"

MISTAKES = tomllib.loads(Path(__file__).with_name("mistakes.toml").read_text("utf-8"))["mistake"]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host() as host:
        yield host


def problems_of(shop: BundleFolder, host: Host) -> list[str]:
    return [str(problem) for problem in check_bundle(shop.path, host).problems]


def test_the_bundle_that_mistakes_are_put_into_is_good(shop: BundleFolder, host: Host) -> None:
    assert problems_of(shop, host) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.get("problem", "allowed"))
def test_a_mistake_is_told_with_its_line_and_the_way_out(
    shop: BundleFolder, host: Host, mistake: dict[str, str]
) -> None:
    shop.replace(mistake["file"], mistake["old"], mistake["new"])
    problems = problems_of(shop, host)
    expected = mistake.get("problem")
    if expected is None:
        assert problems == []
    elif expected.endswith("…"):
        assert any(problem.startswith(expected[:-1]) for problem in problems), problems
    else:
        assert expected in problems


def test_all_mistakes_of_all_files_are_told_at_once_in_order(shop: BundleFolder, host: Host) -> None:
    shop.replace(B, "name: shop", "nme: shop").replace(U, "method: POST", "method: SEND").replace(
        U, "func:echo", "func:no"
    )
    shop.replace(R, "cooldown: 5m", "cooldown: soon").put("wasm/orders.wasm", None)
    assert [re.split(r": ", problem, maxsplit=1)[0] for problem in problems_of(shop, host)] == [
        "bundle.yaml:1", "bundle.yaml:1", f"{U}:7", f"{U}:11", f"{R}:1", f"{R}:11",
    ]  # fmt: skip


def test_a_service_that_cannot_be_read_makes_no_other_service_unknown(shop: BundleFolder, host: Host) -> None:
    shop.put(U, "name: [users\n")
    assert [problem.partition(": ")[0] for problem in problems_of(shop, host)] == [f"{U}:1"]


@pytest.mark.parametrize("content", ["", "# nothing\n", "---\n", "~\n"])
@pytest.mark.parametrize("file", [B, U])
def test_an_empty_file_is_told_as_empty(shop: BundleFolder, host: Host, file: str, content: str) -> None:
    shop.put(file, content)
    assert f"{file}: the file is empty (begin with name:)" in problems_of(shop, host)


@pytest.mark.parametrize(("content", "kind"), [("- a\n", "a list"), ("text\n", "a text")])
def test_a_file_that_is_no_mapping_is_told_what_it_is(shop: BundleFolder, host: Host, content: str, kind: str) -> None:
    shop.put(U, content)
    assert problems_of(shop, host)[0] == f"{U}:1: the file must be a mapping, not {kind} (begin with name:)"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (B, ""),
        (B, "name: shop\n"),
        (B, "name: shop\nservices: services/users.yaml\n"),
        (B, "name: shop\nservices:\n  - services/users.yaml\n"),
        (B, "name: shop\nservices:\n  - path: /services/users.yaml\n  - path: services/orders.yaml\n"),
        (U, ""),
        (U, "name: a b\n"),
        (U, "name: [\n"),
        (U, "name: users\napi:\n  endpoints:\n    name: listUsers\n"),
    ],
)
def test_nothing_is_said_to_be_of_no_service_while_services_cannot_be_read(
    shop: BundleFolder, host: Host, file: str, content: str
) -> None:
    shop.put(file, content)
    check = check_bundle(shop.path, host)
    assert len(check.problems) == 1
    assert check.notes == ()


def test_a_name_that_is_there_twice_is_suggested_once(shop: BundleFolder, host: Host) -> None:
    shop.replace("services/orders.yaml", "name: orders", "name: users").replace(U, "func:echo", "wasm:zebra:echo")
    (unknown,) = (problem for problem in problems_of(shop, host) if "zebra" in problem)
    assert unknown.endswith("the bundle has no service zebra (services are users)")


def test_optional_parts_may_be_missing_or_have_no_value(shop: BundleFolder, host: Host) -> None:
    shop.put(
        U,
        "name: users\ndescription:\nversion: null\napi:\n  endpoints:\n"
        "    - {name: e, method: GET, path: /e, to: func:echo}\nintents:\ngoals: ~\n",
    )
    check = check_bundle(shop.path, host)
    assert check.problems == ()
    assert check.routes[0].path == "/e"
    assert check.services[0].version == ""


def test_plain_texts_are_texts_whatever_yaml_would_make_of_them(shop: BundleFolder, host: Host) -> None:
    shop.replace(B, "version: 1.2.0", "version: 1.10").replace(B, "description: Things to test with", "description: on")
    shop.replace(U, "version: 1.0.0", "version: 010").replace(U, "name: getUser", "name: no")
    check = check_bundle(shop.path, host)
    assert check.document is not None
    assert (check.document.version, check.document.description) == ("1.10", "on")
    assert check.services[0].version == "010"
    assert check.routes[1].name == "no"


def test_a_literal_beside_a_parameter_is_no_conflict(shop: BundleFolder, host: Host) -> None:
    shop.replace(U, "goals:", "    - {name: me, method: GET, path: /me, to: func:echo}\ngoals:")
    assert problems_of(shop, host) == []


def test_the_same_path_with_another_method_is_no_conflict(shop: BundleFolder, host: Host) -> None:
    shop.replace(U, "goals:", "    - {name: put, method: PUT, path: '/:key', to: func:echo}\ngoals:")
    assert problems_of(shop, host) == []


def test_other_names_of_parameters_do_not_make_another_route(shop: BundleFolder, host: Host) -> None:
    shop.replace(R, "  basePath: /api/orders/", "  basePath: /api/users").replace(R, "/{id}", "/{number}")
    assert problems_of(shop, host) == [f"{R}:5: the route GET /api/users/{{number}} is there already: {U}:10"]


def test_intents_of_one_name_in_two_services_are_a_mistake(shop: BundleFolder, host: Host) -> None:
    intent = "intents:\n  - {name: restock, whenSensor: x, toFunc: func:echo, primitiveIntent: y}\ngoals:"
    shop.replace(U, "goals:", intent)
    assert problems_of(shop, host) == [f"{R}:7: the intent restock is there already: {U}:13"]


def test_aliases_tell_a_mistake_once(shop: BundleFolder, host: Host) -> None:
    goal = "goals:\n  - &g {name: a, metric: latency, target: soon}\n  - *g\n"
    shop.put(U, USERS_WITHOUT_GOALS + goal)
    problems = problems_of(shop, host)
    assert len([problem for problem in problems if "no target" in problem]) == 1


def test_merge_keys_fill_in_what_is_missing(shop: BundleFolder, host: Host) -> None:
    shop.put(
        R,
        "name: orders\napi:\n  endpoints:\n"
        "    - &one {name: one, method: GET, path: /one, to: func:echo}\n"
        "    - {<<: *one, name: two, path: /two}\n",
    )
    check = check_bundle(shop.path, host)
    assert check.problems == ()
    assert [(route.name, route.method, route.path) for route in check.routes[-2:]] == [
        ("one", "GET", "/one"),
        ("two", "GET", "/two"),
    ]


def test_more_endpoints_than_a_service_may_have_are_told_in_one_line(shop: BundleFolder, host: Host) -> None:
    shop.put(
        R,
        "name: orders\napi:\n  endpoints:\n    - &e {name: e, method: GET, path: /e, to: func:echo}\n"
        + "    - *e\n" * 1000,
    )
    assert problems_of(shop, host)[0] == f"{R}:4: endpoints has more than 1,000 items"


def test_an_error_names_few_mistakes_and_counts_the_rest() -> None:
    problems = [Problem(Place(B, line), "is wrong") for line in range(1, 51)]
    error = BundleInvalid("shop", problems)
    assert isinstance(error, ConfigInvalid)
    assert str(error).count("\n") == 21
    assert "shop has 50 mistakes" in str(error)
    assert "… and 30 more" in str(error)
    assert len(error.problems) == 50
    assert error.to_dict()["problems"][0] == {"file": B, "line": 1, "reason": "is wrong"}  # type: ignore[index] # a list


def test_one_mistake_is_counted_as_one() -> None:
    assert str(BundleInvalid("shop", [Problem(Place(B), "is wrong", "mend it")])) == (
        "shop has 1 mistake:\n  bundle.yaml: is wrong (mend it)"
    )


def test_loading_a_bundle_with_mistakes_raises_all_of_them(shop: BundleFolder, host: Host) -> None:
    shop.replace(U, "method: POST", "method: SEND").replace(R, "retries: 3", "retries: x")
    loader = BundleLoader(shop.path, host, limits=host.limits, instances=1, waiting=1)
    with pytest.raises(BundleInvalid) as caught:
        loader.load()
    assert [str(problem.place) for problem in caught.value.problems] == [f"{U}:7", f"{R}:12"]


def test_a_services_file_that_nobody_lists_is_noted(shop: BundleFolder, host: Host) -> None:
    shop.put("services/old.yaml", "name: old\n").put("services/README.md", "# read me\n")
    check: BundleCheck = check_bundle(shop.path, host)
    assert check.problems == ()
    assert [str(note) for note in check.notes] == [
        "services/old.yaml: the bundle does not list this service "
        "(add - path: services/old.yaml to bundle.yaml, or remove the file)"
    ]


def test_a_service_that_does_nothing_is_noted(shop: BundleFolder, host: Host) -> None:
    shop.put(R, "name: orders\n")
    assert [str(note) for note in check_bundle(shop.path, host).notes] == [
        f"{R}:1: the service has neither endpoints nor intents"
    ]


USERS_WITHOUT_GOALS = "name: users\n"
