//! Multi-Paxos's notes as sentences. Sections are those of Lamport's *Paxos Made Simple* (2001), van Renesse and Altinbuken's
//! *Paxos Made Moderately Complex* (2015) and Howard, Malkhi and Spiegelman's *Flexible Paxos* (2016).

mod client;
mod leadership;
mod learner;
mod proposals;

use super::feed::{Context, Explained};
use super::{Sentence, Tone, count_of, said};
use crate::multi_paxos::{Ballot, Ignored, LeadershipNote, Note, Slot};
use crate::node::NodeId;

const PMS_2: &str = "Paxos Made Simple §2.2";
const PMS_3: &str = "Paxos Made Simple §3";
const LEARNING: &str = "Paxos Made Simple §2.3";
const PMMC_2: &str = "Paxos Made Moderately Complex §2";
const LEADERS: &str = "Paxos Made Moderately Complex §3";
const COMPACTION: &str = "Paxos Made Moderately Complex §4.2";
const DISK: &str = "Paxos Made Moderately Complex §4.3";
const READS: &str = "Paxos Made Moderately Complex §4.5";

/// What `note` of server `node` says, with its numbers, the reason and the paper's section.
pub fn sentence(node: NodeId, note: &Note) -> Sentence {
    match note {
        Note::Started { ballot, .. } if *ballot == Ballot::ZERO => {
            let reason = "Its disk is empty: it has promised nothing, so it may promise any ballot.".into();
            said(Tone::Routine, DISK, format!("{node} starts"), reason)
        }
        Note::Started { ballot, accepted, snapshot } => said(
            Tone::Routine,
            DISK,
            format!("{node} restarts with promise {ballot}"),
            format!(
                "Its disk kept the promise, what it accepted up to slot {accepted} and a snapshot of {}. What is chosen \
                 after that it must learn again.",
                if *snapshot == Slot::ZERO { "nothing".to_owned() } else { slots(Slot(1), *snapshot) }
            ),
        ),
        Note::ReplyIgnored { from, message, why } => {
            let headline = format!("{node} ignores a late {message} from {from}");
            said(Tone::Routine, PMMC_2, headline, ignored(*from, *why))
        }
        Note::Leadership(note) => leadership::sentence(node, note),
        Note::Acceptor(note) => proposals::acceptor(node, note),
        Note::Leader(note) => proposals::leader(node, note),
        Note::Learner(note) => learner::sentence(node, note),
        Note::Client(note) => client::sentence(node, note),
    }
}

impl Explained for Note {
    fn sentence(&self, context: &Context<'_>) -> Sentence {
        let asks = matches!(self, Self::Leadership(LeadershipNote::Prepares { .. }));
        Sentence { observer: if asks { context.reach() } else { None }, ..sentence(context.node, self) }
    }
}

fn ignored(from: NodeId, why: Ignored) -> String {
    match why {
        Ignored::OtherBallot { ballot, own } => format!("It is about ballot {ballot}, and {own} is what counts now."),
        Ignored::PhaseOver => "Its phase is over, so one more answer changes nothing.".into(),
        Ignored::Duplicate => format!("{from}'s word was counted before, and counts once."),
        Ignored::Decided { last, commit } => {
            format!("It is about slots up to {last}, and all up to {commit} is decided already.")
        }
        Ignored::Gap { first, commit } => {
            format!("It begins with slot {first}, and since its restart it knows only that {}.", decided(commit))
        }
        Ignored::NotLeader { ballot } => format!("{from} takes it for the leader of {ballot}, but it leads no more."),
    }
}

/// `slot 4`, `slots 4 to 6`.
fn slots(first: Slot, last: Slot) -> String {
    if first == last { format!("slot {first}") } else { format!("slots {first} to {last}") }
}

/// `1 slot`, `2 slots`.
fn slot_count(count: u64) -> String {
    count_of(count, "slot", "slots")
}

fn decided(through: Slot) -> String {
    if through == Slot::ZERO {
        "nothing was decided".to_owned()
    } else {
        format!("all up to slot {through} was decided")
    }
}
