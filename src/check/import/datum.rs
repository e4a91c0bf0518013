//! What all notations can say: a tree of values, each with the line it began on.

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
    /// Another number of JSON, without the digits that say nothing: a fraction, a larger one, or a whole one written as a fraction.
    Decimal(Arc<str>),
    /// A string.
    Text(Arc<str>),
    /// A keyword, without its colon.
    Keyword(Arc<str>),
    Symbol(Arc<str>),
    /// Another atom, as it is written: a fraction, a character, a larger number, an atom with its tag.
    Atom(Arc<str>),
    /// A list or a vector.
    List(Vec<Datum>),
    Set(Vec<Datum>),
    Map(Vec<(Datum, Datum)>),
}

impl Datum {
    /// The text of a string, a keyword or a symbol: JSON has strings where EDN has keywords.
    pub(super) fn word(&self) -> Option<&Arc<str>> {
        match &self.form {
            Form::Text(text) | Form::Keyword(text) | Form::Symbol(text) => Some(text),
            _ => None,
        }
    }

    /// The member of a map.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Form::Map(members) = &self.form else { return None };
        members.iter().find(|(key, _)| key.word().is_some_and(|word| **word == *name)).map(|(_, value)| value)
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

    /// The whole number of 64 bits that this is, however it is written.
    pub(super) fn whole(&self) -> Option<i64> {
        match &self.form {
            Form::Int(number) => Some(*number),
            Form::Decimal(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The value that stands in histories for this one. Equal values are equal however they are written: the order of a map's
    /// and a set's members does not count.
    pub(super) fn value(&self) -> Value {
        match (&self.form, self.whole()) {
            (Form::Nil, _) => Value::Nil,
            (_, Some(number)) => Value::Int(number),
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
            Form::Text(text) => write_quoted(f, text),
            Form::Keyword(name) => write!(f, ":{name}"),
            Form::Symbol(text) | Form::Atom(text) | Form::Decimal(text) => f.write_str(text),
            Form::List(members) => write_all(f, "[", members.iter().map(Self::to_string), "]"),
            Form::Set(members) => {
                let mut members: Vec<String> = members.iter().map(Self::to_string).collect();
                members.sort();
                members.dedup();
                write_all(f, "#{", members.into_iter(), "}")
            }
            Form::Map(members) => {
                let mut members: Vec<String> = members.iter().map(|(key, value)| format!("{key} {value}")).collect();
                members.sort();
                write_all(f, "{", members.into_iter(), "}")
            }
        }
    }
}

/// As EDN has it, so that no two texts look the same.
fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for part in text.split_inclusive(['"', '\\']) {
        match part.strip_suffix(['"', '\\']) {
            Some(before) => write!(f, "{before}\\{}", &part[before.len()..])?,
            None => f.write_str(part)?,
        }
    }
    f.write_str("\"")
}

fn write_all(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    members: impl Iterator<Item = String>,
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (position, member) in members.enumerate() {
        write!(f, "{}{member}", if position == 0 { "" } else { " " })?;
    }
    f.write_str(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Datum {
        Datum { line: 1, form: Form::Text(text.into()) }
    }

    #[test]
    fn different_values_look_different_and_equal_ones_the_same() {
        let list = |members: &[Datum]| Datum { line: 1, form: Form::List(members.to_vec()) };
        let tricky = list(&[text("a\" \"b")]);
        assert_ne!(tricky.value(), list(&[text("a"), text("b")]).value());
        assert_eq!(tricky.to_string(), r#"["a\" \"b"]"#);
        let symbol = Datum { line: 1, form: Form::Symbol("a".into()) };
        let keyword = Datum { line: 1, form: Form::Keyword("a".into()) };
        assert_ne!(symbol.value(), keyword.value());
        let pairs = [(symbol, text("1")), (keyword, text("2"))];
        let map = |pairs: &[(Datum, Datum)]| Datum { line: 1, form: Form::Map(pairs.to_vec()) };
        let [one, other] = pairs.clone();
        assert_eq!(map(&pairs).value(), map(&[other, one]).value());
        let set = |members: &[Datum]| Datum { line: 1, form: Form::Set(members.to_vec()) };
        assert_eq!(set(&[text("a"), text("b")]).value(), set(&[text("b"), text("a"), text("b")]).value());
    }
}
