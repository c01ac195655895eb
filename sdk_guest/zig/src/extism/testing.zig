pub const fake = struct {};
