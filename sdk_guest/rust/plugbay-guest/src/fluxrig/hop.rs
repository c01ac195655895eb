use super::Id;

/// A gear that a message passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// Which gear; `g` on the wire.
    pub gear: Id,
    /// By which port; `p` on the wire.
    pub port: Id,
    /// When, in Unix nanoseconds; `t` on the wire.
    pub time: i64,
}
