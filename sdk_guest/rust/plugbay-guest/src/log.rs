/// How grave a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For following each step; Extism alone knows it, elsewhere it is the same as `Debug`.
    Trace,
    /// For whoever looks for a mistake.
    Debug,
    /// For whoever wants to know what goes on.
    Info,
    /// Something is odd, and was dealt with.
    Warn,
    /// Something failed.
    Error,
}

/// The log macros of the ABIs that log through the module `env`.
#[cfg(any(feature = "fluxrig", feature = "packed"))]
mod env {
    /// Logs a line at level debug, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __env_debug {
        ($($text:tt)+) => { $crate::runtime::env::log_line($crate::Level::Debug, ::core::format_args!($($text)+)) };
    }

    /// Logs a line at level info, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __env_info {
        ($($text:tt)+) => { $crate::runtime::env::log_line($crate::Level::Info, ::core::format_args!($($text)+)) };
    }

    /// Logs a line at level warn, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __env_warn {
        ($($text:tt)+) => { $crate::runtime::env::log_line($crate::Level::Warn, ::core::format_args!($($text)+)) };
    }

    /// Logs a line at level error, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __env_error {
        ($($text:tt)+) => { $crate::runtime::env::log_line($crate::Level::Error, ::core::format_args!($($text)+)) };
    }

    /// Logs a line at the level that comes first, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __env_log {
        ($level:expr, $($text:tt)+) => { $crate::runtime::env::log_line($level, ::core::format_args!($($text)+)) };
    }
}

/// The log macros of Extism plugins and Reflow actors.
#[cfg(feature = "extism")]
mod extism {
    /// Logs a line at level trace, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __extism_trace {
        ($($text:tt)+) => { $crate::runtime::extism::log_line($crate::Level::Trace, ::core::format_args!($($text)+)) };
    }

    /// Logs a line at level debug, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __extism_debug {
        ($($text:tt)+) => { $crate::runtime::extism::log_line($crate::Level::Debug, ::core::format_args!($($text)+)) };
    }

    /// Logs a line at level info, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __extism_info {
        ($($text:tt)+) => { $crate::runtime::extism::log_line($crate::Level::Info, ::core::format_args!($($text)+)) };
    }

    /// Logs a line at level warn, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __extism_warn {
        ($($text:tt)+) => { $crate::runtime::extism::log_line($crate::Level::Warn, ::core::format_args!($($text)+)) };
    }

    /// Logs a line at level error, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __extism_error {
        ($($text:tt)+) => { $crate::runtime::extism::log_line($crate::Level::Error, ::core::format_args!($($text)+)) };
    }

    /// Logs a line at the level that comes first, formatted as in `format!`.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __extism_log {
        ($level:expr, $($text:tt)+) => { $crate::runtime::extism::log_line($level, ::core::format_args!($($text)+)) };
    }
}
