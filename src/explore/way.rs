//! Ways through a model that survive an edit: each message is named by what it says, not by its place in one run.

use std::cell::RefCell;

use super::{Bounds, RequestOf, Sight, State, Subject};
use crate::node::{Kind, Node, NodeId, Violation};
use crate::sim::fault::{Fate, Intervention, MessageName};
use crate::sim::model::{Model, Step, StepOutcome};
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
) -> Result<(), Violation> {
    let mut state = State::first(subject);
    let mut outcome = StepOutcome::default();
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
        let mut outcome = StepOutcome::default();
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

type LinkAndKind = (NodeId, NodeId, &'static str);

/// A subject of which every message is heard, also one that is lost as soon as it is sent: they count in names, too.
struct Heard<'a, S: Subject> {
    subject: &'a S,
    /// Every message by its link and kind.
    sent: RefCell<Vec<(FlightId, LinkAndKind)>>,
}

impl<S: Subject> Subject for Heard<'_, S> {
    type Node = S::Node;
    type Ghost = S::Ghost;

    fn nodes(&self) -> Vec<S::Node> {
        self.subject.nodes()
    }

    fn ghost(&self) -> S::Ghost {
        self.subject.ghost()
    }

    fn bounds(&self) -> Bounds {
        self.subject.bounds()
    }

    fn requests(&self) -> &[(NodeId, RequestOf<Self>)] {
        self.subject.requests()
    }

    fn allows(&self, model: &Model<S::Node>, step: &Step<S::Node>) -> bool {
        self.subject.allows(model, step)
    }

    fn arrives(&self, message: &<S::Node as Node>::Message) -> bool {
        self.subject.arrives(message)
    }

    fn hears_own_disk_at_once(&self) -> bool {
        self.subject.hears_own_disk_at_once()
    }

    fn observe(&self, ghost: &mut S::Ghost, seen: &Sight<'_, S::Node>) -> Result<(), Violation> {
        for id in &seen.outcome.sent {
            let Envelope { from, to, message } = seen.after.flights().get(*id).expect("sent just now");
            self.sent.borrow_mut().push((*id, (*from, *to, message.kind())));
        }
        self.subject.observe(ghost, seen)
    }
}

/// `way` as what is done to a run: deliveries and timers happen when told, and requests are made. For searches over a
/// [`super::Network::Multiset`].
pub fn interventions<S: Subject>(subject: &S, way: &Way<S::Node>) -> Vec<Intervention<RequestOf<S>>> {
    let heard = Heard { subject, sent: RefCell::default() };
    let mut acts = Vec::new();
    // What breaks at the end of the way is known to whoever asks.
    let _ = replay(&heard, way, |_, step, _| {
        let message = |id: FlightId, fate: Fate| {
            let sent = heard.sent.borrow();
            let link = sent.iter().find(|(known, _)| *known == id).expect("sent before").1;
            let earlier = sent.iter().filter(|(other, same)| *other < id && *same == link);
            let (from, to, kind) = link;
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
    });
    acts
}
