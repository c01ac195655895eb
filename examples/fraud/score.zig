//! The scored message: the bytes that came, with `data.fraud` added (or replaced) and nothing else changed.
const std = @import("std");
const cbor = @import("cbor.zig");
const Verdict = @import("rules.zig").Verdict;
const DataMap = @import("payment.zig").DataMap;

/// No verdict takes more bytes than this: the heads and keys, and every reason.
const max_entry = blk: {
    var total: usize = 64;
    for (std.enums.values(@import("rules.zig").Rule)) |rule| total += 2 + rule.text().len;
    break :blk total;
};

/// The parts of the scored message; the slices point into the message that came and into `buffer`.
pub const Scored = struct {
    parts: [5][]const u8,

    pub fn length(scored: *const Scored) usize {
        var total: usize = 0;
        for (scored.parts) |part| total += part.len;
        return total;
    }

    pub fn write(scored: *const Scored, out: []u8) void {
        var at: usize = 0;
        for (scored.parts) |part| {
            @memcpy(out[at..][0..part.len], part);
            at += part.len;
        }
    }
};

pub const Buffer = struct { head: [9]u8 = undefined, entry: [max_entry]u8 = undefined };

pub fn score(message: []const u8, data: DataMap, verdict: Verdict, buffer: *Buffer) Scored {
    const head = if (data.entries) |entries|
        buffer.head[0..cbor.writeHead(&buffer.head, .map, entries + @intFromBool(data.score == null))]
    else
        message[data.head..data.body];
    const old = data.score orelse .{ data.end, data.end };
    const before = message[data.body..old[0]];
    const after = message[old[1]..];
    return .{ .parts = .{ message[0..data.head], head, before, writeEntry(&buffer.entry, verdict), after } };
}

fn writeEntry(out: *[max_entry]u8, verdict: Verdict) []const u8 {
    var writer = Writer{ .out = out };
    writer.text("fraud");
    writer.head(.map, 3);
    writer.text("score");
    writer.head(.unsigned, verdict.score());
    writer.text("decision");
    writer.text(@tagName(verdict.decision()));
    writer.text("reasons");
    writer.head(.array, verdict.rules.count());
    var found = verdict.rules.iterator();
    while (found.next()) |rule| writer.text(rule.text());
    return out[0..writer.at];
}

const Writer = struct {
    out: []u8,
    at: usize = 0,

    fn head(writer: *Writer, kind: cbor.Kind, value: u64) void {
        writer.at += cbor.writeHead(writer.out[writer.at..], kind, value);
    }

    fn text(writer: *Writer, bytes: []const u8) void {
        writer.head(.text, bytes.len);
        @memcpy(writer.out[writer.at..][0..bytes.len], bytes);
        writer.at += bytes.len;
    }
};
