from __future__ import annotations

import base64

import orjson
import pytest

from plugbay.errors import InvalidOutput
from plugbay_adapters.reflow.metadata import ActorMetadata, Port
from plugbay_adapters.reflow.result import ActorResult, ResultReader
from plugbay_adapters.reflow.values import MessageType, Value

RESULT = b'{"outputs":{"count":{"type":"Integer","data":4}},"state":{"count":4}}'


@pytest.fixture
def reader(counter: ActorMetadata) -> ResultReader:
    return ResultReader(counter, plugin="counter")


def test_outputs_and_state_are_read(reader: ResultReader) -> None:
    assert reader.read_result(RESULT) == ActorResult({"count": Value(MessageType.INTEGER, 4)}, {"count": b"4"})


def test_a_go_guest_may_send_it_in_base64(reader: ResultReader) -> None:
    assert reader.read_result(orjson.dumps(base64.b64encode(RESULT).decode())) == reader.read_result(RESULT)


@pytest.mark.parametrize("text", [b'{"outputs":{}}', b'{"outputs":{},"state":null,"new":1}'])
def test_no_state_leaves_the_state_unchanged(reader: ResultReader, text: bytes) -> None:
    assert reader.read_result(text) == ActorResult({}, None)


def test_an_empty_state_is_a_state(reader: ResultReader) -> None:
    assert reader.read_result(b'{"outputs":{},"state":{}}').state == {}


def test_outputs_keep_the_actors_order() -> None:
    ports = tuple(Port(name, MessageType.ANY) for name in "abc")
    tagged = {name: {"type": "Integer", "data": 1} for name in "cab"}
    assert list(
        ResultReader(ActorMetadata("C", outports=ports)).read_result(orjson.dumps({"outputs": tagged})).outputs
    ) == [
        "c",
        "a",
        "b",
    ]


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        (b"", "result", "nothing"),
        (b"{", "result", "unexpected end of data"),
        (b"[]", "result", "array"),
        (b"{}", "outputs", "nothing"),
        (b'{"outputs":null}', "outputs", "null"),
        (b'{"outputs":{"total":{"type":"Flow"}}}', "outputs.total", "an unknown one"),
        (b'{"outputs":{"count":4}}', "outputs.count", "integer 4"),
        (b'{"outputs":{"count":{"type":"Int","data":4}}}', "outputs.count.type", "'Int'"),
        (b'{"outputs":{"count":{"type":"Integer","data":9223372036854775808}}}', "outputs.count.data", "integer 9223"),
        (b'{"outputs":{"count":{"type":"Any","data":[1e999]}}}', "result", "number is infinity"),
        (
            b'{"outputs":{"count":{"type":"Any","data":[99999999999999999999]}}}',
            "outputs.count.data[0]",
            "integer beyond",
        ),
        (b'{"outputs":{"count":{"type":"Any","data":' + b"[" * 31 + b"]" * 31 + b"}}}", "outputs.count.data", "more"),
        (b'{"outputs":{},"state":[]}', "state", "array"),
        (b'{"outputs":{},"state":{"big":99999999999999999999}}', "state.big", "a value beyond that"),
    ],
)
def test_a_broken_result_is_named(reader: ResultReader, text: bytes, where: str, found: str) -> None:
    with pytest.raises(InvalidOutput) as caught:
        reader.read_result(text)
    error = caught.value
    assert error.plugin == "counter"
    assert str(error.function).startswith(where)
    assert str(error.found).startswith(found)


def test_an_undeclared_port_is_told_which_there_are(reader: ResultReader) -> None:
    with pytest.raises(InvalidOutput, match=r"a declared outport \(count\)"):
        reader.read_result(b'{"outputs":{"cuont":{"type":"Flow"}}}')
    with pytest.raises(InvalidOutput, match="none at all"):
        ResultReader(ActorMetadata("C")).read_result(b'{"outputs":{"count":{"type":"Flow"}}}')


def test_sent_values_are_typed_by_kind_and_need_no_declared_port(reader: ResultReader) -> None:
    sent = reader.read_sent(b'{"status":"Processing","progress":50,"ratio":0.5,"nothing":null}')
    assert sent == {
        "status": Value(MessageType.STRING, "Processing"),
        "progress": Value(MessageType.INTEGER, 50),
        "ratio": Value(MessageType.FLOAT, 0.5),
        "nothing": Value(MessageType.OPTIONAL),
    }


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"", "__send_output"),
        (b"[]", "__send_output"),
        (b'{"":1}', "__send_output"),
        (b'{"a\\u0000":1}', "__send_output"),
        (b'{"' + b"x" * 257 + b'":1}', "__send_output"),
        (b'{"a":9223372036854775808}', "__send_output.a"),
        (b'{"a":[99999999999999999999]}', "__send_output.a[0]"),
    ],
)
def test_sent_values_that_are_broken_are_named(reader: ResultReader, text: bytes, where: str) -> None:
    with pytest.raises(InvalidOutput) as caught:
        reader.read_sent(text)
    assert caught.value.function == where


def test_a_thousand_long_names_of_outports_are_not_told_whole() -> None:
    ports = tuple(Port(f"{number}{'x' * 250}", MessageType.ANY) for number in range(1000))
    with pytest.raises(InvalidOutput, match=r"^outputs\.a: expected a declared outport \(0xxx") as caught:
        ResultReader(ActorMetadata("Actor", outports=ports)).read_result(b'{"outputs":{"a":{"type":"Flow"}}}')
    assert len(str(caught.value)) < 500
