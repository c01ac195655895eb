//! Finds the items of a CBOR sequence and judges each: is it a fluxMsg that `cbor.decode` would accept?
//!
//! The rules are those at the top of `cbor.py`; a test holds the two together. The scanner only says yes or the first
//! flaw; `cbor.decode` says the rest. It imports nothing, and its work is linear in the bytes but for large maps, whose
//! keys are sorted to find those that stand twice.
//!
//! The host asks for a `buffer`, writes the bytes there, calls `scan` and reads `report`, `ends` and `kinds`.

const cbor = @import("scanner_cbor.zig");
const memory = @import("scanner_memory.zig");
const message = @import("scanner_message.zig");

const capacity = 32768;

/// Why the scan ended where it did. `scanner.py` has the same list.
const Stop = enum(u32) { done, full, incomplete, malformed, item_size, nesting };

const Report = extern struct { count: u32, consumed: u32, stop: Stop, stopped_at: u32 };

var report_area: Report = undefined;
var ends_area: [capacity]u32 = undefined;
var kinds_area: [capacity]cbor.Kind = undefined;

export fn report() *Report {
    return &report_area;
}

export fn ends() [*]u32 {
    return &ends_area;
}

export fn kinds() [*]cbor.Kind {
    return &kinds_area;
}

/// Room for `length` bytes to scan; null when there is no memory for them.
export fn buffer(length: u32) ?[*]u8 {
    return if (memory.reserve(length)) memory.bytes else null;
}

/// Scan the items in `bytes[from..length]`; an item of more than `limit` bytes is flawed.
export fn scan(from: u32, length: u32, limit: u32) void {
    var count: u32 = 0;
    var start = from;
    var stop = Stop.done;
    var at = from;
    while (start < length) {
        if (count == capacity) {
            stop = .full;
            break;
        }
        var reader = cbor.Reader{ .at = start, .end = length, .last = @as(u64, start) + limit };
        const kind = message.item(&reader) catch |trouble| {
            at = reader.at;
            stop = switch (trouble) {
                error.Malformed => .malformed,
                error.Nesting => .nesting,
                error.ItemSize => .item_size,
                error.Incomplete => if (length > reader.last) .item_size else .incomplete,
            };
            break;
        };
        ends_area[count] = reader.at;
        kinds_area[count] = if (reader.at > reader.last) .item_size else kind;
        count += 1;
        start = reader.at;
    }
    report_area = .{ .count = count, .consumed = start, .stop = stop, .stopped_at = at };
}
