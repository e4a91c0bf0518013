//! Judges a history that somebody else recorded, from its file. The page and the command line both do it so: what one says, the
//! other does.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::judging::{Judging, Of};
use crate::check::call::Call;
use crate::check::import::{self, Calls, Format, Imported, Model, NilRead, Numbering, Opened, Place, Reading, Refused};
use crate::check::linearizability::{Limits, Stop};
use crate::check::spec::Spec;
use crate::check::spec::collections::{Counter, WholeSet};
use crate::check::spec::key_value::KeyValue;
use crate::check::spec::lock::{FencedLock, Lock, OwnedLock};
use crate::check::spec::queue::Queue;
use crate::check::spec::register::{CasAction, CasRegister, RegisterAction};
use crate::check::spec::versioned::VersionedRegister;

pub use super::judging::Slice;

/// After so many configurations the page is told that nobody knows.
const BUDGET: u64 = 5_000_000;
/// After so many for evidence it is told that, as it is then.
const EVIDENCE: u64 = 2_000_000;
/// After so many more, the page is told how far the check is.
const PER_REPORT: u64 = 100_000;

/// A file to judge.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct File {
    /// What it is called. It decides nothing, but helps to say what is no text.
    pub name: String,
    /// What is in it.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// How it is written, if that is not to be guessed.
    pub format: Option<Format>,
    /// What it is about, if that is not to be guessed.
    pub model: Option<Model>,
    /// What a register holds at first, in [`import::value_named`]'s words; nil, if that is left open.
    pub initial: Option<String>,
    /// What a read of nil says, if that does not go by the format.
    pub nil_read: Option<NilRead>,
}

impl File {
    /// The history that is in it.
    pub fn read(&self) -> Result<Opened, Mistake> {
        let initial = self.initial.as_deref().map(import::value_named);
        let reading = Reading { format: self.format, model: self.model, initial, nil_read: self.nil_read };
        let no_text = |wrong: import::Wrong| Refused { format: self.format, model: self.model, wrong };
        let text = import::decode(&self.name, &self.bytes).map_err(no_text)?;
        Ok(import::open(&text, &reading)?)
    }
}

/// What there is to say about a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Finding {
    /// It can't be read.
    Wrong(Mistake),
    /// It was read.
    Opened(Recorded),
    /// So many configurations were looked at.
    Progress(u64),
    /// Linearizable: in this order, each operation with a moment at which it may have taken effect, in thousandths of an event.
    Linearizable(Vec<(u32, u64)>),
    /// Not linearizable: why, for each object that is not.
    NotLinearizable(Vec<Reason>),
    /// Nobody knows.
    Unknown(Unknown),
}

/// How far a check came that found nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unknown {
    /// How many configurations were looked at.
    pub explored: u64,
    /// Why it ended.
    pub why: Stop,
    /// The longest order that was found, of an object of which nobody knows.
    pub longest: Vec<u32>,
    /// So many operations are on that object.
    pub of: u32,
}

/// Why a file can't be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mistake {
    /// As what it was read; `None` if that could not be guessed.
    pub format: Option<Format>,
    /// The model it was read for; `None` if that could not be guessed.
    pub model: Option<Model>,
    /// Where, counted from 1.
    pub line: u32,
    /// What was expected, and what is there.
    pub what: String,
}

impl From<Refused> for Mistake {
    fn from(Refused { format, model, wrong }: Refused) -> Self {
        Self { format, model, line: wrong.line, what: wrong.what }
    }
}

/// What is known of a history besides its operations.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct About {
    /// How it is written.
    pub format: Format,
    /// What it is about.
    pub model: Model,
    /// What a register held at first; None of anything else.
    pub initial: Option<String>,
    /// How the places of operations are counted.
    pub numbering: Numbering,
    /// What the file calls each object; an empty name if it has but one.
    pub objects: Vec<String>,
    /// What the file calls each process.
    pub processes: Vec<String>,
    /// How many entries of the nemesis were left out.
    pub left_out: u32,
    /// What is odd about it, in sentences without an end.
    pub warnings: Vec<String>,
}

impl About {
    /// What is known of a history besides its operations, and those.
    pub(super) fn of(opened: Opened) -> (Self, Imported) {
        let Opened { format, model, initial, mut imported } = opened;
        let about = Self {
            format,
            model,
            initial: model.has_initial().then(|| initial.to_string()),
            numbering: imported.numbering,
            objects: std::mem::take(&mut imported.objects),
            processes: std::mem::take(&mut imported.processes),
            left_out: imported.left_out,
            warnings: imported.warnings.iter().map(ToString::to_string).collect(),
        };
        (about, imported)
    }

    /// "of key 7 by process 2 (lines 4–5)".
    pub fn who(&self, act: &Act) -> String {
        let object = &self.objects[act.object as usize];
        let of = if object.is_empty() { String::new() } else { format!("of key {object} ") };
        let place = self.numbering.words(act.place);
        format!("{of}by process {} ({place})", self.processes[act.process as usize])
    }
}

/// A history, as it is drawn. Moments are the numbers of its events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// What is known of it.
    pub about: About,
    /// How many rows it takes: processes that follow each other share one.
    pub rows: u32,
    /// The row of each operation.
    pub row_of: Vec<u32>,
    /// The operations, by invocation.
    pub operations: Vec<Act>,
}

/// One operation of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Act {
    /// Its process, by its position in [`About::processes`].
    pub process: u64,
    /// Which of the objects it is about.
    pub object: u32,
    /// When it began.
    pub invoked: u64,
    /// When it returned; `None` if nobody knows what came of it.
    pub returned: Option<u64>,
    /// Where it stands in the file.
    pub place: Place,
    /// "read 3".
    pub what: String,
}

impl Act {
    pub(super) fn of<A: Display>(call: &Call<A>, place: Place) -> Self {
        let Call { process, object, action, invoked, returned } = call;
        let (process, object, invoked, returned) = (*process, *object, *invoked, *returned);
        Self { process, object, invoked, returned, place, what: shown(action) }
    }
}

/// Why a history is not linearizable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// In a sentence.
    pub sentence: String,
    /// Operations that are impossible together, by invocation.
    pub operations: Vec<u32>,
    /// Each of them as far as it matters: "read of 963 elements, without 637".
    pub words: Vec<String>,
    /// Those that make the case: all that are not there just because another one saw them.
    pub decisive: Vec<u32>,
    /// An operation that failed, as it is shown and told, if one of these saw what it did.
    pub failed: Option<String>,
    /// Whether taking any one of them away makes the rest possible, for sure.
    pub minimal: bool,
    /// The longest order of operations on the same object that was found.
    pub longest: Vec<u32>,
    /// So many operations are on that object.
    pub of: u32,
}

/// A file that was read and is being judged.
pub struct Case {
    /// What is known of it.
    pub about: About,
    pub(super) judging: Box<dyn Judging>,
}

impl Case {
    /// Reads a file, to be judged within these limits.
    pub fn open(file: &File, limits: Limits) -> Result<Self, Mistake> {
        Ok(Self::of(file.read()?, limits))
    }

    /// A history that was read, to be judged within these limits.
    pub fn of(opened: Opened, limits: Limits) -> Self {
        let initial = opened.initial.clone();
        let (about, imported) = About::of(opened);
        let Imported { calls, places, failed, failed_places, .. } = imported;
        // A register is one of those that nobody compares: so the checkers are compiled once less.
        let plain = |calls: Vec<Call<_>>| calls.into_iter().map(of_cas).collect();
        let judging: Box<dyn Judging> = match (calls, failed) {
            (Calls::Register(calls), Calls::Register(failed)) => {
                judging(&limits, CasRegister { initial }, plain(calls), places, plain(failed), failed_places)
            }
            (Calls::CasRegister(calls), Calls::CasRegister(failed)) => {
                judging(&limits, CasRegister { initial }, calls, places, failed, failed_places)
            }
            (Calls::Kv(calls), Calls::Kv(failed)) => judging(&limits, KeyValue, calls, places, failed, failed_places),
            (Calls::Mutex(calls), Calls::Mutex(failed)) => judging(&limits, Lock, calls, places, failed, failed_places),
            (Calls::Set(calls), Calls::Set(failed)) => judging(&limits, WholeSet, calls, places, failed, failed_places),
            (Calls::Counter(calls), Calls::Counter(failed)) => {
                judging(&limits, Counter, calls, places, failed, failed_places)
            }
            (Calls::Queue(calls), Calls::Queue(failed)) => {
                judging(&limits, Queue, calls, places, failed, failed_places)
            }
            (Calls::VersionedRegister(calls), Calls::VersionedRegister(failed)) => {
                judging(&limits, VersionedRegister, calls, places, failed, failed_places)
            }
            (Calls::OwnedLock(calls), Calls::OwnedLock(failed)) => {
                judging(&limits, OwnedLock, calls, places, failed, failed_places)
            }
            (Calls::FencedLock(calls), Calls::FencedLock(failed)) => {
                judging(&limits, FencedLock, calls, places, failed, failed_places)
            }
            _ => unreachable!("what failed is of the same model"),
        };
        Self { about, judging }
    }

    /// How many operations there are.
    pub fn count(&self) -> usize {
        self.judging.count()
    }

    /// One of them.
    pub fn act(&self, one: u32) -> Act {
        self.judging.act(one)
    }

    /// As it is drawn.
    pub fn recorded(&self) -> Recorded {
        let operations: Vec<Act> = (0..self.count() as u32).map(|one| self.act(one)).collect();
        let (rows, row_of) = rows(&operations, self.about.processes.len());
        Recorded { about: self.about.clone(), rows, row_of, operations }
    }

    /// Goes on a little.
    pub fn advance(&mut self) -> Slice {
        self.judging.advance(&self.about)
    }

    /// Takes the evidence that is being made small as it is, and goes on to the other objects.
    pub fn settle(&mut self) {
        self.judging.settle(&self.about);
    }

    /// Whether it is known not to be linearizable.
    pub fn is_broken(&self) -> bool {
        self.judging.is_broken()
    }

    /// How many configurations were looked at.
    pub fn explored(&self) -> u64 {
        self.judging.explored()
    }

    /// What is known if nobody goes on, or all that there is to know.
    pub fn finding(&self) -> Finding {
        self.judging.finding(&self.about)
    }
}

fn judging<S: Spec + 'static>(
    limits: &Limits,
    spec: S,
    calls: Vec<Call<S::Action>>,
    places: Vec<Place>,
    failed: Vec<Call<S::Action>>,
    failed_places: Vec<Place>,
) -> Box<dyn Judging> {
    Box::new(Of::new(spec, *limits, (calls, places), (failed, failed_places)))
}

fn of_cas(call: Call<RegisterAction>) -> Call<CasAction> {
    let Call { process, object, action, invoked, returned } = call;
    Call { process, object, action: CasAction::Plain(action), invoked, returned }
}

/// A file being judged, for the page.
pub(super) struct Hearing {
    case: Option<Case>,
    /// How many configurations may still be looked at for evidence.
    for_evidence: u64,
    news: Vec<Finding>,
}

impl Hearing {
    pub(super) fn new(file: &File) -> Self {
        let limits = Limits { configurations: BUDGET, ..Limits::default() };
        let (case, first) = match Case::open(file, limits) {
            Ok(case) => {
                let first = Finding::Opened(case.recorded());
                (Some(case), first)
            }
            Err(mistake) => (None, Finding::Wrong(mistake)),
        };
        Self { case, for_evidence: EVIDENCE, news: vec![first] }
    }

    /// Goes on a little; false if there is nothing left to do.
    pub(super) fn advance(&mut self) -> bool {
        let Some(case) = &mut self.case else { return false };
        let before = case.explored();
        let slice = case.advance();
        let explored = case.explored();
        match slice {
            Slice::Done => {
                self.news.push(case.finding());
                self.case = None;
                return true;
            }
            Slice::Shrinking => {
                self.for_evidence = self.for_evidence.saturating_sub(explored - before);
                if self.for_evidence == 0 {
                    case.settle();
                }
            }
            Slice::Deciding => {}
        }
        if before / PER_REPORT < explored / PER_REPORT {
            self.news.push(Finding::Progress(explored));
        }
        true
    }

    /// What was found since the last time.
    pub(super) fn news(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.news)
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
fn rows(operations: &[Act], processes: usize) -> (u32, Vec<u32>) {
    const NONE: u32 = u32::MAX;
    // Of one that crashed it is only known where the file says so: before the next operation behind that begins.
    let crashed = |place: u32| {
        let next = operations.partition_point(|other| other.place.invoked < place);
        operations.get(next).map_or(u64::MAX, |next| next.invoked - 1)
    };
    let ended = |act: &Act| act.returned.or_else(|| act.place.returned.map(crashed)).unwrap_or(u64::MAX);
    let mut last = vec![0; processes];
    for act in operations {
        let until = &mut last[act.process as usize];
        *until = ended(act).max(*until);
    }
    let (mut taken_to, mut row_of): (Vec<u64>, Vec<u32>) = (Vec::new(), vec![NONE; processes]);
    for act in operations {
        let process = act.process as usize;
        if row_of[process] != NONE {
            continue;
        }
        let row = taken_to.iter().position(|moment| *moment < act.invoked).unwrap_or_else(|| {
            taken_to.push(0);
            taken_to.len() - 1
        });
        taken_to[row] = last[process];
        row_of[process] = row as u32;
    }
    (taken_to.len() as u32, operations.iter().map(|act| row_of[act.process as usize]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::linearizability::is_linearization;
    use crate::referee::wire::{read, write};
    use crate::referee::{Answer, Query, Referee};

    const ETCD: &str = "INFO  jepsen.util - 0 :invoke :write 1\nINFO  jepsen.util - 0 :ok :write 1\n";

    fn judged(name: &str, text: &str, format: Option<Format>, model: Option<Model>) -> Vec<Finding> {
        judged_from(File { name: name.to_owned(), bytes: text.into(), format, model, initial: None, nil_read: None })
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
        let [Finding::Opened(opened), Finding::NotLinearizable(reasons)] = &judged("x.log", &text, None, None)[..]
        else {
            panic!("another finding")
        };
        let [reason] = &reasons[..] else { panic!("{reasons:?}") };
        assert_eq!((opened.about.format, opened.about.model, opened.rows), (Format::PorcupineEtcd, Model::Register, 1));
        assert_eq!(opened.operations[1].what, "read nil");
        assert_eq!(opened.about.who(&opened.operations[1]), "by process 1 (lines 3–4)");
        assert_eq!(reason.operations, [0, 1]);
        assert!(reason.minimal && reason.sentence.contains("began after write 1"), "{}", reason.sentence);
    }

    #[test]
    fn what_a_register_holds_at_first_can_be_chosen() {
        let text = "{:process 0 :type :invoke :f :read} {:process 0 :type :ok :f :read :value 7}";
        let judged = |initial: Option<&str>| {
            let (name, bytes) = ("x.edn".to_owned(), text.into());
            let initial = initial.map(str::to_owned);
            match &judged_from(File { name, bytes, format: None, model: None, initial, nil_read: None })[..] {
                [Finding::Opened(opened), Finding::Linearizable(_)] => (opened.about.initial.clone(), true),
                [Finding::Opened(opened), Finding::NotLinearizable(_)] => (opened.about.initial.clone(), false),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(judged(None), (Some("nil".to_owned()), false), "as Jepsen has it");
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
        assert_eq!((opened.about.format, opened.about.model, opened.rows), (Format::Jepsen, Model::Mutex, 2));
        assert_eq!(order.iter().map(|(one, _)| *one).collect::<Vec<_>>(), [0, 2, 1]);
        assert!(order.is_sorted_by_key(|(_, at)| *at));
        for (one, at) in order {
            let Act { invoked, returned, .. } = opened.operations[*one as usize];
            assert!(invoked * 1_000 <= *at && *at <= returned.expect("all returned") * 1_000);
        }
        let call = |(act, action): (&Act, _)| Call {
            process: act.process,
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
        assert_eq!((mistake.line, mistake.model), (1, Some(Model::Mutex)));
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
        assert_eq!((opened.rows, &opened.row_of[..]), (2, &[0, 1, 0][..]));
    }
}
