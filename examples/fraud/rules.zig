//! The rules: what makes a payment suspicious, given what is known of its card and its merchant. They only look;
//! remembering is done elsewhere.
const std = @import("std");
const history = @import("history.zig");
const reference = @import("reference.zig");
const Payment = @import("payment.zig").Payment;

const minute = 60;

pub const Rule = enum {
    impossible_travel,
    velocity,
    card_testing,
    test_charge,
    amount_far_above_usual,
    amount_above_usual,
    new_card_high_amount,
    risky_merchant,
    new_merchant,
    cross_border,
    night,
    round_amount,
    card_not_present,

    pub fn points(rule: Rule) u32 {
        return switch (rule) {
            .impossible_travel => 70,
            .velocity => 50,
            .card_testing => 60,
            .test_charge => 55,
            .amount_far_above_usual => 35,
            .amount_above_usual => 20,
            .new_card_high_amount => 20,
            .risky_merchant => 20,
            .new_merchant => 10,
            .cross_border => 5,
            .night => 10,
            .round_amount => 5,
            .card_not_present => 5,
        };
    }

    /// As it stands in `data.fraud.reasons`.
    pub fn text(rule: Rule) []const u8 {
        return switch (rule) {
            .impossible_travel => "impossible travel",
            .velocity => "burst of online payments",
            .card_testing => "card testing at merchant",
            .test_charge => "large after test charges",
            .amount_far_above_usual => "amount far above usual",
            .amount_above_usual => "amount above usual",
            .new_card_high_amount => "high amount on new card",
            .risky_merchant => "risky merchant",
            .new_merchant => "first time at merchant",
            .cross_border => "foreign merchant",
            .night => "night hours",
            .round_amount => "round amount",
            .card_not_present => "card not present",
        };
    }
};

pub const Decision = enum { approve, review, decline };

pub const Verdict = struct {
    rules: std.EnumSet(Rule),

    /// 0 (nothing suspicious) to 100.
    pub fn score(verdict: Verdict) u8 {
        var total: u32 = 0;
        var found = verdict.rules.iterator();
        while (found.next()) |rule| total += rule.points();
        return @intCast(@min(total, 100));
    }

    pub fn decision(verdict: Verdict) Decision {
        return switch (verdict.score()) {
            0...49 => .approve,
            50...69 => .review,
            else => .decline,
        };
    }
};

/// The fingerprints under which a payment's parties are remembered; never 0.
pub const Keys = struct { card: u64, merchant: u64 };

pub fn assess(payment: *const Payment, keys: Keys, card: *const history.Card, merchant: *const history.Merchant) Verdict {
    const now = payment.seconds;
    const cents = payment.euro_cents;
    const online = !payment.channel.cardPresent();
    const tiny = cents < history.tiny_cents;
    const far_above = isAbove(payment, card, 10, 150_00);
    var rules = std.EnumSet(Rule).empty;
    rules.setPresent(.impossible_travel, isImpossibleTravel(payment, card));
    rules.setPresent(.velocity, online and card.onlinePayments(now, 10 * minute) >= 3);
    rules.setPresent(.card_testing, online and tiny and merchant.probingCards(now, 5 * minute, keys.card) >= 4);
    rules.setPresent(.test_charge, online and cents >= 60_00 and card.wasTested(now, 60 * minute));
    rules.setPresent(.amount_far_above_usual, far_above);
    rules.setPresent(.amount_above_usual, !far_above and isAbove(payment, card, 4, 100_00));
    rules.setPresent(.new_card_high_amount, card.approved < 3 and cents >= 300_00);
    rules.setPresent(.risky_merchant, isRisky(payment.mcc));
    rules.setPresent(.new_merchant, online and card.approved >= 3 and !card.knows(keys.merchant));
    rules.setPresent(.cross_border, online and !std.mem.eql(u8, &payment.card_country, &payment.merchant_country));
    rules.setPresent(.night, isNight(payment));
    rules.setPresent(.round_amount, cents >= 100_00 and payment.amount % 50_00 == 0 and payment.channel != .atm);
    rules.setPresent(.card_not_present, online);
    return .{ .rules = rules };
}

/// Far from the card's mean, where that says something: nobody flies or sleeps in a hotel for the price of a lunch.
fn isAbove(payment: *const Payment, card: *const history.Card, times: u64, least_cents: u32) bool {
    const cents = payment.euro_cents;
    const is_travel = payment.mcc == 4511 or payment.mcc == 7011;
    return !is_travel and card.approved >= 3 and cents >= least_cents and cents >= times * card.mean_cents;
}

/// The card was present in two places that nobody gets between in the time; 600 km are given for living near a border,
/// 900 km/h for an aeroplane.
fn isImpossibleTravel(payment: *const Payment, card: *const history.Card) bool {
    const before = card.present orelse return false;
    if (!payment.channel.cardPresent()) return false;
    const distance = reference.distanceKm(before.country, payment.merchant_country) orelse return false;
    const hours = @as(f32, @floatFromInt(history.apart(payment.seconds, before.seconds))) / 3600;
    return distance > 600 + 900 * hours;
}

/// Merchant categories of ISO 18245 where money leaves the trail: wire transfer, gift cards, quasi cash and crypto,
/// gambling.
fn isRisky(mcc: u16) bool {
    return switch (mcc) {
        4829, 5947, 6051, 7995 => true,
        else => false,
    };
}

/// From midnight to five where the customer is thought to be.
fn isNight(payment: *const Payment) bool {
    const country = if (payment.channel.cardPresent()) payment.merchant_country else payment.card_country;
    return reference.localHour(payment.seconds, country) < 5;
}
