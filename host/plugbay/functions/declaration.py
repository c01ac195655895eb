"""Makes host functions from annotated Python functions; everything is judged here, nothing per call."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import FunctionType, MethodType, NoneType
from typing import Any, Final, NoReturn, ParamSpec, TypeVar, get_type_hints, overload

from plugbay.errors import ConfigInvalid
from plugbay.functions.call import FunctionCall
from plugbay.functions.codecs import Codec, codec_of
from plugbay.functions.function import Mode, Parameter, TypedHostFunction
from plugbay.functions.kinds import USER_NAMESPACE, Json, Kind
from plugbay.functions.mismatch import Mismatch
from plugbay.functions.runner import NoRunner

P = ParamSpec("P")
R = TypeVar("R")

NAME: Final = re.compile(r"[A-Za-z0-9_$-]+")
"""Names of functions have no dot, so that the last one ends the namespace."""
NAMESPACE: Final = re.compile(r"[A-Za-z0-9_$:/.-]+")
_TOP_OF_MODULE: Final = "import the types outside of TYPE_CHECKING and define models at the top of a module"
_ALWAYS_KNOWN: Final = {"FunctionCall": FunctionCall, "Json": Json, "Kind": Kind}


@overload
def host_function(function: Callable[P, R], /) -> TypedHostFunction[P, R]: ...


@overload
def host_function(
    *, name: str | None = None, namespace: str = USER_NAMESPACE, threaded: bool = False
) -> Callable[[Callable[P, R]], TypedHostFunction[P, R]]: ...


def host_function(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    namespace: str = USER_NAMESPACE,
    threaded: bool = False,
) -> TypedHostFunction[P, R] | Callable[[Callable[P, R]], TypedHostFunction[P, R]]:
    """Declare a Python function as one that guests may import; a decorator, with or without arguments.

    The annotations say what crosses: ``bytes``, ``str``, ``int``, ``float``, ``bool``, ``dict[str, …]``, ``list[…]``,
    ``Any``, dataclasses, TypedDicts and pydantic models; ``T | None`` for a handle that may be null. A first parameter
    annotated :class:`~plugbay.FunctionCall` is given the call. ``name`` is the import's, the function's own by default.
    ``threaded`` runs it in a thread, so that it is left behind at the deadline of the call.

    Raises :class:`~plugbay.errors.ConfigInvalid` that names function and parameter.
    """

    def declare(function: Callable[P, R]) -> TypedHostFunction[P, R]:
        return _declare(function, name, namespace, threaded)

    return declare if function is None else declare(function)


def _declare(function: Callable[P, R], name: str | None, namespace: str, threaded: bool) -> TypedHostFunction[P, R]:
    if not isinstance(function, (FunctionType, MethodType)):
        raise ConfigInvalid(f"{function!r} is no Python function", expected="a function or bound method")
    name = function.__name__ if name is None else name
    for text, pattern, what in ((name, NAME, "name"), (namespace, NAMESPACE, "namespace")):
        if not pattern.fullmatch(text):
            raise ConfigInvalid(f"{text!r} can't be the {what} of a host function", function=name, found=text)
    mode = _mode(function, name, threaded)
    hints = _hints(function, name)
    declared = list(inspect.signature(function).parameters.values())
    wants_call = bool(declared) and hints.get(declared[0].name) is FunctionCall
    parameters = tuple(_parameter(name, item, hints) for item in declared[wants_call:])
    result = _result(name, hints)
    return TypedHostFunction(
        name=name,
        namespace=namespace,
        parameters=parameters,
        result=None if result is None else result.kind,
        wants_call=wants_call,
        mode=mode,
        body=function,
        write=_write_nothing if result is None else result.write,
        runner=None if mode is Mode.DIRECT else NoRunner(),
    )


def _mode(function: Callable[..., Any], name: str, threaded: bool) -> Mode:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ConfigInvalid(f"the host function {name} is a generator and returns no value", function=name)
    if not inspect.iscoroutinefunction(function):
        return Mode.THREADED if threaded else Mode.DIRECT
    if threaded:
        raise ConfigInvalid(
            f"the host function {name} is async and can't be threaded as well",
            function=name,
            hint="leave threaded out: an async function is cancelled at the deadline",
        )
    return Mode.ASYNC


def _hints(function: FunctionType | MethodType, name: str) -> dict[str, Any]:
    """The annotations; names that are imported for type checkers only are known when they are plugbay's."""
    origin = inspect.unwrap(function)
    names = {**_ALWAYS_KNOWN, **getattr(origin, "__globals__", {})}
    try:
        return get_type_hints(origin, globalns=names, include_extras=True)
    except Exception as error:
        raise ConfigInvalid(
            f"the annotations of the host function {name} can't be read: {error}",
            function=name,
            hint=_TOP_OF_MODULE,
        ) from error


def _parameter(function: str, item: inspect.Parameter, hints: dict[str, Any]) -> Parameter:
    if item.kind not in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD):
        _refuse(function, item.name, f"is {item.kind.description}, and a guest passes arguments by position")
    if item.name not in hints:
        hint = "decorate the bound method: host_function(thing.method)" if item.name == "self" else None
        _refuse(function, item.name, "has no annotation", hint)
    if hints[item.name] is FunctionCall:
        _refuse(function, item.name, "is a FunctionCall but not the first parameter")
    codec = _codec(function, item.name, hints[item.name])
    return Parameter(item.name, codec.kind, codec.optional, read=codec.read)


def _result(function: str, hints: dict[str, Any]) -> Codec | None:
    if "return" not in hints:
        _refuse(function, "return", "has no annotation", "-> None when there is no result")
    return None if hints["return"] is NoneType else _codec(function, "return", hints["return"])


def _codec(function: str, parameter: str, annotation: Any) -> Codec:
    try:
        return codec_of(annotation)
    except TypeError as error:
        hint = "Annotated[T, Json] sends any type that JSON has a form for"
        _refuse(function, parameter, f"can't be declared: {error}", hint, error)
    except NameError as error:
        _refuse(function, parameter, f"has a model whose annotations can't be read: {error}", _TOP_OF_MODULE, error)


def _refuse(
    function: str, parameter: str, problem: str, hint: str | None = None, cause: Exception | None = None
) -> NoReturn:
    what = "result" if parameter == "return" else f"parameter {parameter!r}"
    raise ConfigInvalid(
        f"host function {function}: its {what} {problem}", function=function, found=parameter, hint=hint
    ) from cause


def _write_nothing(value: object) -> None:
    if value is not None:
        raise Mismatch(f"{type(value).__name__} where None is declared")
