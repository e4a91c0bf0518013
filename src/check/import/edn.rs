//! Extensible data notation, the notation of Clojure and so of Jepsen (<https://github.com/edn-format/edn>), as Clojure writes
//! it: with characters and strings of its own (`\u00e9`, `"\101"`), namespaced maps (`#:ns{}`), metadata (`^`) and `##NaN`.
//!
//! A tag is skipped before a collection, so that a record is its map; before an atom it is part of it. What `clojure.edn` refuses
//! is refused: `#"`, `#'`, `#<`, `#::{`.
//!
//! Crates were tried first. `clojure-reader` 0.7 refuses `\u00e9`, octal escapes, `##NaN`, metadata and numbers of more than 64
//! bits; `edn-format` 3.3 refuses metadata, fractions, `0x1f` and octal escapes. Neither tells the line of a value.

use std::sync::Arc;

use super::cursor::Cursor;
use super::datum::{DEPTH_MAX, Datum, Form, Wrong};

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
            self.closing = opening(&mut self.cursor);
            match self.closing {
                Some(_) => space(&mut self.cursor, DEPTH_MAX)?,
                None if self.cursor.peek().is_none() => return Err(self.cursor.wrong("a history")),
                None => {}
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

/// Takes what opens the collection of all operations, and its tag: what closes it.
fn opening(cursor: &mut Cursor<'_>) -> Option<char> {
    let mut ahead = cursor.clone();
    if take_tag(&mut ahead).is_some() {
        ahead.take_while(char::is_whitespace);
    }
    let closing = match ahead.peek() {
        Some('[') => ']',
        Some('(') => ')',
        _ => return None,
    };
    ahead.next();
    *cursor = ahead;
    Some(closing)
}

/// The one value that `text` begins with, which stands on `line`; and what follows it.
pub(super) fn first(text: &str, line: u32) -> Result<(Datum, &str), Wrong> {
    let mut cursor = Cursor::new(text, line);
    let found = value(&mut cursor, DEPTH_MAX)?;
    Ok((found, cursor.rest()))
}

/// Skips what means nothing: spaces, commas, comments, and values marked with `#_`.
fn space(cursor: &mut Cursor<'_>, depth: u32) -> Result<(), Wrong> {
    loop {
        cursor.take_while(|char| char.is_whitespace() || char == ',');
        if cursor.peek() == Some(';') {
            cursor.take_while(|char| char != '\n' && char != '\r');
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

/// Takes a tag, if one comes next: what it marks follows.
fn take_tag<'text>(cursor: &mut Cursor<'text>) -> Option<&'text str> {
    let mut ahead = cursor.clone();
    if !(ahead.take("#") && ahead.peek().is_some_and(char::is_alphabetic)) {
        return None;
    }
    let tag = ahead.take_while(is_symbol);
    *cursor = ahead;
    Some(tag)
}

fn value(cursor: &mut Cursor<'_>, depth: u32) -> Result<Datum, Wrong> {
    space(cursor, depth)?;
    let mut tag = None;
    loop {
        if let Some(found) = take_tag(cursor) {
            tag = Some(found);
        } else if cursor.take("^") {
            // Metadata: a value about the value that follows, and no part of it.
            value(cursor, deeper(cursor, depth)?)?;
        } else {
            break;
        }
        space(cursor, depth)?;
    }
    let line = cursor.line();
    let form = form(cursor, depth)?;
    let is_collection = matches!(form, Form::List(_) | Form::Set(_) | Form::Map(_));
    let form = match tag.filter(|_| !is_collection) {
        None => form,
        Some(tag) => Form::Atom(format!("#{tag} {}", Datum { line, form }).into()),
    };
    Ok(Datum { line, form })
}

fn form(cursor: &mut Cursor<'_>, depth: u32) -> Result<Form, Wrong> {
    Ok(match cursor.peek() {
        Some('"') => Form::Text(string(cursor)?),
        Some('[') => Form::List(members(cursor, "[", ']', depth)?),
        Some('(') => Form::List(members(cursor, "(", ')', depth)?),
        Some('{') => Form::Map(map(cursor, depth)?),
        Some('#') if cursor.starts_with("##") => {
            let found = cursor.clone();
            cursor.take("##");
            let name = cursor.take_while(is_symbol);
            if !["NaN", "Inf", "-Inf"].contains(&name) {
                return Err(found.wrong("##NaN, ##Inf or ##-Inf"));
            }
            Form::Atom(format!("##{name}").into())
        }
        Some('#') if cursor.starts_with("#:") => Form::Map(namespaced(cursor, depth)?),
        Some('#') if !cursor.starts_with("#{") => {
            return Err(cursor.wrong("what clojure.edn reads after #, as #{} or a tag with its value"));
        }
        Some('#') => Form::Set(members(cursor, "#{", '}', depth)?),
        Some('\\') => Form::Atom(character(cursor)?),
        Some(':') => {
            cursor.next();
            let name = cursor.take_while(is_symbol);
            if name.is_empty() {
                return Err(cursor.wrong("the name of a keyword"));
            }
            Form::Keyword(name.into())
        }
        _ => {
            let found = cursor.clone();
            let word = cursor.take_while(is_symbol);
            atom(word).ok_or_else(|| found.wrong("a value"))?
        }
    })
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
                number(word.strip_prefix('+').unwrap_or(word))
            } else if word.is_empty() || word.starts_with(['\'', '#']) {
                return None;
            } else {
                Form::Symbol(word.into())
            }
        }
    })
}

/// A number of Clojure: 7, 7N, 0x7f, 017, 36rZZ; as an atom if it is a fraction, or larger.
fn number(word: &str) -> Form {
    // A trailing N asks Clojure for more bits than it needs.
    let whole = word.strip_suffix('N').unwrap_or(word);
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let radix = digits.split_once(['r', 'R']).and_then(|(radix, rest)| Some((radix.parse().ok()?, rest)));
    let (radix, digits) = match radix {
        Some((radix @ 2..=36, rest)) => (radix, rest),
        _ => match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(rest) => (16, rest),
            None if digits.len() > 1
                && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit))
                && digits.starts_with('0') =>
            {
                (8, digits)
            }
            None => (10, digits),
        },
    };
    if let Ok(number) = i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        return Form::Int(number);
    }
    // Equal fractions are equal however they are written; with an M or a / Clojure keeps them exactly.
    match word.parse::<f64>() {
        Ok(fraction) if fraction.is_finite() && word.contains(['.', 'e', 'E']) => {
            Form::Atom(format!("{fraction:?}").into())
        }
        _ => Form::Atom(word.into()),
    }
}

/// A character, from its backslash.
fn character(cursor: &mut Cursor<'_>) -> Result<Arc<str>, Wrong> {
    let found = cursor.clone();
    let wrong = || found.wrong("a character such as \\a, \\newline or \\u00e9");
    cursor.next();
    let first = cursor.next().ok_or_else(wrong)?;
    let rest = cursor.take_while(is_symbol);
    if rest.is_empty() {
        return Ok(format!("\\{first}").into());
    }
    let name = format!("{first}{rest}");
    let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let char = match &name[..] {
        "newline" => '\n',
        "space" => ' ',
        "tab" => '\t',
        "return" => '\r',
        "backspace" => '\u{8}',
        "formfeed" => '\u{c}',
        _ if first == 'u' && rest.len() == 4 => code(rest, 16).ok_or_else(wrong)?,
        _ if first == 'o' && rest.len() <= 3 => code(rest, 8).ok_or_else(wrong)?,
        _ => return Err(wrong()),
    };
    Ok(format!("\\{char}").into())
}

/// A string, from its opening quote.
fn string(cursor: &mut Cursor<'_>) -> Result<Arc<str>, Wrong> {
    let began = cursor.line();
    cursor.next();
    let start = cursor.take_while(|char| char != '"' && char != '\\');
    if cursor.peek() == Some('"') {
        cursor.next();
        return Ok(start.into());
    }
    let mut text = start.to_owned();
    loop {
        text += cursor.take_while(|char| char != '"' && char != '\\');
        match cursor.next() {
            Some('"') => return Ok(text.into()),
            Some(_) => text.push(escape(cursor)?),
            None => {
                return Err(Wrong::new(began, "expected a quote to end this string, found the end of the file"));
            }
        }
    }
}

/// The escape after a backslash in a string.
fn escape(cursor: &mut Cursor<'_>) -> Result<char, Wrong> {
    let wrong = cursor.wrong("an escape such as \\n");
    Ok(match cursor.next().ok_or_else(|| wrong.clone())? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        char @ ('"' | '\\' | '/') => char,
        // Up to three octal digits, as Java has them.
        char @ '0'..='7' => {
            let mut code = char.to_digit(8).unwrap_or(0);
            for _ in 0..2 {
                let Some(digit) = cursor.peek().and_then(|char| char.to_digit(8)) else { break };
                cursor.next();
                code = code * 8 + digit;
            }
            char::from_u32(code).filter(|_| code <= 0o377).ok_or(wrong)?
        }
        'u' => {
            let high = hex(cursor)?;
            let is_first_half = (0xd800..0xdc00).contains(&high);
            let code = if is_first_half && cursor.take("\\u") {
                let low = hex(cursor)?;
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

fn hex(cursor: &mut Cursor<'_>) -> Result<u32, Wrong> {
    let wrong = cursor.wrong("four hexadecimal digits");
    let mut code = 0;
    for _ in 0..4 {
        let digit = cursor.next().and_then(|char| char.to_digit(16)).ok_or_else(|| wrong.clone())?;
        code = code * 16 + digit;
    }
    Ok(code)
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

fn map(cursor: &mut Cursor<'_>, depth: u32) -> Result<Vec<(Datum, Datum)>, Wrong> {
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
    Ok(pairs)
}

/// A map whose keys are in a namespace: `#:ns{:a 1}` is `{:ns/a 1}`.
fn namespaced(cursor: &mut Cursor<'_>, depth: u32) -> Result<Vec<(Datum, Datum)>, Wrong> {
    let found = cursor.clone();
    cursor.take("#:");
    let namespace = cursor.take_while(is_symbol);
    if namespace.is_empty() || namespace.starts_with(':') {
        return Err(found.wrong("a namespace that is written out, as in #:ns{}"));
    }
    cursor.take_while(char::is_whitespace);
    let mut pairs = map(cursor, depth)?;
    for (key, _) in &mut pairs {
        if let Form::Keyword(name) | Form::Symbol(name) = &mut key.form {
            *name = match name.strip_prefix("_/") {
                Some(bare) => bare.into(),
                None if name.contains('/') => continue,
                None => format!("{namespace}/{name}").into(),
            };
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every value that Clojure prints, as the canonical text of what was read.
    #[test]
    fn what_clojure_writes_is_read() {
        for (written, shown) in [
            (r#""caf\u00e9 \101\60 \ud83d\ude00""#, "\"café A0 😀\""),
            ("##NaN", "##NaN"),
            ("##-Inf", "##-Inf"),
            ("^:transient ^{:a 1} ^String [1 2]", "[1 2]"),
            ("#:jepsen.client{:code 5, :_/kind 1, :other/x 2}", "{:jepsen.client/code 5 :kind 1 :other/x 2}"),
            (r"[\a \space \u00e9 \( \, \o101]", r"[\a \  \é \( \, \A]"),
            ("[7N 0x1f -0x1f 017 36rZz +3 0]", "[7 31 -31 15 1295 3 0]"),
            ("[1.50 1.5 15e-1 2.0M 22/7 99999999999999999999N]", "[1.5 1.5 1.5 2.0M 22/7 99999999999999999999N]"),
            ("#inst \"2024\"", "#inst \"2024\""),
            ("#jepsen.history.Op{:a 1}", "{:a 1}"),
            ("#ordered/set (1)", "[1]"),
            ("#object[java.net.X 0x5f2b \"late\"]", "[java.net.X 24363 \"late\"]"),
            ("#_#_ 1 2 user$eval__1", "user$eval__1"),
            ("; a comment\r5", "5"),
        ] {
            let (found, rest) = first(written, 1).unwrap_or_else(|wrong| panic!("{written}: {wrong}"));
            assert_eq!((found.to_string().as_str(), rest), (shown, ""), "{written}");
        }
    }

    #[test]
    fn what_clojure_refuses_is_refused() {
        for written in [
            "#\"a+b\"",
            "#'var",
            "#<Timeout late>",
            "#::{:a 1}",
            "#::x{:a 1}",
            "'x",
            "~y",
            "@x",
            "\\newlin",
            "##no",
            "\"\\477\"",
        ] {
            assert!(first(written, 1).is_err(), "{written}");
        }
    }
}
