//! A leader hands over.

use crate::explain::{Sentence, Tone, said};
use crate::node::NodeId;
use crate::raft::{TransferNote, TransferRefusal};

pub(super) fn sentence(node: NodeId, note: &TransferNote) -> Sentence {
    let (tone, headline, reason) = match note {
        TransferNote::Started { request, target, matched, last } => (
            Tone::Warning,
            format!("{node} hands leadership over to {target}"),
            format!(
                "Request {} asks for it. {target}'s log is known to match up to {matched}, its own ends at {last}. It takes \
                 no proposals and trusts no lease meanwhile.",
                request.0
            ),
        ),
        TransferNote::TimeoutNowSent { target, term, last } => (
            Tone::Routine,
            format!("{node} tells {target} to stand at once"),
            format!(
                "{target} has the whole log, up to {last}. If it stands in term {}, its log is as up to date as any.",
                term.next()
            ),
        ),
        TransferNote::Refused { target, why, .. } => {
            (Tone::Bad, format!("{node} does not hand over to {target}"), refusal(*target, *why))
        }
        TransferNote::GivenUp { request, target } => (
            Tone::Warning,
            format!("{node} waits no longer for {target} to take over"),
            format!(
                "TimeoutNow has left and cannot be taken back: {target} may yet stand for election. So the answer to request \
                 {} is that it does not know.",
                request.0
            ),
        ),
        TransferNote::Done { request, leader, term } => (
            Tone::Good,
            format!("{node} has handed leadership over to {leader}"),
            format!("{leader} leads term {term}, as request {} asked for.", request.0),
        ),
        TransferNote::RequestRefused { request, target } => (
            Tone::Bad,
            format!("{node} refused request {}", request.0),
            format!("It hands over to {target}, which could not catch up if the log went on growing."),
        ),
    };
    said(tone, "Raft thesis §3.10", headline, reason)
}

fn refusal(target: NodeId, why: TransferRefusal) -> String {
    match why {
        TransferRefusal::SwitchedOff => {
            "Leadership transfer is switched off in this cluster, so only an election changes the leader.".into()
        }
        TransferRefusal::AlreadyLeads => "It leads already, so nothing has to change.".into(),
        TransferRefusal::NoMember => format!("{target} is no member of the cluster, so it cannot be elected."),
        TransferRefusal::UnderWay => format!("A transfer to {target} is under way, and one is enough."),
        TransferRefusal::Replaced => format!("Another transfer was asked for before {target} had the whole log."),
        TransferRefusal::TimedOut => format!(
            "Within an election timeout {target} did not catch up with the log. So {target} could lose an election, and is not told to stand."
        ),
        TransferRefusal::LostOffice => {
            format!("It was deposed before it told {target} to stand, so {target} stands only by its own timer.")
        }
        TransferRefusal::OtherElected(leader) => {
            format!("{target} was told to stand, but in that term {leader} was elected.")
        }
    }
}
