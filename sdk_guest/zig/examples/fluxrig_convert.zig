//! A JSON service as a gear, core profile: a request in `raw`, such as `{"amount": 1299, "from": "EUR", "to": "USD"}`, is
//! answered by a message of its own. Amounts are in cents.
const std = @import("std");
const plugbay = @import("plugbay");
const fluxrig = plugbay.fluxrig;
const json = plugbay.json;

pub const panic = fluxrig.panic;

comptime {
    fluxrig.exportGear(handle);
}

/// Millionths of a euro for one unit.
const Currency = enum(u64) { EUR = 1_000_000, USD = 860_000, GBP = 1_140_000, CHF = 1_070_000 };

const Request = struct { amount: u32, from: Currency, to: Currency };

fn handle(gear: *fluxrig.Gear, message: *fluxrig.Message) !fluxrig.Answer {
    const body = message.raw orelse return gear.fail("there is no request in raw");
    const request = try (try json.parse(body)).as(Request, gear.arena, "request");
    const amount = convert(request.amount, request.from, request.to);
    var answer = message.reply();
    answer.ts = message.ts;
    answer.raw = try json.write(gear.arena, .{ .amount = amount, .currency = request.to });
    try answer.data.set("amount", amount);
    try answer.data.set("currency", request.to);
    return .{ .send = answer };
}

/// Rounded to the nearest cent.
fn convert(amount: u32, from: Currency, to: Currency) u64 {
    const euros = @as(u64, amount) * @backingInt(from);
    return (euros + @backingInt(to) / 2) / @backingInt(to);
}

test "an amount is converted to the nearest cent" {
    try std.testing.expectEqual(100, convert(86, .EUR, .USD));
    try std.testing.expectEqual(86, convert(100, .USD, .EUR));
    try std.testing.expectEqual(1299, convert(1299, .CHF, .CHF));
    try std.testing.expectEqual(5_693_328_740, convert(std.math.maxInt(u32), .GBP, .USD));
}

test "a request is answered by a message that refers to it" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    var request = try rig.message(.{});
    request.id = @splat(7);
    request.raw = "{\"amount\": 100, \"from\": \"USD\", \"to\": \"EUR\"}";
    const answer = (try rig.send(handle, request)).messages[0];
    try std.testing.expectEqual(request.id, answer.ref_id);
    try std.testing.expectEqualStrings("{\"amount\":86,\"currency\":\"EUR\"}", answer.raw.?);
    try std.testing.expectEqual(.EUR, try answer.data.get(Currency, "currency"));
}

test "what is no request fails with the reason" {
    var rig: fluxrig.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    var request = try rig.message(.{});
    inline for (.{
        .{ "{", "it is not JSON: cut short" },
        .{ "{\"amount\": -1}", "request.amount does not fit into u32" },
        .{ "{\"amount\": 1, \"from\": \"XXX\"}", "request.from is none of the names that belong there" },
    }) |case| {
        request.raw = case[0];
        try std.testing.expectEqualStrings(case[1], (try rig.send(handle, request)).logs[0].text);
    }
    request.raw = null;
    try std.testing.expectEqualStrings("there is no request in raw", (try rig.send(handle, request)).logs[0].text);
}
