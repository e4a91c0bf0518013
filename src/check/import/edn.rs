//! Extensible data notation, the notation of Clojure and so of Jepsen (<https://github.com/edn-format/edn>).
//!
//! Tags are skipped and what they mark is read; metadata is not known.

use super::datum::{Cursor, DEPTH_MAX, Datum, Form, Wrong};

/// The operations of a file: either all in one vector or list, or one after the other.
pub(super) struct Reader<'text> {
    cursor: Cursor<'text>,
    /// What closes the collection that all operations are in.
    closing: Option<char>,
    began: bool,
}

impl<'text> Reader<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        Self { cursor: Cursor::new(text, 1), closing: None, began: false }
    }

    /// The next operation, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<Datum>, Wrong> {
        space(&mut self.cursor, DEPTH_MAX)?;
        if !self.began {
            self.began = true;
            self.closing = match self.cursor.peek() {
                None => return Err(self.cursor.wrong("a history")),
                Some('[') => Some(']'),
                Some('(') => Some(')'),
                Some(_) => None,
            };
            if self.closing.is_some() {
                self.cursor.next();
                space(&mut self.cursor, DEPTH_MAX)?;
            }
        }
        if let (Some(closing), next) = (self.closing, self.cursor.peek())
            && next == Some(closing)
        {
            self.cursor.next();
            space(&mut self.cursor, DEPTH_MAX)?;
            return if self.cursor.peek().is_none() { Ok(None) } else { Err(self.cursor.wrong("the end of the file")) };
        }
        if self.cursor.peek().is_none() {
            return match self.closing {
                Some(closing) => Err(self.cursor.wrong(&format!("an operation or {closing}"))),
                None => Ok(None),
            };
        }
        value(&mut self.cursor, DEPTH_MAX).map(Some)
    }
}

/// The one value that makes up all of `text`, which stands on `line`.
pub(super) fn single(text: &str, line: u32) -> Result<Datum, Wrong> {
    let mut cursor = Cursor::new(text, line);
    let found = value(&mut cursor, DEPTH_MAX)?;
    space(&mut cursor, DEPTH_MAX)?;
    if cursor.peek().is_none() { Ok(found) } else { Err(cursor.wrong("the end of the line")) }
}

/// Skips what means nothing: spaces, commas, comments, and values marked with `#_`.
fn space(cursor: &mut Cursor<'_>, depth: u32) -> Result<(), Wrong> {
    loop {
        cursor.take_while(|char| char.is_whitespace() || char == ',');
        if cursor.peek() == Some(';') {
            cursor.take_while(|char| char != '\n');
        } else if cursor.take("#_") {
            value(cursor, deeper(cursor, depth)?)?;
        } else {
            return Ok(());
        }
    }
}

fn deeper(cursor: &Cursor<'_>, depth: u32) -> Result<u32, Wrong> {
    depth.checked_sub(1).ok_or_else(|| cursor.wrong("values that are nested less deep"))
}

/// Skips the name of a tag, if one comes next: what it marks follows.
fn take_tag(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    let is_tag = ahead.take("#") && ahead.peek().is_some_and(char::is_alphabetic);
    if is_tag {
        ahead.take_while(is_symbol);
        *cursor = ahead;
    }
    is_tag
}

fn value(cursor: &mut Cursor<'_>, depth: u32) -> Result<Datum, Wrong> {
    space(cursor, depth)?;
    while take_tag(cursor) {
        space(cursor, depth)?;
    }
    let line = cursor.line();
    let form = match cursor.peek() {
        Some('"') => Form::Text(cursor.string()?),
        Some('[') => Form::List(members(cursor, "[", ']', depth)?),
        Some('(') => Form::List(members(cursor, "(", ')', depth)?),
        Some('{') => map(cursor, depth)?,
        Some('#') => Form::Set(members(cursor, "#{", '}', depth)?),
        Some('\\') => {
            cursor.next();
            let first = cursor.next().ok_or_else(|| cursor.wrong("a character"))?;
            let rest = cursor.take_while(is_symbol);
            Form::Atom(format!("\\{first}{rest}").into())
        }
        Some(':') => {
            cursor.next();
            let name = cursor.take_while(is_symbol);
            if name.is_empty() {
                return Err(cursor.wrong("the name of a keyword"));
            }
            Form::Name(name.into())
        }
        _ => {
            let found = cursor.clone();
            let word = cursor.take_while(is_symbol);
            atom(word).ok_or_else(|| found.wrong("a value"))?
        }
    };
    Ok(Datum { line, form })
}

fn is_symbol(char: char) -> bool {
    char.is_alphanumeric() || "*!_?$%&=<>+-./:#'|".contains(char)
}

fn atom(word: &str) -> Option<Form> {
    Some(match word {
        "nil" => Form::Nil,
        "true" => Form::Bool(true),
        "false" => Form::Bool(false),
        _ => {
            let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
            if digits.starts_with(|char: char| char.is_ascii_digit()) {
                let whole = word.strip_prefix('+').unwrap_or(word);
                // A trailing N asks Clojure for more bits than it needs.
                let whole = whole.strip_suffix('N').unwrap_or(whole);
                whole.parse().map_or_else(|_| Form::Atom(word.into()), Form::Int)
            } else if word.is_empty() {
                return None;
            } else {
                Form::Name(word.into())
            }
        }
    })
}

fn members(cursor: &mut Cursor<'_>, open: &str, close: char, depth: u32) -> Result<Vec<Datum>, Wrong> {
    let began = cursor.line();
    let depth = deeper(cursor, depth)?;
    if !cursor.take(open) {
        return Err(cursor.wrong("a value"));
    }
    let mut members = Vec::new();
    loop {
        space(cursor, depth)?;
        match cursor.peek() {
            Some(next) if next == close => {
                cursor.next();
                return Ok(members);
            }
            None => {
                return Err(Wrong::new(began, format!("expected {close} to end this, found the end of the file")));
            }
            Some(_) => members.push(value(cursor, depth)?),
        }
    }
}

fn map(cursor: &mut Cursor<'_>, depth: u32) -> Result<Form, Wrong> {
    let began = cursor.line();
    let members = members(cursor, "{", '}', depth)?;
    if !members.len().is_multiple_of(2) {
        return Err(Wrong::new(began, "expected a value for every key of this map, found a key without one"));
    }
    let mut pairs = Vec::with_capacity(members.len() / 2);
    let mut members = members.into_iter();
    while let (Some(key), Some(value)) = (members.next(), members.next()) {
        pairs.push((key, value));
    }
    Ok(Form::Map(pairs))
}
