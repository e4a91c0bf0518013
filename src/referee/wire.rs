//! What the page and the referee tell each other, as bytes: they share no memory.
//!
//! Numbers are written seven bits at a time, the lowest first (LEB128), for most of them are small; lists and texts with their
//! length before them. Both sides are built from the same source, so nothing says which version this is. What can't be read is
//! an error all the same: a host may serve files of two builds.

use std::sync::Arc;

use crate::node::{Micros, NodeId, RequestId};
use crate::store::feed::PostId;

/// What can be sent.
pub trait Wired: Sized {
    /// Writes it at the end of `out`.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads it from the front of `from`; `None` if that is something else.
    fn take(from: &mut &[u8]) -> Option<Self>;
}

/// A message as bytes.
pub fn write(message: &impl Wired) -> Vec<u8> {
    let mut out = Vec::new();
    message.put(&mut out);
    out
}

/// The message that these bytes are, all of them.
pub fn read<T: Wired>(mut bytes: &[u8]) -> Option<T> {
    let message = T::take(&mut bytes)?;
    bytes.is_empty().then_some(message)
}

impl Wired for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = from.split_first()?;
            *from = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// What is a number underneath.
macro_rules! as_number {
    ($($type:ty: $value:ident => $number:expr, $made:expr;)*) => {
        $(impl Wired for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let $value = *self;
                u64::put(&$number, out);
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                let $value = u64::take(from)?;
                $made
            }
        })*
    };
}

as_number! {
    u32: value => u64::from(value), value.try_into().ok();
    u8: value => u64::from(value), value.try_into().ok();
    bool: value => u64::from(value), if value < 2 { Some(value == 1) } else { None };
    Micros: value => value.0, Some(Self(value));
    NodeId: value => u64::from(value.0), value.try_into().ok().map(Self);
    RequestId: value => u64::from(value.0), value.try_into().ok().map(Self);
}

impl Wired for PostId {
    fn put(&self, out: &mut Vec<u8>) {
        self.author.put(out);
        self.number.put(out);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(Self { author: Wired::take(from)?, number: Wired::take(from)? })
    }
}

/// Pieces of a message one after the other.
fn bytes<'bytes>(from: &mut &'bytes [u8]) -> Option<&'bytes [u8]> {
    let length = usize::try_from(u64::take(from)?).ok()?;
    let (taken, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(taken)
}

impl Wired for String {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes(from)?).ok().map(str::to_owned)
    }
}

impl Wired for Arc<str> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes(from)?).ok().map(Into::into)
    }
}

impl<T: Wired> Wired for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        self.iter().for_each(|one| one.put(out));
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        // Grows with what is there, not with what the length claims.
        (0..u64::take(from)?).map(|_| T::take(from)).collect()
    }
}

impl<T: Wired> Wired for Arc<[T]> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        self.iter().for_each(|one| one.put(out));
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Vec::take(from).map(Into::into)
    }
}

impl<T: Wired> Wired for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<A: Wired, B: Wired> Wired for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

/// Writes and reads a structure as its fields, one after the other.
macro_rules! wired {
    ($type:ty { $($field:ident),* $(,)? }) => {
        impl $crate::referee::wire::Wired for $type {
            fn put(&self, out: &mut Vec<u8>) {
                $($crate::referee::wire::Wired::put(&self.$field, out);)*
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: $crate::referee::wire::Wired::take(from)?),* })
            }
        }
    };
}

/// Writes and reads an enum as the number of its variant, and what that holds.
macro_rules! wired_enum {
    ($type:ty { $($number:literal => $variant:ident $(($value:ident))?),* $(,)? }) => {
        impl $crate::referee::wire::Wired for $type {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(($value))? => {
                        out.push($number);
                        $($crate::referee::wire::Wired::put($value, out);)?
                    })*
                }
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Some(match <u8 as $crate::referee::wire::Wired>::take(from)? {
                    $($number => Self::$variant $(({
                        let $value = $crate::referee::wire::Wired::take(from)?;
                        $value
                    }))?,)*
                    _ => return None,
                })
            }
        }
    };
}

pub(super) use {wired, wired_enum};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dice;

    #[test]
    fn numbers_come_back_and_small_ones_are_short() {
        for value in (0..64).flat_map(|shift| [1_u64 << shift, (1 << shift) - 1, u64::MAX >> shift]) {
            let bytes = write(&value);
            assert_eq!(read(&bytes), Some(value));
            assert_eq!(bytes.len(), (64 - value.leading_zeros() as usize).div_ceil(7).max(1));
        }
        assert_eq!(read::<u64>(&[0xff; 10]), None, "more than 64 bits");
        assert_eq!(read::<u8>(&write(&256_u64)), None);
    }

    type Whole = (Option<Arc<str>>, Vec<(RequestId, Option<PostId>)>);

    #[test]
    fn whole_messages_come_back_and_broken_ones_do_not() {
        let post = PostId { author: NodeId(7), number: 300 };
        let message: Whole = (Some("Rain “again”\n".into()), vec![(RequestId(1), Some(post)), (RequestId(200), None)]);
        let bytes = write(&message);
        assert_eq!(read(&bytes), Some(message));
        for length in 0..bytes.len() {
            assert_eq!(read::<Whole>(&bytes[..length]), None, "cut after {length}");
        }
        assert_eq!(read::<Whole>(&[&bytes[..], &[0]].concat()), None, "too long");
    }

    #[test]
    fn any_bytes_are_a_message_or_none() {
        for seed in 0..20_000 {
            let length = dice::below(seed, &[0], 40);
            let bytes: Vec<u8> = (0..length).map(|n| dice::below(seed, &[1, n], 256) as u8).collect();
            if let Some(message) = read::<Whole>(&bytes) {
                assert_eq!(read(&write(&message)), Some(message));
            }
        }
    }
}
