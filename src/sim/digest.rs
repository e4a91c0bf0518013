//! A canonical digest: the same value gives the same 64 bits natively and on wasm32.
//!
//! `derive(Hash)` feeds a hasher pointer-width integers (lengths, discriminants), so this one widens them; it never sees a
//! float, because what is hashed holds none. It detects divergence, not forgery.

use std::hash::{Hash, Hasher};

/// Folds words into a digest (multiply, rotate and xor per word, finished as in SplitMix64).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0x6361_702d_6c61_6221)
    }
}

impl Digest {
    /// The digest of `value` alone.
    pub fn of(value: &(impl Hash + ?Sized)) -> u64 {
        let mut digest = Self::default();
        value.hash(&mut digest);
        digest.finish()
    }
}

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
        self.write_u64(bytes.len() as u64);
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(23) ^ value).wrapping_mul(0x9fb2_1c65_1e98_df25);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_i8(&mut self, value: i8) {
        self.write_i64(i64::from(value));
    }

    fn write_i16(&mut self, value: i16) {
        self.write_i64(i64::from(value));
    }

    fn write_i32(&mut self, value: i32) {
        self.write_i64(i64::from(value));
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_i64(value as i64);
    }

    fn finish(&self) -> u64 {
        let bits = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits ^ (bits >> 29)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_do_not_show() {
        for narrow in [Digest::of(&7_u8), Digest::of(&7_u16), Digest::of(&7_u32), Digest::of(&7_usize)] {
            assert_eq!(narrow, Digest::of(&7_u64));
        }
        for narrow in [Digest::of(&-1_i8), Digest::of(&-1_i16), Digest::of(&-1_i32), Digest::of(&-1_isize)] {
            assert_eq!(narrow, Digest::of(&-1_i64));
        }
    }

    /// A run file carries digests, so the function is part of the format. Computed by hand from its definition above.
    #[test]
    fn the_function_stays_what_it_is() {
        assert_eq!(Digest::default().finish(), 0x60b0_c023_4c67_c7ae);
        assert_eq!(Digest::of(&(1_u64, 2_u64)), 0x780e_6e97_a73b_ff9a);
        let mut nine_bytes = Digest::default();
        nine_bytes.write(b"abcdefghi");
        assert_eq!(nine_bytes.finish(), 0xf5cd_ef34_9e00_9b3d);
    }

    #[test]
    fn order_and_length_show() {
        assert_ne!(Digest::of(&(1_u8, 2_u8)), Digest::of(&(2_u8, 1_u8)));
        assert_ne!(Digest::of("ab"), Digest::of("ab\0"));
        assert_ne!(Digest::of(&vec![0_u8]), Digest::of(&vec![0_u8, 0]));
    }
}
