//! Links: what decides a run, packed so that it fits into an address.
//!
//! A code is [`VERSION`], a checksum (both so in every version) and what is packed, in the alphabet of addresses (base64url, RFC 4648 §5). Packed is what a
//! run file says of one branch, by postcard. Interventions stay the words of run files, so that a link keeps its meaning for
//! as long as run files do; each word and each sentence is written once. That is shorter than deflating it, and takes no
//! compressor.
//!
//! A link has only the digests at its end: those on the way would be most of it. So a forged link is found out only once
//! its run is computed, which takes up to [`STEPS_MAX`](super::STEPS_MAX) steps, in slices that can be cancelled.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::file::{RunFile, WorldDigests, hex};
use super::limits::{ACTS_MAX, SCRIPT_BYTES_MAX};
use crate::digest::Digest;

/// The version that this code writes and reads.
const VERSION: u8 = 1;
/// The longest code that is read, in characters. Browsers pass on more; nobody writes that much by hand.
const CODE_MAX: usize = 1 << 20;
/// No code is shorter, in characters: a setup alone takes as much.
const CODE_MIN: usize = 32;
/// Bytes of the version and of the checksum.
const HEAD: usize = 1 + 4;

/// What a link says.
#[derive(Serialize, Deserialize)]
struct Packed {
    experiment: String,
    setup: String,
    seed: u64,
    /// How far the run was computed, in µs.
    end: u64,
    /// Where the play head stood, in µs.
    head: u64,
    /// The steps and the digest of each world, the latter with the highest byte first.
    worlds: Vec<(u64, [u8; 8])>,
    /// What the sentences are made of, with a space between each two.
    words: Vec<String>,
    /// What was done: interventions without their moments.
    sentences: Vec<Vec<u32>>,
    /// How many µs after the one before, and which sentence.
    script: Vec<(u64, u32)>,
}

/// Whether `text` is a link's code rather than a file.
pub(super) fn is_link(text: &str) -> bool {
    text.len() >= CODE_MIN && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The code of a run.
pub(super) fn written(run: &RunFile) -> String {
    let number = |hex: &str| u64::from_str_radix(hex, 16).expect("it was written as one");
    let (mut words, mut sentences) = (Numbered::default(), Numbered::default());
    let mut before = 0;
    let script = run.script.iter().map(|line| {
        let (at, sentence) = line.split_once(' ').expect("a moment, then what is done");
        let at: u64 = at.parse().expect("it was written as a number");
        let sentence = sentence.split(' ').map(|word| words.number_of(word.to_owned())).collect();
        (at - std::mem::replace(&mut before, at), sentences.number_of(sentence))
    });
    let script = script.collect();
    let packed = Packed {
        experiment: run.experiment.clone(),
        setup: run.setup.clone(),
        seed: number(&run.seed),
        end: run.end,
        head: run.head,
        worlds: run.worlds.iter().map(|world| (world.steps, number(&world.digest).to_be_bytes())).collect(),
        words: words.list,
        sentences: sentences.list,
        script,
    };
    let bytes = postcard::to_allocvec(&packed).expect("texts and numbers can always be written");
    let mut code = vec![VERSION];
    code.extend(checksum(&bytes));
    code.extend(bytes);
    URL_SAFE_NO_PAD.encode(code)
}

/// What a code says. `Err` says in a sentence why it is not one that this version can read.
pub(super) fn read(code: &str) -> Result<RunFile, String> {
    if code.len() > CODE_MAX {
        return Err(format!("This link is too long: {} characters; up to {CODE_MAX} are read.", code.len()));
    }
    let bytes = URL_SAFE_NO_PAD.decode(code).map_err(|_| damaged())?;
    let (head, rest) = bytes.split_at_checked(HEAD).ok_or_else(damaged)?;
    if head[1..] != checksum(rest) {
        return Err(damaged());
    }
    if head[0] != VERSION {
        return Err(format!(
            "This link was made by another version of the lab: its format is {}, and {VERSION} is read. Reload the page to \
             get the newest lab.",
            head[0]
        ));
    }
    let packed: Packed = postcard::from_bytes(rest).map_err(|_| damaged())?;
    let script = packed.lines().ok_or_else(damaged)?;
    let world = |(steps, digest)| {
        let digest = hex(u64::from_be_bytes(digest));
        WorldDigests { steps, digest, every_256_steps: None }
    };
    Ok(RunFile {
        script,
        end: packed.end,
        head: packed.head,
        worlds: packed.worlds.into_iter().map(world).collect(),
        ..RunFile::new(packed.experiment, packed.setup, packed.seed)
    })
}

impl Packed {
    /// The script as in a run file; none if a number leads nowhere, or if it is longer than any script.
    fn lines(&self) -> Option<Vec<String>> {
        if self.script.len() > ACTS_MAX {
            return None;
        }
        let (mut at, mut room) = (0_u64, SCRIPT_BYTES_MAX);
        let line = |(after, sentence): &(u64, u32)| {
            at = at.checked_add(*after)?;
            let mut line = at.to_string();
            for word in self.sentences.get(*sentence as usize)? {
                let word = self.words.get(*word as usize)?;
                room = room.checked_sub(1 + word.len())?;
                line.push(' ');
                line.push_str(word);
            }
            Some(line)
        };
        self.script.iter().map(line).collect()
    }
}

/// Things by numbers, each once.
struct Numbered<T> {
    numbers: BTreeMap<T, u32>,
    list: Vec<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), list: Vec::new() }
    }
}

impl<T: Ord + Clone> Numbered<T> {
    fn number_of(&mut self, thing: T) -> u32 {
        if let Some(number) = self.numbers.get(&thing) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.numbers.insert(thing.clone(), number);
        self.list.push(thing);
        number
    }
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = Digest::of(bytes).to_be_bytes();
    [a, b, c, d]
}

fn damaged() -> String {
    "This link is damaged: a part of it is missing or changed. Copy it once more, to its end.".to_owned()
}
