//! Where a value stands in a message, for the reasons of errors: `data.card.pan`.
const failure = @import("failure.zig");

/// Why a value could not be read as the type that was asked for. The reason, recorded for the message, names the place.
pub const Error = error{ Missing, WrongType, OutOfRange, OutOfMemory };

/// A value's name, and what holds it.
pub const Place = struct {
    /// What holds it.
    parent: ?*const Place = null,
    /// Its name there; `[]` for an element.
    name: []const u8,

    /// There is nothing at that place.
    pub fn missing(place: *const Place) Error {
        return place.report(error.Missing, &.{" is missing"});
    }

    /// The value has another type than was asked for.
    pub fn wrong(place: *const Place, expected: []const u8, found: []const u8) Error {
        return place.report(error.WrongType, &.{ ": expected ", expected, ", found ", found });
    }

    /// The value has the type that was asked for, but too much of it.
    pub fn outOfRange(place: *const Place, what: []const u8) Error {
        return place.report(error.OutOfRange, &.{ " ", what });
    }

    /// Record a reason that begins with the name of the place.
    noinline fn report(place: *const Place, cause: Error, what: []const []const u8) Error {
        var parts: [2 * 40 + 4][]const u8 = undefined;
        var used = parts.len - what.len;
        @memcpy(parts[used..], what);
        var here: ?*const Place = place;
        while (here) |named| : (here = named.parent) {
            if (used < 2) break;
            used -= 1;
            parts[used] = named.name;
            if (named.parent != null and !(named.name.len > 0 and named.name[0] == '[')) {
                used -= 1;
                parts[used] = ".";
            }
        }
        return failure.record(cause, parts[used..]);
    }
};
