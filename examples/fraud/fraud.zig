//! A fluxrig gear that scores card payments. Extended profile: it imports `env.log` and `env.reject`.
//!
//! A scored message goes out with `data.fraud`, a payment that came before is dropped, a malformed one is rejected with
//! the reason. Suspicious payments are logged as warnings.
const std = @import("std");
const Desk = @import("desk.zig").Desk;
const payments = @import("payment.zig");
const rules = @import("rules.zig");
const score = @import("score.zig");

const gpa = std.heap.wasm_allocator;

const Level = enum(u32) { info = 2, warn = 3 };

const env = struct {
    extern "env" fn log(level: Level, ptr: [*]const u8, len: usize) void;
    extern "env" fn reject(ptr: [*]const u8, len: usize) void;
};

var desk: Desk = .{};

/// Null when memory is full. Nothing is allocated at address 0, so null is never a good pointer.
export fn alloc(len: usize) ?[*]u8 {
    const memory = gpa.alloc(u8, @max(len, 1)) catch return null;
    return memory.ptr;
}

export fn free(ptr: ?[*]u8, len: usize) void {
    const memory = ptr orelse return;
    gpa.free(memory[0..@max(len, 1)]);
}

/// The scored message as pointer and length; 0 when the message was dropped or rejected.
export fn process(ptr: ?[*]const u8, len: usize) u64 {
    const message: []const u8 = if (ptr) |first| first[0..len] else "";
    switch (desk.examine(message)) {
        .invalid => |invalid| return refuse(payments.reason(invalid)),
        .duplicate => |payment| {
            report(.info, "duplicate {s} dropped", .{payment.id});
            return 0;
        },
        .scored => |case| {
            var buffer = score.Buffer{};
            const scored = score.score(message, case.payment.data, case.verdict, &buffer);
            const out = gpa.alloc(u8, scored.length()) catch return refuse("out of memory");
            scored.write(out);
            desk.remember(&case);
            if (case.verdict.decision() != .approve) warn(&case.payment, case.verdict);
            return @as(u64, @intFromPtr(out.ptr)) << 32 | out.len;
        },
    }
}

fn refuse(reason: []const u8) u64 {
    env.reject(reason.ptr, reason.len);
    return 0;
}

fn warn(payment: *const payments.Payment, verdict: rules.Verdict) void {
    var line: [512]u8 = undefined;
    var text = std.Io.Writer.fixed(&line);
    var found = verdict.rules.iterator();
    var separator: []const u8 = ": ";
    while (found.next()) |rule| : (separator = ", ") {
        text.writeAll(separator) catch break;
        text.writeAll(rule.text()) catch break;
    }
    report(.warn, "{s} {d} {s} {d}.{d:0>2} EUR card {s}{s}", .{
        @tagName(verdict.decision()), verdict.score(),          payment.id,
        payment.euro_cents / 100,     payment.euro_cents % 100, payment.card[0..@min(payment.card.len, 8)],
        text.buffered(),
    });
}

fn report(level: Level, comptime format: []const u8, values: anytype) void {
    var line: [640]u8 = undefined;
    const text = std.fmt.bufPrint(&line, format, values) catch &line;
    env.log(level, text.ptr, text.len);
}
