//! What becomes of requests, and by what right reads are answered.

use crate::explain::{Sentence, Tone, said};
use crate::node::NodeId;
use crate::raft::{ClientNote, Index, ReadProof};

pub(super) fn sentence(node: NodeId, note: &ClientNote) -> Sentence {
    match note {
        ClientNote::RequestCommitted { request, entry } => said(
            Tone::Good,
            "Raft §5.4",
            format!("{node} confirms request {}", request.0),
            format!("Its entry {entry} is committed: no later leader can lack it."),
        ),
        ClientNote::RequestSuperseded { request, entry, by } => said(
            Tone::Bad,
            "Raft §5.4",
            format!("{node} tells that request {} is lost", request.0),
            format!("Its entry would have been {entry}. Now {by} is committed, so {entry} never will be."),
        ),
        ClientNote::RequestRefused { request, leader, term } => said(
            Tone::Bad,
            "Raft §8",
            format!("{node} refused request {}", request.0),
            match leader {
                Some(leader) => format!("Only a leader takes requests, and {leader} leads term {term}."),
                None => format!("Only a leader takes requests, and it has heard of none in term {term}."),
            },
        ),
        ClientNote::RequestFateUnknown { request, entry, last } => said(
            Tone::Warning,
            "Raft §7, Figure 13",
            format!("{node} cannot tell what became of request {}", request.0),
            format!(
                "Its entry would have been {entry}. A snapshot up to {last} covers that place, and does not tell which \
                 entries led to it."
            ),
        ),
        ClientNote::ReadWaits { request, commit, index, round } => {
            let noop = if index > commit {
                format!(" It must commit {index}, the no-op of its term, to know what is committed.")
            } else {
                String::new()
            };
            let reason = format!(
                "Its commit index is {commit}.{noop} It may have been deposed without hearing of it, so a majority must \
                 acknowledge heartbeat round {}.",
                round.0
            );
            said(Tone::Routine, "Raft thesis §6.4", format!("{node} keeps read {} waiting", request.0), reason)
        }
        ClientNote::ReadAnswered { request, index, proof } => {
            let (source, reason) = proved(*index, *proof);
            said(Tone::Good, source, format!("{node} answers read {} with index {index}", request.0), reason)
        }
        ClientNote::LeaseRenewed { round, from, until } => said(
            Tone::Routine,
            "Raft thesis §6.4.1",
            format!("{node} renews its lease until {} ms", until.as_ms()),
            format!(
                "A majority acknowledged heartbeat round {}, which left at {} ms. By its own clock, nobody else is elected \
                 for {} ms from then.",
                round.0,
                from.as_ms(),
                until.since(*from).as_ms()
            ),
        ),
    }
}

fn proved(index: Index, proof: ReadProof) -> (&'static str, String) {
    match proof {
        ReadProof::Round { round, by } => (
            "Raft thesis §6.4",
            format!(
                "{by} acknowledged heartbeat round {}, which began after the read was asked: it still led then. What was \
                 committed by then is in the log up to {index}.",
                round.0
            ),
        ),
        ReadProof::Lease { now, until } => (
            "Raft thesis §6.4.1",
            format!(
                "By its clock it is {} ms and its lease lasts until {} ms. If the clocks keep their bound, nobody else \
                 leads. What is committed is in the log up to {index}.",
                now.as_ms(),
                until.as_ms()
            ),
        ),
        ReadProof::None => (
            "Raft thesis §6.4",
            format!("It believes that it leads, and asks nobody. Its own commit index is {index}."),
        ),
    }
}
