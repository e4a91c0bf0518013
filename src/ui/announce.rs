//! What the polite live region says: the learner's own acts, new leaders, refusals; one sentence every two seconds at most.

use std::rc::Rc;

use crate::ui::figure::view::{RoleMark, Status};
use crate::ui::phones::view::PhoneState;
use crate::ui::world::WorldView;

/// The least time between two announcements, in milliseconds.
pub const PAUSE_MS: u32 = 2_000;

/// What a sentence is about; what comes first is said first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum About {
    /// What the learner did.
    Own,
    /// Who leads now.
    Leader,
    /// Who was refused.
    Refusal,
}

/// What waits to be said: the latest of each kind, so that frequent news never push out rare ones.
#[derive(Default)]
pub struct Announcer {
    waiting: [Option<String>; 3],
    speaking: bool,
}

impl Announcer {
    /// Queues `text`. Gives it back if it may be said now: then the caller must call [`Announcer::free`] after the pause.
    pub fn say(&mut self, about: About, text: String) -> Option<String> {
        if !self.speaking {
            self.speaking = true;
            return Some(text);
        }
        self.waiting[about as usize] = Some(text);
        None
    }

    /// The pause is over: what is to be said next, if anything.
    pub fn free(&mut self) -> Option<String> {
        let next = self.waiting.iter_mut().find_map(Option::take);
        self.speaking = next.is_some();
        next
    }
}

/// What changed between two pictures of a world that is worth saying: a new leader, a refusal.
pub fn changes(before: &Rc<WorldView>, after: &Rc<WorldView>) -> impl Iterator<Item = (About, String)> {
    let leads = |world: &WorldView, index: usize| {
        world.nodes.get(index).is_some_and(|node| node.role == RoleMark::Leader && node.status == Status::Up)
    };
    let elected = after.nodes.iter().enumerate().find(|(index, _)| leads(after, *index) && !leads(before, *index));
    let leader = elected.map(|(_, node)| format!("{}: {} is the leader, {}.", after.title, node.name, node.caption));
    let refused = after.phones.iter().zip(&before.phones).find(|(now, then)| {
        now.state == PhoneState::Refused && (then.state != PhoneState::Refused || then.status != now.status)
    });
    let refusal = refused.map(|(phone, _)| format!("{}, {}: {}.", after.title, phone.name, phone.status));
    let leader = leader.map(|text| (About::Leader, text));
    leader.into_iter().chain(refusal.map(|text| (About::Refusal, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_at_a_time_own_acts_first_and_no_kind_pushes_out_another() {
        let mut announcer = Announcer::default();
        assert_eq!(announcer.say(About::Refusal, "n1 refuses".into()), Some("n1 refuses".into()));
        assert_eq!(announcer.say(About::Leader, "n3 leads".into()), None);
        assert_eq!(announcer.say(About::Refusal, "n2 refuses".into()), None);
        assert_eq!(announcer.say(About::Refusal, "n4 refuses".into()), None);
        assert_eq!(announcer.say(About::Own, "cut".into()), None);
        assert_eq!(announcer.free(), Some("cut".into()));
        assert_eq!(announcer.free(), Some("n3 leads".into()));
        assert_eq!(announcer.free(), Some("n4 refuses".into()), "the latest of its kind");
        assert_eq!(announcer.free(), None);
        assert_eq!(announcer.say(About::Own, "healed".into()), Some("healed".into()));
    }
}
