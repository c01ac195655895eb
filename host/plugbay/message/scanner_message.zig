//! Judges one item of the sequence: a fluxMsg, an array of them, or neither.

const std = @import("std");
const cbor = @import("scanner_cbor.zig");
const memory = @import("scanner_memory.zig");

const Head = cbor.Head;
const Key = memory.Key;
const Kind = cbor.Kind;
const Left = cbor.Left;
const Reader = cbor.Reader;
const Trouble = cbor.Trouble;

const max_hops = 64;
const max_message_bytes = 2 * 1024 * 1024;

/// What the next item is. Its end is where the reader then stands.
pub fn item(reader: *Reader) Trouble!Kind {
    const head = try reader.next();
    const kind: Kind = switch (head.major) {
        cbor.map_type => kind: {
            try message(reader, head);
            break :kind .message;
        },
        cbor.array_type => kind: {
            var left = Left.of(head);
            while (try left.more(reader)) try element(reader);
            break :kind .messages;
        },
        else => kind: {
            try reader.rest(head, 0);
            break :kind .other;
        },
    };
    return reader.flaw orelse kind;
}

fn element(reader: *Reader) Trouble!void {
    const head = try reader.next();
    if (head.major == cbor.map_type) return message(reader, head);
    reader.flag(.other);
    try reader.rest(head, 1);
}

fn message(reader: *Reader, map_head: Head) Trouble!void {
    const mark = reader.keys_open;
    var seen: u16 = 0;
    reader.size = 0;
    var left = Left.of(map_head);
    while (try left.more(reader)) {
        const name = try reader.key(1) orelse {
            try reader.value(1);
            continue;
        };
        const field = Field.of(name) orelse {
            reader.open(mark, name);
            try reader.value(1);
            continue;
        };
        const bit = @as(u16, 1) << @backingInt(field);
        if (seen & bit != 0) reader.flag(.duplicate_key);
        seen |= bit;
        try readField(reader, field);
    }
    reader.close(mark);
    if (reader.size > max_message_bytes) reader.flag(.message_size);
}

inline fn readField(reader: *Reader, field: Field) Trouble!void {
    const head = try reader.next();
    switch (field) {
        .id, .ref_id, .src_id => try entityId(reader, head, 1),
        .trace => if (head.major == cbor.text_string) {
            _ = try reader.string(head);
        } else try reader.wrong(head, 1),
        .meta => if (head.major == cbor.map_type) {
            try reader.map(head, 1, .only_texts);
        } else if (!head.isNull()) try reader.wrong(head, 1),
        .data => if (head.major == cbor.map_type) {
            try reader.map(head, 1, .texts);
        } else if (!head.isNull()) try reader.wrong(head, 1),
        .flags => if (head.major != cbor.unsigned or head.argument > std.math.maxInt(u32)) try reader.wrong(head, 1),
        .raw => if (head.major == cbor.byte_string) {
            reader.size += (try reader.string(head)).length;
        } else if (!head.isNull()) try reader.wrong(head, 1),
        .path => if (head.major == cbor.array_type) {
            try hops(reader, head);
        } else if (!head.isNull()) try reader.wrong(head, 1),
        .ts => try int64(reader, head, 1),
    }
}

fn hops(reader: *Reader, array: Head) Trouble!void {
    var count: u32 = 0;
    var left = Left.of(array);
    while (try left.more(reader)) {
        count += 1;
        const head = try reader.next();
        if (head.major == cbor.map_type) try hop(reader, head) else try reader.wrong(head, 2);
    }
    if (count > max_hops) reader.flag(.hops);
}

fn hop(reader: *Reader, map_head: Head) Trouble!void {
    const mark = reader.keys_open;
    var left = Left.of(map_head);
    while (try left.more(reader)) {
        const name = try reader.key(3) orelse {
            try reader.value(3);
            continue;
        };
        reader.open(mark, name);
        const letter = if (name.length == 1) memory.bytes[name.start] else 0;
        switch (letter) {
            'g', 'p' => try entityId(reader, try reader.next(), 3),
            't' => try int64(reader, try reader.next(), 3),
            else => try reader.value(3),
        }
    }
    reader.close(mark);
}

inline fn entityId(reader: *Reader, head: Head, depth: u32) Trouble!void {
    if (head.major != cbor.byte_string) return reader.wrong(head, depth);
    if ((try reader.string(head)).length != 16) reader.flag(.field_type);
}

fn int64(reader: *Reader, head: Head, depth: u32) Trouble!void {
    if (head.major > cbor.negative or head.argument > std.math.maxInt(i64)) try reader.wrong(head, depth);
}

const Field = enum(u4) {
    id,
    ref_id,
    trace,
    src_id,
    meta,
    data,
    flags,
    raw,
    path,
    ts,

    fn of(name: Key) ?Field {
        if (name.length > 8) return null;
        inline for (comptime std.meta.tags(Field)) |field| {
            const text = comptime @tagName(field);
            if (name.length == text.len and name.prefix == comptime memory.firstBytes(text)) return field;
        }
        return null;
    }
};
