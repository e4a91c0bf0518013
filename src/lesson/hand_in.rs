//! What a student hands in: one file with the lesson's hash, the name as typed, predictions with their times, answers, and each
//! task's run. See [`super::grade`] for what a teacher does with it.

use serde::{Deserialize, Serialize};

use super::Lesson;
use super::attempt::Attempt;
use crate::digest::Digest;

/// What the first field says.
const FORMAT: &str = "cap-lab hand-in";
/// The version that this code writes and reads.
const VERSION: u64 = 1;
/// The largest file that is read, in bytes: some runs of the largest size.
pub const BYTES_MAX: usize = 32 << 20;
/// The longest name, in characters.
const NAME_MAX: usize = 100;

/// A hand-in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandIn {
    format: String,
    version: u64,
    /// Who hands it in, as typed.
    pub student: String,
    /// The lesson's heading, for whoever opens the file.
    pub title: String,
    /// What was answered and done.
    pub attempt: Attempt,
    /// A digest of all of the above. It finds files that were edited, not those that were forged.
    seal: String,
}

/// What is read first, so that another kind or version gets its own message.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u64,
}

impl HandIn {
    /// What `student` did in a lesson.
    pub fn new(student: &str, lesson: &Lesson, attempt: Attempt) -> Self {
        let student = cleaned(student);
        let (format, title) = (FORMAT.to_owned(), lesson.title.clone());
        let unsealed = Self { format, version: VERSION, student, title, attempt, seal: String::new() };
        Self { seal: unsealed.sealed(), ..unsealed }
    }

    /// The file.
    pub fn write(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers can always be written")
    }

    /// Reads a file. `Err` says in a sentence why it is none that this version can read.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.len() > BYTES_MAX {
            return Err(format!("This file has {} bytes; up to {BYTES_MAX} are read.", text.len()));
        }
        let damaged = |wrong: serde_json::Error| {
            let says: String = wrong.to_string().chars().take(200).collect();
            format!("This is no hand-in of CAP Lab, or it is damaged: {says}.")
        };
        let header: Header = serde_json::from_str(text).map_err(damaged)?;
        if header.format != FORMAT {
            let format: String = header.format.chars().take(40).collect();
            return Err(format!("This is no hand-in of CAP Lab: its format is “{format}”."));
        }
        if header.version != VERSION {
            let version = header.version;
            return Err(format!("This was handed in with another version of the lab: {version}; {VERSION} is read."));
        }
        let read: Self = serde_json::from_str(text).map_err(damaged)?;
        if read.student != cleaned(&read.student) {
            return Err("This is no hand-in of CAP Lab: the name in it was not typed.".to_owned());
        }
        Ok(read)
    }

    /// Whether nobody edited it since it was written.
    pub fn is_sealed(&self) -> bool {
        self.seal == self.sealed()
    }

    fn sealed(&self) -> String {
        format!("{:016x}", Digest::of(&(&self.student, &self.title, &self.attempt)))
    }
}

/// A name as it is kept: what could forge a line or move a terminal's cursor is not part of one.
fn cleaned(name: &str) -> String {
    let letters = name.trim().chars().filter(|letter| !letter.is_control()).take(NAME_MAX);
    letters.collect::<String>().trim().to_owned()
}
