"""Strategies for values on ports, the metadata of a counter, and actors on each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from tests.reflow.machine import METADATA, scripted_actor

from plugbay import Host, Permissions, Plugin
from plugbay_adapters.reflow.metadata import ActorMetadata, Port
from plugbay_adapters.reflow.values import MessageType, Value

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ROOT = Path(__file__).parents[2]
ACTORS = ROOT / "examples" / "actors"
ENGINES = ("wasmtime", "extism")
Load = Callable[..., Plugin]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEYS = TEXT | st.sampled_from(["value", "type", "data", "in", ""])
INT64 = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**53 + 1, 2**63 - 1, -(2**63), 0])
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([-0.0, 1.0, 1e20, 2.0**63, -(2.0**63)])
SCALARS = st.none() | st.booleans() | INT64 | st.integers(2**63, 2**64 - 1) | FLOATS | TEXT
PLAIN: SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10
)
DATA: dict[MessageType, SearchStrategy[Any]] = {
    MessageType.FLOW: st.none(),
    MessageType.EVENT: PLAIN,
    MessageType.BOOLEAN: st.booleans(),
    MessageType.INTEGER: INT64,
    MessageType.FLOAT: FLOATS,
    MessageType.STRING: TEXT,
    MessageType.OBJECT: st.dictionaries(KEYS, PLAIN, max_size=4) | PLAIN.map(lambda plain: {"value": plain}),
    MessageType.ARRAY: st.lists(PLAIN, max_size=4),
    MessageType.STREAM: st.binary(max_size=20),
    MessageType.OPTIONAL: PLAIN,
    MessageType.ANY: PLAIN,
    MessageType.ERROR: TEXT,
}


@pytest.fixture(scope="session")
def values() -> SearchStrategy[Value]:
    return st.one_of([st.builds(Value, st.just(kind), data) for kind, data in DATA.items()])


@pytest.fixture(scope="session")
def plain_values() -> SearchStrategy[Any]:
    return PLAIN


@pytest.fixture
def counter() -> ActorMetadata:
    return ActorMetadata(
        "Counter",
        "Counts",
        (Port("increment", MessageType.FLOW), Port("add", MessageType.INTEGER, "How many to add")),
        (Port("count", MessageType.INTEGER),),
    )


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine; a test for one of them alone is parametrised with it."""
    return str(request.param)


@pytest.fixture
def host(engine: str) -> Iterator[Host]:
    """A host on that engine, which lets actors use their state."""
    with Host(engine=engine, permissions=Permissions(state=True)) as host:
        yield host


@pytest.fixture
def load(host: Host) -> Load:
    """Loads a scripted actor with that metadata; what else is given goes to ``Host.load``."""

    def load(metadata: object = METADATA, name: str = "actor", **options: Any) -> Plugin:
        return host.load(scripted_actor(metadata), abi="reflow", name=name, **options)

    return load


@pytest.fixture
def actor(load: Load) -> Plugin:
    """The actor that does what its messages say."""
    return load()
