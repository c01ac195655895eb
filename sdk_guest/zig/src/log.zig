//! Levels of log lines.

/// How urgent a log line is. The numbers are those of fluxrig's and PrioStack's `env.log`.
pub const Level = enum(u32) { trace = 0, debug = 1, info = 2, warn = 3, @"error" = 4 };
