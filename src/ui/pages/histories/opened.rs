//! A file on this page, as what it is read and judged, and what it came to.

use std::rc::Rc;

use cap_lab::check::import::{Format, Model, NilRead};
use cap_lab::picture::{Picture, WIDTHS};
use cap_lab::referee::recorded::{Mistake, Reason, Recorded, Unknown};

use crate::ui::referee::Heard;

/// A history that is not wider fills the page.
const PAGE: f64 = 1_200.0;

/// The formats, with the names that people know.
pub const FORMATS: [(Format, &str); 5] = [
    (Format::Jepsen, "Jepsen (EDN, history.txt, jepsen.log)"),
    (Format::JepsenJson, "Jepsen as JSON"),
    (Format::PorcupineEtcd, "Porcupine's etcd log"),
    (Format::PorcupineKv, "Porcupine's key-value log"),
    (Format::PorcupineOperations, "Porcupine's operations as JSON"),
];

/// The models.
pub const MODELS: [(Model, &str); 10] = [
    (Model::Register, "register"),
    (Model::CasRegister, "register with compare-and-set"),
    (Model::VersionedRegister, "register that counts its writes"),
    (Model::Kv, "key-value store with append"),
    (Model::Set, "set"),
    (Model::Counter, "counter"),
    (Model::Queue, "queue"),
    (Model::Mutex, "mutex"),
    (Model::OwnedLock, "lock with owners"),
    (Model::FencedLock, "lock with fencing tokens"),
];

/// What a read of nil may say.
pub const NIL_READS: [(NilRead, &str); 2] =
    [(NilRead::Any, "says nothing"), (NilRead::Unset, "saw what was there at first")];

/// What can be asked of this page.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// Judges a file, given its name and content, unless it could not be read.
    Take(Result<(String, Rc<[u8]>), String>),
    /// Reads it as this instead.
    Format(Format),
    /// Judges it as this instead.
    Model(Model),
    /// Its registers held this at first; if it is empty, what they usually hold.
    Initial(String),
    /// A read of nil says this.
    Nil(NilRead),
    /// The referee said something.
    Heard(Heard),
    /// The drawing was scrolled.
    Scrolled,
    /// Draws events wider, or narrower.
    Zoom(i32),
    /// Ends the check.
    Cancel,
    /// Checks it once more.
    Again,
    /// Goes to the evidence.
    Show,
    /// Says what an operation was.
    Tell(String),
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
    /// None does: why, for each object that has none.
    NotLinearizable(Vec<Reason>),
    /// Nobody knows.
    Unknown(Unknown),
    /// There is no referee: why.
    Off(String),
    /// The check was cancelled after so many configurations.
    Cancelled(u64),
}

/// A file on this page.
#[derive(Clone, PartialEq, Debug)]
pub struct Opened {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub bytes: Rc<[u8]>,
    /// As what it is to be read, if it was chosen.
    pub format: Option<Format>,
    /// The same.
    pub model: Option<Model>,
    /// What its registers held at first, if it was chosen.
    pub initial: Option<String>,
    /// What a read of nil says, if it was chosen.
    pub nil_read: Option<NilRead>,
    /// What it came to.
    pub standing: Standing,
    /// What was read.
    pub picture: Option<Rc<Picture>>,
    /// The linearization: operations with their moments in thousandths of an event.
    pub order: Rc<Vec<(u32, u64)>>,
    /// Which of [`WIDTHS`] an event has.
    pub zoom: usize,
    /// What of the drawing is in sight, in pixels.
    pub sight: (f64, f64),
    /// The operation that was clicked, in words.
    pub told: Option<String>,
}

impl Opened {
    /// A file that nothing is known of yet.
    pub fn new(name: String, bytes: Rc<[u8]>) -> Self {
        Self {
            name,
            bytes,
            format: None,
            model: None,
            initial: None,
            nil_read: None,
            standing: Standing::Reading,
            picture: None,
            order: Rc::default(),
            zoom: 3,
            sight: (0.0, 0.0),
            told: None,
        }
    }

    /// It was read.
    pub fn take(&mut self, history: Recorded) {
        let picture = Picture::new(history);
        self.zoom = if picture.zoom(PAGE) == WIDTHS.len() - 1 { WIDTHS.len() - 1 } else { 3 };
        self.standing = Standing::Checking(0);
        (self.picture, self.order) = (Some(Rc::new(picture)), Rc::default());
    }

    /// The history, if it was read.
    pub fn history(&self) -> Option<&Recorded> {
        self.picture.as_deref().map(|picture| &picture.history)
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
        let reason = self.reasons().first()?;
        self.picture.as_ref()?.evidence_at(reason, self.event())
    }

    /// Why no order explains it, for each object that has none.
    pub fn reasons(&self) -> &[Reason] {
        match &self.standing {
            Standing::NotLinearizable(reasons) => reasons,
            _ => &[],
        }
    }
}
