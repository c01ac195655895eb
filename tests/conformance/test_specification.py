"""The reader of specifications takes what it must take, word for word, and refuses all else by its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_conformance.errors import SpecificationInvalid
from plugbay_conformance.specification import Level, Requirement, Specification
from plugbay_conformance.specification_text import parse_specification

FRONT = """\
# fluxrig gears, version 1

What a gear must do,
and what it should do.

## Profiles

| profile | what it is |
| --- | --- |
| core | may import env.log |
| extended | all of it |
"""
RULE = """
### FLX-001 · The result lies inside the memory

| level | profiles | source |
| --- | --- | --- |
| MUST | core, extended | fluxrig gear page, "Memory" |

The result's bytes lie inside the memory.

**Why:** the host reads them.
"""
GOOD = f"{FRONT}\n## Memory\n{RULE}"


def read(text: str) -> Specification:
    return parse_specification(text, "fluxrig", "spec/v1/fluxrig.md")


def refusal(text: str) -> str:
    with pytest.raises(SpecificationInvalid) as caught:
        read(text)
    return str(caught.value)


def test_a_requirement_is_read_word_for_word() -> None:
    specification = read(GOOD)
    assert (specification.version, specification.abi, specification.profiles) == ("1", "fluxrig", ("core", "extended"))
    assert specification.title == "fluxrig gears, version 1"
    assert specification.requirements == (
        Requirement(
            id="FLX-001",
            abi="fluxrig",
            level=Level.MUST,
            profiles=("core", "extended"),
            title="The result lies inside the memory",
            text="The result's bytes lie inside the memory.",
            source='fluxrig gear page, "Memory"',
            reason="the host reads them.",
        ),
    )


def test_a_profile_has_the_requirements_that_name_it() -> None:
    second = RULE.replace("FLX-001", "FLX-004").replace("core, extended", "extended")
    specification = read(GOOD + second)
    assert [requirement.id for requirement in specification.of_profile("core")] == ["FLX-001"]
    assert [requirement.id for requirement in specification.of_profile("extended")] == ["FLX-001", "FLX-004"]
    found = specification.requirement("FLX-004")
    assert found is not None
    assert found.profiles == ("extended",)
    assert specification.requirement("FLX-002") is None


def test_text_may_have_paragraphs_lists_and_code_with_a_hash_sign() -> None:
    text = "These hold:\n\n- one\n- two\n\n```text\n# no heading\n```"
    rule = RULE.replace("The result's bytes lie inside the memory.", text)
    assert read(FRONT + rule).requirements[0].text == text


def test_a_cell_may_hold_an_escaped_pipe() -> None:
    assert read(GOOD.replace('"Memory"', r"ptr \| len")).requirements[0].source == "fluxrig gear page, ptr | len"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("# fluxrig gears", "fluxrig gears", 1, "expected the title"),
        ("What a gear must do,\nand what it should do.\n", "", 4, "a paragraph below the title"),
        ("## Profiles", "## Kinds", 6, "expected ## Profiles"),
        ("| profile | what it is |", "| profile | what |", 8, "| profile | what it is |"),
        ("| --- | --- |\n| core", "| core", 9, "below the table's head"),
        ("| core | may", "| core | | may", 10, "2 filled cells"),
        ("| extended | all of it |", "| core | all of it |", 13, "each once"),
        ("### FLX-001 ·", "### FLX-1 ·", 15, "### FLX-000 · Title"),
        ("### FLX-001 ·", "### EXT-001 ·", 15, "### FLX-000 · Title"),
        ("### FLX-001 ·", "### FLX-001 -", 15, "### FLX-000 · Title"),
        ("### FLX-001 ·", "#### FLX-001 ·", 15, "expected a group"),
        ("| MUST |", "| MAY |", 19, "'MAY' is no level"),
        ("core, extended", "core, gear", 19, "there is no profile 'gear'"),
        ("core, extended", "core, core", 19, "named twice"),
        ("core, extended", "core,", 19, "there is no profile ''"),
        ("| level | profiles | source |", "| level | source | profiles |", 17, "| level | profiles | source |"),
        ("The result's bytes lie inside the memory.", "", 23, "does not say what must hold"),
        ("**Why:** the host reads them.", "", 24, "gives no reason"),
        ("**Why:** the host reads them.", "**Why:**", 24, "gives no reason"),
    ],
)
def test_what_is_not_written_as_it_must_be_is_refused_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    told = refusal(GOOD.replace(old, new, 1))
    assert told.startswith(f"spec/v1/fluxrig.md:{line}: ")
    assert words in told


def test_two_rows_of_facts_are_refused() -> None:
    row = '| MUST | core, extended | fluxrig gear page, "Memory" |\n'
    assert "one row" in refusal(GOOD.replace(row, row + row))


def test_an_id_is_never_used_twice_and_ids_rise() -> None:
    assert "FLX-001 stands after FLX-001" in refusal(GOOD + RULE)
    assert "FLX-000 stands after FLX-001" in refusal(GOOD + RULE.replace("FLX-001", "FLX-000"))


def test_a_text_without_requirements_is_refused() -> None:
    assert "no requirement" in refusal(FRONT)
    assert "title" in refusal("")


@given(st.text(alphabet="#| -·FLX01MUST,core\n*Why:`ab", max_size=300))
def test_any_text_is_read_or_refused_with_a_line_of_it(rest: str) -> None:
    text = GOOD + rest
    refused_at = 1
    try:
        assert read(text).requirements[0].id == "FLX-001"
    except SpecificationInvalid as error:
        refused_at = error.line
    assert 1 <= refused_at <= text.count("\n") + 1


_WORDS = st.text(alphabet="abc é|\"'.,:", min_size=1, max_size=30).map(str.strip).filter(lambda text: text.strip("|"))


@given(
    st.lists(st.integers(0, 999), min_size=1, max_size=5, unique=True),
    st.sampled_from(list(Level)),
    st.lists(st.sampled_from(["core", "extended"]), min_size=1, unique=True),
    _WORDS,
    _WORDS,
    _WORDS.filter(lambda text: not text.startswith("|")),
)
def test_what_is_written_is_read_again(
    numbers: list[int], level: Level, profiles: list[str], title: str, source: str, text: str
) -> None:
    wanted = tuple(
        Requirement(f"FLX-{number:03}", "fluxrig", level, tuple(profiles), title, text, source, "because")
        for number in sorted(numbers)
    )
    assert read(FRONT + "".join(written(requirement) for requirement in wanted)).requirements == wanted


def written(requirement: Requirement) -> str:
    """A requirement as people write it."""
    source = requirement.source.replace("|", "\\|")
    return (
        f"\n### {requirement.id} · {requirement.title}\n\n| level | profiles | source |\n| --- | --- | --- |\n"
        f"| {requirement.level} | {', '.join(requirement.profiles)} | {source} |\n\n"
        f"{requirement.text}\n\n**Why:** {requirement.reason}\n"
    )
