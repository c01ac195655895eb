//! JSON, for Extism plugins, Reflow actors and byte functions.
const value = @import("value.zig");
const writing = @import("write.zig");

pub const ByteArray = @import("byte_array.zig").ByteArray;
pub const Entries = value.Entries;
pub const Elements = value.Elements;
pub const Entry = value.Entry;
pub const Error = value.Error;
pub const Kind = value.Kind;
pub const Object = @import("object.zig").Object;
pub const Value = value.Value;
pub const ParseError = @import("scan.zig").Error;
pub const WriteError = writing.Error;
pub const Writer = writing.Writer;
pub const max_depth = @import("scan.zig").max_depth;
pub const parse = value.Value.parse;
pub const write = writing.write;
