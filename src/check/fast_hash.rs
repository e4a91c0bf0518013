//! A hash for the checkers' tables: fast rather than safe against chosen keys, and the same on every machine.

use std::hash::{BuildHasherDefault, Hasher};

/// Multiplies and rotates, word by word (the scheme of Firefox and rustc, with a final mix).
#[derive(Clone, Copy, Default)]
pub(super) struct FastHasher(u64);

/// Makes [`FastHasher`]s.
pub(super) type FastState = BuildHasherDefault<FastHasher>;

impl FastHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for FastHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.add(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.add(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn write_i64(&mut self, word: i64) {
        self.add(word.cast_unsigned());
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.add((word as i64).cast_unsigned());
    }

    fn finish(&self) -> u64 {
        // The table looks at the highest and the lowest bits.
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    }
}
