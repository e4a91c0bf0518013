//! What a learner does, as interventions.

use cap_lab::node::{NodeId, NodeSet};
use cap_lab::sim::fault::{Fate, Intervention, Link};

use crate::ui::lab::Act;

/// What a learner wants, in the terms of one experiment.
pub(super) enum Wanted<R> {
    /// An intervention that is complete.
    Act(Intervention<R>),
    /// A message of this world is to have this fate.
    Message { world: usize, flight: u32, fate: Fate },
    /// One of the next steps of the only world that offers any.
    Next { key: u64 },
}

/// Turns what every experiment shares into interventions; what only some have, `request` decides.
pub(super) fn wanted<R>(
    act: Act,
    servers: NodeSet,
    cuts: &[NodeSet],
    request: impl FnOnce(Act) -> Result<Intervention<R>, String>,
) -> Result<Wanted<R>, String> {
    let message = |world, flight, fate| Ok(Wanted::Message { world, flight, fate });
    Ok(Wanted::Act(match act {
        Act::Cut(links) => Intervention::Cut(links),
        Act::Heal(links) => Intervention::Heal(links),
        Act::HealAll => Intervention::Heal(cut_links(cuts)),
        Act::Isolate(node) => Intervention::Cut(links_of(node, servers)),
        // No disk of this lab ever holds so many unsynced writes.
        Act::Crash { node, lose_unsynced } => {
            Intervention::Crash { node, keep: if lose_unsynced { 0 } else { u32::MAX } }
        }
        Act::Restart(node) => Intervention::Restart(node),
        Act::Pause(node) => Intervention::Pause(node),
        Act::Resume(node) => Intervention::Resume(node),
        Act::Skew { node, ms } => Intervention::Skew { node, micros: ms * 1_000 },
        Act::Drift { node, ppm } => Intervention::Drift { node, ppm },
        Act::Traffic { percent } => Intervention::Traffic(percent),
        Act::Hold { world, flight } => return message(world, flight, Fate::Hold),
        Act::Release { world, flight } => return message(world, flight, Fate::Release),
        Act::Drop { world, flight } => return message(world, flight, Fate::Drop),
        Act::Duplicate { world, flight } => return message(world, flight, Fate::Duplicate),
        Act::Deliver { world, flight } => return message(world, flight, Fate::Deliver),
        Act::Next { key, .. } => return Ok(Wanted::Next { key }),
        Act::Post { .. } | Act::Read { .. } | Act::Attach { .. } | Act::Admin { .. } | Act::Propose { .. } => {
            request(act)?
        }
    }))
}

fn cut_links(cuts: &[NodeSet]) -> Vec<Link> {
    let from = |index: usize| NodeId(index as u8);
    cuts.iter().enumerate().flat_map(|(index, cut)| cut.iter().map(move |to| (from(index), to))).collect()
}

fn links_of(node: NodeId, servers: NodeSet) -> Vec<Link> {
    servers.without(node).iter().flat_map(|other| [(node, other), (other, node)]).collect()
}

/// What was done, in a word or two.
pub(super) fn verb<R>(act: &Intervention<R>) -> &'static str {
    match act {
        Intervention::Cut(_) => "cut",
        Intervention::Heal(_) => "heal",
        Intervention::Crash { .. } => "crash",
        Intervention::Restart(_) => "restart",
        Intervention::Pause(_) => "pause",
        Intervention::Resume(_) => "resume",
        Intervention::Skew { .. } => "clock set",
        Intervention::Drift { .. } => "clock drifts",
        Intervention::Message { fate: Fate::Hold, .. } => "hold a message",
        Intervention::Message { fate: Fate::Release, .. } => "release a message",
        Intervention::Message { fate: Fate::Drop, .. } => "drop a message",
        Intervention::Message { fate: Fate::Duplicate, .. } => "copy a message",
        Intervention::Message { fate: Fate::Deliver, .. } => "deliver a message",
        Intervention::Timer { .. } => "timer runs out",
        Intervention::Sync { .. } => "disk writes",
        Intervention::Request { .. } => "request",
        Intervention::Traffic(_) => "traffic",
    }
}

/// Why an intervention could not be done, for the learner.
pub(super) fn impossible<R>(act: &Intervention<R>) -> String {
    match act {
        Intervention::Cut(_) => "These links are cut already.",
        Intervention::Heal(_) => "These links work already.",
        Intervention::Crash { .. } => "That node is down already.",
        Intervention::Restart(_) => "That node runs already.",
        Intervention::Pause(_) => "Only a running node can be paused.",
        Intervention::Resume(_) => "That node is not paused.",
        Intervention::Message { fate: Fate::Deliver, .. } => "That message can't arrive now.",
        Intervention::Message { .. } => "That message is gone: it arrived or died in the meantime.",
        Intervention::Timer { .. } => "That timer does not run any more.",
        Intervention::Sync { .. } => "That disk has nothing to write any more.",
        Intervention::Skew { .. }
        | Intervention::Drift { .. }
        | Intervention::Request { .. }
        | Intervention::Traffic(_) => "That can't be done now.",
    }
    .to_owned()
}
