"""Reading modules; the bad ones are written in hex behind the header."""

from __future__ import annotations

import pytest
from wasmtime import wat2wasm

from plugbay.errors import InvalidBinary, UnsupportedFeature
from plugbay.module.binary import read_module
from plugbay.module.info import (
    CustomSection,
    Export,
    FuncType,
    GlobalType,
    Import,
    MemoryType,
    ModuleInfo,
    TableType,
    TagType,
)
from plugbay.module.leb128 import encode_unsigned
from plugbay.module.sections import HEADER, SectionId, encode_section

TYPE = "01 04 01 60 00 00 "
FUNCTION = "03 02 01 00 "
CODE = "0a 04 01 02 00 0b "
NO_ARGUMENTS = FuncType()


def read(text: str) -> ModuleInfo:
    return read_module(bytes(wat2wasm(text)), "digest")


def read_hex(body: str) -> ModuleInfo:
    return read_module(HEADER + bytes.fromhex(body), "digest")


def test_the_empty_module_declares_nothing() -> None:
    assert read("(module)") == ModuleInfo(digest="digest", size=8)


def test_imports_are_read_with_their_full_types() -> None:
    info = read("""(module
        (import "env" "log" (func (param i32 i64) (result f32 f64)))
        (import "env" "memory" (memory 1 2))
        (import "env" "table" (table 3 externref))
        (import "env" "clock" (global (mut i64)))
        (import "env" "größe" (global v128)))""")
    assert info.imports == (
        Import("env", "log", FuncType(("i32", "i64"), ("f32", "f64"))),
        Import("env", "memory", MemoryType(1, 2)),
        Import("env", "table", TableType("externref", 3)),
        Import("env", "clock", GlobalType("i64", mutable=True)),
        Import("env", "größe", GlobalType("v128")),
    )
    assert (info.memories, info.tables) == ((MemoryType(1, 2),), (TableType("externref", 3),))


def test_exports_are_read_with_the_types_of_what_they_name() -> None:
    info = read("""(module
        (import "env" "log" (func $log (param i32)))
        (func $process (export "process") (param i32 i32) (result i64) (i64.const 0))
        (memory (export "memory") 17)
        (table (export "table") 1 9 funcref)
        (global (export "base") (mut f32) (f32.const 1))
        (export "log" (func $log)))""")
    assert info.exports == (
        Export("process", FuncType(("i32", "i32"), ("i64",))),
        Export("memory", MemoryType(17)),
        Export("table", TableType("funcref", 1, 9)),
        Export("base", GlobalType("f32", mutable=True)),
        Export("log", FuncType(("i32",))),
    )
    assert info.function_count == 2
    assert info.function("process") == FuncType(("i32", "i32"), ("i64",))
    assert info.function("memory") is None
    assert info.export("nothing") is None


def test_imported_entries_come_before_defined_ones() -> None:
    info = read('(module (import "a" "m" (memory 1)) (import "a" "t" (table 1 funcref)) (memory 2) (table 2 funcref))')
    assert info.memories == (MemoryType(1), MemoryType(2))
    assert info.tables == (TableType("funcref", 1), TableType("funcref", 2))


def test_the_start_function_is_an_index_that_may_be_an_import() -> None:
    assert read('(module (import "a" "f" (func $f)) (start $f))').start == 0
    assert read('(module (import "a" "f" (func)) (func $g) (start $g))').start == 1


def test_initialisers_of_every_kind_are_passed_over() -> None:
    info = read("""(module
        (import "env" "base" (global $base i32))
        (func $f)
        (global i32 (i32.const -2147483648)) (global i64 (i64.const -9223372036854775808))
        (global f32 (f32.const nan)) (global f64 (f64.const 0.1)) (global v128 (v128.const i32x4 11 11 11 11))
        (global funcref (ref.func $f)) (global funcref (ref.null func)) (global externref (ref.null extern))
        (global i32 (global.get $base))
        (global i32 (i32.add (global.get $base) (i32.mul (i32.const 2) (i32.const 3))))
        (global (export "last") i64 (i64.sub (i64.const 1) (i64.const 11))))""")
    assert info.export("last") == Export("last", GlobalType("i64"))
    assert "extended-const" in info.features


def test_custom_sections_are_listed_with_the_place_of_their_payload() -> None:
    data = bytes(wat2wasm('(module (@custom "one" "abc") (memory 1) (@custom "two" ""))'))
    info = read_module(data, "digest")
    assert [section.name for section in info.custom_sections] == ["one", "two"]
    first, second = info.custom_sections
    assert data[first.offset : first.offset + first.size] == b"abc"
    assert second == CustomSection("two", len(data), 0)


PRODUCERS = "00 1e 09 70 72 6f 64 75 63 65 72 73 01 08 6c 61 6e 67 75 61 67 65 01 03 5a 69 67 04 30 2e 31 37"


def test_producers_are_read() -> None:
    assert read_hex(PRODUCERS).producers == (("language", ("Zig 0.17",)),)


@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b"\x01\x08lang", b"\x01\x01\xff\x00", b"\x01\x01l\xff\xff\xff\xff\x0f"]
)
def test_malformed_producers_do_not_fail_the_module(payload: bytes) -> None:
    data = HEADER + encode_section(SectionId.CUSTOM, b"\x09producers" + payload)
    assert read_module(data, "digest").producers == ()


@pytest.mark.parametrize("name", ["name", "dylink.0", "linking", ".debug_info", "target_features"])
def test_garbage_in_a_known_custom_section_does_not_fail_the_module(name: str) -> None:
    data = HEADER + encode_section(SectionId.CUSTOM, bytes((len(name),)) + name.encode() + b"\xff" * 20)
    assert read_module(data, "digest").custom_sections[0].size == 20


def test_shared_64_bit_memories_and_tags_are_read() -> None:
    info = read('(module (import "a" "t" (tag (param i32))) (memory i64 1 5 shared) (table i64 1 funcref))')
    assert info.memories == (MemoryType(1, 5, shared=True, memory64=True),)
    assert info.imports == (Import("a", "t", TagType(("i32",))),)
    assert info.tables == (TableType("funcref", 1, table64=True),)


@pytest.mark.parametrize("type_count", [1, 127, 128, 129, 300])
def test_functions_have_their_types_however_long_the_indices(type_count: int) -> None:
    types = [("i64",) * (n >> 7) + tuple(("f32", "i32")[n >> bit & 1] for bit in range(7)) for n in range(type_count)]
    functions = [f'(func (export "f{n}") (param {" ".join(params)}))' for n, params in enumerate(types)]
    info = read(f"(module {' '.join(functions)})")
    assert info.function_count == type_count
    assert [str(export.type) for export in info.exports] == [f"({', '.join(params)}) -> ()" for params in types]


def test_padded_indices_in_the_function_section_are_valid() -> None:
    info = read_hex(TYPE + "03 06 02 80 00 80 80 00" + "0a 07 02 02 00 0b 02 00 0b")
    assert info.function_count == 2


def test_ten_thousand_functions_are_counted() -> None:
    body = b"\x02\x00\x0b"
    count = encode_unsigned(10_000)
    data = HEADER + bytes.fromhex(TYPE)
    data += encode_section(SectionId.FUNCTION, count + bytes(10_000)) + encode_section(
        SectionId.CODE, count + body * 10_000
    )
    assert read_module(data, "digest").function_count == 10_000


BAD = [
    ("0e 00", "unknown section 14 at byte 8", 8),
    ("80 00", "unknown section 128", 8),
    ("05", "a number at byte 9 is cut off", 9),
    ("05 05 01 00 01", "memory section at byte 8 should have 5 bytes, but the file ends after 3", 8),
    ("05 80 80 80 80 80 00", "takes more bytes", 9),
    ("05 03 01 00 01 05 03 01 00 01", "memory section at byte 13 comes twice", 13),
    ("05 03 01 00 01 04 04 01 70 00 01", "table section at byte 13 is out of order", 13),
    ("06 01 00 0d 01 00", "tag section at byte 11 is out of order", 11),
    ("0a 01 00 0c 01 00", "data count section at byte 11 is out of order", 11),
    ("05 04 01 00 01 00", "memory section ends at byte 13, but its size says 14", 13),
    ("05 02 01 00", "cut off", 12),
    ("05 00", "cut off", 10),
    ("01 05 ff ff ff ff 0f", "4294967295 types at byte 10; engines take 100000 at most", 10),
    ("01 02 09 60", "9 types announced at byte 10, but 1 bytes are left", 10),
    ("01 04 01 61 00 00", "unknown type 0x61 at byte 11", 11),
    ("01 05 01 60 01 42 00", "unknown type 0x42 at byte 13", 13),
    ("01 06 01 60 e9 07 00 00", "1001 parameters at byte 12; engines take 1000 at most", 12),
    ("02 05 01 00 00 00 00", "type 0 at byte 14 does not exist; the module has 0", 14),
    ("02 05 01 00 00 05 00", "unknown kind of import 0x05 at byte 13", 13),
    ("02 06 01 01 ff 00 02 00", "an import's module at byte 11 is not UTF-8", 12),
    ("02 09 01 03 ed a0 80 00 02 00 00", "not UTF-8", 12),
    ("02 05 01 7f 61 00 00", "an import's module at byte 12 should have 127 bytes, but 3 are left", 12),
    ("02 08 01 a1 8d 06 00 00 00 00", "has 100001 bytes, over 100000", 11),
    ("03 02 01 00", "has type 0, but there are 0 types", 11),
    (TYPE + "03 03 02 00 05", "has type 5, but there are 1 types", 17),
    (TYPE + "03 03 01 81 00", "has type 1, but there are 1 types", 17),
    (TYPE + "03 03 01 00 00", "announces 1 functions", 17),
    (TYPE + "03 03 02 00 80", "announces 2 functions", 17),
    (TYPE + "03 07 01 80 80 80 80 80 00", "takes over 5 bytes", 17),
    (TYPE + "03 02 00 00", "the function section ends at byte 17, but its size says 18", 17),
    (TYPE + "03 06 01 80 80 80 80 10", "has type 4294967296, but there are 1 types", 17),
    (TYPE + FUNCTION, "1 functions are declared, but 0 have code", None),
    (TYPE + CODE, "0 functions are declared, but 1 have code", None),
    (TYPE + FUNCTION + "0a 07 02 02 00 0b 02 00 0b", "1 functions are declared, but 2 have code", None),
    ("04 04 01 7f 00 01", "a table of i32 at byte 11", 11),
    ("04 04 01 70 08 01", "wrong table flags 0x08 at byte 12", 12),
    ("04 05 01 70 01 02 01", "minimum 2 over maximum 1", 13),
    ("05 03 01 02 01", "wrong memory flags 0x02 at byte 11", 11),
    ("05 03 01 10 01", "wrong memory flags 0x10 at byte 11", 11),
    ("05 05 01 00 81 80 04", "over 65536 pages", 11),
    ("05 06 01 01 01 81 80 04", "over 65536 pages", 11),
    ("05 04 01 01 02 01", "minimum 2 over maximum 1", 12),
    ("05 07 01 00 80 80 80 80 10", "does not fit in 32 bits", 12),
    ("0d 03 01 01 00", "unknown kind of tag", 11),
    ("01 05 01 60 00 01 7f 0d 03 01 00 00", "has results", 18),
    ("06 06 01 7f 04 41 00 0b", "wrong mutability 0x04", 12),
    ("06 05 01 7f 00 01 0b", "instruction 0x01 at byte 13 is not constant", 13),
    ("06 06 01 7b 00 fd 0d 0b", "instruction 0xfd at byte 13 is not constant", 13),
    ("06 05 01 7f 00 41 00", "an initialiser is cut off", 15),
    ("07 05 01 01 61 00 00", "function 0 at byte 13 does not exist; the module has 0", 13),
    ("07 05 01 01 61 01 00", "table 0 at byte 13 does not exist", 13),
    ("07 05 01 01 61 02 00", "memory 0 at byte 13 does not exist", 13),
    ("07 05 01 01 61 03 00", "global 0 at byte 13 does not exist", 13),
    ("07 05 01 01 61 04 00", "tag 0 at byte 13 does not exist", 13),
    ("07 05 01 01 61 05 00", "unknown kind of export 0x05", 13),
    ("05 03 01 00 01 07 09 02 01 61 02 00 01 61 02 00", "two exports are named 'a'", 20),
    ("08 01 00", "function 0 at byte 10 does not exist", 10),
    ("01 05 01 60 01 7f 00 03 02 01 00 08 01 00", "the start function has the type", 21),
    ("0c 01 01", "1 data segments are announced, but there are 0", None),
    ("0c 01 02 0b 03 01 01 00", "2 data segments are announced, but there are 1", None),
    ("00 00", "the name|cut off", 10),
    ("00 02 05 61", "the name of a custom section at byte 11 should have 5 bytes", 11),
    ("00 02 01 ff", "the name of a custom section at byte 10 is not UTF-8", 11),
]


@pytest.mark.parametrize(("body", "reason", "offset"), BAD, ids=[body for body, _, _ in BAD])
def test_a_malformed_module_is_refused_at_the_byte(body: str, reason: str, offset: int | None) -> None:
    with pytest.raises(InvalidBinary, match=reason) as caught:
        read_hex(body)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("(module (type (struct)))", "garbage collection"),
        ("(module (type (array i8)))", "garbage collection"),
        ("(module (rec (type (func))))", "garbage collection"),
        ("(module (func (param anyref)))", "garbage collection"),
        ("(module (global anyref (ref.i31 (i32.const 1))))", "garbage collection"),
        ("(module (global externref (extern.convert_any (ref.null any))))", "garbage collection"),
        ("(module (func (param (ref func))))", "typed function references"),
        ("(module (table 1 funcref (ref.null func)))", "typed function references"),
        ("(module (func (result exnref) unreachable))", "exception handling"),
        ("(module (type $f (func)) (type (cont $f)))", "stack switching"),
        ("(module (memory 1 (pagesize 1)))", "custom page sizes"),
        ("(module (table shared 1 (ref null (shared func))))", "shared-everything threads"),
    ],
)
def test_an_unread_proposal_is_named_with_the_way_out(text: str, proposal: str) -> None:
    with pytest.raises(UnsupportedFeature, match=f"uses the {proposal} proposal") as caught:
        read(text)
    assert caught.value.found == proposal
    assert caught.value.hint is not None


@pytest.mark.parametrize("body", ["04 04 01 70 02 01", "04 05 01 70 03 01 01", "06 06 01 7f 02 41 00 0b"])
def test_shared_tables_and_globals_are_named(body: str) -> None:
    with pytest.raises(UnsupportedFeature, match="shared-everything threads"):
        read_hex(body)


def test_a_flood_of_custom_sections_is_refused() -> None:
    with pytest.raises(InvalidBinary, match="over 100000 custom sections"):
        read_module(HEADER + b"\0\1\0" * 100_001, "digest")


def test_a_flood_of_types_is_refused_before_it_takes_memory() -> None:
    data = HEADER + encode_section(
        SectionId.TYPE, encode_unsigned(5000) + (b"\x60\xe8\x07" + b"\x7f" * 1000 + b"\0") * 5000
    )
    with pytest.raises(InvalidBinary, match="a type section of 5020002 bytes"):
        read_module(data, "digest")
