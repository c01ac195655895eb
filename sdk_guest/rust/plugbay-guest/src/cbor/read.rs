use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error as Malformed};

use super::MAX_DEPTH;
use super::half::half_to_float;
use crate::value::{Map, Value};
use crate::{Error, Result};

/// The one data item in these bytes, which nests at most [`MAX_DEPTH`] deep.
pub fn read(bytes: &[u8]) -> Result<Value> {
    let mut reader = Reader { decoder: Decoder::new(bytes), twice: String::new() };
    let value = reader.value(MAX_DEPTH).map_err(|problem| reader.explain(problem))?;
    match bytes.len() - reader.decoder.position() {
        0 => Ok(value),
        more => Err(Error::new(format!("malformed CBOR: {more} bytes follow the data item"))),
    }
}

/// What is wrong with the bytes; where is what the decoder knows.
#[derive(Clone, Copy)]
enum Problem {
    Malformed,
    EndsEarly,
    Forbidden(&'static str),
    Twice,
    NoMemory,
}

impl From<Malformed> for Problem {
    fn from(problem: Malformed) -> Self {
        if problem.is_end_of_input() { Self::EndsEarly } else { Self::Malformed }
    }
}

struct Reader<'b> {
    decoder: Decoder<'b>,
    /// The key that stands twice.
    twice: String,
}

impl Reader<'_> {
    fn explain(&self, problem: Problem) -> Error {
        let at = self.decoder.position();
        Error::new(match problem {
            Problem::EndsEarly => "malformed CBOR: it ends too early".into(),
            Problem::Malformed => format!("malformed CBOR at byte {at}"),
            Problem::Forbidden(what) => format!("malformed CBOR at byte {at}: {what}"),
            Problem::Twice => format!("malformed CBOR at byte {at}: the key {} stands twice", self.twice),
            Problem::NoMemory => "no memory is left for the message".into(),
        })
    }

    /// A value that has `depth` containers inside each other at most.
    fn value(&mut self, depth: usize) -> Result<Value, Problem> {
        let decoder = &mut self.decoder;
        let kind = decoder.datatype()?;
        Ok(match kind {
            Type::Null => {
                self.skip_head();
                Value::Null
            }
            Type::Bool => Value::Bool(decoder.bool()?),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => Value::Integer(decoder.u64()?.into()),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => Value::Integer(decoder.i64()?.into()),
            Type::F16 => Value::Float(self.half()?),
            Type::F32 => Value::Float(decoder.f32()?.into()),
            Type::F64 => Value::Float(decoder.f64()?),
            Type::Bytes | Type::BytesIndef => Value::Bytes(self.bytes(kind)?),
            Type::String | Type::StringIndef => Value::Text(self.text(kind)?),
            Type::Array | Type::ArrayIndef => Value::List(self.list(inner(depth)?)?),
            Type::Map | Type::MapIndef => Value::Map(self.map(inner(depth)?)?),
            Type::Int => return Err(Problem::Forbidden("an integer below -2**63")),
            Type::Tag => return Err(Problem::Forbidden("a tag")),
            Type::Undefined | Type::Simple => return Err(Problem::Forbidden("a simple value")),
            Type::Break | Type::Unknown(_) => return Err(Problem::Malformed),
        })
    }

    /// Passes over a head of one byte.
    fn skip_head(&mut self) {
        self.decoder.set_position(self.decoder.position() + 1);
    }

    /// A float of 16 bits, which minicbor alone does not read.
    fn half(&mut self) -> Result<f64, Problem> {
        let at = self.decoder.position();
        let Some(&[high, low]) = self.decoder.input().get(at + 1..at + 3) else { return Err(Problem::EndsEarly) };
        self.decoder.set_position(at + 3);
        Ok(half_to_float(u16::from_be_bytes([high, low])))
    }

    fn bytes(&mut self, kind: Type) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        self.chunks(kind == Type::Bytes, |decoder| {
            let chunk = decoder.bytes()?;
            bytes.try_reserve(chunk.len()).map_err(|_| Problem::NoMemory)?;
            bytes.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok(bytes)
    }

    fn text(&mut self, kind: Type) -> Result<String, Problem> {
        let mut text = String::new();
        self.chunks(kind == Type::String, |decoder| {
            let chunk = decoder.str()?;
            text.try_reserve(chunk.len()).map_err(|_| Problem::NoMemory)?;
            text.push_str(chunk);
            Ok(())
        })?;
        Ok(text)
    }

    /// Reads the chunks of a string, which is one chunk itself where its length is known. Large strings are what memory
    /// may not suffice for, so that is an error of the message and no panic.
    fn chunks(
        &mut self,
        alone: bool,
        mut read: impl FnMut(&mut Decoder<'_>) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        if alone {
            return read(&mut self.decoder);
        }
        self.skip_head();
        while self.goes_on(&mut None)? {
            read(&mut self.decoder)?;
        }
        Ok(())
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Value>, Problem> {
        // What the head promises may be a lie, so nothing is allocated for it.
        let mut left = self.decoder.array()?;
        let mut list = Vec::new();
        while self.goes_on(&mut left)? {
            list.push(self.value(depth)?);
        }
        Ok(list)
    }

    fn map(&mut self, depth: usize) -> Result<Map, Problem> {
        let mut left = self.decoder.map()?;
        let mut entries = Vec::new();
        while self.goes_on(&mut left)? {
            let kind = self.decoder.datatype()?;
            if !matches!(kind, Type::String | Type::StringIndef) {
                return Err(Problem::Forbidden("a key that is no text"));
            }
            entries.push((self.text(kind)?, self.value(depth)?));
        }
        Map::from_unsorted(entries).map_err(|key| {
            self.twice = key;
            Problem::Twice
        })
    }

    /// Whether another entry of a container follows: one that was promised, or, of an indefinite one, no break.
    fn goes_on(&mut self, left: &mut Option<u64>) -> Result<bool, Problem> {
        match left {
            Some(number) => {
                let more = *number > 0;
                *number = number.saturating_sub(1);
                Ok(more)
            }
            None if self.decoder.datatype()? == Type::Break => {
                self.skip_head();
                Ok(false)
            }
            None => Ok(true),
        }
    }
}

fn inner(depth: usize) -> Result<usize, Problem> {
    depth.checked_sub(1).ok_or(Problem::Forbidden("more than 32 containers inside each other"))
}
