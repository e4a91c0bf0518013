//! What the polite live region says: the learner's own acts, new leaders, refusals; one sentence every two seconds at most.

use std::rc::Rc;

use crate::ui::lab::{Act, PhoneState, RoleMark, Status, World};

/// The least time between two announcements, in milliseconds.
pub const PAUSE_MS: u32 = 2_000;

/// What waits to be said. An own act is never pushed out by what merely happens.
#[derive(Default)]
pub struct Announcer {
    waiting: Option<(bool, String)>,
    speaking: bool,
}

impl Announcer {
    /// Queues `text`. Gives it back if it may be said now: then the caller must call [`Announcer::free`] after the pause.
    pub fn say(&mut self, own: bool, text: String) -> Option<String> {
        if !self.speaking {
            self.speaking = true;
            return Some(text);
        }
        if own || self.waiting.as_ref().is_none_or(|(waiting_own, _)| !waiting_own) {
            self.waiting = Some((own, text));
        }
        None
    }

    /// The pause is over: what is to be said next, if anything.
    pub fn free(&mut self) -> Option<String> {
        let next = self.waiting.take().map(|(_, text)| text);
        self.speaking = next.is_some();
        next
    }
}

/// An act in words, as done.
pub fn act(act: &Act, world: &World) -> String {
    let name = |id: &cap_lab::node::NodeId| {
        world.nodes.get(id.index()).map_or_else(|| id.to_string(), |node| node.name.clone())
    };
    let person = |id: &cap_lab::node::NodeId| {
        world.phones.iter().find(|phone| phone.id == *id).map_or_else(|| id.to_string(), |phone| phone.name.clone())
    };
    let links = |pairs: &[(cap_lab::node::NodeId, cap_lab::node::NodeId)]| match pairs {
        [(a, b)] => format!("the link from {} to {}", name(a), name(b)),
        [(a, b), (c, d)] if a == d && b == c => format!("the link between {} and {}", name(a), name(b)),
        _ => format!("{} links", pairs.len() / 2),
    };
    match act {
        Act::Cut(pairs) => format!("Cut {}.", links(pairs)),
        Act::Heal(pairs) => format!("Healed {}.", links(pairs)),
        Act::HealAll => "Healed all links.".to_owned(),
        Act::Isolate(node) => format!("Isolated {}.", name(node)),
        Act::Crash { node, .. } => format!("Crashed {}.", name(node)),
        Act::Restart(node) => format!("Restarted {}.", name(node)),
        Act::Pause(node) => format!("Paused {}.", name(node)),
        Act::Resume(node) => format!("Resumed {}.", name(node)),
        Act::Skew { node, .. } => format!("Set the clock of {}.", name(node)),
        Act::Drift { node, .. } => format!("Changed the rate of {}'s clocks.", name(node)),
        Act::Hold { .. } => "Message held.".to_owned(),
        Act::Release { .. } => "Message released.".to_owned(),
        Act::Drop { .. } => "Message dropped.".to_owned(),
        Act::Duplicate { .. } => "Message duplicated.".to_owned(),
        Act::Deliver { .. } => "Message delivered.".to_owned(),
        Act::Next { .. } => "Done.".to_owned(),
        Act::Post { person: who, .. } => format!("{} posts.", person(who)),
        Act::Read { person: who } => format!("{} reads.", person(who)),
        Act::Attach { person: who, to } => format!("{} now talks to {}.", person(who), name(to)),
        Act::Traffic { percent } => format!("Traffic {percent} percent."),
        Act::Propose { proposer, value } => format!("{} is asked to propose {value}.", name(proposer)),
    }
}

/// What changed between two pictures of a world that is worth saying: a new leader, a refusal.
pub fn change(before: &Rc<World>, after: &Rc<World>) -> Option<String> {
    let leads = |world: &World, index: usize| {
        world.nodes.get(index).is_some_and(|node| node.role == RoleMark::Leader && node.status == Status::Up)
    };
    let refused = after.phones.iter().zip(&before.phones).find(|(now, then)| {
        now.state == PhoneState::Refused && (then.state != PhoneState::Refused || then.status != now.status)
    });
    if let Some((phone, _)) = refused {
        return Some(format!("{}, {}: {}.", after.title, phone.name, phone.status));
    }
    let elected = after.nodes.iter().enumerate().find(|(index, _)| leads(after, *index) && !leads(before, *index));
    elected.map(|(_, node)| format!("{}: {} is the leader, {}.", after.title, node.name, node.caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_at_a_time_and_own_acts_first() {
        let mut announcer = Announcer::default();
        assert_eq!(announcer.say(false, "n3 leads".into()), Some("n3 leads".into()));
        assert_eq!(announcer.say(true, "cut".into()), None);
        assert_eq!(announcer.say(false, "refused".into()), None);
        assert_eq!(announcer.free(), Some("cut".into()));
        assert_eq!(announcer.free(), None);
        assert_eq!(announcer.say(false, "refused".into()), Some("refused".into()));
    }
}
