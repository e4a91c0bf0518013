//! What becomes of requests and reads.

use super::{PMMC_2, READS, decided};
use crate::explain::{Sentence, Tone, of, said};
use crate::multi_paxos::ClientNote;
use crate::node::NodeId;

pub(super) fn sentence(node: NodeId, note: &ClientNote) -> Sentence {
    match note {
        ClientNote::RequestCommitted { request, slot, ballot } => said(
            Tone::Good,
            PMMC_2,
            format!("{node} confirms request {}", request.0),
            format!(
                "Its command, proposed under {ballot}, is chosen in slot {slot}, and so is something in all before it."
            ),
        ),
        ClientNote::RequestSuperseded { request, slot, ballot } => said(
            Tone::Bad,
            PMMC_2,
            format!("{node} tells that request {} is lost", request.0),
            format!(
                "It proposed the command for slot {slot} under {ballot}, but another value is chosen there. Nobody \
                 proposes it for any other slot."
            ),
        ),
        ClientNote::RequestFateUnknown { request, slot, through } => said(
            Tone::Warning,
            PMMC_2,
            format!("{node} can't tell what became of request {}", request.0),
            format!(
                "It proposed the command for slot {slot}, and learned of that slot only by a snapshot up to {through}."
            ),
        ),
        ClientNote::RequestRefused { request, leader, ballot } => said(
            Tone::Bad,
            PMMC_2,
            format!("{node} refused request {}", request.0),
            match leader {
                Some(leader) => format!("Only a leader takes requests, and {leader} leads under {ballot}."),
                None => format!("Only a leader takes requests, and it has heard of none under {ballot}."),
            },
        ),
        ClientNote::ReadTaken { request, slot, beat } => said(
            Tone::Routine,
            READS,
            format!("{node} asks whether it still leads, for read {}", request.0),
            format!(
                "The read must see all up to slot {slot}. A quorum of phase 2 must answer heartbeat {beat} or a later one. \
                 It shares a server with any quorum that promised a higher ballot before."
            ),
        ),
        ClientNote::ReadConfirmed { request, slot, count } => said(
            Tone::Good,
            READS,
            format!("{node} answers read {} at slot {slot}", request.0),
            format!(
                "{} confirmed since that it led, {}; it takes {}. By now {}.",
                of(*count),
                count.by,
                count.needed,
                decided(*slot)
            ),
        ),
        ClientNote::ReadGivenUp { request, ballot } => said(
            Tone::Bad,
            READS,
            format!("{node} refused read {}", request.0),
            format!("It was overtaken by {ballot} before it was sure, so it can't say what is the latest."),
        ),
    }
}
