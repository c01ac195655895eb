"""The table that workers share."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import ConfigInvalid
from plugbay_adapters.priostack.goals.board import NAME_BYTES, PAGE, Board, Shape

SHAPE = Shape(records=4, record_bytes=64)


def shared(path: Path, slot: int = 0, slots: int = 2, shape: Shape = SHAPE, now: float = 1.0) -> Board:
    return Board.shared(path, shape, slot=slot, slots=slots, now=now)


def taken(board: Board, name: str) -> memoryview:
    record = board.record(name)
    assert record is not None
    return record


def test_a_new_record_is_empty_and_the_same_one_is_given_again() -> None:
    board = Board.private(SHAPE, now=0.0)
    record = taken(board, "users")
    assert bytes(record) == bytes(64)
    record[3] = 7
    assert taken(board, "users")[3] == 7
    assert taken(board, "orders")[3] == 0


def test_every_worker_reads_the_records_of_all(tmp_path: Path) -> None:
    first, second = shared(tmp_path / "b", 0), shared(tmp_path / "b", 1)
    taken(first, "users")[0] = 1
    taken(second, "orders")[0] = 9
    taken(second, "users")[0] = 2
    for board in (first, second):
        assert sorted(copy[0] for copy in board.copies("users")) == [1, 2]
        assert sorted((slot, name, record[0]) for slot, name, record in board.all()) == [
            (0, "users", 1),
            (1, "orders", 9),
            (1, "users", 2),
        ]
        board.close()
        board.close()


def test_a_worker_that_takes_the_place_of_a_dead_one_goes_on_with_its_numbers(tmp_path: Path) -> None:
    first = shared(tmp_path / "b")
    taken(first, "users")[0] = 1
    taken(first, "orders")[0] = 5
    first.close()
    again = shared(tmp_path / "b", now=99.0)
    assert (taken(again, "users")[0], taken(again, "orders")[0]) == (1, 5)
    assert taken(again, "new")[0] == 0
    assert len(again.copies("users")) == 1
    assert again.made_at == 1.0
    again.close()


def test_a_worker_that_died_while_it_named_a_record_leaves_the_others_their_places(tmp_path: Path) -> None:
    first = shared(tmp_path / "b")
    for name in ("a", "b", "c"):
        taken(first, name)[0] = ord(name)
    first.close()
    with (tmp_path / "b").open("r+b") as file:
        file.seek(2 * PAGE + 256)  # the length of the second name
        file.write(bytes(8))
    again = shared(tmp_path / "b")
    assert taken(again, "new")[0] == 0
    assert (taken(again, "a")[0], taken(again, "c")[0]) == (ord("a"), ord("c"))
    assert sorted(name for _, name, _ in again.all()) == ["a", "c", "new"]
    again.close()


@pytest.mark.parametrize("file", [False, True])
def test_no_more_records_than_the_shape_has_are_given(tmp_path: Path, file: bool) -> None:
    board = shared(tmp_path / "b") if file else Board.private(SHAPE, now=0.0)
    for name in "abcd":
        taken(board, name)[0] = 1
    assert board.record("e") is None
    assert board.record("a") is not None
    renamed = board.rename("b", "e")
    assert renamed[0] == 0
    assert board.copies("b") == []
    assert [name for _, name, _ in board.all()] == ["a", "e", "c", "d"]
    board.close()


@given(st.lists(st.text(max_size=300), max_size=4, unique=True))
def test_any_name_can_be_had(names: list[str]) -> None:
    board = Board.private(SHAPE, now=0.0)
    for number, name in enumerate(names):
        taken(board, name)[0] = number + 1
    for number, name in enumerate(names):
        assert [copy[0] for copy in board.copies(name)] == ([number + 1] if name else [])


def test_long_names_that_begin_alike_are_told_apart() -> None:
    board = Board.private(SHAPE, now=0.0)
    one, other = "x" * NAME_BYTES + "1", "x" * NAME_BYTES + "2"
    taken(board, one)[0] = 1
    taken(board, other)[0] = 2
    assert [copy[0] for copy in board.copies(one)] == [1]


def spoil(path: Path, how: str) -> None:
    match how:
        case "text":
            path.write_bytes(b"not a board at all")
        case "zeros":
            path.write_bytes(bytes(PAGE + 2 * SHAPE.slot_bytes))
        case "another number of workers":
            shared(path, slots=3).close()
        case "another shape":
            shared(path, shape=Shape(5, 64)).close()
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to("/dev/null")
        case _:
            os.mkfifo(path)


@pytest.mark.parametrize(
    "how", ["text", "zeros", "another number of workers", "another shape", "folder", "link", "pipe"]
)
def test_a_file_that_is_another_thing_is_refused(tmp_path: Path, how: str) -> None:
    spoil(tmp_path / "b", how)
    with pytest.raises(ConfigInvalid, match="share measurements"):
        shared(tmp_path / "b")


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="No such file or directory"):
        shared(tmp_path / "missing" / "b")


@pytest.mark.parametrize("slot", [-1, 2])
def test_a_worker_that_is_none_of_them_is_refused(tmp_path: Path, slot: int) -> None:
    with pytest.raises(ConfigInvalid, match="is none of 2"):
        shared(tmp_path / "b", slot)


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    shared(tmp_path / "b").close()
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600


def test_the_file_takes_space_only_for_records_in_use(tmp_path: Path) -> None:
    shape = Shape(records=100, record_bytes=256 * 1024)
    board = shared(tmp_path / "b", shape=shape)
    taken(board, "users")
    board.close()
    assert (tmp_path / "b").stat().st_blocks * 512 < 2 * 1024 * 1024


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from plugbay_adapters.priostack.goals.board import Board, Shape
board = Board.shared(Path(sys.argv[1]), Shape(8, 1 << 20), slot=0, slots=1, now=0.0)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
for name in "abc":
    try:
        board.record(name)[100] = 1
        print("taken")
    except OSError as error:
        print("refused")
"""


def test_a_disk_without_space_is_an_error_and_not_the_end_of_the_process(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "b")], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout.split()) == (0, ["refused"] * 3), done.stderr
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1 << 20


def test_a_slot_lives_as_long_as_its_process(tmp_path: Path) -> None:
    board = shared(tmp_path / "b", 0, 3)
    code = "import sys; from pathlib import Path\n" + (
        "from plugbay_adapters.priostack.goals.board import Board, Shape\n"
        "Board.shared(Path(sys.argv[1]), Shape(4, 64), slot=1, slots=3, now=0.0); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "b")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        assert board.living() == {0, 1}
        other.kill()
        other.wait()
    assert board.living() == {0}
    board.close()


def test_what_a_broken_writer_left_is_not_read_beyond_the_slot(tmp_path: Path) -> None:
    shared(tmp_path / "b", 1).close()
    with (tmp_path / "b").open("r+b") as file:
        file.seek(PAGE + SHAPE.slot_bytes + 8)
        file.write(b"\xff" * (PAGE - 8 + SHAPE.directory_bytes))
    board = shared(tmp_path / "b")
    assert list(board.all()) == []
    with (tmp_path / "b").open("r+b") as file:
        file.seek(PAGE + SHAPE.slot_bytes)
        file.write(b"\xff" * 8)
    assert board.living() == {0}
    taken(board, "users")
    assert [name for _, name, _ in board.all()] == ["users"]
    board.close()
