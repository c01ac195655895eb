"""Operations of many threads in few commits, none of which harms another."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from plugbay_adapters.priostack.errors import SensorQueueUnusable
from plugbay_adapters.priostack.intents import timekeeping
from plugbay_adapters.priostack.intents import transactions as transactions_module
from plugbay_adapters.priostack.intents.operation import Transaction
from plugbay_adapters.priostack.intents.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def make_table(transaction: Transaction) -> None:
    transaction.connection.execute("CREATE TABLE t (x)")
    transaction.connection.execute("UPDATE totals SET served = 0")  # making a table alone does not count as a change


@pytest.fixture
def transactions(queue_path: Path) -> Iterator[Transactions]:
    made = Transactions(str(queue_path), 5.0, lambda: 1)
    made.write(make_table, durable=False)
    yield made
    made.close()


def add(value: int) -> Callable[[Transaction], int]:
    def operation(transaction: Transaction) -> int:
        transaction.connection.execute("INSERT INTO t VALUES (?)", (value,))
        return value

    return operation


def values(transactions: Transactions) -> list[int]:
    return transactions.read(
        lambda transaction: [value for (value,) in transaction.connection.execute("SELECT x FROM t ORDER BY x")]
    )


def together(transactions: Transactions, *operations: Callable[[Transaction], object]) -> list[object]:
    """Run the operations in one commit: they come while another transaction is in the middle."""
    results: list[object] = [None] * len(operations)
    inside, go = threading.Event(), threading.Event()

    def first(_: Transaction) -> None:
        inside.set()
        assert go.wait(30)

    def work(position: int, operation: Callable[[Transaction], object]) -> None:
        try:
            results[position] = transactions.write(operation, durable=True)
        except Exception as error:  # noqa: BLE001 # whatever it is, the test looks at it
            results[position] = error

    leader = threading.Thread(target=transactions.write, args=(first,), kwargs={"durable": False})
    leader.start()
    assert inside.wait(30)
    threads = [threading.Thread(target=work, args=entry) for entry in enumerate(operations)]
    pending = transactions._pending  # pyright: ignore[reportPrivateUsage] # to know that all have come
    for count, thread in enumerate(threads, 1):
        thread.start()
        while len(pending) < count:
            pass
    go.set()
    for thread in [leader, *threads]:
        thread.join(30)
    return results


def test_operations_that_come_together_are_committed_together(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    mark = timekeeping.mark_time

    def counted(connection: sqlite3.Connection, now: int) -> None:
        commits.append(1)
        mark(connection, now)

    monkeypatch.setattr(transactions_module, "mark_time", counted)
    assert together(transactions, *(add(number) for number in range(50))) == list(range(50))
    assert values(transactions) == list(range(50))
    assert len(commits) == 1


def test_an_operation_that_fails_undoes_itself_and_no_other(transactions: Transactions) -> None:
    def fails(transaction: Transaction) -> None:
        add(99)(transaction)
        raise LookupError("no")

    first, second, third = together(transactions, add(1), fails, add(3))
    assert (first, third) == (1, 3)
    assert isinstance(second, LookupError)
    assert values(transactions) == [1, 3]


def test_an_operation_that_breaks_the_commit_harms_no_other(transactions: Transactions) -> None:
    def breaks(transaction: Transaction) -> None:
        add(99)(transaction)
        transaction.connection.execute("INSERT INTO missing VALUES (1)")

    first, second, third = together(transactions, add(1), breaks, add(3))
    assert (first, third) == (1, 3)
    assert isinstance(second, SensorQueueUnusable)
    assert isinstance(second.__cause__, sqlite3.Error)
    assert values(transactions) == [1, 3]


@pytest.fixture
def interrupts(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What ended threads, instead of a warning."""
    seen: list[BaseException] = []

    def note(args: threading.ExceptHookArgs) -> None:
        assert args.exc_value is not None
        seen.append(args.exc_value)

    monkeypatch.setattr(threading, "excepthook", note)
    return seen


def check_only_the_leader_has_no_answer(transactions: Transactions, results: list[object]) -> None:
    assert results.count(None) == 1
    assert set(values(transactions)) == {value for value in results if value is not None}


def test_a_caller_interrupted_in_the_middle_takes_nobody_with_it(
    transactions: Transactions, interrupts: list[BaseException]
) -> None:
    interrupted = threading.Event()

    def interrupts_once(transaction: Transaction) -> int:
        add(2)(transaction)
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt
        return 2

    results = together(transactions, add(1), interrupts_once, add(3))
    assert [type(error) for error in interrupts] == [KeyboardInterrupt]
    check_only_the_leader_has_no_answer(transactions, results)


def test_a_caller_interrupted_before_it_began_takes_nobody_with_it(
    transactions: Transactions, interrupts: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = transactions_module._identity  # pyright: ignore[reportPrivateUsage] # the first thing that a commit does
    calls = iter(range(1000))

    def interrupted(path: str) -> tuple[int, int] | None:
        if next(calls) == 1:  # the first is that of the transaction for which the others wait
            raise KeyboardInterrupt
        return identity(path)

    monkeypatch.setattr(transactions_module, "_identity", interrupted)
    results = together(transactions, add(1), add(2), add(3))
    assert [type(error) for error in interrupts] == [KeyboardInterrupt]
    check_only_the_leader_has_no_answer(transactions, results)


def test_a_leader_that_was_lost_is_replaced(transactions: Transactions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions_module, "_LEADER_LOST", 0.001)
    transactions._is_led = True  # pyright: ignore[reportPrivateUsage] # as an interrupt at the wrong moment leaves it
    assert transactions.write(add(1), durable=True) == 1


def test_an_operation_that_writes_nothing_commits_nothing(transactions: Transactions, queue_path: Path) -> None:
    log = queue_path.with_name(queue_path.name + "-wal")
    before = log.stat().st_size
    for _ in range(100):
        transactions.write(lambda transaction: transaction.now, durable=True)
    assert log.stat().st_size == before


def test_reading_changes_nothing(transactions: Transactions) -> None:
    transactions.read(add(1))
    assert values(transactions) == []


def test_an_error_of_a_reader_is_its_own(transactions: Transactions) -> None:
    with pytest.raises(ZeroDivisionError):
        transactions.read(lambda _: 1 // 0)
    assert values(transactions) == []


def test_a_failed_transaction_in_memory_is_undone_and_the_next_one_works() -> None:
    transactions = Transactions(None, 5.0, lambda: 1)
    transactions.write(make_table, durable=False)

    def breaks(transaction: Transaction) -> None:
        add(99)(transaction)
        transaction.connection.execute("INSERT INTO missing VALUES (1)")

    with pytest.raises(SensorQueueUnusable, match="in memory failed"):
        transactions.write(breaks, durable=True)
    assert transactions.write(add(1), durable=True) == 1
    assert values(transactions) == [1]
    transactions.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_that_is_forked_in_the_middle_of_commits_is_not_held_up(transactions: Transactions) -> None:
    stop = threading.Event()

    def keep_busy() -> None:
        while not stop.is_set():
            transactions.write(add(1), durable=False)

    threads = [threading.Thread(target=keep_busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    codes: list[int] = []
    for _ in range(10):
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)  # a child that hangs is killed by it
            code = 1
            try:
                code = 0 if transactions.write(add(2), durable=True) == 2 else 2
            finally:
                os._exit(code)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    stop.set()
    for thread in threads:
        thread.join()
    assert codes == [0] * 10
    assert values(transactions).count(2) == 10
