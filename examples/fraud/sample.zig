//! Messages for the tests.
const std = @import("std");
const cbor = @import("cbor.zig");

pub const Sample = struct {
    id: []const u8 = "pay_1",
    seconds: u64 = 1_800_000_000,
    amount: u64 = 2500,
    currency: []const u8 = "EUR",
    channel: []const u8 = "pos",
    card: []const u8 = "c0ffee",
    card_country: []const u8 = "DE",
    merchant: []const u8 = "m_1",
    merchant_country: []const u8 = "DE",
    mcc: []const u8 = "5411",

    pub fn write(sample: Sample, buffer: []u8) []const u8 {
        var out = Writer{ .out = buffer };
        out.head(.map, 3);
        out.text("meta");
        out.head(.map, 0);
        out.text("data");
        out.head(.map, 3);
        out.text("payment");
        out.head(.map, 4);
        out.entry("id", sample.id);
        out.text("amount");
        out.head(.unsigned, sample.amount);
        out.entry("currency", sample.currency);
        out.entry("channel", sample.channel);
        out.text("card");
        out.head(.map, 2);
        out.entry("hash", sample.card);
        out.entry("country", sample.card_country);
        out.text("merchant");
        out.head(.map, 3);
        out.entry("id", sample.merchant);
        out.entry("mcc", sample.mcc);
        out.entry("country", sample.merchant_country);
        out.text("ts");
        out.head(.unsigned, sample.seconds * std.time.ns_per_s);
        return buffer[0..out.at];
    }
};

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

    fn entry(writer: *Writer, key: []const u8, value: []const u8) void {
        writer.text(key);
        writer.text(value);
    }
};
