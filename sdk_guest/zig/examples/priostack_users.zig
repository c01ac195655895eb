//! A JSON service as byte functions: makes users, and judges their names and addresses.
const std = @import("std");
const priostack = @import("plugbay").priostack;
const Call = priostack.Call;

pub const panic = priostack.panic;

comptime {
    priostack.exportFunctions(.{ .create_user = createUser, .check_address = checkAddress });
}

const Request = struct { email: []const u8, name: []const u8, roles: []const Role = &.{.reader} };
const Role = enum { reader, writer, owner };
const User = struct { id: []const u8, email: []const u8, name: []const u8, roles: []const Role, created: i64 };

fn createUser(call: *Call, request: Request) !User {
    if (request.name.len == 0) return call.fail("name is required");
    if (domainOf(request.email) == null) return call.failf("{s} is no mail address", .{request.email});
    var random: [8]u8 = undefined;
    call.random(&random);
    const id = try std.fmt.allocPrint(call.arena, "user_{x}", .{random});
    call.logf(.info, "made {s}", .{id});
    return .{ .id = id, .email = request.email, .name = request.name, .roles = request.roles, .created = call.now() };
}

/// The input is the address itself.
fn checkAddress(_: *Call, address: []const u8) !struct { valid: bool, domain: ?[]const u8 } {
    const domain = domainOf(address);
    return .{ .valid = domain != null, .domain = domain };
}

fn domainOf(address: []const u8) ?[]const u8 {
    const at = std.mem.findScalar(u8, address, '@') orelse return null;
    const domain = address[at + 1 ..];
    if (at == 0 or std.mem.findScalar(u8, domain, '@') != null) return null;
    return if (std.mem.findScalar(u8, domain, '.') != null) domain else null;
}

test "a user is made of a request" {
    var rig: priostack.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    const result = try rig.call(createUser, "{\"email\": \"ada@example.com\", \"name\": \"Ada\", \"roles\": [\"owner\"]}");
    const user = try result.as(User, rig.arena());
    try std.testing.expectEqual(21, user.id.len);
    try std.testing.expectEqualSlices(Role, &.{.owner}, user.roles);
    try std.testing.expectEqual(rig.time, user.created);
    try std.testing.expect(std.mem.endsWith(u8, result.logs[0].text, user.id));
}

test "what is missing or wrong is said" {
    var rig: priostack.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    inline for (.{
        .{ "{\"email\": \"ada@example.com\"}", "input.name is missing" },
        .{ "{\"email\": \"ada@example.com\", \"name\": \"\"}", "name is required" },
        .{ "{\"email\": \"ada\", \"name\": \"Ada\"}", "ada is no mail address" },
        .{ "{\"email\": 5, \"name\": \"Ada\"}", "input.email: expected text, found number" },
    }) |case| try std.testing.expectEqualStrings(case[1], (try rig.call(createUser, case[0])).reason);
    try std.testing.expectEqualStrings("{\"valid\":false,\"domain\":null}", (try rig.call(checkAddress, "a@b@c.d")).output.?);
    try std.testing.expectEqualStrings("{\"valid\":true,\"domain\":\"c.d\"}", (try rig.call(checkAddress, "a@c.d")).output.?);
}
