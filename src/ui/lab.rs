//! What a page asks of an experiment: one object-safe trait, so that drawing is compiled once and not per protocol.
//!
//! Everything returned is plain data, computed from the run at the play head. Nothing here knows Yew.

use std::any::Any;
use std::rc::Rc;

use cap_lab::goal::ledger::Ledger;
use cap_lab::node::{Micros, NodeId};
use cap_lab::shared_vec::SharedVec;
use cap_lab::sim::fault::{Link, MessageName};
use cap_lab::spacetime::Diagram;
use cap_lab::store::Store;
use cap_lab::timeline::{Experiment, Limit, Room, Timeline};
use cap_lab::tradeoff::{Batch, Figures};

use crate::ui::act::Act;
use crate::ui::events::view::Event;
use crate::ui::guide::view::{Concluded, Judged};
use crate::ui::history::view::{CarriedView, HistoryView, OperationView};
use crate::ui::setup::view::Setup;
use crate::ui::sheet::view::Sheet;
use crate::ui::transport::scale::Scale;
use crate::ui::transport::view::{Branch, Mark};
use crate::ui::verdict::view::VerdictSheet;
use crate::ui::world::WorldView;

/// A branch that is not computed up to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filling {
    /// It is computed until then.
    pub until: Micros,
    /// Where the play head goes as soon as that is computed.
    pub goal: Option<Micros>,
}

/// A timeline, whatever its run is of.
pub trait Played {
    /// See [`Lab::now`], as for all of them.
    fn now(&self) -> Micros;
    /// How far this branch goes.
    fn end(&self) -> Micros;
    /// What is not computed yet of this branch.
    fn filling(&self) -> Option<Filling>;
    /// Computes so many steps of that.
    fn fill(&mut self, steps: u64) -> Result<(), String>;
    /// How near the run is to its limits.
    fn room(&self) -> Room;
    /// Runs on.
    fn play(&mut self, to: Micros);
    /// Moves the play head.
    fn seek(&mut self, to: Micros);
    /// Runs one event.
    fn step(&mut self) -> bool;
    /// Goes back to just before the latest event.
    fn back(&mut self) -> bool;
}

impl<E: Experiment> Played for Timeline<E> {
    fn now(&self) -> Micros {
        self.now()
    }

    fn end(&self) -> Micros {
        self.end()
    }

    fn filling(&self) -> Option<Filling> {
        (!self.is_whole()).then(|| Filling { until: self.computed(), goal: self.goal() })
    }

    fn fill(&mut self, steps: u64) -> Result<(), String> {
        self.fill(steps).map(drop)
    }

    fn room(&self) -> Room {
        self.room()
    }

    fn play(&mut self, to: Micros) {
        self.play(to);
    }

    fn seek(&mut self, to: Micros) {
        self.seek(to);
    }

    fn step(&mut self) -> bool {
        self.step()
    }

    fn back(&mut self) -> bool {
        self.back()
    }
}

/// Why nothing more can be done in a run.
pub fn full(limit: Limit) -> String {
    format!("This run is full: it holds {limit}, the most of any run. Export it to keep it, or start a new one.")
}

/// One experiment: one script of interventions, and one world or several that run under it.
///
/// What only one page asks of its own kind of experiment, it asks of the type behind the trait.
pub trait Lab: Any {
    /// Its timeline.
    fn played(&self) -> &dyn Played;
    /// The same, to move in.
    fn played_mut(&mut self) -> &mut dyn Played;
    /// The play head.
    fn now(&self) -> Micros {
        self.played().now()
    }
    /// How far this branch goes; never before `now`.
    fn end(&self) -> Micros {
        self.played().end()
    }
    /// What is not computed yet of this branch; none if it is whole.
    fn filling(&self) -> Option<Filling> {
        self.played().filling()
    }
    /// Computes so many steps of that. `Err` says, once, where the run goes another way than its file.
    fn fill(&mut self, steps: u64) -> Result<(), String> {
        self.played_mut().fill(steps)
    }
    /// How near the run is to its limits.
    fn room(&self) -> Room {
        self.played().room()
    }
    /// Runs on to `to`, computing the future where it is new.
    fn play(&mut self, to: Micros) {
        self.played_mut().play(to);
    }
    /// Moves the play head anywhere in `0..=end`.
    fn seek(&mut self, to: Micros) {
        self.played_mut().seek(to);
    }
    /// Runs exactly one event; false if nothing can happen by itself.
    fn step(&mut self) -> bool {
        self.played_mut().step()
    }
    /// Goes back to just before the latest event; false at the start.
    fn back(&mut self) -> bool {
        self.played_mut().back()
    }
    /// The moments of all events on this branch, by time, where a learner thinks in steps; none where time passes.
    fn moments(&self) -> Option<SharedVec<Micros>>;

    /// Does what the learner wants done, now. In the past this forks. `Err` says why it can't be done.
    fn act(&mut self, act: Act) -> Result<(), String>;
    /// Whether something was done before the play head that can be taken back.
    fn can_undo(&self) -> bool;
    /// Takes back what was done last before the play head, and goes to where it was done; `None` if nothing was.
    fn undo(&mut self) -> Option<Act>;

    /// How many worlds run side by side.
    fn worlds(&self) -> usize;
    /// One world as it is at the play head.
    fn world(&self, world: usize) -> WorldView;
    /// The operations between two moments, as known at the play head, and some around them.
    fn history(&self, world: usize, from: Micros, to: Micros) -> Rc<HistoryView>;
    /// What there is to say about one operation; `None` where there is none of this name.
    fn operation(&self, world: usize, id: u32) -> Option<OperationView>;
    /// Which messages carried it. It takes computing a part of the run once more.
    fn carried(&self, world: usize, id: u32) -> Option<CarriedView>;
    /// Every rule that fired or refused of late, routine ones too, newest first.
    fn steps(&self, world: usize) -> Vec<Event>;
    /// What a node knows; `None` as long as there are no words for it.
    fn node_sheet(&self, world: usize, node: NodeId) -> Option<Sheet>;
    /// What there is to say about the verdict on a world's history; `None` where there is no history.
    fn verdict_sheet(&self, world: usize) -> Option<VerdictSheet>;
    /// What the referee is to be told now, the run being its `case`; `opened`: the world whose verdict is opened up. Nothing
    /// where there is no history.
    fn briefs(&self, case: u32, opened: Option<usize>) -> Vec<Vec<u8>> {
        let _ = (case, opened);
        Vec::new()
    }
    /// Takes in what the referee answers; false if it is of no use any more.
    fn hear(&self, answer: &[u8]) -> bool {
        let _ = answer;
        false
    }
    /// What a script calls a message; `None` once it has arrived or died.
    fn message_name(&self, world: usize, flight: u32) -> Option<MessageName>;
    /// What a message says; `None` once it has arrived or died, and as long as there are no words for it.
    fn flight_sheet(&self, world: usize, flight: u32) -> Option<Sheet>;

    /// The time between two moments as a space-time diagram, as far as it was computed; `None` as long as
    /// it can't be told.
    fn diagram(&self, world: usize, from: Micros, to: Micros) -> Option<Diagram>;
    /// Marks on the timeline, oldest first, over the whole branch; on a line so wide, those that would overlap are one.
    fn marks(&self, scale: &Scale, width: f64) -> Rc<Vec<Mark>>;
    /// Each mark between two moments, the first `most` of them.
    fn marks_between(&self, from: Micros, until: Micros, most: usize) -> Vec<Mark>;
    /// All branches, oldest first; the marks and the play head belong to the current one.
    fn branches(&self) -> Vec<Branch>;
    /// Goes to another branch, at the moment where the two part.
    fn switch_branch(&mut self, branch: usize);

    /// What the current branch, as far as it is computed, shows of a goal.
    fn judged(&self, goal: &str) -> Judged;
    /// What happened on the current branch, up to the play head or to its end as far as it is computed; `None` as long as what tells it
    /// is not here.
    fn ledger(&self, whole: bool) -> Option<Ledger>;
    /// What the latest partition before the play head cost; none before its end, and where there is nothing to tell.
    fn concluded(&self) -> Option<Rc<Concluded>> {
        None
    }

    /// The links that are slower than usual at the play head, and by how much.
    fn slow_links(&self) -> Vec<(Link, Micros)> {
        Vec::new()
    }
    /// The figures of each world at the play head, and the batch of the same under many seeds; none where there is no trade-off, and
    /// as long as what tells it is not here.
    fn tradeoff(&self) -> Option<(Rc<[Figures]>, Batch)> {
        None
    }
    /// The same script under another seed; none where there is no trade-off.
    fn on_seed(&self, seed: u64) -> Option<Box<dyn Lab>> {
        let _ = seed;
        None
    }
    /// What can be set when a new run is made, with the values of this one.
    fn setup(&self) -> Setup;
    /// The same setup and seed from the start, with nothing done.
    fn restarted(&self) -> Box<dyn Lab>;
    /// When the last invariant to break does so on this branch, as far as it is computed.
    fn breaks_at(&self) -> Option<Micros>;
    /// The stretch of this run that is played once it begins again, from shortly before its first act to its end; none where a run
    /// begins with nothing done.
    fn shown(&self) -> Option<[Micros; 2]> {
        None
    }
    /// The same run, script and all, with this setup in the experiment's words. `Err` says what is wrong with that.
    fn retold(&self, words: &str) -> Result<Box<dyn Lab>, String> {
        Err(format!("“{words}” says nothing here."))
    }
    /// The same run, script and all, without the mistake that its setup makes on purpose; none if it makes none.
    fn without_flaw(&self) -> Option<Box<dyn Lab>>;
    /// The same run, script and all, with a world on another store; none where there is no store to choose.
    fn on_store(&self, world: usize, store: Store) -> Option<Box<dyn Lab>>;
    /// The run as a file (JSON). It must be whole: see [`Lab::filling`]. `None` as long as what writes it is not here.
    fn export(&self) -> Option<String>;
    /// What a link has to say for this branch at the play head. The same holds for it.
    fn link(&self) -> Option<String>;
    /// The run as a golden script, so that a discovery becomes a test. The same holds for it.
    fn golden_script(&self) -> Option<String>;
}
