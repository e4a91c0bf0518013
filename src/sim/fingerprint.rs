//! A state's fingerprint within one search. It never leaves the program, so the compiler's own `derive(Hash)` will do.

use std::hash::{Hash, Hasher};

use crate::digest::Digest;

/// Hashes a state to 64 bits, which a search takes for the state itself.
#[derive(Clone, Copy, Default, Debug)]
pub struct Fingerprint(Digest);

impl Fingerprint {
    /// The fingerprint of `value`.
    pub fn of(value: &(impl Hash + ?Sized)) -> u64 {
        let mut fingerprint = Self::default();
        value.hash(&mut fingerprint);
        fingerprint.finish()
    }
}

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.bytes(bytes);
    }

    fn write_u8(&mut self, value: u8) {
        self.0.word(value.into());
    }

    fn write_u16(&mut self, value: u16) {
        self.0.word(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.0.word(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.0.word(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.0.word(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.0.word(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}
