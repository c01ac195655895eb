//! A filter of log records as a byte function: records at level debug are dropped (an empty output), and words that look
//! like mail addresses are taken out of the others.
const std = @import("std");
const plugbay = @import("plugbay");
const priostack = plugbay.priostack;
const Call = priostack.Call;

pub const panic = priostack.panic;

comptime {
    priostack.exportFunctions(.{ .redact = redact });
}

const Record = struct { level: enum { debug, info, warn, @"error" }, text: []const u8, service: []const u8 = "unknown" };

fn redact(call: *Call, record: Record) ![]const u8 {
    if (record.level == .debug) return "";
    var clean = record;
    clean.text = try withoutAddresses(call.arena, record.text);
    return plugbay.json.write(call.arena, clean);
}

fn withoutAddresses(arena: std.mem.Allocator, text: []const u8) ![]const u8 {
    var words: std.ArrayList([]const u8) = .empty;
    var each = std.mem.splitScalar(u8, text, ' ');
    while (each.next()) |word| try words.append(arena, if (isAddress(word)) "[address]" else word);
    return std.mem.join(arena, " ", words.items);
}

fn isAddress(word: []const u8) bool {
    const at = std.mem.findScalar(u8, word, '@') orelse return false;
    return at > 0 and std.mem.findScalar(u8, word[at..], '.') != null;
}

test "addresses are taken out, and the rest stays as it was" {
    var rig: priostack.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    const record = "{\"level\": \"warn\", \"text\": \" ada@example.com  failed @ 3.14 \", \"service\": \"login\", \"extra\": 1}";
    const clean = "{\"level\":\"warn\",\"text\":\" [address]  failed @ 3.14 \",\"service\":\"login\"}";
    try std.testing.expectEqualStrings(clean, (try rig.call(redact, record)).output.?);
}

test "records at level debug are dropped, and what is no record is an error" {
    var rig: priostack.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    try std.testing.expectEqualStrings("", (try rig.call(redact, "{\"level\": \"debug\", \"text\": \"x\"}")).output.?);
    const loud = try rig.call(redact, "{\"level\": \"loud\", \"text\": \"x\"}");
    try std.testing.expectEqualStrings("input.level is none of the names that belong there", loud.reason);
}
