"""Which folders a plugin can be granted, and how the grants are spelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import ConfigInvalid
from plugbay.limits import Limits, limit_range
from plugbay.services.paths import PathGrant


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        ("/data", PathGrant("/data", "/data", writable=True)),
        ("ro:/data", PathGrant("/data", "/data")),
        ("data:/in", PathGrant("data", "/in", writable=True)),
        ("ro:data:in/puts/", PathGrant("data", "in/puts/")),
        (".:/", PathGrant(".", "/", writable=True)),
    ],
)
def test_a_grant_as_people_write_it(text: str, grant: PathGrant) -> None:
    assert PathGrant.parse(text) == grant


@pytest.mark.parametrize(
    "guest", ["", "//", "a//b", "/a/../b", "..", "a\0b", "/\0", "a" * 500 + "\0", "a/" * 500 + "/"]
)
def test_what_no_folder_is_called_is_refused_at_once(guest: str) -> None:
    with pytest.raises(ConfigInvalid):
        PathGrant("/data", guest)


@pytest.mark.parametrize("host", ["", "a\0b"])
def test_a_folder_of_the_host_needs_a_name(host: str) -> None:
    with pytest.raises(ConfigInvalid):
        PathGrant(host, "/data")


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1).filter(lambda name: name != "..")))
def test_every_path_of_names_is_one_that_a_plugin_can_see(names: list[str]) -> None:
    assert PathGrant("/data", "/" + "/".join(names)).host == "/data"


def test_a_limit_takes_both_ends_of_its_range() -> None:
    for end in limit_range("memory_pages"):
        assert Limits(memory_pages=int(end)).memory_pages == end
