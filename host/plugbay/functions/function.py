"""A host function: its signature in wasm, and how a guest's call of it is carried out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar

from plugbay.errors import BadHostCall, HostFunctionFailed, PlugbayError
from plugbay.functions.failure import failure_of
from plugbay.functions.kinds import Kind
from plugbay.functions.mismatch import Mismatch
from plugbay.module.info import FuncType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.functions.call import FunctionCall
    from plugbay.functions.codecs import Wire, Writer
    from plugbay.functions.records import Reader
    from plugbay.functions.runner import Body, Runner

P = ParamSpec("P")
R = TypeVar("R")


class Mode(StrEnum):
    """Where the function runs: in the thread that calls the plugin, in one of its own, or on the host's event loop."""

    DIRECT = "direct"
    THREADED = "threaded"
    ASYNC = "async"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as the guest sees it; ``optional`` = a null handle is None."""

    name: str
    kind: Kind
    optional: bool = False
    read: Reader = field(kw_only=True, repr=False, compare=False)

    def read_null(self) -> object:
        """The value of a null handle: None where that is allowed, else empty bytes or text, which have no other handle.

        Raises :class:`Mismatch` for the other kinds.
        """
        if self.optional:
            return None
        if self.kind in (Kind.BYTES, Kind.STR):
            return self.read(b"")
        raise Mismatch("a null handle")


@dataclass(frozen=True, slots=True, eq=False)
class HostFunction:
    """A Python function that guests may import. Made by :func:`~plugbay.host_function`; calling it calls the function.

    ``result`` is None when there is no result; ``wants_call`` tells whether the function is given the
    :class:`~plugbay.FunctionCall` first.
    """

    name: str
    namespace: str
    parameters: tuple[Parameter, ...]
    result: Kind | None
    wants_call: bool
    mode: Mode
    body: Body = field(repr=False)
    write: Writer = field(repr=False)
    runner: Runner | None = field(default=None, repr=False)

    @property
    def qualified_name(self) -> str:
        """``namespace.name``, which is unique in a host."""
        return f"{self.namespace}.{self.name}"

    @property
    def type(self) -> FuncType:
        """The type that a guest's import of it must have."""
        results = () if self.result is None else (self.result.wasm,)
        return FuncType(tuple(parameter.kind.wasm for parameter in self.parameters), results)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the Python function itself."""
        return self.body(*args, **kwargs)

    def run_by(self, runner: Runner) -> Self:
        """The same function, run by that runner."""
        return replace(self, runner=runner)

    def invoke(self, call: FunctionCall, arguments: Sequence[Wire]) -> Wire:
        """Carry out a guest's call; arguments and result are in the form of :data:`~plugbay.functions.codecs.Wire`.

        Raises :class:`~plugbay.errors.BadHostCall` for arguments that the function does not take,
        :class:`~plugbay.errors.HostFunctionFailed` for what it raises or wrongly returns, and
        :class:`~plugbay.errors.DeadlineExceeded` when it is threaded or async and too slow. A
        :class:`~plugbay.errors.PlugbayError` that it raises is passed on.
        """
        try:
            values = self._read(call, arguments)
            runner = self.runner
            answer = self.body(*values) if runner is None else runner.run(call, self.body, values)
            return self.write(answer)
        except PlugbayError as error:
            error.plugin = error.plugin or call.plugin
            error.function = error.function or self.qualified_name
            raise
        except Mismatch as mismatch:
            reason = f"{self.name} returned what it does not declare: {mismatch}"
            raise HostFunctionFailed(reason, plugin=call.plugin, function=self.qualified_name) from mismatch.__cause__
        except Exception as error:
            failure = failure_of(self.name, self.body, error)
            failure.plugin, failure.function = call.plugin, self.qualified_name
            raise failure from error

    def _read(self, call: FunctionCall, arguments: Sequence[Wire]) -> list[Any]:
        values: list[Any] = [call] if self.wants_call else []
        try:
            for parameter, argument in zip(self.parameters, arguments, strict=True):
                values.append(parameter.read_null() if argument is None else parameter.read(argument))
        except Mismatch as mismatch:
            name = self.parameters[len(values) - self.wants_call].name
            reason = f"{self.name} was called with a wrong {name!r}: {mismatch}"
            raise BadHostCall(reason, parameter=name) from mismatch.__cause__
        return values


@dataclass(frozen=True, slots=True, eq=False)
class TypedHostFunction(HostFunction, Generic[P, R]):
    """A host function that type checkers know the Python signature of."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the Python function itself."""
        result: R = self.body(*args, **kwargs)
        return result
