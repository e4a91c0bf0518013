//! What a file may be, by its content. A guess: whoever knows better can say so.

use super::vocabulary::Customs;
use super::{Format, Imported, Model, Wrong, log, porcupine, read_with};

/// How much of a file is looked at for its format, in bytes.
const LOOKED_AT: usize = 4_096;

/// Whether a file may be a history: also one that is packed, or whose text is broken.
pub fn is_history(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(text) => format(text).is_some(),
        Err(_) => true,
    }
}

/// How a history is written; `None` if it looks like none.
pub fn format(text: &str) -> Option<Format> {
    let start = text.trim_start_matches(|char: char| char.is_whitespace() || char == '\u{feff}');
    let mut end = start.len().min(LOOKED_AT);
    while !start.is_char_boundary(end) {
        end -= 1;
    }
    let head = &start[..end];
    // Of all logs those of 2014 are Porcupine's.
    let is_data = head.starts_with(['{', '[', '(', '#', ';']);
    if head.contains("jepsen.util - ") || (!is_data && text.contains("jepsen.util - ")) {
        return Some(Format::PorcupineEtcd);
    }
    if !is_data && log::looks_so(text) {
        return Some(Format::Jepsen);
    }
    let inside = head.trim_start_matches(|char: char| "([{,".contains(char) || char.is_whitespace());
    let is_map = head.starts_with(['{', '[', '(']);
    if is_map && inside.starts_with('"') {
        let is_event = ["\"process\"", "\"client\""].iter().any(|name| head.contains(name));
        return match is_event {
            true => Some(Format::JepsenJson),
            false => porcupine::looks_so(head).then_some(Format::PorcupineOperations),
        };
    }
    // A record of EDN may have a tag before its map.
    if is_data && (head.contains(":process") || head.contains(":client")) {
        return Some(if head.contains(":key ") { Format::PorcupineKv } else { Format::Jepsen });
    }
    None
}

/// Reads a history for each model, until every operation fits one: that model, what was read, and how many operations began. If
/// none fits, the one that goes furthest, and what is wrong then.
pub(super) fn read(text: &str, format: Format, customs: &Customs) -> Result<(Model, (Imported, u32)), (Model, Wrong)> {
    let mut furthest: Option<(Model, Wrong)> = None;
    for model in Model::ALL {
        match read_with(text, format, model, customs) {
            Ok(read) => return Ok((model, read)),
            Err(wrong) if furthest.as_ref().is_none_or(|(_, before)| wrong.line > before.line) => {
                furthest = Some((model, wrong));
            }
            Err(_) => {}
        }
    }
    Err(furthest.expect("there are models"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::import::{Reading, open};

    /// The model as which a history is read, or refused.
    fn model(text: &str, format: Format) -> Model {
        match open(text, &Reading { format: Some(format), ..Reading::default() }) {
            Ok(opened) => opened.model,
            Err(refused) => refused.model.expect("a guess"),
        }
    }

    #[test]
    fn formats_are_told_by_their_first_lines() {
        for (text, expected) in [
            ("INFO  jepsen.util - 4 :invoke :cas [2 0]", Some(Format::PorcupineEtcd)),
            ("Starting up\nINFO  jepsen.util - 4 :invoke :read nil", Some(Format::PorcupineEtcd)),
            ("{:process 0, :type :invoke, :f :get, :key \"0\", :value nil}", Some(Format::PorcupineKv)),
            ("[{:process 0, :type :invoke, :f :read, :value nil}]", Some(Format::Jepsen)),
            ("{:type :invoke, :f :read, :value nil, :process 0, :time 1}\n", Some(Format::Jepsen)),
            ("; a comment\n{:type :invoke, :process 0}", Some(Format::Jepsen)),
            (" [ {\"type\": \"invoke\", \"process\": 0}]", Some(Format::JepsenJson)),
            ("{\"process\": 0, \"type\": \"invoke\"}", Some(Format::JepsenJson)),
            ("0\t:invoke\t:write\t1\n", Some(Format::Jepsen)),
            (
                "INFO [2018-03-04 05:06:07,000] jepsen worker 0 - jepsen.util 0\t:invoke\t:write\t1",
                Some(Format::Jepsen),
            ),
            ("2019-05-06 07:08:09 INFO [jepsen worker 4] jepsen.util: 4 :invoke :read nil", Some(Format::Jepsen)),
            (
                "[{\"ClientId\":0,\"Input\":{},\"Call\":10,\"Output\":null,\"Return\":20}]",
                Some(Format::PorcupineOperations),
            ),
            ("{\"format\":\"cap-lab run\",\"version\":1}", None),
            ("", None),
            ("[1, 2, 3]", None),
            ("a letter about a :process", None),
        ] {
            assert_eq!(format(text), expected, "{text}");
        }
    }

    #[test]
    fn models_are_told_by_their_operations() {
        let history = |operations: &[(&str, &str)]| -> String {
            let event = |(f, value): &(&str, &str)| {
                format!(
                    "{{:process 0 :type :invoke :f :{f} :value nil}} {{:process 0 :type :ok :f :{f} :value {value}}}\n"
                )
            };
            operations.iter().map(event).collect()
        };
        for (operations, expected) in [
            (&[("read", "nil"), ("write", "nil")][..], Model::Register),
            (&[("acquire", "nil"), ("release", "nil")], Model::Mutex),
            (&[("add", "1"), ("read", "#{1 2}")], Model::Set),
        ] {
            assert_eq!(model(&history(operations), Format::Jepsen), expected, "{operations:?}");
        }
        let cas = "{:process 0 :type :invoke :f :cas :value [1 2]}";
        assert_eq!(model(cas, Format::Jepsen), Model::CasRegister);
        let counter = "{:process 0 :type :invoke :f :add :value 1}{:process 0 :type :ok :f :add :value 1}\
                       {:process 0 :type :invoke :f :read}{:process 0 :type :ok :f :read :value 1}";
        assert_eq!(model(counter, Format::Jepsen), Model::Counter);
        let kv = "{:process 0 :type :invoke :f :append :key 1 :value \"a\"}";
        assert_eq!(model(kv, Format::PorcupineKv), Model::Kv);
    }

    #[test]
    fn what_fits_no_model_is_read_as_the_one_that_goes_furthest() {
        let mixed = "{:process 0 :type :invoke :f :acquire}\n{:process 0 :type :ok :f :acquire}\n{:process 0 :type :invoke :f :jump}";
        assert_eq!(model(mixed, Format::Jepsen), Model::Mutex);
    }
}
