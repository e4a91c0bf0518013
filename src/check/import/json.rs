//! JSON (RFC 8259) by `serde_json`. Numbers are read from their text: none loses a digit, and equal ones are equal (42, 42.0).

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::cursor::ends_of_lines;
use super::datum::{DEPTH_MAX, Datum, Form, Wrong};

/// Gives `take` each operation of a file: either all are in one array, or they follow one another ("JSON lines").
pub(super) fn each(text: &str, take: &mut dyn FnMut(&Datum) -> Result<(), Wrong>) -> Result<(), Wrong> {
    let mut place = Place { text, at: 0, line: 1 };
    if !text.trim_start().starts_with('[') {
        let mut any = false;
        for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
            any = true;
            take(&place.datum(value.map_err(|error| wrong(&error))?, DEPTH_MAX)?)?;
        }
        return if any { Ok(()) } else { Err(Wrong::new(1, "expected a history, found an empty file")) };
    }
    let mut stopped = None;
    let mut member = |value: &RawValue| -> bool {
        let taken = place.datum(value, DEPTH_MAX).and_then(|datum| take(&datum));
        taken.map_err(|wrong| stopped = Some(wrong)).is_ok()
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let done = Members(&mut member).deserialize(&mut reader).and_then(|()| reader.end());
    match stopped {
        Some(wrong) => Err(wrong),
        None => done.map_err(|error| wrong(&error)),
    }
}

fn wrong(error: &serde_json::Error) -> Wrong {
    let (line, column) = (error.line().max(1) as u32, error.column());
    let whole = error.to_string();
    let what = whole.split(" at line ").next().unwrap_or(&whole);
    Wrong::new(line, format!("expected JSON, found other text: {what}, in column {column}"))
}

/// How far a text is read, and on which line that is. Values come in the order of the text.
struct Place<'text> {
    text: &'text str,
    at: usize,
    line: u32,
}

impl Place<'_> {
    fn datum(&mut self, value: &RawValue, depth: u32) -> Result<Datum, Wrong> {
        let written = value.get();
        // A raw value is a part of the text, so its address tells where it stands.
        let at = written.as_ptr().addr() - self.text.as_ptr().addr();
        self.line += ends_of_lines(&self.text[self.at..at], &self.text[at..]);
        self.at = at;
        let line = self.line;
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Wrong::new(line, "expected values that are nested less deep, found more than 32 levels"));
        };
        let within = |error: serde_json::Error| Wrong { line: line + error.line().max(1) as u32 - 1, ..wrong(&error) };
        let form = match written.as_bytes().first() {
            Some(b'n') => Form::Nil,
            Some(b't') => Form::Bool(true),
            Some(b'f') => Form::Bool(false),
            Some(b'"') => Form::Text(serde_json::from_str::<String>(written).map_err(within)?.into()),
            Some(b'[') => {
                let members: Vec<&RawValue> = serde_json::from_str(written).map_err(within)?;
                Form::List(members.into_iter().map(|member| self.datum(member, depth)).collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let Object(members) = serde_json::from_str(written).map_err(within)?;
                let mut read = Vec::with_capacity(members.len());
                for (name, value) in members {
                    let value = self.datum(value, depth)?;
                    read.push((Datum { line: value.line, form: Form::Text(name.into()) }, value));
                }
                Form::Map(read)
            }
            _ => number(written),
        };
        Ok(Datum { line, form })
    }
}

/// A number: a whole one of 64 bits if it is written so; else its digits, without those that say nothing.
fn number(written: &str) -> Form {
    if let Ok(number) = written.parse() {
        return Form::Int(number);
    }
    let (sign, plain) = written.strip_prefix('-').map_or(("", written), |plain| ("-", plain));
    let (mantissa, exponent) = plain.split_once(['e', 'E']).unwrap_or((plain, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.parse::<i32>() else { return Form::Atom(written.into()) };
    // digits × 10^scale
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0').trim_end_matches('0');
    let scale = i64::from(exponent) - fraction.len() as i64 + (all.len() - all.trim_end_matches('0').len()) as i64;
    if digits.is_empty() {
        return Form::Decimal("0".into());
    }
    let before = digits.len() as i64 + scale;
    let form = match (scale, before) {
        (0..20, _) => format!("{sign}{digits}{}", "0".repeat(scale as usize)),
        (..0, 1..) => format!("{sign}{}.{}", &digits[..before as usize], &digits[before as usize..]),
        (..0, -9..) => format!("{sign}0.{}{digits}", "0".repeat(-before as usize)),
        _ => format!("{sign}{digits}e{scale}"),
    };
    Form::Decimal(form.into())
}

/// The members of an array, one by one.
struct Members<'take>(&'take mut dyn FnMut(&RawValue) -> bool);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of operations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(member) = members.next_element::<&RawValue>()? {
            if !(self.0)(member) {
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// The members of an object, in the order of the text.
struct Object<'text>(Vec<(String, &'text RawValue)>);

impl<'de: 'text, 'text> Deserialize<'de> for Object<'text> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Object<'de>, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = members.next_entry()? {
                    all.push(member);
                }
                Ok(Object(all))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Datum>, Wrong> {
        let mut all = Vec::new();
        each(text, &mut |datum| {
            all.push(datum.clone());
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn equal_numbers_are_equal_and_no_digit_is_lost() {
        for (written, expected) in [
            ("[42, 42.0, 4.2e1, 420e-1, -0.0, 1e3]", "[42 42 42 42 0 1000]"),
            ("[1.5, 15e-1, 1.50, 0.0015e3, -0.25e-1]", "[1.5 1.5 1.5 1.5 -0.025]"),
            ("[18446744073709551616, 18446744073709551617]", "[18446744073709551616 18446744073709551617]"),
            ("[9223372036854775807, -9223372036854775808, 1e400]", "[9223372036854775807 -9223372036854775808 1e400]"),
        ] {
            let read = read(&format!("[{written}]")).expect("JSON");
            assert_eq!(read[0].to_string(), expected, "{written}");
        }
    }

    #[test]
    fn values_know_their_lines() {
        let text = "[{\"b\": [1,\n2],\n \"a\": 3},\n\n 4]";
        let all = read(text).expect("JSON");
        assert_eq!(all.iter().map(|datum| datum.line).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(all[0].get("a").map(|datum| datum.line), Some(3));
        let lines = read("{\"a\": 1}\n{\"a\": 2}\n").expect("JSON lines");
        assert_eq!(lines.iter().map(|datum| datum.line).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(read("[1,\n2,\n}").expect_err("a brace").line, 3);
        assert_eq!(read("{\"a\": 1}\n{\"a\"\n").expect_err("no value").line, 3);
    }
}
