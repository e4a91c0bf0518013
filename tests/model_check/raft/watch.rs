//! Figure 3 and the linearizability of reads for searches: what has to be remembered of the past and nothing else, so that
//! few states differ by it.
//!
//! The protocol's own observer ([`cap_lab::raft::invariant::Ghost`]) remembers more, to say more of what is broken; what a
//! search finds is put before it as well.

use cap_lab::explore::Sight;
use cap_lab::node::{Answer, NodeId, RequestId, Violation};
use cap_lab::raft::invariant::INVARIANTS;
use cap_lab::raft::{Entry, Index, Log, Request, Response, Term};
use cap_lab::sim::model::{Host, Step};

use super::cluster::{Server, Word};

/// What is remembered of the past.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Watch {
    /// Who was elected, by term.
    pub(crate) elected: Vec<(Term, NodeId)>,
    /// By index - 1: what was committed there first, and in which term.
    pub(crate) committed: Vec<(Entry<Word>, Term)>,
    /// How far anybody had committed when a read was asked that is not answered yet.
    pub(crate) reads: Vec<(RequestId, Index)>,
    /// What broke first, by its place among the invariants.
    pub(crate) broken: Option<u8>,
}

// Their places among the invariants.
const ELECTION: u8 = 0;
const APPEND_ONLY: u8 = 1;
const MATCHING: u8 = 2;
const COMPLETENESS: u8 = 3;
const MACHINE: u8 = 4;
const READS: u8 = 5;

/// Sees one step; the error is the first invariant that it breaks.
pub(crate) fn observe(watch: &mut Watch, seen: &Sight<'_, Server>) -> Result<(), Violation> {
    if let Step::Request(_, request, Request::Read) = seen.step {
        watch.reads.push((*request, Index(watch.committed.len() as u64)));
    }
    let Some(node) = seen.outcome.node else { return Ok(()) };
    let (before, after) = (seen.before.map(|host| &host.node), &seen.after.host(node).node);
    let verdict = election_safety(watch, before, after)
        .and_then(|()| append_only(before, after))
        .and_then(|()| log_matching(seen, node))
        .and_then(|()| completeness(watch, seen, node))
        .and_then(|()| machine_safety(watch, after))
        .and_then(|()| reads(watch, seen));
    verdict.map_err(|(which, evidence)| {
        watch.broken.get_or_insert(which);
        Violation { invariant: INVARIANTS[usize::from(which)].0, evidence }
    })
}

type Verdict = Result<(), (u8, String)>;

fn leads(server: &Server) -> Option<Term> {
    server.is_leader().then(|| server.term())
}

fn election_safety(watch: &mut Watch, before: Option<&Server>, after: &Server) -> Verdict {
    let Some(term) = leads(after).filter(|term| before.and_then(leads) != Some(*term)) else { return Ok(()) };
    if let Some((_, first)) = watch.elected.iter().find(|(other, _)| *other == term) {
        return Err((ELECTION, format!("{first} and then {} were elected in term {term}", after.id())));
    }
    let place = watch.elected.partition_point(|(other, _)| *other < term);
    watch.elected.insert(place, (term, after.id()));
    Ok(())
}

fn append_only(before: Option<&Server>, after: &Server) -> Verdict {
    let Some(before) = before.filter(|before| leads(before).is_some() && leads(before) == leads(after)) else {
        return Ok(());
    };
    if before.log().is_prefix_of(after.log()) {
        return Ok(());
    }
    Err((APPEND_ONLY, format!("{} leads term {} and lost an entry", after.id(), after.term())))
}

/// Logs of now only, in memory and on disks; those of the past are gone.
fn log_matching(seen: &Sight<'_, Server>, node: NodeId) -> Verdict {
    let host = seen.after.host(node);
    if seen.before.is_some_and(|before| before.node.log() == host.node.log() && before.disk.log == host.disk.log) {
        return Ok(());
    }
    let logs = |host: &Host<Server>| [host.node.log().clone(), host.disk.log.clone()];
    for (other, their) in seen.after.hosts().filter(|(other, _)| *other != node) {
        for (ours, theirs) in logs(host).iter().flat_map(|ours| logs(their).map(|theirs| (ours.clone(), theirs))) {
            if !match_each_other(&ours, &theirs) {
                return Err((MATCHING, format!("{node} and {other} have an entry in common and not what precedes it")));
            }
        }
    }
    Ok(())
}

fn match_each_other(left: &Log<Word>, right: &Log<Word>) -> bool {
    let shorter = left.last_index().min(right.last_index());
    let common = (1..=shorter.0).rev().find(|index| left.term_at(Index(*index)) == right.term_at(Index(*index)));
    (1..=common.unwrap_or(0)).all(|index| left.get(Index(index)) == right.get(Index(index)))
}

fn completeness(watch: &Watch, seen: &Sight<'_, Server>, node: NodeId) -> Verdict {
    let after = &seen.after.host(node).node;
    let was = seen.before.and_then(|before| leads(&before.node));
    if let Some(term) = leads(after).filter(|term| was != Some(*term)) {
        let committed = (1..).zip(&watch.committed).filter(|(_, (_, during))| *during < term);
        for (index, (entry, during)) in committed {
            if after.entry(Index(index)) != Some(entry) {
                let evidence =
                    format!("{node} leads term {term} without {entry}, committed at {index} in term {during}");
                return Err((COMPLETENESS, evidence));
            }
        }
    }
    let fresh = after.commit_index().min(after.log().last_index());
    for index in (watch.committed.len() as u64 + 1..=fresh.0).map(Index) {
        let later = seen.after.hosts().filter(|(_, host)| leads(&host.node).is_some_and(|term| term > after.term()));
        for (leader, host) in later {
            if host.node.entry(index) != after.entry(index) {
                return Err((COMPLETENESS, format!("{node} commits at {index} what {leader}, a later leader, lacks")));
            }
        }
    }
    Ok(())
}

fn machine_safety(watch: &mut Watch, after: &Server) -> Verdict {
    let commit = after.commit_index();
    if commit > after.log().last_index() {
        return Err((MACHINE, format!("{} counts {commit} as committed and lacks it", after.id())));
    }
    for (index, entry) in after.log().iter_from(Index(1)).take_while(|(index, _)| *index <= commit) {
        match watch.committed.get(index.0 as usize - 1) {
            Some((first, _)) if first == entry => {}
            Some((first, _)) => {
                return Err((MACHINE, format!("{} commits {entry} at {index}, where {first} was", after.id())));
            }
            None => watch.committed.push((entry.clone(), after.term())),
        }
    }
    Ok(())
}

fn reads(watch: &mut Watch, seen: &Sight<'_, Server>) -> Verdict {
    for (request, answer) in &seen.outcome.replies {
        let Some(place) = watch.reads.iter().position(|(asked, _)| asked == request) else { continue };
        let (_, committed) = watch.reads.remove(place);
        if let Answer::Done(Response::ReadAt { index }) = answer
            && *index < committed
        {
            let evidence = format!("a read is answered with {index}, but {committed} was committed when it was asked");
            return Err((READS, evidence));
        }
    }
    Ok(())
}
