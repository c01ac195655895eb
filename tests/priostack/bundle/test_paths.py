from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_adapters.priostack.bundle.handlers import parse_handler
from plugbay_adapters.priostack.bundle.paths import PathInvalid, join_paths, shape_of
from plugbay_adapters.priostack.bundle.suggestions import suggestion


@pytest.mark.parametrize(
    ("base", "path", "joined", "parameters"),
    [
        ("/", "/", "/", ()),
        ("/api/v1/users", "/", "/api/v1/users", ()),
        ("/api/v1/users/", "/", "/api/v1/users", ()),
        ("/api", "/{id}", "/api/{id}", ("id",)),
        ("/api", "/:id/", "/api/{id}", ("id",)),
        ("/t/{tenant}", "/:id/orders/{order}", "/t/{tenant}/{id}/orders/{order}", ("tenant", "id", "order")),
        ("/", "/a.b~c-d_e!$&'()+,;=@:f", "/a.b~c-d_e!$&'()+,;=@:f", ()),
    ],
)
def test_paths_are_joined_without_a_slash_at_the_end(
    base: str, path: str, joined: str, parameters: tuple[str, ...]
) -> None:
    found = join_paths(base, path)
    assert (found.text, found.parameters) == (joined, parameters)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "//",
        "/a//b",
        "/..",
        "/./a",
        "/a b",
        "/%41",
        "/{}",
        "/:",
        "/{a}b",
        "/{1}",
        "/{a{b}}",
        "/*",
        "/a?b",
        "/a#b",
        "/ü",
        "/a\x00",
        "/{a}/{a}",
        "/x" * 33,
        "/" + "x" * 1024,
    ],
)
def test_other_paths_are_refused_in_one_short_sentence(path: str) -> None:
    with pytest.raises(PathInvalid) as caught:
        join_paths("/", path)
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


def test_paths_of_one_shape_differ_in_names_of_parameters_only() -> None:
    assert shape_of("/a/{id}/b") == shape_of("/a/{name}/b") != shape_of("/a/id/b")


@given(st.text(alphabet="/:{}ab.*%é", max_size=20))
def test_a_joined_path_joins_to_itself(path: str) -> None:
    try:
        joined = join_paths("/", path)
    except PathInvalid:
        return
    assert join_paths("/", joined.text) == joined
    assert len(joined.parameters) == shape_of(joined.text).count("{}")


@pytest.mark.parametrize(
    ("text", "spelled"), [("func:a", "wasm:own:a"), ("wasm:s:f", "wasm:s:f"), ("wasm:a-b.c:_f$", "wasm:a-b.c:_f$")]
)
def test_handlers_are_read(text: str, spelled: str) -> None:
    assert str(parse_handler(text, "own")) == spelled


@given(st.text(max_size=30) | st.text(alphabet="wasmfunc:ab- ", max_size=20))
def test_any_other_text_is_no_handler(text: str) -> None:
    try:
        handler = parse_handler(text, "own")
    except ValueError:
        return
    assert parse_handler(str(handler)) == handler


def test_a_function_of_no_service_needs_a_service() -> None:
    with pytest.raises(ValueError, match="write wasm:SERVICE:FUNCTION"):
        parse_handler("func:a")


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("basepath", ["basePath", "endpoints"], "did you mean basePath?"),
        ("user_service", ["user-service"], "did you mean user-service?"),
        ("to", ["name", "toFunc"], "did you mean toFunc?"),
        ("zzz", ["name", "toFunc"], "keys are name, toFunc"),
        ("zzz", [], "there are no keys"),
        ("zzz", [f"a{i}" for i in range(20)], "keys are a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11 and 8 more"),
        ("", ["name"], "keys are name"),
    ],
)
def test_a_way_out_is_suggested(word: str, known: list[str], hint: str) -> None:
    assert suggestion(word, known, what="keys") == hint
