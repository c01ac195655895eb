//! Makes users: JSON in, JSON out.
const std = @import("std");
const priostack = @import("plugbay").priostack;
const Call = priostack.Call;

pub const panic = priostack.panic;

comptime {
    priostack.exportFunctions(.{ .create_user = createUser });
}

const Request = struct { name: []const u8, email: []const u8 };
/// `created` is in Unix nanoseconds.
const User = struct { name: []const u8, email: []const u8, created: i64 };

fn createUser(call: *Call, request: Request) !User {
    if (request.name.len == 0) return call.fail("name is required");
    if (std.mem.findScalar(u8, request.email, '@') == null) return call.failf("'{s}' is no mail address", .{request.email});
    call.logf(.info, "made the user {s}", .{request.name});
    return .{ .name = request.name, .email = request.email, .created = call.now() };
}

test "a user is made" {
    var rig: priostack.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    const result = try rig.call(createUser, "{\"name\": \"Ada\", \"email\": \"ada@example.com\"}");
    const user = try result.as(User, rig.arena());
    try std.testing.expectEqualStrings("ada@example.com", user.email);
    try std.testing.expectEqual(rig.time, user.created);
    try std.testing.expectEqualStrings("made the user Ada", result.logs[0].text);
}

test "what is wrong is said" {
    var rig: priostack.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    inline for (.{
        .{ "{\"name\": \"\", \"email\": \"ada@example.com\"}", "name is required" },
        .{ "{\"name\": \"Ada\", \"email\": \"nowhere\"}", "'nowhere' is no mail address" },
        .{ "{\"name\": \"Ada\"}", "input.email is missing" },
    }) |case| try std.testing.expectEqualStrings(case[1], (try rig.call(createUser, case[0])).reason);
}
