//! A text under way, and on which line.

use super::datum::Wrong;

/// What is left of a text. A line ends with `\n`, with `\r\n`, or with `\r`.
#[derive(Clone)]
pub(super) struct Cursor<'text> {
    rest: &'text str,
    line: u32,
}

impl<'text> Cursor<'text> {
    pub(super) fn new(text: &'text str, line: u32) -> Self {
        Self { rest: text, line }
    }

    pub(super) fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn rest(&self) -> &'text str {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.skip(next.len_utf8());
        Some(next)
    }

    pub(super) fn starts_with(&self, expected: &str) -> bool {
        self.rest.starts_with(expected)
    }

    /// Takes `expected` if it comes next.
    pub(super) fn take(&mut self, expected: &str) -> bool {
        let comes = self.rest.starts_with(expected);
        if comes {
            self.skip(expected.len());
        }
        comes
    }

    /// Takes all that comes next and is `wanted`.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'text str {
        let length = self.rest.find(|char| !wanted(char)).unwrap_or(self.rest.len());
        let taken = &self.rest[..length];
        self.skip(length);
        taken
    }

    fn skip(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.line += ends_of_lines(taken, rest);
        self.rest = rest;
    }

    /// An error here: `expected` was.
    pub(super) fn wrong(&self, expected: &str) -> Wrong {
        let found = match self.peek() {
            None => "the end of the file".to_owned(),
            Some('\0') => "a NUL".to_owned(),
            Some(char) if char.is_whitespace() || char.is_control() => "a space".to_owned(),
            Some(_) => {
                let word: String = self.rest.chars().take_while(|char| !char.is_whitespace()).take(24).collect();
                format!("“{word}”")
            }
        };
        Wrong::new(self.line, format!("expected {expected}, found {found}"))
    }
}

/// How many lines end in `text`, which `rest` follows.
pub(super) fn ends_of_lines(text: &str, rest: &str) -> u32 {
    let bytes = text.as_bytes();
    let after = |at: usize| bytes.get(at + 1).or_else(|| rest.as_bytes().first());
    let ends = |(at, byte): (usize, &u8)| *byte == b'\n' || *byte == b'\r' && after(at) != Some(&b'\n');
    bytes.iter().enumerate().filter(|one| ends(*one)).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways() {
        let mut cursor = Cursor::new("a\nb\r\nc\rd\r\re", 1);
        let mut lines = Vec::new();
        loop {
            cursor.take_while(char::is_whitespace);
            let line = cursor.line();
            match cursor.next() {
                Some(char) => lines.push((char, line)),
                None => break,
            }
        }
        assert_eq!(lines, [('a', 1), ('b', 2), ('c', 3), ('d', 4), ('e', 6)]);
    }
}
