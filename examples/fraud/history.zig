//! What is remembered of a card and of a merchant: a few numbers each, whatever the number of payments.
const std = @import("std");
const Payment = @import("payment.zig").Payment;
const Country = @import("reference.zig").Country;

/// Euro cents below which a payment may be a probe whether a stolen card works.
pub const tiny_cents = 200;

const Charge = struct { seconds: u32 = 0, tiny: bool = false };

pub const Card = struct {
    key: u64 = 0,
    used: u32 = 0,
    /// Approved payments; only they shape what is normal for the card.
    approved: u32 = 0,
    /// Running mean of approved payments in euro cents; each new one weighs an eighth.
    mean_cents: u32 = 0,
    /// Where they were, as a Bloom filter of one bit each.
    merchants: u64 = 0,
    /// The last online payments, approved or not.
    recent: [8]Charge = @splat(.{}),
    next: u8 = 0,
    /// Where and when the card itself was last present.
    present: ?struct { country: Country, seconds: u32 } = null,

    pub fn onlinePayments(card: *const Card, now: u32, window: u32) u32 {
        var found: u32 = 0;
        for (card.recent) |charge| found += @intFromBool(charge.seconds != 0 and apart(now, charge.seconds) <= window);
        return found;
    }

    pub fn wasTested(card: *const Card, now: u32, window: u32) bool {
        for (card.recent) |charge| if (charge.tiny and apart(now, charge.seconds) <= window) return true;
        return false;
    }

    /// False for a merchant where the card never was; true also for a few of those.
    pub fn knows(card: *const Card, merchant_key: u64) bool {
        return card.merchants & bit(merchant_key) != 0;
    }

    fn bit(merchant_key: u64) u64 {
        // The lower bits of the key choose its place in the table of merchants.
        return @as(u64, 1) << @intCast(merchant_key >> 58);
    }

    pub fn remember(card: *Card, payment: *const Payment, merchant_key: u64, was_approved: bool) void {
        if (!payment.channel.cardPresent()) {
            card.recent[card.next] = .{ .seconds = payment.seconds, .tiny = payment.euro_cents < tiny_cents };
            card.next = @intCast((card.next + 1) % card.recent.len);
        }
        if (!was_approved) return;
        card.merchants |= bit(merchant_key);
        if (payment.channel.cardPresent())
            card.present = .{ .country = payment.merchant_country, .seconds = payment.seconds };
        card.approved +|= 1;
        const weight = @min(card.approved, 8);
        const step = @divTrunc(@as(i64, payment.euro_cents) - card.mean_cents, weight);
        card.mean_cents = @intCast(card.mean_cents + step);
    }
};

pub const Merchant = struct {
    key: u64 = 0,
    used: u32 = 0,
    /// The last tiny payments without the card present.
    probes: [8]struct { seconds: u32 = 0, card: u64 = 0 } = @splat(.{}),
    next: u8 = 0,

    /// How many cards other than this one made a tiny payment within the window.
    pub fn probingCards(merchant: *const Merchant, now: u32, window: u32, card: u64) u32 {
        var found: u32 = 0;
        for (merchant.probes, 0..) |probe, index| {
            if (probe.seconds == 0 or probe.card == card or apart(now, probe.seconds) > window) continue;
            for (merchant.probes[0..index]) |earlier| {
                if (earlier.card == probe.card) break;
            } else found += 1;
        }
        return found;
    }

    pub fn remember(merchant: *Merchant, payment: *const Payment, card: u64) void {
        if (payment.channel.cardPresent() or payment.euro_cents >= tiny_cents) return;
        merchant.probes[merchant.next] = .{ .seconds = payment.seconds, .card = card };
        merchant.next = @intCast((merchant.next + 1) % merchant.probes.len);
    }
};

/// Seconds between two times; messages may come out of order.
pub fn apart(a: u32, b: u32) u32 {
    return @max(a, b) - @min(a, b);
}
