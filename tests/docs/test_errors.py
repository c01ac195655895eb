"""The page on errors lists the whole tree, in its order, with the builtins and the exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.cli.failure import exit_code
from plugbay.errors import BatchError, GuestExit, PlugbayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.docs.conftest import Page


def tree(kind: type[PlugbayError]) -> Iterator[type[PlugbayError]]:
    """A class and those below it, as ``errors.py`` draws them."""
    if kind.__module__ == PlugbayError.__module__:
        yield kind
        for below in kind.__subclasses__():
            yield from tree(below)


def builtin_of(kind: type[PlugbayError]) -> str:
    """The builtin exception that an error also is, written as in the table."""
    found = [base for base in kind.__mro__ if base.__module__ == "builtins" and base not in (Exception, BaseException)]
    return f"`{found[0].__name__}`" if found and found[0] is not object else ""


def example(kind: type[PlugbayError]) -> PlugbayError:
    if issubclass(kind, BatchError):
        return kind([PlugbayError("no")])
    if issubclass(kind, GuestExit):
        return kind("no", exit_code=1)
    return kind("no")


def test_every_error_is_listed_with_its_code_builtin_and_exit_code(page_at: Callable[[str], Page]) -> None:
    listed = [(row[0], row[1], row[2], row[5]) for row in page_at("docs/errors.md").rows("Table")]
    true = [
        (f"`{kind.code}`", f"`{kind.__name__}`", builtin_of(kind), str(exit_code(example(kind))))
        for kind in tree(PlugbayError)
    ]
    assert sorted(listed) == sorted(true)
    assert len({code for code, *_ in listed}) == len(listed), "codes are unique"


def test_every_row_says_what_it_means(page_at: Callable[[str], Page]) -> None:
    assert all(row[3] for row in page_at("docs/errors.md").rows("Table"))
