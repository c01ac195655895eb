use core::fmt;

/// A whole number from -2<sup>63</sup> to 2<sup>64</sup> - 1.
///
/// ```
/// use plugbay_guest::fluxrig::Integer;
///
/// let number = Integer::from(7_u8);
/// assert_eq!(i64::try_from(number), Ok(7));
/// assert!(u8::try_from(Integer::from(256)).is_err());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Integer {
    negative: bool,
    /// The two's complement of a negative number.
    bits: u64,
}

/// An [`Integer`] does not fit into the type that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl Integer {
    /// The nearest float.
    pub fn to_f64(self) -> f64 {
        if self.negative { self.bits as i64 as f64 } else { self.bits as f64 }
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative { (self.bits as i64).fmt(formatter) } else { self.bits.fmt(formatter) }
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Integer {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        // Of two negative numbers the two's complements are in the numbers' own order.
        other.negative.cmp(&self.negative).then(self.bits.cmp(&other.bits))
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the integer is out of range")
    }
}

impl core::error::Error for OutOfRange {}

macro_rules! signed {
    ($($type:ty)+) => {$(
        impl From<$type> for Integer {
            fn from(number: $type) -> Self {
                Self { negative: number < 0, bits: number as i64 as u64 }
            }
        }

        impl TryFrom<Integer> for $type {
            type Error = OutOfRange;

            fn try_from(number: Integer) -> Result<Self, OutOfRange> {
                if !number.negative && number.bits > i64::MAX as u64 {
                    return Err(OutOfRange);
                }
                <$type>::try_from(number.bits as i64).map_err(|_| OutOfRange)
            }
        }
    )+};
}

macro_rules! unsigned {
    ($($type:ty)+) => {$(
        impl From<$type> for Integer {
            fn from(number: $type) -> Self {
                Self { negative: false, bits: number as u64 }
            }
        }

        impl TryFrom<Integer> for $type {
            type Error = OutOfRange;

            fn try_from(number: Integer) -> Result<Self, OutOfRange> {
                if number.negative { Err(OutOfRange) } else { <$type>::try_from(number.bits).map_err(|_| OutOfRange) }
            }
        }
    )+};
}

signed!(i8 i16 i32 i64 isize);
unsigned!(u8 u16 u32 u64 usize);
