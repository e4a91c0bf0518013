//! Multi-Paxos's notes as sentences. Sections are those of Lamport's *Paxos Made Simple* (2001), van Renesse and Altinbuken's
//! *Paxos Made Moderately Complex* (2015) and Howard, Malkhi and Spiegelman's *Flexible Paxos* (2016).

use super::{Sentence, Tone};
use crate::multi_paxos::{Ballot, Count, Heard, Ignored, Note, RoleName, Slot};
use crate::node::{Delay, NodeId};

/// What `note` of server `node` says, with its numbers, the reason and the paper's section.
pub fn sentence(node: NodeId, note: &Note) -> Sentence {
    Sentence {
        headline: headline(node, note),
        reason: reason(node, note),
        observer: None,
        source: source(note),
        tone: tone(note),
    }
}

fn headline(node: NodeId, note: &Note) -> String {
    match note {
        Note::Started { ballot, .. } if *ballot == Ballot::ZERO => format!("{node} starts"),
        Note::Started { ballot, .. } => format!("{node} restarts with promise {ballot}"),
        Note::Prepares { ballot, .. } => format!("{node} asks for promises for {ballot}"),
        Note::PreparesAgain { ballot, .. } => format!("{node} asks again for promises for {ballot}"),
        Note::Promises { ballot, .. } => format!("{node} promises {ballot} for all slots"),
        Note::PrepareRefused { ballot, .. } => format!("{node} refuses to promise {ballot}"),
        Note::PromiseCounted { from, count, .. } if *from == node => {
            format!("{node} counts its own promise: {}", of(*count))
        }
        Note::PromiseCounted { from, count, .. } => format!("{node} counts {from}'s promise: {}", of(*count)),
        Note::BecameLeader { ballot, .. } => format!("{node} leads under {ballot}"),
        Note::ProposesReported { slot, .. } => format!("{node} proposes what was reported for slot {slot}"),
        Note::FillsHole { slot, .. } => format!("{node} fills slot {slot} with a no-op"),
        Note::Proposes { slot, .. } => format!("{node} proposes a command for slot {slot}"),
        Note::Accepts { leader, first, last, fresh: 0, .. } => {
            format!("{node} has accepted {leader}'s {} before", slots(*first, *last))
        }
        Note::Accepts { leader, first, last, .. } => format!("{node} accepts {leader}'s {}", slots(*first, *last)),
        Note::AcceptRefused { from, ballot, .. } => format!("{node} refuses {from}'s values under {ballot}"),
        Note::AcceptanceCounted { from, first, last, .. } if *from == node => {
            format!("{node} has {} on its own disk", slots(*first, *last))
        }
        Note::AcceptanceCounted { from, first, last, .. } => {
            format!("{node} hears that {from} accepted {}", slots(*first, *last))
        }
        Note::CommitAdvanced { new, .. } => format!("{node} knows all up to slot {new} to be chosen"),
        Note::ChosenAfterHole { slot, hole, .. } => format!("{node}: slot {slot} is chosen, slot {hole} is not yet"),
        Note::SendsAgain { to, first, last, .. } => format!("{node} sends {} to {to} again", slots(*first, *last)),
        Note::Refused { from, ballot, .. } => format!("{node} hears that {from} refuses {ballot}"),
        Note::BallotAdopted { new, left: RoleName::Follower, .. } => format!("{node} hears of ballot {new}"),
        Note::BallotAdopted { new, left: RoleName::Preparing, .. } => format!("{node} is overtaken by {new}"),
        Note::BallotAdopted { new, left: RoleName::Leader, .. } => format!("{node} leads no more: {new} is higher"),
        Note::BacksOff { timeout, .. } => format!("{node} backs off for {}", range(*timeout)),
        Note::FollowsLeader { leader, .. } => format!("{node} follows {leader}"),
        Note::HeartbeatSent { .. } => format!("{node} sends a heartbeat"),
        Note::HeartbeatHeard { leader, .. } => format!("{node} hears {leader}'s heartbeat"),
        Note::HeartbeatRefused { from, .. } => format!("{node} refuses {from}'s heartbeat"),
        Note::CommitLearned { new, .. } => format!("{node} learns that all up to slot {new} is chosen"),
        Note::AsksToCatchUp { leader, learned, .. } => format!("{node} asks {leader} what follows slot {learned}"),
        Note::TellsDecided { to, .. } => format!("{node} tells {to} what was chosen"),
        Note::CaughtUp { from, new, .. } => format!("{node} catches up with {from} to slot {new}"),
        Note::SnapshotInstalled { from, through, .. } => {
            format!("{node} installs {from}'s snapshot of slots 1 to {through}")
        }
        Note::Compacted { through, .. } => format!("{node} compacts its log up to slot {through}"),
        Note::RequestCommitted { request, .. } => format!("{node} confirms request {}", request.0),
        Note::RequestSuperseded { request, .. } => format!("{node} tells that request {} is lost", request.0),
        Note::RequestFateUnknown { request, .. } => format!("{node} can't tell what became of request {}", request.0),
        Note::RequestRefused { request, .. } => format!("{node} refused request {}", request.0),
        Note::ReadTaken { request, .. } => format!("{node} asks whether it still leads, for read {}", request.0),
        Note::ReadConfirmed { request, slot, .. } => format!("{node} answers read {} at slot {slot}", request.0),
        Note::ReadGivenUp { request, .. } => format!("{node} refused read {}", request.0),
        Note::ReplyIgnored { from, message, .. } => format!("{node} ignores a late {message} from {from}"),
    }
}

fn reason(node: NodeId, note: &Note) -> String {
    match note {
        Note::Started { ballot, .. } if *ballot == Ballot::ZERO => {
            "Its disk is empty: nothing promised, nothing accepted.".into()
        }
        Note::Started { accepted, snapshot, .. } => format!(
            "Its disk kept the promise, what it accepted up to slot {accepted} and a snapshot of {}. What is chosen after \
             that it must learn again.",
            prefix(*snapshot)
        ),
        Note::Prepares { first, heard, timeout, count, .. } => format!(
            "{}. It asks once for all slots from {first} on and needs {} of {} promises. If too few come, it asks again \
             after {}.",
            match heard {
                Heard::NoLeader => "It heard no leader".into(),
                Heard::Leader(leader) => format!("It heard nothing more from {leader}"),
            },
            count.needed,
            count.of,
            range(*timeout)
        ),
        Note::PreparesAgain { first, count, .. } => format!(
            "Only {} promised the slots from {first} on, and it takes {}. Nobody refused, so the ballot need not be higher.",
            of(*count),
            count.needed
        ),
        Note::Promises { previous, first, reported, snapshot, ballot } => {
            let snapshot = snapshot
                .map_or(String::new(), |through| format!(" and a snapshot in place of the slots up to {through}"));
            format!(
                "Its highest ballot was {previous}. It accepts nothing below {ballot} any more and reports {} from slot \
                 {first} on{snapshot}.",
                proposals(*reported)
            )
        }
        Note::PrepareRefused { from, ballot, promised } => {
            format!("It has promised {promised}, which is higher than {from}'s {ballot}.")
        }
        Note::PromiseCounted { count, reported, .. } => {
            format!("{}, {}: {} needed. This one reports {}.", of(*count), count.by, count.needed, proposals(*reported))
        }
        Note::BecameLeader { count, first, known, again, holes, opening, .. } => {
            let learned = match known {
                0 => String::new(),
                known => format!(" It has learned meanwhile what {} holds.", slot_count(*known)),
            };
            let duty = match again {
                0 => format!("From slot {first} on there is nothing that it must propose again."),
                again => format!(
                    "From slot {first} on it must propose {} again and fill {} with a no-op.",
                    slot_count(*again),
                    hole_count(*holes)
                ),
            };
            format!(
                "{} promised, {}, and {} make a quorum of phase 1. {duty}{learned} Slot {opening} is the first free one.",
                of(*count),
                count.by,
                count.needed
            )
        }
        Note::ProposesReported { slot, ballot, under } => format!(
            "The highest-numbered report for slot {slot} was accepted under {under}. It may have been chosen, so under \
             {ballot} nothing else may be proposed."
        ),
        Note::FillsHole { slot, last, .. } => format!(
            "A whole quorum reports nothing for slot {slot}, so nothing was chosen there, nor will be under a lower \
             ballot. Something may be in slot {last}, and can't be carried out before slot {slot} is decided."
        ),
        Note::Proposes { slot, ballot, request, commit } => format!(
            "It leads under {ballot}, so phase 1 is done for every slot: {slot} is the first free one. It carries out \
             request {}. So far {}.",
            request.0,
            decided(*commit)
        ),
        Note::Accepts { ballot, fresh: 0, .. } => {
            format!("It accepted just that under {ballot} before, and says so again once it is durable.")
        }
        Note::Accepts { ballot, fresh, .. } => {
            format!(
                "It has promised no ballot above {ballot}. {} new to it.",
                if *fresh == 1 { "1 slot was".into() } else { format!("{fresh} slots were") }
            )
        }
        Note::AcceptRefused { ballot, promised, first, .. } => {
            format!(
                "It has promised {promised} and accepts nothing under {ballot} any more, not for slot {first} either."
            )
        }
        Note::AcceptanceCounted { from, ballot, news, .. } if *from == node => {
            format!(
                "Its disk has synced what it proposed under {ballot}, so it counts itself for {}.",
                slot_count(*news)
            )
        }
        Note::AcceptanceCounted { from, ballot, news, .. } => {
            format!("{from}'s disk holds what was proposed under {ballot}. That counts for {}.", slot_count(*news))
        }
        Note::CommitAdvanced { old, new, ballot, count } => format!(
            "{} accepted slot {new} under {ballot}, {}, and {} make a quorum of phase 2. Before, {}.",
            of(*count),
            count.by,
            count.needed,
            decided(*old)
        ),
        Note::ChosenAfterHole { slot, hole, count } => format!(
            "{} accepted slot {slot}, {}: it will never change. But commands are carried out in order, and slot {hole} is \
             still open.",
            of(*count),
            count.by
        ),
        Note::SendsAgain { to, ballot, first, last } => format!(
            "It proposed {} under {ballot} more than a heartbeat interval ago and has not heard that {to} accepted.",
            slots(*first, *last)
        ),
        Note::Refused { from, ballot, promised } => {
            format!("{from} has promised {promised}, which is higher than {ballot}.")
        }
        Note::BallotAdopted { from, old, new, left } => format!(
            "{from} told it of {new}, and its own was {old}. {}",
            match left {
                RoleName::Follower => "It will accept nothing lower.",
                RoleName::Preparing => "With a lower ballot it will find no quorum for long.",
                RoleName::Leader => "Whoever promised the higher one accepts nothing more from it.",
            }
        ),
        Note::BacksOff { ballot, timeout, times } => format!(
            "It was overtaken {} in a row, last by {ballot}. It waits {}, so that one of those who want to lead gets through.",
            if *times == 1 { "once".to_owned() } else { format!("{times} times") },
            range(*timeout)
        ),
        Note::FollowsLeader { leader, ballot } => {
            format!("{leader} proposes under {ballot}: only a quorum's promises allow that.")
        }
        Note::HeartbeatSent { ballot, beat, commit, followers } => {
            format!("Number {beat} under {ballot}, to {followers}: it leads, and {}.", decided(*commit))
        }
        Note::HeartbeatHeard { ballot, commit, .. } => {
            format!("It has promised no ballot above {ballot} and says so. The leader says that {}.", decided(*commit))
        }
        Note::HeartbeatRefused { from, ballot, promised } => {
            format!("It has promised {promised}, which is higher than {from}'s {ballot}. {from} may not lead any more.")
        }
        Note::CommitLearned { leader, ballot, old, new } => format!(
            "{leader} says that slots up to {new} are chosen. It accepted them under {leader}'s ballot {ballot}, so it has \
             the right values. Before, it knew only that {}.",
            decided(*old)
        ),
        Note::AsksToCatchUp { leader, learned, commit } => format!(
            "{leader} says that {}. But for slot {} it accepted nothing under this ballot, so it does not know the value.",
            decided(*commit),
            learned.next()
        ),
        Note::TellsDecided { snapshot, first, last, .. } => match (snapshot, last.since(first.previous())) {
            (None, _) => format!("It sends the values of {}.", slots(*first, *last)),
            (Some(through), 0) => format!("It has compacted the slots up to {through}, so it sends its snapshot."),
            (Some(through), _) => format!(
                "It has compacted the slots up to {through}, so it sends its snapshot, and the values of {}.",
                slots(*first, *last)
            ),
        },
        Note::CaughtUp { from, old, new } => format!(
            "{from} told it what is chosen for {}. A chosen value is a fact: no promise stands against learning it.",
            slots(old.next(), *new)
        ),
        Note::SnapshotInstalled { from, old, through } => format!(
            "It knew only that {}. {from} no longer has all the slots up to {through}, but the state that they led to.",
            decided(*old)
        ),
        Note::Compacted { dropped, kept, .. } => {
            format!("The state after it is on disk instead of {}. {} remain.", slot_count(*dropped), slot_count(*kept))
        }
        Note::RequestCommitted { slot, ballot, .. } => format!(
            "Its command, proposed under {ballot}, is chosen in slot {slot}, and so is something in all before it."
        ),
        Note::RequestSuperseded { slot, ballot, .. } => format!(
            "It proposed the command for slot {slot} under {ballot}, but another value is chosen there, and nobody proposes \
             it for any other slot."
        ),
        Note::RequestFateUnknown { slot, through, .. } => format!(
            "It proposed the command for slot {slot}, and learned of that slot only by a snapshot up to {through}."
        ),
        Note::RequestRefused { leader: Some(leader), ballot, .. } => {
            format!("Only a leader takes requests, and {leader} leads under {ballot}.")
        }
        Note::RequestRefused { leader: None, ballot, .. } => {
            format!("Only a leader takes requests, and it has heard of none under {ballot}.")
        }
        Note::ReadTaken { slot, beat, .. } => format!(
            "The read must see all up to slot {slot}. A quorum of phase 2 must answer heartbeat {beat} or a later one: it \
             shares a server with any quorum that promised a higher ballot before."
        ),
        Note::ReadConfirmed { slot, count, .. } => format!(
            "{} confirmed since that it led, {}; it takes {}. By now {}.",
            of(*count),
            count.by,
            count.needed,
            decided(*slot)
        ),
        Note::ReadGivenUp { ballot, .. } => {
            format!("It was overtaken by {ballot} before it was sure, so it can't say what is the latest.")
        }
        Note::ReplyIgnored { from, why, .. } => ignored_reason(*from, *why),
    }
}

const PMS_2: &str = "Paxos Made Simple §2.2";
const PMS_3: &str = "Paxos Made Simple §3";

fn source(note: &Note) -> &'static str {
    match note {
        Note::Started { .. } => "Paxos Made Moderately Complex §4.3",
        Note::Promises { .. }
        | Note::PrepareRefused { .. }
        | Note::AcceptRefused { .. }
        | Note::Refused { .. }
        | Note::PromiseCounted { .. }
        | Note::ProposesReported { .. }
        | Note::Accepts { .. } => PMS_2,
        Note::Prepares { .. } | Note::BecameLeader { .. } | Note::FillsHole { .. } | Note::Proposes { .. } => PMS_3,
        Note::ChosenAfterHole { .. } => PMS_3,
        Note::AcceptanceCounted { .. } | Note::CommitLearned { .. } | Note::AsksToCatchUp { .. } => {
            "Paxos Made Simple §2.3"
        }
        Note::TellsDecided { .. } | Note::CaughtUp { .. } => "Paxos Made Simple §2.3",
        Note::CommitAdvanced { .. } => "Flexible Paxos §3",
        Note::ReadTaken { .. } | Note::ReadConfirmed { .. } | Note::ReadGivenUp { .. } => {
            "Paxos Made Moderately Complex §4.5"
        }
        Note::PreparesAgain { .. } | Note::SendsAgain { .. } => "Paxos Made Moderately Complex §2",
        Note::BallotAdopted { .. } | Note::FollowsLeader { .. } => "Paxos Made Moderately Complex §2",
        Note::BacksOff { .. }
        | Note::HeartbeatSent { .. }
        | Note::HeartbeatHeard { .. }
        | Note::HeartbeatRefused { .. } => "Paxos Made Moderately Complex §3",
        Note::SnapshotInstalled { .. } | Note::Compacted { .. } => "Paxos Made Moderately Complex §4.2",
        Note::RequestCommitted { .. }
        | Note::RequestSuperseded { .. }
        | Note::RequestFateUnknown { .. }
        | Note::RequestRefused { .. } => "Paxos Made Moderately Complex §2",
        Note::ReplyIgnored { .. } => "Paxos Made Moderately Complex §2",
    }
}

fn tone(note: &Note) -> Tone {
    match note {
        Note::BecameLeader { .. }
        | Note::CommitAdvanced { .. }
        | Note::RequestCommitted { .. }
        | Note::ReadConfirmed { .. } => Tone::Good,
        Note::Prepares { .. }
        | Note::PreparesAgain { .. }
        | Note::ProposesReported { .. }
        | Note::FillsHole { .. }
        | Note::ChosenAfterHole { .. }
        | Note::SendsAgain { .. }
        | Note::BacksOff { .. }
        | Note::AsksToCatchUp { .. }
        | Note::RequestFateUnknown { .. }
        | Note::BallotAdopted { left: RoleName::Preparing | RoleName::Leader, .. } => Tone::Warning,
        Note::PrepareRefused { .. }
        | Note::AcceptRefused { .. }
        | Note::HeartbeatRefused { .. }
        | Note::Refused { .. }
        | Note::RequestSuperseded { .. }
        | Note::RequestRefused { .. }
        | Note::ReadGivenUp { .. } => Tone::Bad,
        Note::Started { .. }
        | Note::Promises { .. }
        | Note::PromiseCounted { .. }
        | Note::Proposes { .. }
        | Note::Accepts { .. }
        | Note::AcceptanceCounted { .. }
        | Note::BallotAdopted { .. }
        | Note::FollowsLeader { .. }
        | Note::HeartbeatSent { .. }
        | Note::HeartbeatHeard { .. }
        | Note::CommitLearned { .. }
        | Note::TellsDecided { .. }
        | Note::CaughtUp { .. }
        | Note::SnapshotInstalled { .. }
        | Note::Compacted { .. }
        | Note::ReadTaken { .. }
        | Note::ReplyIgnored { .. } => Tone::Routine,
    }
}

fn ignored_reason(from: NodeId, why: Ignored) -> String {
    match why {
        Ignored::OtherBallot { ballot, own } => format!("It is about ballot {ballot}, and {own} is what counts now."),
        Ignored::PhaseOver => "The phase that it belongs to is over.".into(),
        Ignored::Duplicate => format!("{from}'s word was counted before, and counts once."),
        Ignored::Decided { last, commit } => {
            format!("It is about slots up to {last}, and all up to {commit} is decided already.")
        }
        Ignored::NotLeader { ballot } => format!("{from} takes it for the leader of {ballot}, but it leads no more."),
    }
}

/// `slot 4`, `slots 4 to 6`.
fn slots(first: Slot, last: Slot) -> String {
    if first == last { format!("slot {first}") } else { format!("slots {first} to {last}") }
}

fn prefix(through: Slot) -> String {
    if through == Slot::ZERO { "nothing".to_owned() } else { slots(Slot(1), through) }
}

fn decided(through: Slot) -> String {
    if through == Slot::ZERO {
        "nothing was decided".to_owned()
    } else {
        format!("all up to slot {through} was decided")
    }
}

/// `2 of 3`.
fn of(count: Count) -> String {
    format!("{} of {}", count.by.len(), count.of)
}

fn range(delay: Delay) -> String {
    format!("{} to {} ms", delay.min.as_ms(), delay.max.as_ms())
}

fn proposals(count: u64) -> String {
    if count == 1 { "1 accepted proposal".to_owned() } else { format!("{count} accepted proposals") }
}

fn slot_count(count: u64) -> String {
    if count == 1 { "1 slot".to_owned() } else { format!("{count} slots") }
}

fn hole_count(count: u64) -> String {
    if count == 1 { "1 hole".to_owned() } else { format!("{count} holes") }
}
