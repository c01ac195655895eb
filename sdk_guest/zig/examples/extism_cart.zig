//! A JSON service as an Extism plugin: the total of a cart, with the tax rate of the config and a count of calls.
const std = @import("std");
const extism = @import("plugbay").extism;
const Call = extism.Call;

pub const panic = extism.panic;

comptime {
    extism.exportFunction("total", total);
}

const Line = struct { sku: []const u8, price: u32, quantity: u16 = 1 };
const Cart = struct { lines: []const Line };
const Total = struct { net: u64, tax: u64, gross: u64, items: u64 };

/// Amounts are in cents, the rate `tax_percent` is a whole number.
fn total(call: *Call, cart: Cart) !Total {
    if (cart.lines.len == 0) return call.fail("the cart is empty");
    const text = try call.config("tax_percent") orelse "19";
    const percent = std.fmt.parseInt(u8, text, 10) catch return call.failf("tax_percent is {s}, not a number", .{text});
    var net: u64 = 0;
    var items: u64 = 0;
    for (cart.lines) |line| {
        if (line.quantity == 0) return call.failf("no {s} at all", .{line.sku});
        net += @as(u64, line.price) * line.quantity;
        items += line.quantity;
    }
    const tax = (net * percent + 50) / 100;
    call.logf(.debug, "{d} items", .{items});
    return .{ .net = net, .tax = tax, .gross = net + tax, .items = items };
}

test "a cart is added up, and taxed by the config" {
    var rig: extism.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    const cart = "{\"lines\": [{\"sku\": \"bolt\", \"price\": 25, \"quantity\": 4}, {\"sku\": \"nut\", \"price\": 10}]}";
    const taxed = "{\"net\":110,\"tax\":21,\"gross\":131,\"items\":5}";
    try std.testing.expectEqualStrings(taxed, rig.call(total, cart).output.?);
    try rig.config.put(rig.arena(), "tax_percent", "0");
    try std.testing.expectEqual(110, (try rig.call(total, cart).as(Total, rig.arena())).gross);
}

test "what is no cart is an error that says why" {
    var rig: extism.testing.Rig = .init(std.testing.allocator);
    defer rig.deinit();
    try std.testing.expectEqualStrings("the cart is empty", rig.call(total, "{\"lines\": []}").reason);
    const nothing = "{\"lines\": [{\"sku\": \"nut\", \"price\": 1, \"quantity\": 0}]}";
    try std.testing.expectEqualStrings("no nut at all", rig.call(total, nothing).reason);
    const free = "{\"lines\": [{\"sku\": \"nut\", \"price\": -1}]}";
    try std.testing.expectEqualStrings("input.lines[].price does not fit into u32", rig.call(total, free).reason);
    try rig.config.put(rig.arena(), "tax_percent", "many");
    const fine = "{\"lines\": [{\"sku\": \"nut\", \"price\": 1}]}";
    try std.testing.expectEqualStrings("tax_percent is many, not a number", rig.call(total, fine).reason);
}
