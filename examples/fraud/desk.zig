//! The fraud desk: reads a message, judges the payment in it and remembers what it saw, in memory of fixed size.
const std = @import("std");
const history = @import("history.zig");
const payments = @import("payment.zig");
const rules = @import("rules.zig");
const Seen = @import("seen.zig").Seen;
const Table = @import("table.zig").Table;

/// A payment, its verdict, and the fingerprints under which it is remembered.
pub const Case = struct {
    payment: payments.Payment,
    verdict: rules.Verdict,
    payment_key: u64,
    keys: rules.Keys,
};

pub const Finding = union(enum) {
    scored: Case,
    duplicate: payments.Payment,
    invalid: payments.Invalid,
};

pub const Desk = struct {
    seen: Seen = .{},
    cards: Table(history.Card, 512, 4) = .{},
    merchants: Table(history.Merchant, 128, 4) = .{},

    /// Changes nothing: a payment counts only once it is `remember`ed.
    pub fn examine(desk: *const Desk, message: []const u8) Finding {
        const payment = payments.parse(message) catch |invalid| return .{ .invalid = invalid };
        const payment_key = fingerprint(payment.id);
        if (desk.seen.contains(payment_key)) return .{ .duplicate = payment };
        const keys = rules.Keys{ .card = fingerprint(payment.card), .merchant = fingerprint(payment.merchant) };
        const card = desk.cards.find(keys.card) orelse &history.Card{};
        const merchant = desk.merchants.find(keys.merchant) orelse &history.Merchant{};
        const verdict = rules.assess(&payment, keys, card, merchant);
        return .{ .scored = .{ .payment = payment, .verdict = verdict, .payment_key = payment_key, .keys = keys } };
    }

    pub fn remember(desk: *Desk, case: *const Case) void {
        desk.seen.add(case.payment_key);
        const approved = case.verdict.decision() == .approve;
        desk.cards.use(case.keys.card).remember(&case.payment, case.keys.merchant, approved);
        desk.merchants.use(case.keys.merchant).remember(&case.payment, case.keys.card);
    }
};

/// Never 0, which marks a free place in the tables.
fn fingerprint(text: []const u8) u64 {
    return @max(1, std.hash.Wyhash.hash(0, text));
}
