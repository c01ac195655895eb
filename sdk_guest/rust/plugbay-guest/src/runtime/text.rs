//! Text without an allocation, for when there may be no memory left.

use core::fmt::{self, Display, Write};
use core::panic::Location;

const ROOM: usize = 1024;

/// Text of a bounded length; what does not fit is left out.
struct Line {
    bytes: [u8; ROOM],
    len: usize,
}

impl Line {
    fn as_str(&self) -> &str {
        // Only whole characters were put in.
        core::str::from_utf8(&self.bytes[..self.len]).unwrap_or("")
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut fits = text.len().min(ROOM - self.len);
        while !text.is_char_boundary(fits) {
            fits -= 1;
        }
        self.bytes[self.len..self.len + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.len += fits;
        if fits == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Logs one line about a panic: where it was and its text.
pub fn panicked(message: &dyn Display, place: Option<&Location<'_>>, log: fn(crate::Level, &str)) {
    let mut line = Line { bytes: [0; ROOM], len: 0 };
    // What does not fit is missed by nobody.
    let _ = match place {
        Some(place) => write!(line, "panicked at {place}: {message}"),
        None => write!(line, "panicked: {message}"),
    };
    log(crate::Level::Error, line.as_str());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_whole_characters_only() {
        let mut line = Line { bytes: [0; ROOM], len: 0 };
        let long = "é".repeat(ROOM);
        assert!(line.write_str("x").is_ok());
        assert!(line.write_str(&long).is_err());
        assert_eq!(line.as_str().len(), ROOM - 1);
    }
}
