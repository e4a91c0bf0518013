//! JSON (RFC 8259), as far as histories need it: fractions are kept as they are written.

use super::datum::{Cursor, DEPTH_MAX, Datum, Form, Wrong};

/// The operations of a file: either all in one array, or one after the other ("JSON lines").
pub(super) struct Reader<'text> {
    cursor: Cursor<'text>,
    in_array: bool,
    count: u64,
    began: bool,
}

impl<'text> Reader<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        Self { cursor: Cursor::new(text, 1), in_array: false, count: 0, began: false }
    }

    /// The next operation, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<Datum>, Wrong> {
        space(&mut self.cursor);
        if !self.began {
            self.began = true;
            if self.cursor.peek().is_none() {
                return Err(self.cursor.wrong("a history"));
            }
            self.in_array = self.cursor.take("[");
            space(&mut self.cursor);
        }
        if self.in_array {
            if self.cursor.take("]") {
                space(&mut self.cursor);
                return match self.cursor.peek() {
                    None => Ok(None),
                    Some(_) => Err(self.cursor.wrong("the end of the file")),
                };
            }
            if self.count > 0 && !self.cursor.take(",") {
                return Err(self.cursor.wrong("a comma or ]"));
            }
        } else if self.cursor.peek().is_none() {
            return Ok(None);
        }
        self.count += 1;
        value(&mut self.cursor, DEPTH_MAX).map(Some)
    }
}

fn space(cursor: &mut Cursor<'_>) {
    cursor.take_while(|char| matches!(char, ' ' | '\n' | '\r' | '\t'));
}

fn value(cursor: &mut Cursor<'_>, depth: u32) -> Result<Datum, Wrong> {
    space(cursor);
    let line = cursor.line();
    if depth == 0 {
        return Err(cursor.wrong("values that are nested less deep"));
    }
    let form = match cursor.peek() {
        Some('"') => Form::Text(cursor.string()?),
        Some('[') => {
            let mut members = Vec::new();
            each(cursor, ']', |cursor| {
                members.push(value(cursor, depth - 1)?);
                Ok(())
            })?;
            Form::List(members)
        }
        Some('{') => {
            let mut members = Vec::new();
            each(cursor, '}', |cursor| {
                space(cursor);
                if cursor.peek() != Some('"') {
                    return Err(cursor.wrong("the name of a member in quotes"));
                }
                let key = Datum { line: cursor.line(), form: Form::Text(cursor.string()?) };
                space(cursor);
                if !cursor.take(":") {
                    return Err(cursor.wrong("a colon"));
                }
                members.push((key, value(cursor, depth - 1)?));
                Ok(())
            })?;
            Form::Map(members)
        }
        _ => {
            let found = cursor.clone();
            let word = cursor.take_while(|char| char.is_ascii_alphanumeric() || "+-.".contains(char));
            let is_number = word.strip_prefix('-').unwrap_or(word).starts_with(|char: char| char.is_ascii_digit());
            match word {
                "null" => Form::Nil,
                "true" => Form::Bool(true),
                "false" => Form::Bool(false),
                _ if is_number => word.parse().map_or_else(|_| Form::Atom(word.into()), Form::Int),
                _ => return Err(found.wrong("a value")),
            }
        }
    };
    Ok(Datum { line, form })
}

/// Reads the members of an array or an object, from its opening bracket.
fn each<'text>(
    cursor: &mut Cursor<'text>,
    close: char,
    mut member: impl FnMut(&mut Cursor<'text>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    let began = cursor.line();
    cursor.next();
    let mut first = true;
    loop {
        space(cursor);
        match cursor.peek() {
            None => {
                return Err(Wrong::new(began, format!("expected {close} to end this, found the end of the file")));
            }
            Some(next) if next == close => break,
            Some(',') if !first => _ = cursor.next(),
            Some(_) if !first => return Err(cursor.wrong(&format!("a comma or {close}"))),
            Some(_) => {}
        }
        member(cursor)?;
        first = false;
    }
    cursor.next();
    Ok(())
}
