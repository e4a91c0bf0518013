//! What both notations can say: a tree of values, each with the line it began on.

use std::fmt::{self, Display};
use std::sync::Arc;

use crate::check::spec::Value;

/// How deep values may be nested: deeper than any history, and far from what a stack can hold.
pub(super) const DEPTH_MAX: u32 = 32;

/// What is wrong with a file, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// Counted from 1.
    pub line: u32,
    /// What was expected, and what is there.
    pub what: String,
}

impl Wrong {
    pub(super) fn new(line: u32, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.what)
    }
}

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Datum {
    pub(super) line: u32,
    pub(super) form: Form,
}

/// What kind of value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Nil,
    Bool(bool),
    /// A whole number of 64 bits.
    Int(i64),
    /// A string.
    Text(Arc<str>),
    /// A keyword (without its colon) or a symbol.
    Name(Arc<str>),
    /// Another atom, as it is written: a fraction, a character, a larger number.
    Atom(Arc<str>),
    /// A list or a vector.
    List(Vec<Datum>),
    Set(Vec<Datum>),
    Map(Vec<(Datum, Datum)>),
}

impl Datum {
    /// The text of a string, a keyword or a symbol: JSON has strings where EDN has keywords.
    pub(super) fn word(&self) -> Option<&str> {
        match &self.form {
            Form::Text(text) | Form::Name(text) => Some(text),
            _ => None,
        }
    }

    /// The member of a map.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Form::Map(members) = &self.form else { return None };
        members.iter().find(|(key, _)| key.word() == Some(name)).map(|(_, value)| value)
    }

    /// The two members of a list of two.
    pub(super) fn pair(&self) -> Option<(&Self, &Self)> {
        match &self.form {
            Form::List(members) => match &members[..] {
                [one, other] => Some((one, other)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value that stands in histories for this one.
    pub(super) fn value(&self) -> Value {
        match &self.form {
            Form::Nil => Value::Nil,
            Form::Int(number) => Value::Int(*number),
            _ => Value::Text(Arc::new(self.to_string())),
        }
    }

    /// An error at this place: `expected` was.
    pub(super) fn unlike(&self, expected: &str) -> Wrong {
        let found: String = self.to_string().chars().take(40).collect();
        Wrong::new(self.line, format!("expected {expected}, found {found}"))
    }
}

impl Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Nil => f.write_str("nil"),
            Form::Bool(yes) => write!(f, "{yes}"),
            Form::Int(number) => write!(f, "{number}"),
            Form::Text(text) => write!(f, "\"{text}\""),
            Form::Name(name) => write!(f, ":{name}"),
            Form::Atom(text) => f.write_str(text),
            Form::List(members) => write_all(f, "[", members, "]"),
            Form::Set(members) => write_all(f, "#{", members, "}"),
            Form::Map(members) => {
                f.write_str("{")?;
                for (position, (key, value)) in members.iter().enumerate() {
                    write!(f, "{}{key} {value}", if position == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_all(f: &mut fmt::Formatter<'_>, open: &str, members: &[Datum], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (position, member) in members.iter().enumerate() {
        write!(f, "{}{member}", if position == 0 { "" } else { " " })?;
    }
    f.write_str(close)
}

/// A text under way, and on which line.
#[derive(Clone)]
pub(super) struct Cursor<'text> {
    rest: &'text str,
    line: u32,
}

impl<'text> Cursor<'text> {
    pub(super) fn new(text: &'text str, line: u32) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line }
    }

    pub(super) fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        self.line += u32::from(next == '\n');
        Some(next)
    }

    /// Takes `expected` if it comes next.
    pub(super) fn take(&mut self, expected: &str) -> bool {
        let comes = self.rest.starts_with(expected);
        if comes {
            self.rest = &self.rest[expected.len()..];
        }
        comes
    }

    /// Takes all that comes next and is `wanted`.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'text str {
        let length = self.rest.find(|char| !wanted(char)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count() as u32;
        self.rest = rest;
        taken
    }

    /// An error here: `expected` was.
    pub(super) fn wrong(&self, expected: &str) -> Wrong {
        let found = match self.peek() {
            None => "the end of the file".to_owned(),
            Some(char) if char.is_whitespace() || char.is_control() => "a space".to_owned(),
            Some(_) => {
                let word: String = self.rest.chars().take_while(|char| !char.is_whitespace()).take(24).collect();
                format!("“{word}”")
            }
        };
        Wrong::new(self.line, format!("expected {expected}, found {found}"))
    }

    /// The escape after a backslash in a string, as both notations have it.
    pub(super) fn escape(&mut self) -> Result<char, Wrong> {
        let wrong = self.wrong("an escape such as \\n");
        Ok(match self.next().ok_or_else(|| wrong.clone())? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            char @ ('"' | '\\' | '/') => char,
            'u' => {
                let high = self.hex()?;
                let is_first_half = (0xd800..0xdc00).contains(&high);
                let code = if is_first_half && self.take("\\u") {
                    let low = self.hex()?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return Err(wrong);
                    }
                    0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)
                } else {
                    high
                };
                char::from_u32(code).ok_or(wrong)?
            }
            _ => return Err(wrong),
        })
    }

    fn hex(&mut self) -> Result<u32, Wrong> {
        let wrong = self.wrong("four hexadecimal digits");
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|char| char.to_digit(16)).ok_or_else(|| wrong.clone())?;
            code = code * 16 + digit;
        }
        Ok(code)
    }

    /// A string, from its opening quote.
    pub(super) fn string(&mut self) -> Result<Arc<str>, Wrong> {
        let began = self.line;
        let mut text = String::new();
        self.next();
        loop {
            text += self.take_while(|char| char != '"' && char != '\\');
            match self.next() {
                Some('"') => return Ok(text.into()),
                Some(_) => text.push(self.escape()?),
                None => {
                    return Err(Wrong::new(began, "expected a quote to end this string, found the end of the file"));
                }
            }
        }
    }
}
