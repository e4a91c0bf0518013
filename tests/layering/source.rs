//! As much of Rust's syntax as the rules need: words without comments, and the paths that lead to another module.

/// One word of a source file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Word {
    /// An identifier, a keyword or a number.
    Name(String),
    /// The text between the quotes of a string.
    Text(String),
    /// Any other character.
    Mark(char),
}

impl Word {
    pub(crate) fn is(&self, text: &str) -> bool {
        match self {
            Self::Name(name) => name == text,
            Self::Mark(mark) => text.chars().eq([*mark]),
            Self::Text(_) => false,
        }
    }
}

/// A word and the line it stands on, counted from 1.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) word: Word,
    pub(crate) line: usize,
}

/// The words of `source`, without comments and doc comments.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < chars.len() {
        let start = at;
        let next = chars.get(at + 1).copied();
        let word = match chars[at] {
            '/' if next == Some('/') => {
                at = position(&chars, at, |chars, at| chars[at] == '\n');
                None
            }
            '/' if next == Some('*') => {
                at = end_of_block_comment(&chars, at);
                None
            }
            '"' => Some(string(&chars, &mut at)),
            'r' if raw_hashes(&chars, at + 1).is_some() => Some(raw_string(&chars, &mut at, 1)),
            'b' if next == Some('r') && raw_hashes(&chars, at + 2).is_some() => Some(raw_string(&chars, &mut at, 2)),
            '\'' => {
                at = end_of_quote(&chars, at);
                None
            }
            first if first.is_alphanumeric() || first == '_' => {
                at = end_of_name(&chars, at);
                Some(Word::Name(chars[start..at].iter().collect()))
            }
            other => {
                at += 1;
                (!other.is_whitespace()).then_some(Word::Mark(other))
            }
        };
        found.extend(word.map(|word| Token { word, line }));
        line += chars[start..at.min(chars.len())].iter().filter(|char| **char == '\n').count();
    }
    found
}

fn position(chars: &[char], from: usize, wanted: impl Fn(&[char], usize) -> bool) -> usize {
    (from..chars.len()).find(|at| wanted(chars, *at)).unwrap_or(chars.len())
}

/// Block comments nest.
fn end_of_block_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn string(chars: &[char], at: &mut usize) -> Word {
    let start = *at + 1;
    let mut end = start;
    while end < chars.len() && chars[end] != '"' {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    *at = (end + 1).min(chars.len());
    Word::Text(chars[start..end.min(chars.len())].iter().collect())
}

/// How many `#` open a raw string at `at`; none if it is no raw string.
fn raw_hashes(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at.min(chars.len())..].iter().take_while(|char| **char == '#').count();
    (chars.get(at + hashes) == Some(&'"')).then_some(hashes)
}

fn raw_string(chars: &[char], at: &mut usize, prefix: usize) -> Word {
    let hashes = raw_hashes(chars, *at + prefix).expect("a raw string starts here");
    let start = *at + prefix + hashes + 1;
    let end = position(chars, start, |chars, at| {
        chars[at] == '"' && chars[at + 1..].iter().take_while(|char| **char == '#').count() >= hashes
    });
    *at = (end + 1 + hashes).min(chars.len());
    Word::Text(chars[start.min(end)..end].iter().collect())
}

/// The end of a character (`'x'`, `'\n'`, `'"'`) or of the quote that begins a lifetime.
fn end_of_quote(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => (position(chars, at + 3, |chars, at| chars[at] == '\'') + 1).min(chars.len()),
        (Some(_), Some('\'')) => at + 3,
        _ => at + 1,
    }
}

/// A name, or a number with its decimals and suffix: `1.5e3_f64`, but not the range `1..2`, the call `1.max(2)` nor the
/// fields `pair.0.1`.
fn end_of_name(chars: &[char], start: usize) -> usize {
    let is_field = chars[..start].ends_with(&['.']) && !chars[..start].ends_with(&['.', '.']);
    let is_number = chars[start].is_ascii_digit() && !is_field;
    let mut at = start;
    while at < chars.len() {
        let decimals = is_number && chars[at] == '.' && chars.get(at + 1).is_some_and(char::is_ascii_digit);
        if !(chars[at].is_alphanumeric() || chars[at] == '_' || decimals) {
            break;
        }
        at += 1;
    }
    at
}

/// `tokens` without the items marked `#[cfg(test)]`.
pub(crate) fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let marker = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if !starts_with(&tokens[at..], &marker) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let mut depth = 0;
        at += marker.len();
        while let Some(token) = tokens.get(at) {
            at += 1;
            match &token.word {
                Word::Mark('{') => depth += 1,
                Word::Mark('}') if depth == 1 => break,
                Word::Mark('}') => depth -= 1,
                Word::Mark(';') if depth == 0 => break,
                _ => {}
            }
        }
    }
    kept
}

/// Whether the first tokens are these words.
pub(crate) fn starts_with(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.word.is(word))
}

/// A path from the root of the crate, such as `store::feed::Post`, and the line on which it is written.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// All paths that begin with `crate::` or `super::`, from the root on. `module` is the path of the module that they stand in,
/// empty for the root. Groups in braces are followed.
pub(crate) fn imports(tokens: &[Token], module: &[String]) -> Vec<Import> {
    let mut found = Vec::new();
    // The names of the inline modules we are in, with the brace depth of their bodies.
    let mut inline: Vec<usize> = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    while at < tokens.len() {
        match &tokens[at].word {
            Word::Mark('{') => depth += 1,
            Word::Mark('}') => {
                inline.retain(|body| *body < depth);
                depth = depth.saturating_sub(1);
            }
            Word::Name(name) if name == "mod" && tokens.get(at + 2).is_some_and(|token| token.word.is("{")) => {
                inline.push(depth + 1);
            }
            Word::Name(name) if (name == "crate" || name == "super") && !follows_path(tokens, at) => {
                let supers =
                    tokens[at..].chunks(3).take_while(|words| starts_with(words, &["super", ":", ":"])).count();
                let from_root = name == "crate" && starts_with(&tokens[at + 1..], &[":", ":"]);
                // What the inline modules leave of it.
                let up = supers.saturating_sub(inline.len());
                if from_root {
                    follow(&tokens[at + 3..], &mut Vec::new(), &mut found);
                } else if up > 0 && up <= module.len() {
                    follow(&tokens[at + 3 * supers..], &mut module[..module.len() - up].to_vec(), &mut found);
                }
                at += 3 * supers.max(1) - 1;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether the word at `at` goes on a path (`a::super`), which is none of ours then.
fn follows_path(tokens: &[Token], at: usize) -> bool {
    at >= 2 && starts_with(&tokens[at - 2..], &[":", ":"])
}

/// Reads one path behind its prefix, or each path of a group; returns how many tokens it took.
fn follow(tokens: &[Token], prefix: &mut Vec<String>, found: &mut Vec<Import>) -> usize {
    let Some(first) = tokens.first() else { return 0 };
    match &first.word {
        Word::Mark('{') => {
            let mut at = 1;
            while at < tokens.len() && !tokens[at].word.is("}") {
                at += follow(&tokens[at..], prefix, found).max(1);
            }
            at + 1
        }
        Word::Name(name) => {
            prefix.push(name.clone());
            let taken = if starts_with(&tokens[1..], &[":", ":"]) {
                3 + follow(&tokens[3..], prefix, found)
            } else {
                found.push(Import { path: prefix.clone(), line: first.line });
                1
            };
            prefix.pop();
            taken
        }
        Word::Mark('*') => {
            let path = prefix.iter().cloned().chain(["*".to_owned()]).collect();
            found.push(Import { path, line: first.line });
            1
        }
        _ => 0,
    }
}
