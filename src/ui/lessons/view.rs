//! What passes between the page and the lesson that is played on it. What is in a lesson only its own part knows.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use cap_lab::lesson::attempt::Given;
use cap_lab::node::Micros;
use cap_lab::situation::scene::Scene;

/// What can be asked of lessons.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// Opens a lesson of the lab or one that was kept, by its name: at this step, from 1, or where the learner left it.
    Open(String, Option<usize>),
    /// The same from its start.
    Anew(String),
    /// Opens a lesson from a file's text.
    Read(String),
    /// Goes on with the lesson that was open before the page was loaded again.
    Return,
    /// Begins the current step again, with its run as the lesson has it.
    Again,
    /// The run of the current step is there.
    Ran,
    /// Takes a prediction and its reason.
    Predict(Given, String),
    /// To the next step, or the one before.
    Turn(bool),
    /// One hint more.
    Hint,
    /// Runs the batch of what is chosen in a design.
    Design,
    /// Goes on with it.
    Slice,
    /// Ends it.
    Cancel,
    /// Keeps what is argued.
    Argue(String),
    /// Plays the run that is to be watched.
    Watch,
    /// The run that is to be watched has come to its end.
    Watched,
    /// The run has moved: is the task done?
    Judge,
    /// Leaves the lesson, as it is.
    Leave,
}

/// What the page does for a lesson.
#[derive(Debug)]
pub enum Effect {
    /// This lesson is there now, or none.
    Show(Option<Class>),
    /// The keyboard goes to the heading of the step.
    Focus,
    /// Plays a run, up to this moment.
    Run(Scene, Micros),
    /// Opens a run that was kept, of the page at this address; if that can't be, plays the scene up to this moment.
    Kept(&'static str, String, Scene, Micros),
    /// Plays up to a moment.
    Approach(Micros),
    /// Goes to a moment.
    GoTo(Micros),
    /// Asks this once what waits is drawn and heard.
    Soon(Do),
    /// Tells everybody what was done.
    Say(String),
    /// Tells something that stays until it is read.
    Tell(String),
    /// Goes to an address.
    Leave(&'static str),
}

/// The lesson that is played.
#[derive(Clone)]
pub struct Class {
    /// What its own part knows of it.
    pub inside: Rc<dyn Any>,
    /// The run that there is belongs to it.
    pub begun: bool,
    /// A prediction is due: until it is made the run stands.
    pub waits: bool,
    /// A task is not done yet: the run is looked at as it moves.
    pub judges: bool,
    /// The browser keeps what was answered.
    pub kept: bool,
}

impl PartialEq for Class {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inside, &other.inside)
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a lesson")
    }
}

/// Where the heading of a step stands on the page.
pub const STEP: &str = "lesson-step";
