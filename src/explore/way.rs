//! Ways through a model that survive an edit: each message is named by what it says, not by its place in one run.

use super::{Broken, RequestOf, State, Subject};
use crate::node::{Kind, Node, NodeId};
use crate::sim::fault::{Fate, Intervention, MessageName};
use crate::sim::model::{Model, Outcome, Step};
use crate::sim::network::{Envelope, FlightId};

/// A step and the message that it is about, if any.
type Named<N> = (Step<N>, Option<Envelope<<N as Node>::Message>>);

/// A list of steps, each with the message that it is about, if any.
#[derive(Clone, PartialEq, Debug)]
pub struct Way<N: Node>(Vec<Named<N>>);

impl<N: Node> Way<N> {
    /// How many steps.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Does what can be done of `way`, in this order; the rest is skipped. `see` is told of each step, with the state before and
/// after it. What breaks first ends it.
pub fn replay<S: Subject>(
    subject: &S,
    way: &Way<S::Node>,
    mut see: impl FnMut(&State<S>, &Step<S::Node>, &State<S>),
) -> Result<(), Broken> {
    let mut state = State::first(subject);
    let mut outcome = Outcome::default();
    for (step, about) in &way.0 {
        let Some(step) = renamed(&state.model, step, about.as_ref()) else { continue };
        if !state.steps(subject).contains(&step) {
            continue;
        }
        let before = state.clone();
        let verdict = state.step(subject, &step, &mut outcome);
        see(&before, &step, &state);
        verdict?;
    }
    Ok(())
}

/// `step` about the message that says the same here; none if there is none.
fn renamed<N: Node>(model: &Model<N>, step: &Step<N>, about: Option<&Envelope<N::Message>>) -> Option<Step<N>> {
    let Some(about) = about else { return Some(step.clone()) };
    let (id, _) = model.flights().iter().find(|(_, envelope)| *envelope == about)?;
    match step {
        Step::Deliver(_) => Some(Step::Deliver(id)),
        Step::Duplicate(_) => Some(Step::Duplicate(id)),
        other => unreachable!("{other:?} is about no message"),
    }
}

impl<N: Node> Way<N> {
    /// The way of these steps from the start.
    pub fn of<S: Subject<Node = N>>(subject: &S, steps: &[Step<N>]) -> Self {
        let mut state = State::first(subject);
        let mut outcome = Outcome::default();
        let mut way = Vec::new();
        for step in steps {
            let about = match step {
                Step::Deliver(id) | Step::Duplicate(id) => state.model.flights().get(*id).cloned(),
                _ => None,
            };
            way.push((step.clone(), about));
            // Whoever has this list knows where it leads.
            let _ = state.step(subject, step, &mut outcome);
        }
        Self(way)
    }
}

/// `way` without what can be left out of it such that the same invariant breaks: no single step can be spared any more.
pub fn shrink<S: Subject>(subject: &S, way: &Way<S::Node>) -> Way<S::Node> {
    let breaks = |way: &Way<S::Node>| replay(subject, way, |_, _, _| {}).err().map(|broken| broken.invariant);
    let wanted = breaks(way);
    assert!(wanted.is_some(), "nothing breaks on this way");
    Way(shortened(&way.0, |fewer| breaks(&Way(fewer.to_vec())) == wanted))
}

/// `list` without what can be left out of it such that it is still `good`, tried in large pieces first (Zeller and
/// Hildebrandt, *Simplifying and Isolating Failure-Inducing Input*, 2002): no single item can be spared any more.
pub fn shortened<T: Clone>(list: &[T], mut good: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut best = list.to_vec();
    let mut chunk = best.len().div_ceil(2);
    loop {
        let before = best.len();
        let mut start = 0;
        while start < best.len() {
            let mut shorter = best.clone();
            shorter.drain(start..(start + chunk).min(best.len()));
            if good(&shorter) {
                best = shorter;
            } else {
                start += chunk;
            }
        }
        if chunk <= 1 && best.len() == before {
            return best;
        }
        chunk = chunk.div_ceil(2);
    }
}

/// `way` as what is done to a run: deliveries and timers happen when told, and requests are made. For searches over a
/// [`super::Network::Multiset`].
pub fn interventions<S: Subject>(subject: &S, way: &Way<S::Node>) -> Vec<Intervention<RequestOf<S>>> {
    let mut acts = Vec::new();
    // The link and kind of every message ever sent, by its name in the run.
    let mut sent: Vec<(FlightId, NodeId, NodeId, &'static str)> = Vec::new();
    let launched = |state: &State<S>, sent: &mut Vec<(FlightId, NodeId, NodeId, &'static str)>| {
        for (id, envelope) in state.model.flights().iter() {
            if sent.iter().all(|(known, ..)| *known != id) {
                sent.push((id, envelope.from, envelope.to, envelope.message.kind()));
            }
        }
    };
    // What breaks at the end of the way is known to whoever asks.
    let _ = replay(subject, way, |before, step, after| {
        launched(before, &mut sent);
        let message = |id: FlightId, fate: Fate| {
            let (_, from, to, kind) = *sent.iter().find(|(known, ..)| *known == id).expect("sent before");
            let earlier = sent.iter().filter(|other| other.0 < id && (other.1, other.2, other.3) == (from, to, kind));
            let name = MessageName { from, to, kind: kind.to_owned(), ordinal: earlier.count() as u32 };
            Intervention::Message { world: 0, name, fate }
        };
        acts.push(match step {
            Step::Deliver(id) => message(*id, Fate::Deliver),
            Step::Duplicate(id) => message(*id, Fate::Duplicate),
            Step::Timer(node, timer) => Intervention::Timer { world: 0, node: *node, timer: format!("{timer:?}") },
            Step::Sync(node) => Intervention::Sync { world: 0, node: *node },
            Step::Request(node, _, request) => Intervention::Request { node: *node, request: request.clone() },
            Step::Crash(node, keep) => Intervention::Crash { node: *node, keep: *keep },
            Step::Restart(node) => Intervention::Restart(*node),
            other => unreachable!("no search does {other:?}"),
        });
        launched(after, &mut sent);
    });
    acts
}
