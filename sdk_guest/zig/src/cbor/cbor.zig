//! The values of fluxrig's messages, in CBOR.
const encode_ = @import("encode.zig");
const item = @import("item.zig");
const map = @import("map.zig");
const reading = @import("read.zig");

pub const Bytes = encode_.Bytes;
pub const Encoder = encode_.Encoder;
pub const Entries = item.Entries;
pub const Elements = item.Elements;
pub const Error = item.Error;
pub const Item = item.Item;
pub const Kind = item.Kind;
pub const Map = map.Map;
pub const bytes = encode_.bytes;
pub const encode = encode_.encode;
pub const max_depth = reading.max_depth;
pub const read = reading.read;
