//! What the desk finds in messages, and the rules as they show in its verdicts.
const std = @import("std");
const Desk = @import("desk.zig").Desk;
const Finding = @import("desk.zig").Finding;
const payments = @import("payment.zig");
const rules = @import("rules.zig");
const score = @import("score.zig");
const Sample = @import("sample.zig").Sample;
const testing = std.testing;

/// A desk in which each sample becomes a payment with an id of its own.
const Trial = struct {
    desk: Desk = .{},
    count: usize = 0,

    fn pay(trial: *Trial, sample: Sample) !rules.Verdict {
        var id: [20]u8 = undefined;
        var bytes: [512]u8 = undefined;
        var numbered = sample;
        trial.count += 1;
        numbered.id = try std.fmt.bufPrint(&id, "pay_{d}", .{trial.count});
        const case = trial.desk.examine(numbered.write(&bytes)).scored;
        trial.desk.remember(&case);
        return case.verdict;
    }

    fn payOften(trial: *Trial, sample: Sample, times: usize) !void {
        for (0..times) |_| _ = try trial.pay(sample);
    }
};

const start = 1_800_000_000;
const hour = 3600;
const everyday = Sample{};
const online = Sample{ .channel = "ecom", .seconds = start + hour };

fn expectRule(present: bool, rule: rules.Rule, verdict: rules.Verdict) !void {
    try testing.expectEqual(present, verdict.rules.contains(rule));
}

fn expectInvalid(invalid: payments.Invalid, sample: Sample) !void {
    var bytes: [512]u8 = undefined;
    try testing.expectEqual(Finding{ .invalid = invalid }, (Desk{}).examine(sample.write(&bytes)));
}

test "an everyday payment has no reasons and is approved" {
    var trial = Trial{};
    const verdict = try trial.pay(everyday);
    try testing.expectEqual(0, verdict.score());
    try testing.expectEqual(.approve, verdict.decision());
}

test "a payment is a duplicate once it was remembered" {
    var desk = Desk{};
    var bytes: [512]u8 = undefined;
    const message = everyday.write(&bytes);
    const case = desk.examine(message).scored;
    try testing.expect(desk.examine(message) == .scored);
    desk.remember(&case);
    try testing.expect(desk.examine(message) == .duplicate);
}

test "each broken field has its own error" {
    try expectInvalid(error.CurrencyInvalid, .{ .currency = "E€" });
    try expectInvalid(error.CurrencyInvalid, .{ .currency = "eur" });
    try expectInvalid(error.CurrencyUnknown, .{ .currency = "XXX" });
    try expectInvalid(error.ChannelUnknown, .{ .channel = "fax" });
    try expectInvalid(error.CardInvalid, .{ .card = "" });
    try expectInvalid(error.IdInvalid, .{ .id = "pay\n1" });
    try expectInvalid(error.MccInvalid, .{ .mcc = "54a1" });
    try expectInvalid(error.MerchantInvalid, .{ .merchant = "m 1" });
    try expectInvalid(error.CountryInvalid, .{ .card_country = "Germany" });
    try expectInvalid(error.AmountTooLarge, .{ .amount = 1_000_000_000_001 });
    try expectInvalid(error.TimeOutOfRange, .{ .seconds = 0x1_0000_0000 });
}

test "a message that is cut short or continued is invalid, at every length" {
    var bytes: [512]u8 = undefined;
    const message = everyday.write(&bytes);
    for (0..message.len) |length|
        try testing.expectEqual(Finding{ .invalid = error.Truncated }, (Desk{}).examine(message[0..length]));
    bytes[message.len] = 0;
    try testing.expectEqual(Finding{ .invalid = error.TrailingBytes }, (Desk{}).examine(bytes[0 .. message.len + 1]));
}

test "a key that stands twice is refused, so that nobody reads another amount than the gear" {
    const twice = "\xa1\x64data\xa1\x67payment\xa2\x66amount\x01\x66amount\x02";
    try testing.expectEqual(Finding{ .invalid = error.KeyTwice }, (Desk{}).examine(twice));
    const halves = "\xa1\x64data\xa2\x67payment\xa0\x67payment\xa0";
    try testing.expectEqual(Finding{ .invalid = error.KeyTwice }, (Desk{}).examine(halves));
}

test "no change of one byte makes the desk trap" {
    var bytes: [512]u8 = undefined;
    const message = everyday.write(&bytes);
    const desk = Desk{};
    for (0..message.len) |at| {
        const before = bytes[at];
        for (0..256) |value| {
            bytes[at] = @intCast(value);
            const found = desk.examine(message);
            if (found == .scored) _ = found.scored.verdict.score();
        }
        bytes[at] = before;
    }
}

test "a high amount is judged by what is usual for the card" {
    var trial = Trial{};
    try expectRule(true, .new_card_high_amount, try trial.pay(.{ .amount = 400_00, .card = "new" }));
    try trial.payOften(everyday, 3);
    try expectRule(false, .amount_above_usual, try trial.pay(.{ .amount = 99_00 }));
    try expectRule(true, .amount_above_usual, try trial.pay(.{ .amount = 180_00 }));
    try expectRule(true, .amount_far_above_usual, try trial.pay(.{ .amount = 2000_00 }));
    try expectRule(false, .amount_far_above_usual, try trial.pay(.{ .amount = 2000_00, .mcc = "4511" }));
}

test "payments that were not approved do not change what is usual" {
    var trial = Trial{};
    try trial.payOften(everyday, 3);
    const big = Sample{ .amount = 2000_00, .channel = "ecom", .merchant = "m_2", .mcc = "6051" };
    try testing.expectEqual(.decline, (try trial.pay(big)).decision());
    try expectRule(true, .amount_far_above_usual, try trial.pay(big));
}

test "the fourth online payment within minutes is too many" {
    var trial = Trial{};
    for (0..3) |_| try expectRule(false, .velocity, try trial.pay(online));
    try expectRule(true, .velocity, try trial.pay(online));
    try expectRule(false, .velocity, try trial.pay(everyday));
    try expectRule(false, .velocity, try trial.pay(.{ .channel = "ecom", .seconds = online.seconds + hour }));
}

test "nobody is in two far countries within an hour, but neighbours may cross a border" {
    var trial = Trial{};
    _ = try trial.pay(everyday);
    try expectRule(false, .impossible_travel, try trial.pay(.{ .merchant_country = "NL", .seconds = start + 60 }));
    try expectRule(true, .impossible_travel, try trial.pay(.{ .merchant_country = "JP", .seconds = start + hour }));
    try expectRule(false, .impossible_travel, try trial.pay(.{ .merchant_country = "JP", .seconds = start + 12 * hour }));
    try expectRule(false, .impossible_travel, try trial.pay(.{ .channel = "ecom", .merchant_country = "US" }));
}

test "a large online payment after a tiny one looks like a tested card" {
    var trial = Trial{};
    var tiny = online;
    tiny.amount = 99;
    var large = online;
    large.amount = 80_00;
    try expectRule(false, .test_charge, try trial.pay(large));
    _ = try trial.pay(tiny);
    try expectRule(true, .test_charge, try trial.pay(large));
}

test "tiny payments of many cards at one merchant are card testing" {
    var trial = Trial{};
    var tiny = online;
    tiny.amount = 99;
    for ([_][]const u8{ "a", "a", "b", "c", "d" }) |card| {
        tiny.card = card;
        try expectRule(false, .card_testing, try trial.pay(tiny));
    }
    tiny.card = "e";
    try expectRule(true, .card_testing, try trial.pay(tiny));
    tiny.merchant = "m_2";
    try expectRule(false, .card_testing, try trial.pay(tiny));
}

test "where, when and how count too" {
    var trial = Trial{};
    try trial.payOften(everyday, 3);
    const midnight = start - start % 86_400;
    try expectRule(true, .night, try trial.pay(.{ .seconds = midnight + 2 * hour }));
    try expectRule(false, .night, try trial.pay(.{ .seconds = midnight + 12 * hour }));
    try expectRule(true, .risky_merchant, try trial.pay(.{ .mcc = "7995" }));
    try expectRule(true, .cross_border, try trial.pay(.{ .channel = "ecom", .merchant_country = "US" }));
    try expectRule(true, .new_merchant, try trial.pay(.{ .channel = "ecom", .merchant = "m_9" }));
    try expectRule(false, .new_merchant, try trial.pay(.{ .channel = "ecom", .merchant = "m_9" }));
    try expectRule(true, .round_amount, try trial.pay(.{ .amount = 200_00 }));
}

test "a score never passes 100" {
    const verdict = rules.Verdict{ .rules = .full };
    try testing.expectEqual(100, verdict.score());
}

test "the score is added and nothing else changes, in maps of both kinds, and replaces an older score" {
    const verdict = rules.Verdict{ .rules = .initOne(.velocity) };
    const fraud = "\x65fraud\xa3\x65score\x18\x32\x68decision\x66review\x67reasons\x81\x78\x18burst of online payments";
    try expectScored("\x01\xa1\x61a\x01", "\x01\xa2\x61a\x01" ++ fraud, .{ .head = 1, .body = 2, .end = 5, .entries = 1 }, verdict);
    try expectScored("\xbf\x61a\x01\xff\x02", "\xbf\x61a\x01" ++ fraud ++ "\xff\x02", .{ .head = 0, .body = 1, .end = 4, .entries = null }, verdict);
    try expectScored("\xa2\x65fraud\x00\x61a\x01", "\xa2" ++ fraud ++ "\x61a\x01", .{
        .head = 0,
        .body = 1,
        .end = 11,
        .entries = 2,
        .score = .{ 1, 8 },
    }, verdict);
}

fn expectScored(message: []const u8, expected: []const u8, data: payments.DataMap, verdict: rules.Verdict) !void {
    var buffer = score.Buffer{};
    var out: [256]u8 = undefined;
    const scored = score.score(message, data, verdict, &buffer);
    scored.write(out[0..scored.length()]);
    try testing.expectEqualSlices(u8, expected, out[0..scored.length()]);
}

test "all reasons at once fit the buffer" {
    var buffer = score.Buffer{};
    const scored = score.score("\xa0", .{ .head = 0, .body = 1, .end = 1, .entries = 0 }, .{ .rules = .full }, &buffer);
    try testing.expect(scored.length() > 200);
}
