//! Judges a history that somebody else recorded, from the text of its file.

use std::fmt::Display;

use super::wire::{wired, wired_enum};
use crate::check::call::Call;
use crate::check::evidence::{self, Evidence};
use crate::check::import::{self, Calls, Format, Imported, Lines, Model, guess};
use crate::check::linearizability::{Checker, Verdict};
use crate::check::moments::moments;
use crate::check::spec::Spec;
use crate::check::spec::collections::{Counter, GrowingSet};
use crate::check::spec::key_value::KeyValue;
use crate::check::spec::lock::Lock;
use crate::check::spec::register::{CasAction, CasRegister};
use crate::sorted::SortedMap;

/// How many configurations a step looks at.
const PER_STEP: u64 = 4_096;
/// After so many the answer is that nobody knows.
const BUDGET: u64 = 5_000_000;
/// After so many more, the page is told how far the check is.
const PER_REPORT: u64 = 100_000;

/// A file to judge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// What it is called: it may decide what a register holds at first.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// How it is written, if that is not to be guessed.
    pub format: Option<Format>,
    /// What it is about, if that is not to be guessed.
    pub model: Option<Model>,
    /// What a register holds at first, in [`import::value_named`]'s words, if that does not go by the format and the name.
    pub initial: Option<String>,
}

/// What there is to say about a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// It can't be read.
    Wrong(Mistake),
    /// It was read.
    Opened(Recorded),
    /// So many configurations were looked at.
    Progress(u64),
    /// Linearizable: in this order, each operation with a moment at which it may have taken effect, in thousandths of an event.
    Linearizable(Vec<(u32, u64)>),
    /// Not linearizable.
    NotLinearizable(Reason),
    /// Nobody knows, after so many configurations.
    Unknown(u64),
}

/// Why a file can't be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// As what it was read; `None` if that could not be guessed.
    pub format: Option<Format>,
    /// The model it was read for.
    pub model: Model,
    /// Where, counted from 1.
    pub line: u32,
    /// What was expected, and what is there.
    pub what: String,
}

/// A history, as it is drawn. Moments are the numbers of its events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// How it is written.
    pub format: Format,
    /// What it is about.
    pub model: Model,
    /// What a register held at first; None of anything else.
    pub initial: Option<String>,
    /// How many rows it takes: processes that follow each other share one.
    pub rows: u32,
    /// What the file calls each object; empty if it has but one.
    pub objects: Vec<String>,
    /// The operations, by invocation.
    pub operations: Vec<Act>,
}

impl Recorded {
    /// "of key 7 by process 2 (lines 4–5)".
    pub fn who(&self, act: &Act) -> String {
        who(act.process, act.lines, &self.objects[act.object as usize])
    }
}

/// One operation of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Act {
    /// Its row.
    pub row: u32,
    /// Its process, as the file has it.
    pub process: u64,
    /// Which of the objects it is about.
    pub object: u32,
    /// When it began.
    pub invoked: u64,
    /// When it returned; `None` if nobody knows what came of it.
    pub returned: Option<u64>,
    /// Where it stands in the file.
    pub lines: Lines,
    /// "read 3".
    pub what: String,
}

/// Why a history is not linearizable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// In a sentence.
    pub sentence: String,
    /// Operations that are impossible together, by invocation.
    pub operations: Vec<u32>,
    /// Whether taking any one of them away makes the rest possible, for sure.
    pub minimal: bool,
    /// So many operations had a place in the longest order found, of so many on the same object.
    pub longest: (u32, u32),
}

wired_enum!(Format { 0 => PorcupineEtcd, 1 => PorcupineKv, 2 => Jepsen, 3 => JepsenJson });
wired_enum!(Model { 0 => Register, 1 => CasRegister, 2 => Kv, 3 => Mutex, 4 => Set, 5 => Counter });
wired!(File { name, text, format, model, initial });
wired!(Mistake { format, model, line, what });
wired!(Recorded { format, model, initial, rows, objects, operations });
wired!(Act { row, process, object, invoked, returned, lines, what });
wired!(Lines { invoked, returned });
wired!(Reason { sentence, operations, minimal, longest });
wired_enum!(Finding {
    0 => Wrong(mistake),
    1 => Opened(recorded),
    2 => Progress(explored),
    3 => Linearizable(order),
    4 => NotLinearizable(reason),
    5 => Unknown(explored),
});

/// A check under way, of whatever it is.
trait Judging {
    /// Goes on a little; what it found, if it is done.
    fn step(&mut self) -> Option<Finding>;

    /// How many configurations were looked at.
    fn explored(&self) -> u64;
}

struct Of<S: Spec> {
    checker: Checker<S>,
    lines: Vec<Lines>,
    objects: Vec<String>,
}

impl<S: Spec> Judging for Of<S> {
    fn step(&mut self) -> Option<Finding> {
        let verdict = self.checker.step(PER_STEP);
        let explored = self.checker.explored();
        Some(match verdict {
            None if explored < BUDGET => return None,
            None | Some(Verdict::Unknown { .. }) => Finding::Unknown(explored),
            Some(Verdict::NotLinearizable(evidence)) => Finding::NotLinearizable(self.reason(&evidence)),
            Some(Verdict::Linearizable(order)) => {
                // In thousandths, for many operations may take effect between two events.
                let fine = |call: &Call<S::Action>| Call {
                    invoked: call.invoked * 1_000,
                    returned: call.returned.map(|at| at * 1_000),
                    ..call.clone()
                };
                let fine: Vec<_> = self.checker.calls().iter().map(fine).collect();
                let end = fine.iter().map(|call| call.returned.unwrap_or(call.invoked)).max().unwrap_or(0);
                let at = moments(&fine, &order, 0, end + 1_000);
                Finding::Linearizable(order.into_iter().zip(at).collect())
            }
        })
    }

    fn explored(&self) -> u64 {
        self.checker.explored()
    }
}

impl<S: Spec> Of<S> {
    fn reason(&self, evidence: &Evidence) -> Reason {
        let calls = self.checker.calls();
        let name = |one: u32| {
            let position = one as usize;
            let Call { process, object, action, .. } = &calls[position];
            format!("{action} {}", who(*process, self.lines[position], &self.objects[*object as usize]))
        };
        let object = calls[evidence.operations[0] as usize].object;
        let all = calls.iter().filter(|call| call.object == object).count();
        Reason {
            sentence: evidence::sentence(self.checker.spec(), calls, evidence, &name),
            operations: evidence.operations.clone(),
            minimal: evidence.minimal,
            longest: (evidence.longest.len() as u32, all as u32),
        }
    }
}

/// "of key 7 by process 2 (lines 4–5)".
fn who(process: u64, Lines { invoked, returned }: Lines, object: &str) -> String {
    let of = if object.is_empty() { String::new() } else { format!("of key {object} ") };
    let lines = match returned {
        Some(returned) => format!("lines {invoked}–{returned}"),
        None => format!("line {invoked}, never returned"),
    };
    format!("{of}by process {} ({lines})", process.cast_signed())
}

/// A file being judged.
pub(super) struct Hearing {
    judging: Option<Box<dyn Judging>>,
    news: Vec<Finding>,
}

impl Hearing {
    pub(super) fn new(file: &File) -> Self {
        let Some(format) = file.format.or_else(|| guess::format(&file.text)) else {
            let what = "expected a history in one of the formats below, found something else".to_owned();
            let model = file.model.unwrap_or(Model::Register);
            return Self { judging: None, news: vec![Finding::Wrong(Mistake { format: None, model, line: 1, what })] };
        };
        let model = file.model.unwrap_or_else(|| guess::model(&file.text, format));
        let Imported { calls, lines, objects } = match import::read_text(&file.text, format, model) {
            Ok(imported) => imported,
            Err(import::Wrong { line, what }) => {
                let mistake = Mistake { format: Some(format), model, line, what };
                return Self { judging: None, news: vec![Finding::Wrong(mistake)] };
            }
        };
        let usual = || import::initial_value(format, &file.name);
        let initial = file.initial.as_deref().map_or_else(usual, import::value_named);
        let is_register = matches!(model, Model::Register | Model::CasRegister);
        let opened = Opening { format, model, initial: is_register.then(|| initial.to_string()), lines, objects };
        match calls {
            // A register is one of these that nobody compares: so the checkers are compiled once less.
            Calls::Register(calls) => {
                let plain = |Call { process, object, action, invoked, returned }| Call {
                    process,
                    object,
                    action: CasAction::Plain(action),
                    invoked,
                    returned,
                };
                opened.hear(CasRegister { initial }, calls.into_iter().map(plain).collect())
            }
            Calls::CasRegister(calls) => opened.hear(CasRegister { initial }, calls),
            Calls::Kv(calls) => opened.hear(KeyValue, calls),
            Calls::Mutex(calls) => opened.hear(Lock, calls),
            Calls::Set(calls) => opened.hear(GrowingSet, calls),
            Calls::Counter(calls) => opened.hear(Counter, calls),
        }
    }

    /// Goes on a little; false if there is nothing left to do.
    pub(super) fn advance(&mut self) -> bool {
        let Some(judging) = &mut self.judging else { return false };
        let before = judging.explored();
        if let Some(found) = judging.step() {
            self.news.push(found);
            self.judging = None;
        } else if before / PER_REPORT < judging.explored() / PER_REPORT {
            self.news.push(Finding::Progress(judging.explored()));
        }
        true
    }

    /// What was found since the last time.
    pub(super) fn news(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.news)
    }
}

/// What was read of a file, besides the operations.
struct Opening {
    format: Format,
    model: Model,
    initial: Option<String>,
    lines: Vec<Lines>,
    objects: Vec<String>,
}

impl Opening {
    fn hear<S: Spec + 'static>(self, spec: S, calls: Vec<Call<S::Action>>) -> Hearing {
        let Self { format, model, initial, lines, objects } = self;
        let (rows, row_of) = rows(&calls, &lines);
        let act = |(call, lines): (&Call<S::Action>, &Lines)| Act {
            row: row_of[&call.process],
            process: call.process,
            object: call.object,
            invoked: call.invoked,
            returned: call.returned,
            lines: *lines,
            what: shown(&call.action),
        };
        let operations = calls.iter().zip(&lines).map(act).collect();
        let opened = Recorded { format, model, initial, rows, objects: objects.clone(), operations };
        let judging: Box<dyn Judging> = Box::new(Of { checker: Checker::new(spec, calls), lines, objects });
        Hearing { judging: Some(judging), news: vec![Finding::Opened(opened)] }
    }
}

/// An action, in so many letters as a person reads.
fn shown(action: &impl Display) -> String {
    const LETTERS_MAX: usize = 80;
    let whole = action.to_string();
    if whole.len() <= LETTERS_MAX || whole.chars().count() <= LETTERS_MAX {
        return whole;
    }
    whole.chars().take(LETTERS_MAX).chain("…".chars()).collect()
}

/// A row for each process. A process whose last operation is over leaves its row to one that begins later: a client of Jepsen
/// goes on under another number after an operation of unknown fate.
fn rows<A>(calls: &[Call<A>], lines: &[Lines]) -> (u32, SortedMap<u64, u32>) {
    let mut last: SortedMap<u64, u32> = SortedMap::new();
    for (call, lines) in calls.iter().zip(lines) {
        let until = last.or_default(call.process);
        *until = (*until).max(lines.returned.unwrap_or(u32::MAX));
    }
    let (mut taken_to, mut row_of): (Vec<u32>, SortedMap<u64, u32>) = (Vec::new(), SortedMap::new());
    for (call, lines) in calls.iter().zip(lines) {
        if row_of.contains_key(&call.process) {
            continue;
        }
        let row = taken_to.iter().position(|line| *line < lines.invoked).unwrap_or_else(|| {
            taken_to.push(0);
            taken_to.len() - 1
        });
        taken_to[row] = last[&call.process];
        row_of.insert(call.process, row as u32);
    }
    (taken_to.len() as u32, row_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::linearizability::is_linearization;
    use crate::referee::wire::{read, write};
    use crate::referee::{Answer, Query, Referee};

    const ETCD: &str = "INFO  jepsen.util - 0 :invoke :write 1\nINFO  jepsen.util - 0 :ok :write 1\n";

    fn judged(name: &str, text: &str, format: Option<Format>, model: Option<Model>) -> Vec<Finding> {
        judged_from(File { name: name.to_owned(), text: text.to_owned(), format, model, initial: None })
    }

    fn judged_from(file: File) -> Vec<Finding> {
        let mut referee = Referee::default();
        referee.hear(&write(&Query::File(file))).expect("a file");
        while referee.advance() {}
        let finding = |answer: &Vec<u8>| match read(answer) {
            Some(Answer::File(finding)) => finding,
            other => panic!("{other:?}"),
        };
        referee.answers().iter().map(finding).collect()
    }

    #[test]
    fn a_stale_read_is_found_with_its_sentence() {
        let text = ETCD.to_owned() + "INFO  jepsen.util - 1 :invoke :read nil\nINFO  jepsen.util - 1 :ok :read nil\n";
        let [Finding::Opened(opened), Finding::NotLinearizable(reason)] = &judged("x.log", &text, None, None)[..]
        else {
            panic!("another finding")
        };
        assert_eq!((opened.format, opened.model, opened.rows), (Format::PorcupineEtcd, Model::Register, 1));
        assert_eq!(opened.operations[1].what, "read nil");
        assert_eq!(opened.who(&opened.operations[1]), "by process 1 (lines 3–4)");
        assert_eq!(reason.operations, [0, 1]);
        assert!(reason.minimal && reason.sentence.contains("began after write 1"), "{}", reason.sentence);
    }

    #[test]
    fn what_a_register_holds_at_first_can_be_chosen() {
        let text = "{:process 0 :type :invoke :f :read} {:process 0 :type :ok :f :read :value 7}";
        let judged = |initial: Option<&str>| {
            let (name, text) = ("x.edn".to_owned(), text.to_owned());
            let initial = initial.map(str::to_owned);
            match &judged_from(File { name, text, format: None, model: None, initial })[..] {
                [Finding::Opened(opened), Finding::Linearizable(_)] => (opened.initial.clone(), true),
                [Finding::Opened(opened), Finding::NotLinearizable(_)] => (opened.initial.clone(), false),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(judged(None), (Some("0".to_owned()), false), "as Knossos has it");
        assert_eq!(judged(Some("7")), (Some("7".to_owned()), true));
        assert_eq!(judged(Some("nil")), (Some("nil".to_owned()), false));
    }

    #[test]
    fn an_order_comes_with_moments_inside_the_operations() {
        let text = "[{:process 0 :type :invoke :f :acquire} {:process 1 :type :invoke :f :acquire} {:process 0 :type :ok :f :acquire}
                     {:process 0 :type :invoke :f :release} {:process 0 :type :ok :f :release} {:process 1 :type :ok :f :acquire}]";
        let [Finding::Opened(opened), Finding::Linearizable(order)] = &judged("x.edn", text, None, None)[..] else {
            panic!("another finding")
        };
        assert_eq!((opened.format, opened.model, opened.rows), (Format::Jepsen, Model::Mutex, 2));
        assert_eq!(order.iter().map(|(one, _)| *one).collect::<Vec<_>>(), [0, 2, 1]);
        assert!(order.is_sorted_by_key(|(_, at)| *at));
        for (one, at) in order {
            let Act { invoked, returned, .. } = opened.operations[*one as usize];
            assert!(invoked * 1_000 <= *at && *at <= returned.expect("all returned") * 1_000);
        }
        let call = |(act, action): (&Act, _)| Call {
            process: act.row.into(),
            object: 0,
            action,
            invoked: act.invoked,
            returned: act.returned,
        };
        use crate::check::spec::lock::LockAction::{Acquire, Release};
        let calls: Vec<_> = opened.operations.iter().zip([Acquire, Acquire, Release]).map(call).collect();
        assert!(is_linearization(&Lock, &calls, &[0, 2, 1]));
    }

    #[test]
    fn a_mistake_names_its_line_and_another_model_may_fit() {
        let broken = ETCD.to_owned() + "INFO  jepsen.util - 0 :ok :write 1\n";
        let [Finding::Wrong(Mistake { line, what, .. })] = &judged("x.log", &broken, None, None)[..] else {
            panic!("it was read")
        };
        assert_eq!(*line, 3);
        assert!(what.contains("expected process 0 to begin something first"), "{what}");
        let [Finding::Wrong(mistake)] = &judged("x.log", ETCD, None, Some(Model::Mutex))[..] else {
            panic!("a write to a mutex")
        };
        assert_eq!((mistake.line, mistake.model), (1, Model::Mutex));
        assert!(mistake.what.contains("acquire or release"), "{}", mistake.what);
        let nothing = judged("x", "Dear all,\n", None, None);
        assert!(matches!(&nothing[..], [Finding::Wrong(Mistake { format: None, line: 1, .. })]), "{nothing:?}");
    }

    #[test]
    fn a_process_that_is_over_leaves_its_row() {
        let text = "INFO  jepsen.util - 0 :invoke :write 1\nINFO  jepsen.util - 1 :invoke :write 2\nINFO  jepsen.util - 0 :info :write 1\n\
                    INFO  jepsen.util - 5 :invoke :write 3\nINFO  jepsen.util - 1 :ok :write 2\nINFO  jepsen.util - 5 :ok :write 3\n";
        let [Finding::Opened(opened), Finding::Linearizable(_)] = &judged("x.log", text, None, None)[..] else {
            panic!("another finding")
        };
        let rows: Vec<u32> = opened.operations.iter().map(|act| act.row).collect();
        assert_eq!((opened.rows, &rows[..]), (2, &[0, 1, 0][..]));
    }
}
