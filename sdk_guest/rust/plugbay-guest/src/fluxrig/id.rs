use core::fmt;

/// The 16 bytes of a UUID v7 that names a message, a gear or a port; sixteen zeros are none.
///
/// It is shown, and parsed, in the usual form of a UUID.
///
/// ```
/// use plugbay_guest::fluxrig::Id;
///
/// let id: Id = "01a1fd4a-4160-7430-80df-fbc4634c75c8".parse().unwrap();
/// assert_eq!(id.to_string(), "01a1fd4a-4160-7430-80df-fbc4634c75c8");
/// assert!(Id::NIL.is_nil());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 16]);

impl Id {
    /// No id.
    pub const NIL: Self = Self([0; 16]);

    /// Whether it is none.
    pub fn is_nil(self) -> bool {
        self == Self::NIL
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                formatter.write_str("-")?;
            }
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A text is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoId;

impl fmt::Display for NoId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an id is written as 01a1fd4a-4160-7430-80df-fbc4634c75c8")
    }
}

impl core::error::Error for NoId {}

impl core::str::FromStr for Id {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        let text = text.as_bytes();
        if text.len() != 36 || [8, 13, 18, 23].iter().any(|&place| text[place] != b'-') {
            return Err(NoId);
        }
        let mut id = Self::NIL;
        let mut digits = text.iter().enumerate().filter(|(place, _)| !matches!(place, 8 | 13 | 18 | 23));
        for byte in &mut id.0 {
            for _ in 0..2 {
                let digit = digits.next().and_then(|(_, &digit)| char::from(digit).to_digit(16)).ok_or(NoId)?;
                *byte = *byte << 4 | digit as u8;
            }
        }
        Ok(id)
    }
}
