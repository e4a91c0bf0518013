//! As much JSON as run files need (RFC 8259): objects, lists, strings, and whole numbers of 64 bits.
//!
//! Serde does the rest. A general JSON crate brings the reading and printing of floats, which no run file holds and which would be a tenth of
//! what the page loads. The tests hold this one against such a crate.

use std::fmt::Write;

use serde::de::value::{self, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};

/// A value. Objects keep the order of their members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Json {
    /// A string.
    Text(String),
    /// A whole number.
    Number(u64),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

/// How deep values may be nested: deeper than any run file, and far from what a stack can hold.
const DEPTH_MAX: u32 = 16;

impl Json {
    /// Reads one value that makes up the whole text. The message says what was expected and where.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(DEPTH_MAX)?;
        reader.space();
        if reader.at < text.len() { Err(reader.wrong("the end was expected")) } else { Ok(value) }
    }

    /// The text of a value, without spaces.
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) {
        match self {
            Self::Text(text) => write_text(text, out),
            Self::Number(number) => write!(out, "{number}").expect("strings take everything"),
            Self::List(values) => {
                for (position, value) in values.iter().enumerate() {
                    out.push(if position == 0 { '[' } else { ',' });
                    value.write_to(out);
                }
                out.push_str(if values.is_empty() { "[]" } else { "]" });
            }
            Self::Object(members) => {
                for (position, (name, value)) in members.iter().enumerate() {
                    out.push(if position == 0 { '{' } else { ',' });
                    write_text(name, out);
                    out.push(':');
                    value.write_to(out);
                }
                out.push_str(if members.is_empty() { "{}" } else { "}" });
            }
        }
    }
}

/// What derives `Deserialize` can be read from it.
impl<'de> Deserializer<'de> for Json {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, value::Error> {
        match self {
            Self::Text(text) => visitor.visit_string(text),
            Self::Number(number) => visitor.visit_u64(number),
            Self::List(values) => visitor.visit_seq(SeqDeserializer::new(values.into_iter())),
            Self::Object(members) => visitor.visit_map(MapDeserializer::new(members.into_iter())),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, value::Error> for Json {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        // Nearly every string: a long run has thousands of digests, and is saved while the learner watches.
        out.push_str(text);
        out.push('"');
        return;
    }
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            control if control < ' ' => write!(out, "\\u{:04x}", control as u32).expect("strings take everything"),
            other => out.push(other),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn wrong(&self, what: &str) -> String {
        let before = &self.text.as_bytes()[..self.at.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        format!("{what} at line {line}, column {column}")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Skips space and, if it comes next, `wanted`.
    fn skip(&mut self, wanted: u8) -> bool {
        self.space();
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: u32) -> Result<Json, String> {
        self.space();
        let Some(deeper) = depth.checked_sub(1) else { return Err(self.wrong("it is nested too deeply")) };
        match self.peek() {
            Some(b'"') => self.string().map(Json::Text),
            Some(b'0'..=b'9') => self.number().map(Json::Number),
            Some(b'[') => {
                self.at += 1;
                let mut values = Vec::new();
                while !self.skip(b']') {
                    if !values.is_empty() && !self.skip(b',') {
                        return Err(self.wrong("“,” or “]” was expected"));
                    }
                    values.push(self.value(deeper)?);
                }
                Ok(Json::List(values))
            }
            Some(b'{') => {
                self.at += 1;
                let mut members: Vec<(String, Json)> = Vec::new();
                while !self.skip(b'}') {
                    if !members.is_empty() && !self.skip(b',') {
                        return Err(self.wrong("“,” or “}” was expected"));
                    }
                    self.space();
                    let name = self.string()?;
                    if members.iter().any(|(other, _)| *other == name) {
                        return Err(self.wrong("the same name stands twice"));
                    }
                    if !self.skip(b':') {
                        return Err(self.wrong("“:” was expected"));
                    }
                    members.push((name, self.value(deeper)?));
                }
                Ok(Json::Object(members))
            }
            Some(_) => Err(self.wrong("a string, a whole number, a list or an object was expected")),
            None => Err(self.wrong("it ends too early")),
        }
    }

    fn number(&mut self) -> Result<u64, String> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        if digits.len() > 1 && digits.starts_with('0') || matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(self.wrong("a whole number was expected"));
        }
        digits.parse().map_err(|_| self.wrong("this number is too large"))
    }

    fn string(&mut self) -> Result<String, String> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a string was expected"));
        }
        self.at += 1;
        let mut string = String::new();
        loop {
            let Some(next) = self.text[self.at..].chars().next() else {
                return Err(self.wrong("a string ends too early"));
            };
            match next {
                '"' => {
                    self.at += 1;
                    return Ok(string);
                }
                '\\' => {
                    self.at += 1;
                    string.push(self.escaped()?);
                }
                control if control < ' ' => return Err(self.wrong("a control character stands in a string")),
                other => {
                    self.at += other.len_utf8();
                    string.push(other);
                }
            }
        }
    }

    fn escaped(&mut self) -> Result<char, String> {
        let escape = self.peek();
        self.at += 1;
        Ok(match escape {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let high = self.unit()?;
                let paired = (0xd800..0xdc00).contains(&high) && self.text[self.at..].starts_with("\\u");
                let low = if paired {
                    self.at += 2;
                    Some(self.unit()?)
                } else {
                    None
                };
                let decoded = char::decode_utf16([Some(high), low].into_iter().flatten()).next();
                match decoded {
                    Some(Ok(character)) => character,
                    _ => return Err(self.wrong("half a character was escaped")),
                }
            }
            _ => {
                self.at -= 1;
                return Err(self.wrong("no such escape"));
            }
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u16, String> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let hexadecimal = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = hexadecimal else { return Err(self.wrong("four hexadecimal digits were expected")) };
        self.at += 4;
        let value = digits.iter().fold(0, |value, digit| value * 16 + (*digit as char).to_digit(16).expect("checked"));
        Ok(value as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dice;

    fn same(ours: &Json, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Json::Text(ours), serde_json::Value::String(theirs)) => ours == theirs,
            (Json::Number(ours), theirs) => theirs.as_u64() == Some(*ours),
            (Json::List(ours), serde_json::Value::Array(theirs)) => {
                ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
            }
            (Json::Object(ours), serde_json::Value::Object(theirs)) => {
                let found = |(name, ours): &(String, Json)| theirs.get(name).is_some_and(|theirs| same(ours, theirs));
                ours.len() == theirs.len() && ours.iter().all(found)
            }
            _ => false,
        }
    }

    /// A text made of the pieces of JSON, mostly wrong.
    fn scribble(seed: u64) -> String {
        const PIECES: [&str; 24] = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"b\"",
            "\"\\u00e9\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "0",
            "17",
            "01",
            "1.5",
            "-1",
            "18446744073709551616",
            " ",
            "\n",
            "\"",
            "\\",
            "é",
            "\"\\n\\/\"",
            "null",
        ];
        let length = dice::below(seed, &[0], 9);
        (0..length).map(|n| PIECES[dice::below(seed, &[1, n], PIECES.len() as u64) as usize]).collect()
    }

    #[test]
    fn whatever_it_reads_a_general_reader_reads_alike() {
        let mut read = 0;
        for seed in 0..200_000 {
            let text = scribble(seed);
            if let Ok(ours) = Json::read(&text) {
                let theirs = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
                assert!(same(&ours, &theirs), "{text:?}: {ours:?}");
                assert_eq!(Json::read(&ours.write()).as_ref(), Ok(&ours), "{text:?}");
                read += 1;
            } else if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(&text) {
                let text = theirs.to_string();
                let left_out = ["null", ".", "-", "e", "\":"];
                assert!(left_out.iter().any(|beyond| text.contains(beyond)), "{text:?} was refused");
            }
        }
        assert!(read > 5_000, "only {read} texts were read");
    }

    #[test]
    fn a_mistake_is_shown_with_its_place() {
        for (text, expected) in [
            ("", "it ends too early at line 1, column 1"),
            ("{\n \"a\" 1}", "“:” was expected at line 2, column 6"),
            ("[1\n,2", "“,” or “]” was expected at line 2, column 3"),
            ("{\"a\":1,\"a\":2}", "the same name stands twice"),
            ("[1.5]", "a whole number was expected"),
            ("[-1]", "a string, a whole number, a list or an object was expected"),
            ("99999999999999999999", "this number is too large"),
            ("\"a\nb\"", "a control character stands in a string"),
            ("\"\\x\"", "no such escape"),
            ("\"\\u12", "four hexadecimal digits were expected"),
            ("1 2", "the end was expected at line 1, column 3"),
        ] {
            let wrong = Json::read(text).expect_err(text);
            assert!(wrong.contains(expected), "{text:?}: {wrong}");
        }
        let deep = "[".repeat(1_000_000);
        assert!(Json::read(&deep).expect_err("too deep").contains("nested too deeply"));
    }
}
