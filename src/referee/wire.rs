//! What the page and the referee tell each other, as bytes: they share no memory.
//!
//! The format is [postcard](https://postcard.jamesmunns.com)'s. Both sides are built from the same source, so nothing says which
//! version this is. What can't be read is an error all the same: a host may serve files of two builds.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A message as bytes.
pub fn write(message: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(message).expect("a message is made of what postcard knows")
}

/// The message that these bytes are, all of them.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (message, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(message)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::node::{NodeId, RequestId};
    use crate::sim::dice;
    use crate::store::feed::PostId;

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
