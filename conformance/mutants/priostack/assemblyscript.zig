//! The mutants of the convention `assemblyscript`, with a small runtime of objects: what nothing has pinned is garbage.
const std = @import("std");
const answers = @import("answer.zig");
const blocks = @import("blocks.zig");
const mutation = @import("mutation.zig");
const operations = @import("operations.zig");

pub const profile = "assemblyscript";
pub const failing = 82;

extern "env" fn abort(message: usize, file: usize, line: u32, column: u32) noreturn;

const array_buffer = 1;
const string = 2;

/// What lies in front of an object's bytes. The last two words are where AssemblyScript has them.
const Header = extern struct {
    previous: ?*Header,
    next: ?*Header,
    block: usize,
    pins: u32,
    id: u32,
    size: u32,

    fn bytes(header: *Header) [*]u8 {
        return @as([*]u8, @ptrCast(header)) + @sizeOf(Header);
    }

    fn of(object: usize) *Header {
        return @ptrFromInt(object - @sizeOf(Header));
    }
};

var objects: ?*Header = null;

comptime {
    for (std.meta.declarations(operations)) |name| {
        @export(&exported(name), .{ .name = name });
    }
}

fn exported(comptime name: []const u8) fn (usize) callconv(.c) usize {
    return struct {
        fn call(object: usize) callconv(.c) usize {
            const input = Header.of(object);
            const plain = comptime std.mem.eql(u8, name, "plain");
            if (plain and mutation.is(43)) __unpin(object);
            const answer = @field(operations, name)(input.bytes()[0..input.size]) catch out_of_memory();
            return switch (answer) {
                .output => |bytes| give(bytes, if (plain and mutation.is(44)) string else array_buffer),
                .failure => |message| abort(text_of(message), 0, 1, 1),
                .wild => |place| place.ptr,
            };
        }
    }.call;
}

/// Bytes of the allocator as an object.
fn give(bytes: []u8, id: u32) usize {
    const object = create(bytes.len, id) orelse out_of_memory();
    @memcpy(object.bytes()[0..bytes.len], bytes);
    blocks.gpa.free(bytes);
    return @intFromPtr(object.bytes());
}

/// A message of UTF-8 as an object of UTF-16; what is not valid becomes U+FFFD.
fn text_of(message: []const u8) usize {
    const text = if (std.unicode.utf8ValidateSlice(message)) message else "\u{fffd}";
    const wide = std.unicode.utf8ToUtf16LeAlloc(blocks.gpa, text) catch out_of_memory();
    return give(std.mem.sliceAsBytes(wide), string);
}

fn out_of_memory() noreturn {
    abort(0, 0, 1, 1);
}

fn create(size: usize, id: u32) ?*Header {
    if (size > std.math.maxInt(u32) - 64) return null;
    const block = blocks.gpa.alignedAlloc(u8, .@"16", size + @sizeOf(Header)) catch return null;
    const header: *Header = @ptrCast(block.ptr);
    header.* = .{ .previous = null, .next = objects, .block = block.len, .pins = 0, .id = id, .size = size };
    if (objects) |first| first.previous = header;
    objects = header;
    return header;
}

fn unlink(header: *Header) void {
    if (header.previous) |previous| previous.next = header.next else objects = header.next;
    if (header.next) |next| next.previous = header.previous;
}

fn destroy(header: *Header) void {
    const memory: [*]align(16) u8 = @ptrCast(@alignCast(header));
    const block = memory[0..header.block];
    @memset(block, 0xdd);
    blocks.gpa.free(block);
}

export fn _initialize() void {
    if (mutation.is(15)) @trap();
}

/// Sizes at which one mutation shows and nothing else does; the cases ask for them.
const misnamed_size = 12_347;
const leaking_size = 3072;
const most_live = 24;
const most_zeros = 30;
const huge = 0x4000_0000;

var zeros: u32 = 0;
var live: u32 = 0;
var earliest: ?*Header = null;
var latest: ?*Header = null;
var odd: ?*Header = null;

export fn __new(size: usize, id: u32) usize {
    if (mutation.is(26) and size >= huge) return blocks.nowhere;
    if (size == 0) {
        zeros += 1;
        if (mutation.is(21) and zeros > most_zeros) return blocks.nowhere;
    }
    const uneven = size % 2 == 1 and size > 16;
    if (mutation.is(22) and uneven) if (odd) |object| return @intFromPtr(object.bytes());
    if (mutation.is(23) and live >= most_live) return @intFromPtr(earliest.?.bytes());
    const object = create(size, id) orelse out_of_memory();
    if (mutation.is(30) and size == misnamed_size) object.size += 1;
    if (live == 0) earliest = object;
    if (uneven) odd = object;
    latest = object;
    return @intFromPtr(object.bytes());
}

export fn __pin(object: usize) usize {
    if (object == 0) return 0;
    Header.of(object).pins += 1;
    live += 1;
    return if (mutation.is(31)) 0 else object;
}

export fn __unpin(object: usize) void {
    if (object == 0) return;
    const header = Header.of(object);
    if (header.pins == 0) abort(0, 0, 2, 2);
    header.pins -= 1;
    live -= 1;
    if (header.size == 0) zeros -|= 1;
    if (header == odd) odd = null;
    if (mutation.is(24) and latest != null and header != latest.?) latest.?.bytes()[0] ^= 0xff;
    if (header == latest) latest = null;
}

export fn __collect() void {
    var next = objects;
    while (next) |header| {
        next = header.next;
        if (header.pins > 0 and !mutation.is(32)) continue;
        unlink(header);
        if (!mutation.is(25) or header.size != leaking_size) destroy(header);
    }
    latest = null;
    odd = null;
}
