//! A card payment, read from a fluxMsg. Whatever is wrong with it is one named error with a sentence for people.
const std = @import("std");
const cbor = @import("cbor.zig");
const reference = @import("reference.zig");

pub const Invalid = cbor.Error || error{
    KeyNotText,
    KeyTwice,
    TrailingBytes,
    NotAMap,
    TimeMissing,
    TimeOutOfRange,
    IdMissing,
    IdInvalid,
    AmountMissing,
    AmountNegative,
    AmountNotInteger,
    AmountTooLarge,
    CurrencyMissing,
    CurrencyInvalid,
    CurrencyUnknown,
    ChannelMissing,
    ChannelUnknown,
    CardMissing,
    CardInvalid,
    MerchantMissing,
    MerchantInvalid,
    MccInvalid,
    CountryMissing,
    CountryInvalid,
};

/// What is wrong, as the host shows it.
pub fn reason(invalid: Invalid) []const u8 {
    return switch (invalid) {
        error.Truncated => "message is cut short",
        error.TooDeep => "message nests too deeply",
        error.NotCbor => "message is not CBOR",
        error.KeyNotText => "a key is not text",
        error.KeyTwice => "a key stands twice",
        error.TrailingBytes => "bytes after the message",
        error.NotAMap => "message, data, payment, card or merchant is not a map",
        error.TimeMissing => "missing ts",
        error.TimeOutOfRange => "ts out of range",
        error.IdMissing => "missing payment id",
        error.IdInvalid => "invalid payment id",
        error.AmountMissing => "missing amount",
        error.AmountNegative => "negative amount",
        error.AmountNotInteger => "amount is not an integer",
        error.AmountTooLarge => "amount too large",
        error.CurrencyMissing => "missing currency",
        error.CurrencyInvalid => "invalid currency",
        error.CurrencyUnknown => "unknown currency",
        error.ChannelMissing => "missing channel",
        error.ChannelUnknown => "unknown channel",
        error.CardMissing => "missing card hash",
        error.CardInvalid => "invalid card hash",
        error.MerchantMissing => "missing merchant id or mcc",
        error.MerchantInvalid => "invalid merchant id",
        error.MccInvalid => "invalid mcc",
        error.CountryMissing => "missing country",
        error.CountryInvalid => "invalid country",
    };
}

pub const Channel = enum {
    pos,
    contactless,
    atm,
    ecom,

    pub fn cardPresent(channel: Channel) bool {
        return channel != .ecom;
    }
};

/// Where `data` stands in the message, so that an entry can be added and nothing else changes.
pub const DataMap = struct {
    head: usize,
    body: usize,
    /// Behind the last entry; before the break of a map without a length.
    end: usize,
    entries: ?u64,
    /// An earlier score that came with the message: from the key to behind the value.
    score: ?[2]usize = null,
};

/// A valid payment; texts point into the message.
pub const Payment = struct {
    id: []const u8,
    /// Unix seconds; the message's ts.
    seconds: u32,
    /// Minor units of the currency.
    amount: u64,
    currency: reference.Currency,
    euro_cents: u32,
    channel: Channel,
    card: []const u8,
    card_country: reference.Country,
    merchant: []const u8,
    merchant_country: reference.Country,
    mcc: u16,
    data: DataMap,
};

const Draft = struct {
    seconds: ?u32 = null,
    id: ?[]const u8 = null,
    amount: ?u64 = null,
    currency: ?reference.Currency = null,
    channel: ?Channel = null,
    card: ?[]const u8 = null,
    card_country: ?reference.Country = null,
    merchant: ?[]const u8 = null,
    merchant_country: ?reference.Country = null,
    mcc: ?u16 = null,
    data: ?DataMap = null,
};

pub fn parse(message: []const u8) Invalid!Payment {
    var reader = cbor.Reader{ .bytes = message };
    var draft = Draft{};
    var fields = try cbor.Map.open(&reader) orelse return error.NotAMap;
    while (try fields.next()) |key| {
        if (is(key, "ts")) {
            try once(&draft.seconds, try readSeconds(&reader));
        } else if (is(key, "data")) {
            if (draft.data != null) return error.KeyTwice;
            try readData(&reader, &draft);
        } else try reader.skip();
    }
    try fields.close();
    if (!reader.atEnd()) return error.TrailingBytes;
    return finish(draft);
}

fn finish(draft: Draft) Invalid!Payment {
    const amount = draft.amount orelse return error.AmountMissing;
    const currency = draft.currency orelse return error.CurrencyMissing;
    return .{
        .id = draft.id orelse return error.IdMissing,
        .seconds = draft.seconds orelse return error.TimeMissing,
        .amount = amount,
        .currency = currency,
        .euro_cents = reference.euroCents(amount, currency) orelse return error.CurrencyUnknown,
        .channel = draft.channel orelse return error.ChannelMissing,
        .card = draft.card orelse return error.CardMissing,
        .card_country = draft.card_country orelse return error.CountryMissing,
        .merchant = draft.merchant orelse return error.MerchantMissing,
        .merchant_country = draft.merchant_country orelse return error.CountryMissing,
        .mcc = draft.mcc orelse return error.MerchantMissing,
        .data = draft.data orelse return error.AmountMissing,
    };
}

fn readData(reader: *cbor.Reader, draft: *Draft) Invalid!void {
    const head = reader.at;
    var entries = try cbor.Map.open(reader) orelse return error.NotAMap;
    var data = DataMap{ .head = head, .body = reader.at, .end = 0, .entries = entries.length };
    var seen = struct { payment: ?void = null, card: ?void = null, merchant: ?void = null }{};
    while (true) {
        const start = reader.at;
        const key = try entries.next() orelse break;
        if (is(key, "payment")) {
            try once(&seen.payment, try readPayment(reader, draft));
        } else if (is(key, "card")) {
            try once(&seen.card, try readCard(reader, draft));
        } else if (is(key, "merchant")) {
            try once(&seen.merchant, try readMerchant(reader, draft));
        } else {
            try reader.skip();
            if (is(key, "fraud")) try once(&data.score, .{ start, reader.at });
        }
    }
    data.end = reader.at;
    try entries.close();
    draft.data = data;
}

fn readPayment(reader: *cbor.Reader, draft: *Draft) Invalid!void {
    var fields = try cbor.Map.open(reader) orelse return error.NotAMap;
    while (try fields.next()) |key| {
        if (is(key, "id")) {
            try once(&draft.id, try name(reader) orelse return error.IdInvalid);
        } else if (is(key, "amount")) {
            try once(&draft.amount, try readAmount(reader));
        } else if (is(key, "currency")) {
            try once(&draft.currency, try capitals(3, reader) orelse return error.CurrencyInvalid);
        } else if (is(key, "channel")) {
            const channel = try reader.text() orelse return error.ChannelUnknown;
            try once(&draft.channel, std.meta.stringToEnum(Channel, channel) orelse return error.ChannelUnknown);
        } else try reader.skip();
    }
    try fields.close();
}

fn readCard(reader: *cbor.Reader, draft: *Draft) Invalid!void {
    var fields = try cbor.Map.open(reader) orelse return error.NotAMap;
    while (try fields.next()) |key| {
        if (is(key, "hash")) {
            try once(&draft.card, try name(reader) orelse return error.CardInvalid);
        } else if (is(key, "country")) {
            try once(&draft.card_country, try capitals(2, reader) orelse return error.CountryInvalid);
        } else try reader.skip();
    }
    try fields.close();
}

fn readMerchant(reader: *cbor.Reader, draft: *Draft) Invalid!void {
    var fields = try cbor.Map.open(reader) orelse return error.NotAMap;
    while (try fields.next()) |key| {
        if (is(key, "id")) {
            try once(&draft.merchant, try name(reader) orelse return error.MerchantInvalid);
        } else if (is(key, "mcc")) {
            const digits = try reader.text() orelse return error.MccInvalid;
            if (digits.len != 4) return error.MccInvalid;
            for (digits) |digit| if (!std.ascii.isDigit(digit)) return error.MccInvalid;
            try once(&draft.mcc, std.fmt.parseInt(u16, digits, 10) catch return error.MccInvalid);
        } else if (is(key, "country")) {
            try once(&draft.merchant_country, try capitals(2, reader) orelse return error.CountryInvalid);
        } else try reader.skip();
    }
    try fields.close();
}

fn readAmount(reader: *cbor.Reader) Invalid!u64 {
    const head = try reader.head();
    return switch (head.kind) {
        .unsigned => if (head.value.? <= reference.max_amount) head.value.? else error.AmountTooLarge,
        .negative => error.AmountNegative,
        else => error.AmountNotInteger,
    };
}

fn readSeconds(reader: *cbor.Reader) Invalid!u32 {
    const head = try reader.head();
    if (head.kind != .unsigned) return error.TimeOutOfRange;
    return std.math.cast(u32, head.value.? / std.time.ns_per_s) orelse error.TimeOutOfRange;
}

/// A short text of visible ASCII, safe to show in a log line; null when it is anything else.
fn name(reader: *cbor.Reader) cbor.Error!?[]const u8 {
    const text = try reader.text() orelse return null;
    if (text.len == 0 or text.len > 64) return null;
    for (text) |character| if (character <= ' ' or character > '~') return null;
    return text;
}

fn capitals(comptime length: usize, reader: *cbor.Reader) cbor.Error!?[length]u8 {
    const text = try reader.text() orelse return null;
    if (text.len != length) return null;
    for (text) |character| if (!std.ascii.isUpper(character)) return null;
    return text[0..length].*;
}

fn once(slot: anytype, value: @typeInfo(@TypeOf(slot.*)).optional.child) error{KeyTwice}!void {
    if (slot.* != null) return error.KeyTwice;
    slot.* = value;
}

fn is(key: []const u8, expected: []const u8) bool {
    return std.mem.eql(u8, key, expected);
}
