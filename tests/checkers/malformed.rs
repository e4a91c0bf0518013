//! Files that are not what they should be: an error with its line, never a panic.

use cap_lab::check::import::{self, Format, Model, Wrong};

use crate::brute::Dice;
use crate::rounds;

/// Reads a bad file: where it is bad, and what was expected there.
fn wrong(text: impl AsRef<[u8]>, format: Format, model: Model) -> (u32, String) {
    let Wrong { line, what } = import::read(text.as_ref(), format, model).expect_err("that is no history");
    assert!(what.starts_with("expected ") && what.contains(", found "), "{what}");
    assert!(what.len() < 200, "{what}");
    (line, what)
}

#[track_caller]
fn assert_wrong(text: impl AsRef<[u8]>, format: Format, model: Model, line: u32, words: &str) {
    let (at, what) = wrong(text, format, model);
    assert!(at == line && what.contains(words), "line {at}: {what}");
}

#[test]
fn wrong_encodings() {
    for format in Format::ALL {
        assert_wrong(b"\xff\xfe[\0]\0", format, Model::CasRegister, 1, "UTF-16");
        assert_wrong(b"\xfe\xff\0[\0]", format, Model::CasRegister, 1, "UTF-16");
        assert_wrong(b"[\n\n  \xc3(]", format, Model::CasRegister, 3, "UTF-8");
        assert_wrong([0x1f, 0x8b, 8, 0, 0, 0], format, Model::CasRegister, 1, "gzip that is broken");
        assert_wrong(b"JEPSEN\0\0\0\x01", format, Model::CasRegister, 1, "Jepsen's binary format");
    }
    let marked = "\u{feff}[{:process 0, :type :invoke, :f :read, :value nil}]";
    assert!(import::read(marked.as_bytes(), Format::Jepsen, Model::Register).is_ok(), "a mark of UTF-8 is no harm");
}

#[test]
fn empty_and_cut_off_files() {
    for format in Format::ALL {
        let (line, _) = wrong("", format, Model::CasRegister);
        assert_eq!(line, 1);
    }
    let edn = |text: &str, line, words| assert_wrong(text, Format::Jepsen, Model::CasRegister, line, words);
    edn("[{:process 0, :type :invoke, :f :read, :value nil}\n", 2, "found the end of the file");
    edn("[\n{:process 0, :type", 2, "expected } to end this");
    edn("{:process 0, :type :invoke, :f :read, :value \"ab", 1, "a quote to end this string");
    let json = |text: &str, line, words| assert_wrong(text, Format::JepsenJson, Model::CasRegister, line, words);
    json("[{\"process\": 0, \"type\": \"invoke\", \"f\": \"read\", \"value\": null}\n", 2, "EOF while parsing a list");
    json("[\n{\"process\": 0", 2, "EOF while parsing an object");
    json("[{\"process\": 0, \"type\": \"inv", 1, "EOF while parsing a string");
}

#[test]
fn malformed_notation() {
    let edn = |text: &str, line, words| assert_wrong(text, Format::Jepsen, Model::CasRegister, line, words);
    edn("[{:process 0,\n :type}]", 1, "a key without one");
    edn("[{:process 0, : :invoke}]", 1, "the name of a keyword");
    edn("[{:process 0 :value \"\\q\"}]", 1, "an escape");
    edn("[{:process 0 :value \"\\u12g4\"}]", 1, "four hexadecimal digits");
    edn("[]\n[]", 2, "the end of the file");
    edn("[(1 2 3)]", 1, "an operation");
    edn("[@]", 1, "expected a value");
    edn("[}", 1, "expected a value");
    let json = |text: &str, line, words| assert_wrong(text, Format::JepsenJson, Model::CasRegister, line, words);
    json("{process: 0}", 1, "key must be a string");
    json("{\"process\" 0}", 1, "expected `:`");
    json("[1,]", 1, "an operation");
    json("[nil]", 1, "expected ident");
    json("[]\n x", 2, "trailing characters");
}

#[test]
fn malformed_operations() {
    let edn = |text: &str, line, words| assert_wrong(text, Format::Jepsen, Model::CasRegister, line, words);
    edn("[{:type :invoke, :f :read}]", 1, "with :process");
    edn("[\n{:process 0, :f :read}]", 2, "with :type");
    edn("[{:process 0, :type :invoke}]", 1, "with :f");
    edn("[{:process 0, :type :began, :f :read}]", 1, ":invoke, :ok, :fail or :info");
    edn("[{:process 1.5, :type :invoke, :f :read}]", 1, "the number of a process");
    edn("[{:process 0, :type :invoke, :f 7}]", 1, "the name of an operation");
    edn("{:process 0, :type :ok, :f :read, :value 1}", 1, "to begin something first");
    let twice = "{:process 0, :type :invoke, :f :read}\n";
    edn(&twice.repeat(2), 2, "which began in line 1");
    edn("{:process 0 :type :invoke :f :read}\n{:process 0 :type :ok :f :write :value 1}", 2, "the end of the read");
    edn("[{:process 0, :type :invoke, :f :cas, :value 3}]", 1, "[expected new]");
}

#[test]
fn wrong_models_and_formats() {
    let log = "INFO  jepsen.util - 0\t:invoke\t:cas\t[0 1]\n";
    assert_wrong(log, Format::PorcupineEtcd, Model::Register, 1, "read or write of this model, found cas");
    assert_wrong(log, Format::PorcupineEtcd, Model::Kv, 1, "get, put or append");
    assert_wrong(log, Format::PorcupineEtcd, Model::Mutex, 1, "acquire or release");
    assert!(import::read(log.as_bytes(), Format::Jepsen, Model::CasRegister).is_ok(), "Jepsen wrote that, too");
    assert_wrong(log, Format::JepsenJson, Model::CasRegister, 1, "expected JSON");
    let edn = "{:process 0, :type :invoke, :f :append, :key \"0\", :value \"x\"}\n";
    assert_wrong(edn, Format::PorcupineEtcd, Model::Kv, 1, "jepsen.util");
    assert_wrong(edn, Format::JepsenJson, Model::Kv, 1, "expected JSON");
    assert_wrong(edn, Format::PorcupineKv, Model::CasRegister, 1, "read, write or cas");
    let counter = "{:process 0, :type :invoke, :f :add, :value \"x\"}";
    assert_wrong(counter, Format::Jepsen, Model::Counter, 1, "a whole number");
    let big = "{:process 0, :type :invoke, :f :add, :value 9223372036854775808}";
    assert_wrong(big, Format::Jepsen, Model::Counter, 1, "a whole number of 64 bits");
    let set = "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value 3}";
    assert_wrong(set, Format::Jepsen, Model::Set, 2, "a set");
}

#[test]
fn malformed_log_lines() {
    let log = |text: &str, line, words| assert_wrong(text, Format::PorcupineEtcd, Model::CasRegister, line, words);
    log("INFO  jepsen.util - 0 :began :read nil", 1, ":invoke, :ok, :fail or :info");
    log("noise\nINFO  jepsen.util - 0 invoke :read nil", 2, ":invoke, :ok, :fail or :info");
    log("INFO  jepsen.util - 0 :invoke read nil", 1, "an operation such as :read");
    log("INFO  jepsen.util - 0 :invoke :cas [1 2", 1, "expected ] to end this");
    log("INFO  jepsen.util - 0 :invoke :cas [1 2] 3", 1, "the end of the line");
    log("INFO  jepsen.util - 0 :invoke :write", 1, "expected a value");
}

#[test]
fn deep_nesting_is_refused_however_it_is_done() {
    let deep = 200_000;
    for open in ["[", "{", "(", "#{", "#_", "#_[", "[#_", "#a ", "#_#a[", "{:a ", "[1 "] {
        for model in Model::ALL {
            for format in [Format::Jepsen, Format::PorcupineKv] {
                wrong(open.repeat(deep), format, model);
            }
            wrong(format!("INFO  jepsen.util - 0 :invoke :read {}", open.repeat(deep)), Format::PorcupineEtcd, model);
        }
    }
    for open in ["[", "{\"a\":", "[1,", "[[],"] {
        for format in [Format::JepsenJson, Format::PorcupineOperations] {
            wrong(open.repeat(deep), format, Model::Set);
        }
    }
}

#[test]
fn huge_files_of_nothing() {
    let edn = format!("[{}", " ,\n;x\n".repeat(500_000));
    assert_wrong(edn, Format::Jepsen, Model::Set, 1_000_001, "found the end of the file");
    let name = format!("{{:process 0, :type :{}}}", "x".repeat(1_000_000));
    assert_wrong(name, Format::Jepsen, Model::Set, 1, ":invoke, :ok, :fail or :info");
    let many = "{:process 1, :type :invoke, :f :read}{:process 1, :type :fail, :f :read}".repeat(100_000);
    assert!(import::read(many.as_bytes(), Format::Jepsen, Model::Set).is_ok());
}

const GOOD: [&str; 4] = [
    "INFO  jepsen.util - 0\t:invoke\t:cas\t[0 1]\nINFO  jepsen.util - :nemesis\t:info\t:start\tnil\n\
     INFO  jepsen.util - 0\t:fail\t:cas\t[0 1]\nINFO  jepsen.util - 1   :invoke  :read nil\n\
     INFO  jepsen.util - 1 :info :read :timed-out\n",
    "{:process 0, :type :invoke, :f :append, :key \"0\", :value \"x\\u00e9\"}\n\
     {:process 0, :type :ok, :f :append, :key \"0\", :value \"x\"}\n\
     {:process 1, :type :invoke, :f :get, :key \"0\", :value nil}\n{:process 1, :type :ok, :f :get, :key \"0\", :value \"x\"}",
    "; a comment\n[#jepsen.history.Op{:process 0, :type :invoke, :f :read, :value nil}\n #_ignored {:process 0, :type :ok, :f \
     :read, :value #{1 -2 3.5 4N}} {:process :nemesis, :type :info, :f :start, :value (\\a \\newline true)}\n \
     {:process 1, :type :invoke, :f :add, :value 3}]",
    "[{\"process\": 0, \"type\": \"invoke\", \"f\": \"acquire\", \"value\": null},\n {\"process\": 0, \"type\": \"ok\", \"f\": \
     \"acquire\", \"value\": [1.5e3, true, \"\\ud83d\\ude00\"]},\n {\"process\": \"nemesis\", \"type\": \"info\", \"f\": \"cut\"}]",
];

/// Files that are nearly right: bytes replaced, taken out, repeated, cut off. Whatever comes out, it is no panic, and what is
/// taken is taken again from the same bytes.
#[test]
fn mutated_files_never_panic() {
    let mut refused = 0;
    let all = rounds(20_000, 400_000);
    for seed in 0..all {
        let mut dice = Dice::new(seed);
        let mut bytes = GOOD[dice.below(4) as usize].as_bytes().to_vec();
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len() as u64) as usize;
            match dice.below(5) {
                0 => bytes[at] = dice.below(256) as u8,
                1 => bytes[at] = b"[]{}()#:\"\\;,_ \n0-nN"[dice.below(19) as usize],
                2 if bytes.len() > 1 => drop(bytes.remove(at)),
                2 => {}
                3 => bytes.truncate(at + 1),
                _ => {
                    let end = (at + 1 + dice.below(40) as usize).min(bytes.len());
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
            }
        }
        let format = Format::ALL[dice.below(5) as usize];
        let model = Model::ALL[dice.below(10) as usize];
        let read = import::read(&bytes, format, model);
        refused += u64::from(read.is_err());
        if let Err(Wrong { line, .. }) = read {
            let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u32;
            assert!((1..=lines).contains(&line), "seed {seed}: line {line} of {lines}");
        }
    }
    assert!(refused > all / 3 && refused < all, "{refused} of {all} were refused");
}

#[test]
fn the_files_that_are_mutated_are_good() {
    let read_as = [
        (Format::PorcupineEtcd, Model::CasRegister),
        (Format::PorcupineKv, Model::Kv),
        (Format::Jepsen, Model::Set),
        (Format::JepsenJson, Model::Mutex),
    ];
    for (text, (format, model)) in GOOD.iter().zip(read_as) {
        let read = import::read(text.as_bytes(), format, model);
        assert!(read.is_ok(), "{format:?}: {read:?}");
    }
}
