//! A canonical digest: the same value gives the same 64 bits on every machine, with every compiler.
//!
//! What is digested says by [`serde`]'s data model what it consists of, and [`Digest`] folds that as words:
//!
//! - a number is one word, a signed one with its sign extended; true is 1;
//! - a variant is the word of its place in the enum, counted from 0, and then what it holds; nothing is 0, something is 1 and the value;
//! - a list or map is the word of its length, and then its elements;
//! - a text is its bytes as little-endian words of eight, the last one filled up with zeros, then the number of bytes, then 255;
//! - a struct or tuple is its fields, without more.
//!
//! A run file carries digests, so this is part of the format. It detects divergence, not forgery.

use std::fmt;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

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
    pub fn of(value: &(impl Serialize + ?Sized)) -> u64 {
        let mut digest = Self::default();
        digest.fold(value);
        digest.finish()
    }

    /// Goes on with `value`, in which there must be neither a float nor a list that doesn't know its length.
    pub fn fold(&mut self, value: &(impl Serialize + ?Sized)) {
        value.serialize(self).expect("a digest refuses nothing");
    }

    /// Goes on with a word.
    pub(crate) fn word(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9fb2_1c65_1e98_df25);
    }

    /// Goes on with these bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        self.word(bytes.len() as u64);
    }

    /// The digest of all that was folded so far.
    pub fn finish(self) -> u64 {
        let bits = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits ^ (bits >> 29)
    }
}

/// Nothing goes wrong, so any error does.
type Folded = Result<(), fmt::Error>;

/// Numbers that are one word.
macro_rules! words {
    ($($serialize:ident($number:ty),)*) => {
        $(fn $serialize(self, value: $number) -> Folded {
            self.word(value as u64);
            Ok(())
        })*
    };
}

impl Serializer for &mut Digest {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    words! {
        serialize_bool(bool), serialize_char(char),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
    }

    fn serialize_f32(self, value: f32) -> Folded {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Folded {
        unreachable!("{value} is no part of a run: machines may disagree on its last bits")
    }

    fn serialize_str(self, value: &str) -> Folded {
        self.bytes(value.as_bytes());
        self.word(255);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Folded {
        self.bytes(value);
        Ok(())
    }

    fn serialize_none(self) -> Folded {
        self.word(0);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Folded {
        self.word(1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Folded {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Folded {
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, index: u32, _variant: &'static str) -> Folded {
        self.word(index.into());
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Folded {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Folded {
        self.word(index.into());
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, fmt::Error> {
        self.word(length.expect("a list in a run knows its length") as u64);
        Ok(self)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, fmt::Error> {
        self.word(index.into());
        Ok(self)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self, fmt::Error> {
        self.serialize_seq(length)
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self, fmt::Error> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, fmt::Error> {
        self.word(index.into());
        Ok(self)
    }
}

/// What consists of parts folds one after the other.
macro_rules! parts {
    ($($Parts:ident: $($part:ident($($key:ty)?))+;)*) => {
        $(impl $Parts for &mut Digest {
            type Ok = ();
            type Error = fmt::Error;

            $(fn $part<T: Serialize + ?Sized>(&mut self, $(_key: $key,)? value: &T) -> Folded {
                value.serialize(&mut **self)
            })+

            fn end(self) -> Folded {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key() serialize_value();
    SerializeStruct: serialize_field(&'static str);
    SerializeStructVariant: serialize_field(&'static str);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a value, one by one.
    fn folded(words: &[u64]) -> u64 {
        let mut digest = Digest::default();
        for &word in words {
            digest.word(word);
        }
        digest.finish()
    }

    #[test]
    fn widths_do_not_show() {
        for narrow in [Digest::of(&7_u8), Digest::of(&7_u16), Digest::of(&7_u32), Digest::of(&7_usize)] {
            assert_eq!(narrow, Digest::of(&7_u64));
        }
        for narrow in [Digest::of(&-1_i8), Digest::of(&-1_i16), Digest::of(&-1_i32), Digest::of(&-1_isize)] {
            assert_eq!(narrow, folded(&[u64::MAX]));
        }
    }

    /// A run file carries digests, so the function is part of the format. Computed by hand from its definition above.
    #[test]
    fn the_function_stays_what_it_is() {
        assert_eq!(Digest::default().finish(), 0x60b0_c023_4c67_c7ae);
        assert_eq!(Digest::of(&(1_u64, 2_u64)), 0x780e_6e97_a73b_ff9a);
        let mut nine_bytes = Digest::default();
        nine_bytes.bytes(b"abcdefghi");
        assert_eq!(nine_bytes.finish(), 0xf5cd_ef34_9e00_9b3d);
    }

    /// Each kind of value, beside the words that the module's own description gives it.
    #[test]
    fn a_value_is_the_words_that_the_format_says() {
        #[derive(serde::Serialize)]
        enum Shape {
            Point,
            Circle(u8),
            Box(u8, u8),
            Text { of: &'static str },
        }
        #[derive(serde::Serialize)]
        struct Two {
            first: bool,
            second: Option<u32>,
        }
        assert_eq!(Digest::of(&Shape::Point), folded(&[0]));
        assert_eq!(Digest::of(&Shape::Circle(9)), folded(&[1, 9]));
        assert_eq!(Digest::of(&Shape::Box(9, 8)), folded(&[2, 9, 8]));
        assert_eq!(Digest::of(&Shape::Text { of: "ab" }), folded(&[3, 0x6261, 2, 255]));
        assert_eq!(Digest::of(&Two { first: true, second: None }), folded(&[1, 0]));
        assert_eq!(Digest::of(&Two { first: false, second: Some(5) }), folded(&[0, 1, 5]));
        assert_eq!(Digest::of(&vec![4_u8, 5]), folded(&[2, 4, 5]));
        assert_eq!(Digest::of(&std::collections::BTreeMap::from([(1_u8, 'a')])), folded(&[1, 1, 97]));
        assert_eq!(Digest::of(&()), folded(&[]));
    }

    #[test]
    fn order_and_length_show() {
        assert_ne!(Digest::of(&(1_u8, 2_u8)), Digest::of(&(2_u8, 1_u8)));
        assert_ne!(Digest::of("ab"), Digest::of("ab\0"));
        assert_ne!(Digest::of(&vec![0_u8]), Digest::of(&vec![0_u8, 0]));
    }
}
