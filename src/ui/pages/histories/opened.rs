//! A file on this page, as what it is read and judged, and what it came to.

use std::rc::Rc;

use cap_lab::check::import::{Format, Model};
use cap_lab::referee::recorded::{Mistake, Reason, Recorded};

use crate::ui::referee::Heard;

/// How wide an event is, by zoom, in pixels.
const WIDTHS: [f64; 5] = [2.0, 5.0, 12.0, 28.0, 60.0];

/// The formats, with the names that people know.
pub const FORMATS: [(Format, &str); 4] = [
    (Format::Jepsen, "Jepsen (EDN)"),
    (Format::JepsenJson, "Jepsen as JSON"),
    (Format::PorcupineEtcd, "Porcupine's etcd log"),
    (Format::PorcupineKv, "Porcupine's key-value log"),
];

/// The models.
pub const MODELS: [(Model, &str); 6] = [
    (Model::Register, "register"),
    (Model::CasRegister, "register with compare-and-set"),
    (Model::Kv, "key-value store with append"),
    (Model::Mutex, "mutex"),
    (Model::Set, "set that grows"),
    (Model::Counter, "counter"),
];

/// What can be asked of this page.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// Judges a file, given its name and text, unless it could not be read.
    Take(Result<(String, Rc<str>), String>),
    /// Reads it as this instead.
    Format(Format),
    /// Judges it as this instead.
    Model(Model),
    /// Its registers held this at first; if it is empty, what they usually hold.
    Initial(String),
    /// The referee said something.
    Heard(Heard),
    /// The drawing was scrolled.
    Scrolled,
    /// Draws events wider, or narrower.
    Zoom(i32),
    /// Goes to the evidence.
    Show,
}

/// What a file came to so far.
#[derive(Clone, PartialEq, Debug)]
pub enum Standing {
    /// Being read.
    Reading,
    /// Being checked; so many configurations were looked at.
    Checking(u64),
    /// It can't be read.
    Wrong(Mistake),
    /// An order explains it.
    Linearizable,
    /// None does.
    NotLinearizable(Reason),
    /// Nobody knows, after so many configurations.
    Unknown(u64),
    /// There is no referee: why.
    Off(String),
}

/// A file on this page.
#[derive(Clone, PartialEq, Debug)]
pub struct Opened {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub text: Rc<str>,
    /// As what it is to be read, if it was chosen.
    pub format: Option<Format>,
    /// The same.
    pub model: Option<Model>,
    /// What its registers held at first, if it was chosen.
    pub initial: Option<String>,
    /// What it came to.
    pub standing: Standing,
    /// What was read.
    pub history: Option<Rc<Recorded>>,
    /// The operations of each row, by invocation.
    pub rows: Rc<Vec<Vec<u32>>>,
    /// The linearization: operations with their moments in thousandths of an event.
    pub order: Rc<Vec<(u32, u64)>>,
    /// Which of [`WIDTHS`] an event has.
    pub zoom: usize,
    /// What of the drawing is in sight, in pixels.
    pub sight: (f64, f64),
}

impl Opened {
    /// A file that nothing is known of yet.
    pub fn new(name: String, text: Rc<str>) -> Self {
        Self {
            name,
            text,
            format: None,
            model: None,
            initial: None,
            standing: Standing::Reading,
            history: None,
            rows: Rc::default(),
            order: Rc::default(),
            zoom: 3,
            sight: (0.0, 0.0),
        }
    }

    /// It was read.
    pub fn take(&mut self, history: Recorded) {
        let mut rows = vec![Vec::new(); history.rows as usize];
        for (position, act) in history.operations.iter().enumerate() {
            rows[act.row as usize].push(position as u32);
        }
        // A short history fills the page.
        let end = history.operations.iter().map(|act| act.returned.unwrap_or(act.invoked)).max().unwrap_or(0);
        self.zoom = if end as f64 * WIDTHS[4] < 1_200.0 { 4 } else { 3 };
        self.standing = Standing::Checking(0);
        (self.history, self.rows, self.order) = (Some(Rc::new(history)), Rc::new(rows), Rc::default());
    }

    /// How wide an event is, in pixels.
    pub fn event(&self) -> f64 {
        WIDTHS[self.zoom]
    }

    /// Draws events wider or narrower.
    pub fn zoom(&mut self, by: i32) {
        self.zoom = (self.zoom as i32 + by).clamp(0, WIDTHS.len() as i32 - 1) as usize;
    }

    /// Where the first operation of the evidence is, in pixels.
    pub fn evidence_at(&self) -> Option<f64> {
        let Standing::NotLinearizable(reason) = &self.standing else { return None };
        let first = self.history.as_ref()?.operations.get(*reason.operations.first()? as usize)?;
        Some((first.invoked as f64 * self.event() - 40.0).max(0.0))
    }

    /// The operations that are impossible together, if they are.
    pub fn evidence(&self) -> &[u32] {
        match &self.standing {
            Standing::NotLinearizable(reason) => &reason.operations,
            _ => &[],
        }
    }
}
