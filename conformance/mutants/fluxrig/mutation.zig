//! Which mutation is in force: a constant of the module that the suite's tests write into the binary.
//!
//! `mutations.txt` has the names, one a line; the constant is the line's number. 0 is the gear that is right.
const std = @import("std");

comptime {
    asm (
        \\.globaltype mutation, i32, immutable
        \\.globl mutation
        \\.export_name mutation, mutation
        \\mutation:
    );
}

const names = @embedFile("mutations.txt");

/// Whether the mutation of that name is in force. A name that the file does not have is a compile error.
pub fn is(comptime name: []const u8) bool {
    return current() == comptime number(name);
}

/// What the message at hand says it is for: the id of a requirement. Mutations of what any message may show use it.
pub var requirement: []const u8 = "";

/// Whether the mutation is in force and the message is for that requirement.
pub fn isFor(comptime name: []const u8, comptime id: []const u8) bool {
    return is(name) and std.mem.eql(u8, requirement, id);
}

fn current() i32 {
    return asm volatile (
        \\global.get mutation
        \\local.set %[out]
        : [out] "=r" (-> i32),
    );
}

fn number(comptime name: []const u8) i32 {
    @setEvalBranchQuota(100_000);
    var lines = std.mem.tokenizeScalar(u8, names, '\n');
    var line: i32 = 1;
    while (lines.next()) |each| : (line += 1) {
        if (std.mem.eql(u8, each, name)) return line;
    }
    @compileError("mutations.txt has no " ++ name);
}
