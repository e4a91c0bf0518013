//! What is told of a feed only to who looks closer: sentences, sheets, what carried an operation, a diagram; and runs to files and from files.
//! It is a part of its own, so that the first node is drawn without waiting for it.

use std::rc::Rc;

use cap_lab::conclusion::{self, Conclusion};
use cap_lab::experiment::FeedExperiment;
use cap_lab::goal::ledger::Ledger;
use cap_lab::node::{Micros, NodeId, RequestId};
use cap_lab::sim::network::{Envelope, FlightId};
use cap_lab::situation::scene::Scene;
use cap_lab::spacetime::{Diagram, carried};
use cap_lab::store::Store;
use cap_lab::store::participant::Message;
use cap_lab::store::service::ServiceMessage;
use cap_lab::timeline::Timeline;
use cap_lab::tradeoff::{Batch, Figures};
use cap_lab::world::feed::{FeedRun, FeedWorld};
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::portrait::Portrait;
use super::{common, history, sentences, table};
use crate::ui::events::view::{Differs, Event};
use crate::ui::guide::view::{Concluded, Judged};
use crate::ui::history::view::CarriedView;
use crate::ui::late::Late;
use crate::ui::sheet::view::Sheet;

/// What comes with this part. Behind a trait, so that nothing of it is in the first file.
pub(super) trait Details {
    /// How a store is drawn: also one of those that the first drawing never needs.
    fn portrait(&self, store: Store) -> &'static dyn Portrait;
    /// What is worth a line, newest first.
    fn events(&self, run: &FeedRun) -> Vec<Event>;
    /// Who has what, while replicas can't agree.
    fn differences(&self, run: &FeedRun) -> Vec<Differs>;
    /// Every rule that fired or refused of late, newest first.
    fn steps(&self, run: &FeedRun) -> Vec<Event>;
    /// What a replica knows.
    fn node_sheet(&self, run: &FeedRun, node: NodeId) -> Sheet;
    /// What a message says; `None` once it has arrived or died.
    fn flight_sheet(&self, run: &FeedRun, flight: FlightId) -> Option<Sheet>;
    /// What carried an operation.
    fn carried(&self, timeline: &Timeline<FeedExperiment>, world: usize, id: RequestId) -> Option<CarriedView>;
    /// What happened between two moments.
    fn diagram(&self, timeline: &Timeline<FeedExperiment>, world: usize, from: Micros, to: Micros) -> Diagram;
    /// The run as a file.
    fn export(&self, timeline: &Timeline<FeedExperiment>) -> String;
    /// The run as a link's code.
    fn link(&self, timeline: &Timeline<FeedExperiment>) -> String;
    /// The run as a golden script.
    fn golden_script(&self, timeline: &Timeline<FeedExperiment>) -> String;
    /// What a run shows of a goal, as far as it is computed.
    fn judged(&self, timeline: &Timeline<FeedExperiment>, goal: &str) -> Judged;
    /// What happened in a run, up to the play head or to its end.
    fn ledger(&self, timeline: &Timeline<FeedExperiment>, whole: bool) -> Ledger;
    /// What the latest partition cost, given what was told last.
    fn concluded(&self, timeline: &Timeline<FeedExperiment>, told: &mut Option<Rc<Concluded>>);
    /// What each store's consistency cost until the play head, and the same to be run under many seeds.
    fn tradeoff(&self, timeline: &Timeline<FeedExperiment>) -> (Rc<[Figures]>, Batch);
    /// The run of a situation or a lesson.
    fn situated(&self, scene: &Scene) -> Result<Timeline<FeedExperiment>, String>;
    /// A run from its file, nothing of which is computed yet. `Err` says in a sentence what is wrong with it.
    fn open(&self, file: &str) -> Result<Timeline<FeedExperiment>, String>;
}

/// How long the runs of a batch are: as this one, but neither shorter nor longer.
const BATCH_LENGTH: [Micros; 2] = [Micros::from_ms(5_000), Micros::from_ms(60_000)];

/// How long the runs of a batch are for a run that goes so far.
pub(super) fn batch_length(end: Micros) -> Micros {
    end.clamp(BATCH_LENGTH[0], BATCH_LENGTH[1])
}

/// How many seeds a batch has: enough to see a spread.
const BATCH_SEEDS: u32 = 40;

struct All;

impl Details for All {
    fn portrait(&self, store: Store) -> &'static dyn Portrait {
        table::any(store)
    }

    fn events(&self, run: &FeedRun) -> Vec<Event> {
        sentences::events(run)
    }

    fn differences(&self, run: &FeedRun) -> Vec<Differs> {
        super::differences::lines(run)
    }

    fn steps(&self, run: &FeedRun) -> Vec<Event> {
        run.watch().events.steps.iter().map(|(number, noted)| sentences::event(run, number, noted)).collect()
    }

    fn node_sheet(&self, run: &FeedRun, node: NodeId) -> Sheet {
        table::sheets(run.world().store).sheet(run, node)
    }

    fn flight_sheet(&self, run: &FeedRun, flight: FlightId) -> Option<Sheet> {
        run.model().flights().get(flight).map(|envelope| flight_sheet(*run.world(), envelope))
    }

    fn carried(&self, timeline: &Timeline<FeedExperiment>, world: usize, id: RequestId) -> Option<CarriedView> {
        let run = &timeline.track().worlds()[world];
        let carried = carried::carried(timeline, world, id)?;
        Some(history::carried(run, run.history().get(id)?, &carried, timeline.now()))
    }

    fn diagram(&self, timeline: &Timeline<FeedExperiment>, world: usize, from: Micros, to: Micros) -> Diagram {
        Diagram::of(timeline, world, from, to)
    }

    fn export(&self, timeline: &Timeline<FeedExperiment>) -> String {
        timeline.export()
    }

    fn link(&self, timeline: &Timeline<FeedExperiment>) -> String {
        timeline.link()
    }

    fn golden_script(&self, timeline: &Timeline<FeedExperiment>) -> String {
        timeline.golden_script()
    }

    fn judged(&self, timeline: &Timeline<FeedExperiment>, goal: &str) -> Judged {
        common::judged(timeline, goal)
    }

    fn ledger(&self, timeline: &Timeline<FeedExperiment>, whole: bool) -> Ledger {
        common::ledger(timeline, whole)
    }

    fn concluded(&self, timeline: &Timeline<FeedExperiment>, told: &mut Option<Rc<Concluded>>) {
        let cut = timeline.track().worlds().first().and_then(conclusion::latest_cut);
        let known = told.as_ref().map(|told| told.healed);
        if cut.map(|(_, healed)| healed) == known {
            return;
        }
        *told = Conclusion::of(timeline).map(|concluded| {
            let setup = timeline.experiment().feed;
            let (healed, over) = (concluded.healed, concluded.over);
            let lines = concluded.lines(&|id| setup.name(id));
            Rc::new(Concluded { healed, over, lines, question: concluded.question() })
        });
    }

    fn tradeoff(&self, timeline: &Timeline<FeedExperiment>) -> (Rc<[Figures]>, Batch) {
        let batch = Batch {
            experiment: timeline.experiment().clone(),
            script: timeline.script().into(),
            length: batch_length(timeline.end()),
            first_seed: 1,
            seeds: BATCH_SEEDS,
        };
        (timeline.track().worlds().iter().map(Figures::of).collect(), batch)
    }

    fn situated(&self, scene: &Scene) -> Result<Timeline<FeedExperiment>, String> {
        scene.play().map_err(|wrong| wrong.to_string())
    }

    fn open(&self, file: &str) -> Result<Timeline<FeedExperiment>, String> {
        Timeline::open(file)
    }
}

thread_local! {
    static DETAILS: Late<dyn Details> = const { Late::new(&All) };
}

/// The details, if they are here.
pub(super) fn here() -> Option<&'static dyn Details> {
    DETAILS.with(Late::here)
}

/// The portrait of a store, if it is here.
pub(super) fn portrait(store: Store) -> Option<&'static dyn Portrait> {
    table::at_once(store).or_else(|| Some(here()?.portrait(store)))
}

/// Sees to it that they are here. False if they can't be had now: then they may be asked for again.
pub async fn come() -> bool {
    let came = part().await.ok();
    DETAILS.with(|details| details.take(came));
    here().is_some()
}

#[wasm_split(details, fallible)]
fn part() -> Result<&'static dyn Details, SplitLoaderError> {
    Ok(&All)
}

fn flight_sheet(FeedWorld { setup, store }: FeedWorld, envelope: &Envelope<Message>) -> Sheet {
    let (rows, meaning) = match &envelope.message {
        Message::Service(ServiceMessage::Forward { id, ask, .. }) => {
            let asked = super::phones::asks(setup, id.client, ask);
            let meaning = "A replica passes on what its phone asks, to the one that it believes to lead (§8).";
            (vec![("asks".to_owned(), asked)], meaning.to_owned())
        }
        Message::Service(ServiceMessage::Forwarded { id, .. }) => {
            let meaning = "The leader's answer, on its way to the replica that the phone talks to.";
            (vec![("for".to_owned(), setup.person(id.client).to_owned())], meaning.to_owned())
        }
        Message::Service(_) => unreachable!("phones' messages are not drawn"),
        message => table::sheets(store).message_words(setup, message),
    };
    let title = common::title(envelope, &|id| setup.name(id));
    Sheet { title, sections: vec![("It says".to_owned(), rows)], meaning, actions: Vec::new() }
}
