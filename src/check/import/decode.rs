//! The text of a file.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::datum::Wrong;

/// The largest text that is unpacked, in bytes.
const UNPACKED_MAX: u64 = 1 << 30;

/// The text of a file, unpacked if it is gzip, without the mark of UTF-8. Its name only helps to say what it is, if it is no text.
pub fn decode<'bytes>(name: &str, bytes: &'bytes [u8]) -> Result<Cow<'bytes, str>, Wrong> {
    let wrong = |found: &str| Err(Wrong::new(1, format!("expected a history as text, found {found}")));
    if bytes.starts_with(b"JEPSEN") {
        return wrong("Jepsen's binary format (test.jepsen); beside it is a history.edn");
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Wrong::new(1, "expected text in UTF-8, found UTF-16"));
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        let read = MultiGzDecoder::new(bytes).take(UNPACKED_MAX + 1).read_to_end(&mut unpacked);
        return match read {
            Err(error) => wrong(&format!("gzip that is broken: {error}")),
            Ok(length) if length as u64 > UNPACKED_MAX => wrong("gzip of more than 1 GB"),
            Ok(_) => text(&unpacked).map(|text| Cow::Owned(text.to_owned())),
        };
    }
    match text(bytes) {
        Err(_) if name.ends_with(".fressian") => wrong("Jepsen's binary format (fressian); beside it is a history.edn"),
        text => text.map(Cow::Borrowed),
    }
}

fn text(bytes: &[u8]) -> Result<&str, Wrong> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u32;
        Wrong::new(line, "expected text in UTF-8, found other bytes")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
