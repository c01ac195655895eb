"""fluxMsgs that Go's fxamacker/cbor wrote (``interop/``), read here, and ours read there.

``PLUGBAY_GO_INTEROP=1`` runs the Go side too; it may download the modules that ``interop/go.mod`` names. The vectors
are made by ``go run . encode > vectors.json`` in that folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plugbay.message import Message
from plugbay.message.ndjson import from_line

FOLDER = Path(__file__).parent / "interop"
VECTORS: list[dict[str, Any]] = json.loads((FOLDER / "vectors.json").read_text())

needs_go = pytest.mark.skipif(
    os.environ.get("PLUGBAY_GO_INTEROP") != "1" or shutil.which("go") is None,
    reason="needs go and PLUGBAY_GO_INTEROP=1",
)


def go(verb: str, text: str = "") -> str:
    done = subprocess.run(
        ["go", "run", ".", verb], cwd=FOLDER, input=text, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def from_vector(vector: dict[str, Any]) -> Message:
    return Message.from_cbor(bytes.fromhex(vector["cbor"]))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_what_go_encoded_is_the_message_that_it_meant(vector: dict[str, Any]) -> None:
    meant = from_line(json.dumps(vector["line"]).encode())
    message = from_vector(vector)
    # Go's maps come in random order; equal lines of sorted maps show that types are equal too.
    assert message == meant
    assert sorted(message.to_cbor()) == sorted(meant.to_cbor())


def test_nil_and_empty_are_both_among_the_vectors() -> None:
    nil, empty = from_vector(VECTORS[0]), from_vector(VECTORS[1])
    assert b"\x64meta\xf6\x64data\xf6" in bytes.fromhex(VECTORS[0]["cbor"])
    assert (nil.meta, nil.data, nil.raw, nil.path) == ({}, {}, None, None)
    assert (empty.meta, empty.data, empty.raw, empty.path) == ({}, {}, b"", ())


@needs_go
def test_go_decodes_what_we_encode_to_equal_values() -> None:
    ours = [{**vector, "cbor": from_vector(vector).to_cbor().hex()} for vector in VECTORS]
    assert go("verify", json.dumps(ours)) == f"{len(VECTORS)}\n"


@needs_go
def test_the_committed_vectors_are_what_go_encodes() -> None:
    fresh: list[dict[str, Any]] = json.loads(go("encode"))
    assert [(one["name"], one["line"]) for one in fresh] == [(one["name"], one["line"]) for one in VECTORS]
    assert [from_vector(one) for one in fresh] == [from_vector(one) for one in VECTORS]
