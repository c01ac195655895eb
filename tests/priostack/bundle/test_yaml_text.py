from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugbay_adapters.priostack.bundle.nodes import Entry, Listing, Node, Scalar, Table
from plugbay_adapters.priostack.bundle.problem import Problem
from plugbay_adapters.priostack.bundle.yaml_text import MOST_BYTES, MOST_DEPTH, read_yaml


def read(text: str | bytes) -> tuple[Node | None, list[Problem]]:
    problems: list[Problem] = []
    return read_yaml(text.encode() if isinstance(text, str) else text, "f.yaml", problems), problems


def plain(node: Node | None) -> object:
    """A node as plain values."""
    match node:
        case Scalar():
            return node.text
        case Listing():
            return [plain(item) for item in node.items]
        case Table():
            return {key: plain(entry.value) for key, entry in node.entries.items()}
        case None:
            return None


def value(text: str) -> object:
    node, problems = read(text)
    assert problems == []
    return plain(node)


def mistake(text: str | bytes) -> str:
    _, problems = read(text)
    assert len(problems) == 1
    return str(problems[0])


def test_every_key_and_value_has_its_line() -> None:
    node, _ = read("# one\na: x\nb:\n  - y\n  -\n    c: |\n      z\n    d: {e: 1,\n      f: 2}\n")
    assert node == Table(
        {
            "a": Entry("a", 2, Scalar("x", 2, plain=True)),
            "b": Entry(
                "b",
                3,
                Listing(
                    (
                        Scalar("y", 4, plain=True),
                        Table(
                            {
                                "c": Entry("c", 6, Scalar("z\n", 6, plain=False)),
                                "d": Entry(
                                    "d",
                                    8,
                                    Table(
                                        {
                                            "e": Entry("e", 8, Scalar("1", 8, plain=True)),
                                            "f": Entry("f", 9, Scalar("2", 9, plain=True)),
                                        },
                                        8,
                                    ),
                                ),
                            },
                            6,
                        ),
                    ),
                    4,
                ),
            ),
        },
        2,
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_by_any_line_end(line_end: str) -> None:
    _, problems = read(line_end.join(["a: 1", "b: 2", "a: 3"]))
    assert str(problems[0]) == "f.yaml:3: the key 'a' is here twice, first on line 1"


def test_characters_that_yaml_takes_for_line_ends_do_not_shift_lines() -> None:
    _, problems = read('a: "x\u2028y\x85z"\na: 2\n')
    assert str(problems[0]) == "f.yaml:2: the key 'a' is here twice, first on line 1"


def test_a_byte_order_mark_is_skipped() -> None:
    assert plain(read("a: 1\n".encode("utf-8-sig"))[0]) == {"a": "1"}


@pytest.mark.parametrize(
    "text", ["on", "no", "yes", "1:30", "010", "0x1F", "1_000", ".inf", "2024-01-01", "1e3", "=", "+1"]
)
def test_scalars_are_the_texts_that_they_are_written_as(text: str) -> None:
    assert value(f"a: {text}\n{text}: b\n") == {"a": text, text: "b"}


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        (
            "a: > 100/s\n",
            "1: this is no YAML: expected a comment or",
            "a text that begins with > or |, such as '> 100/s'",
        ),
        ("a:\n\tb: 1\n", "2: this is no YAML: found character '\\t'", "indent with spaces: YAML allows no tabs there"),
        ("a: b: c\n", "1: this is no YAML: mapping values", "and quote a text with a colon and a space in it"),
        ("a: 1\n b: 2\n", "2: this is no YAML: mapping values", "and quote a text with a colon and a space in it"),
        ("a: @x\n", "1: this is no YAML: found character '@'", "a text that begins with one of % @ ` | > & * ! { ["),
        ("a:\n  'x\n\n\n", "2: this is no YAML: found unexpected end", "a quote, bracket or brace is not closed"),
        ("a: {to: func: no}\n", "1: this is no YAML: expected ',' or '}'", "quote a text with a colon in it"),
        ('a: {b: "c}\nd: {e: "f"}\n', "2: this is no YAML: expected ',' or '}'", "quote a text with a colon in it"),
        ("a: 1\nb: {c: d\n", "2: this is no YAML: expected ',' or '}'", "a quote, bracket or brace is not closed"),
        ("a: {b}/c\n", "1: this is no YAML: expected <block end>", "and quote a text that begins with { or ["),
        ("a: 1\n---\nb: 2\n", "2: a second document begins here", "remove what follows ---"),
        ("? [a]\n: b\n", "1: a list or mapping can't be a key", "quote a text that begins with { or ["),
        ("a: &x [1]\n? *x\n: b\n", "1: a list or mapping can't be a key", ""),
        ("a: *b\n", "1: the alias *b names nothing before it", "quote a text that begins with *"),
        ("a: &a [*a]\n", "1: the alias *a names nothing before it", "quote a text that begins with *"),
        ("a: !!python/object:os.system x\n", "1: the tag 'tag:yaml.org,2002:python/object:os.system' is", "with !"),
        ("a: !x {}\n", "1: the tag '!x' is not allowed", "remove it, or quote a text that begins with !"),
        (
            'a: "\\ud83d\\ude00"\n',
            "1: \\ud83d is half a character",
            "write the character itself, or \\U and its 8 digits",
        ),
        ("<<: x\n", "1: << takes a mapping, or a list of them", "name one with an alias: <<: *name"),
        ("a: 1\n\x07", "2: the character U+0007 is not allowed in YAML", "remove it"),
        (b"a: 1\nb: \xff\n", "2: the file is not UTF-8: byte 0xff", "save it as UTF-8"),
        ("a: 1\n".encode("utf-16"), "1: the file is not UTF-8: byte 0xff", "save it as UTF-8"),
    ],
)
def test_what_is_not_taken_is_told_with_its_line_and_the_way_out(text: str | bytes, problem: str, hint: str) -> None:
    told = mistake(text)
    assert told.startswith(f"f.yaml:{problem}")
    assert told.endswith(f"{hint})" if hint else "key")


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "~", "null"])
def test_a_file_without_a_value_is_empty(text: str) -> None:
    assert mistake(text) == "f.yaml: the file is empty (begin with name:)"


def test_a_file_that_is_too_long_is_not_parsed() -> None:
    assert mistake(b"{" * (MOST_BYTES + 1)) == "f.yaml: the file has over 256 KiB (split it into several services)"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_nesting_is_bounded(opening: str) -> None:
    node, problems = read(opening * 5000)
    assert node is None
    assert len(problems) == 1


def test_nesting_up_to_the_bound_is_taken() -> None:
    assert read("[" * MOST_DEPTH + "]" * MOST_DEPTH)[1] == []
    assert (
        mistake("[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1)) == "f.yaml:1: values are nested deeper than 16 levels"
    )


def test_a_bomb_of_aliases_copies_nothing() -> None:
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 1000))]
    node, problems = read("\n".join(lines))
    assert problems == []
    assert isinstance(node, Table)
    last = node.entries["a999"].value
    assert isinstance(last, Listing)
    assert len({id(item) for item in last.items}) == 1


def test_a_bomb_of_merge_keys_is_refused() -> None:
    base = "a: &a {" + ", ".join(f"k{i}: v" for i in range(1000)) + "}\n"
    assert mistake(base + "".join(f"b{i}: {{<<: *a}}\n" for i in range(1000))) == (
        "f.yaml:12: merge keys copy more than 10,000 entries"
    )


def test_a_merge_key_fills_in_and_its_own_entries_win() -> None:
    assert value("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 5\n") == {
        "a": {"x": "1", "y": "2"},
        "b": {"y": "3", "z": "4"},
        "c": {"x": "5", "y": "2", "z": "4"},
    }


def test_a_quoted_merge_key_is_a_key() -> None:
    assert value('"<<": x\n') == {"<<": "x"}


@given(st.text(max_size=200) | st.text(alphabet="ab:-[]{}&*!|>'\"?,#\n \t%@<", max_size=60))
def test_any_text_is_read_or_refused_with_one_problem_at_least(text: str) -> None:
    node, problems = read(text.encode("utf-8", "surrogatepass"))
    assert node is not None or problems
    lines = text.count("\n") + text.count("\r") + 1
    assert all(0 <= problem.place.line <= lines for problem in problems)


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    node, problems = read(data)
    assert node is not None or problems


_KEYS = st.text(alphabet="abcdefgh", min_size=1, max_size=4)
_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=12)
_VALUES = st.recursive(
    _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=4), st.booleans())
def test_what_is_written_as_yaml_is_read_as_it_was(document: dict[str, object], flow: bool) -> None:
    text = yaml.safe_dump(document, allow_unicode=True, default_flow_style=flow, default_style='"', width=10_000)
    assert value(text.replace('!!null ""', '""')) == document
