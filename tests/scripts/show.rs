//! What a script can look at. Everything is in the words of the papers and of the page.

use std::error::Error;
use std::fmt::Write;

use cap_lab::explain;
use cap_lab::history::Outcome;
use cap_lab::multi_paxos;
use cap_lab::node::{self, Answer, NodeId, NodeSet};
use cap_lab::raft::{self, Index, Membership, Payload, Raft, Role};
use cap_lab::sim::model::{Host, Status};
use cap_lab::store::Store;
use cap_lab::store::feed::{Ask, Feed, Post, PostId, Request, Response};
use cap_lab::store::service::Refusal;
use cap_lab::store::state_machine::Command;
use cap_lab::timeline::track::Track;
use cap_lab::world::feed::FeedRun;

use crate::lab::{Lab, each};
use crate::locks_lab;
use crate::multi_paxos_lab;
use crate::primary_backup_lab;
use crate::raft_lab::Server;

type Shown = Result<String, Box<dyn Error>>;

pub(crate) fn show(lab: &Lab, what: &str, noted: &mut [u64; 2]) -> Shown {
    if let Some(shown) = lab.multi_paxos().and_then(|run| multi_paxos_lab::show(run, what, &mut noted[0])) {
        return shown;
    }
    if let Some(shown) = lab.locks().and_then(|run| locks_lab::show(run, what, &mut noted[0])) {
        return shown;
    }
    match what {
        "roles" => roles(lab),
        "logs" => logs(lab),
        "feeds" => feeds(lab),
        "objects" => objects(lab),
        "overwritten" => overwritten(lab),
        "phones" => Ok(lab.feeds().iter().map(|run| phones(lab, run)).collect()),
        "meters" => Ok(lab.feeds().iter().map(meters).collect()),
        "lost" => Ok(lab.feeds().iter().map(|run| primary_backup_lab::lost(lab, run)).collect()),
        "links" => Ok(links(lab)),
        "messages" => Ok(lab.messages()),
        "notes" => Ok(notes(lab, noted)),
        "answers" => answers(lab),
        "acceptors" => acceptors(lab),
        "script" => Ok(lab.script()),
        "digests" => Ok(digests(lab)),
        _ => Err(format!("nothing is called {what}").into()),
    }
}

fn list(nodes: NodeSet) -> String {
    nodes.to_string()
}

/// The first feed on a replicated log, if it is on Multi-Paxos.
fn on_multi_paxos(lab: &Lab) -> Option<&FeedRun> {
    lab.consistent().filter(|run| matches!(run.world().store, Store::MultiPaxos(..)))
}

/// The first feed on primary and backup.
fn on_primary_backup(lab: &Lab) -> Option<&FeedRun> {
    lab.feeds().iter().find(|run| matches!(run.world().store, Store::PrimaryBackup(..)))
}

fn roles(lab: &Lab) -> Shown {
    if let Some(run) = on_primary_backup(lab) {
        let roles = run
            .model()
            .hosts()
            .filter_map(|(id, host)| Some(primary_backup_lab::role(id, host.node.primary_backup()?, host.status)));
        return Ok(roles.collect());
    }
    if let Some(run) = on_multi_paxos(lab) {
        let roles = run.model().hosts().filter_map(|(id, host)| {
            let paxos = host.node.multi_paxos()?;
            Some(multi_paxos_lab::role(id, paxos, host.status))
        });
        return Ok(roles.collect());
    }
    if let Some(run) = lab.raft() {
        return Ok(run.model().hosts().map(|(id, host)| role(id, &host.node.raft, host.status)).collect());
    }
    let run = lab.consistent().ok_or("there is no log here")?;
    let roles = run.model().hosts().filter_map(|(id, host)| Some(role(id, host.node.raft()?, host.status)));
    Ok(roles.collect())
}

/// A server's term and role.
fn role<C: node::Command>(id: NodeId, raft: &Raft<C>, status: Status) -> String {
    let role = match (status, raft.role()) {
        (Status::Crashed, _) => "down".to_owned(),
        (_, Role::Leader { .. }) => "leader".to_owned(),
        (_, Role::Candidate { votes }) => format!("candidate with the votes of {}", list(*votes)),
        (_, Role::PreCandidate { grants }) => format!("pre-candidate with the grants of {}", list(*grants)),
        (_, Role::Follower { leader: Some(leader) }) => format!("follower of {leader}"),
        (_, Role::Follower { leader: None }) => "follower of nobody yet".to_owned(),
    };
    let paused = if status == Status::Paused { ", paused" } else { "" };
    format!("{id} term {}: {role}{paused}\n", raft.term())
}

/// A command by what it posts or who reads.
fn command(lab: &Lab, Command { client, ask }: &Command<Feed>) -> String {
    match ask {
        Ask::Post(post) => format!("\"{}\"", post.text),
        Ask::Read => format!("{}'s read", lab.name(*client)),
        Ask::Change(asked) => format!("{}'s {}", lab.name(*client), asked.change),
    }
}

/// Each entry as `TERM:CONTENT`, a bar after what the server knows to be committed, and what a crash now would lose.
fn logs(lab: &Lab) -> Shown {
    if let Some(run) = on_primary_backup(lab) {
        let logs = run.model().hosts().filter_map(|(id, host)| {
            let server = host.node.primary_backup()?;
            Some(primary_backup_lab::log(id, server, host.unsynced.len(), |asked| command(lab, asked)))
        });
        return Ok(logs.collect());
    }
    if let Some(run) = on_multi_paxos(lab) {
        let value = |payload: &multi_paxos::Payload<Command<Feed>>| match payload {
            multi_paxos::Payload::Noop => "noop".to_owned(),
            multi_paxos::Payload::Command(asked) => command(lab, asked),
        };
        let logs = run.model().hosts().filter_map(|(id, host)| {
            let paxos = host.node.multi_paxos()?;
            Some(multi_paxos_lab::log(id, paxos, host.unsynced.len(), value))
        });
        return Ok(logs.collect());
    }
    if let Some(run) = lab.raft() {
        let log =
            |(id, host): (NodeId, &Host<Server>)| log(id, &host.node.raft, host.unsynced.len(), |n| n.to_string());
        return Ok(run.model().hosts().map(log).collect());
    }
    let run = lab.consistent().ok_or("there is no log here")?;
    let logs = run.model().hosts().filter_map(|(id, host)| {
        let raft = host.node.raft()?;
        Some(log(id, raft, host.unsynced.len(), |asked| command(lab, asked)))
    });
    Ok(logs.collect())
}

/// A server's log, with its commands in words.
fn log<C: node::Command>(id: NodeId, raft: &Raft<C>, unsynced: usize, command: impl Fn(&C) -> String) -> String {
    let base = raft.log().base().index;
    let mut line = if base == Index::ZERO { String::new() } else { format!(" [1 to {base} compacted]") };
    if base == raft.commit_index() && base > Index::ZERO {
        line.push_str(" |");
    }
    for (index, entry) in raft.log().iter_from(Index(1)) {
        let content = match &entry.payload {
            Payload::Noop => "noop".to_owned(),
            Payload::Config(membership) => configuration(membership),
            Payload::Command(asked) => command(asked),
        };
        let bar = if index == raft.commit_index() { " |" } else { "" };
        line += &format!(" {}:{content}{bar}", entry.term);
    }
    let bar = if raft.commit_index() == Index::ZERO { " |" } else { "" };
    let unsynced = match unsynced {
        0 => String::new(),
        writes => format!(" ({writes} not synced)"),
    };
    format!("{id}{bar}{line}{unsynced}\n")
}

/// In the notation of the paper: `C{n1, n2}`, while joint `C{n1, n2}{n3, n4}`, the old voters first.
fn configuration(membership: &Membership) -> String {
    let Membership { voters, outgoing, learners } = membership;
    let outgoing = if membership.is_joint() { outgoing.to_string() } else { String::new() };
    let learners = if learners.is_empty() { String::new() } else { format!(" learners {learners}") };
    format!("C{outgoing}{voters}{learners}")
}

fn feeds(lab: &Lab) -> Shown {
    let mut out = String::new();
    for run in lab.feeds() {
        for (id, host) in run.model().hosts() {
            let Some(shown) = host.node.posts() else { continue };
            let posts = posts(shown.into_iter());
            writeln!(out, "{} {id}: {posts}", run.world().store.side())?;
        }
    }
    Ok(out)
}

/// What each replica has of statuses, likes and deletions.
fn objects(lab: &Lab) -> Shown {
    let mut out = String::new();
    for run in lab.feeds() {
        for (id, host) in run.model().hosts() {
            let (Some(objects), Some(shown)) = (host.node.objects(), host.node.posts()) else { continue };
            let posts: Vec<PostId> = shown.iter().map(|post| post.id).collect();
            let values = objects.values(&posts);
            let name = |post: &PostId| format!("{}#{}", lab.name(post.author), post.number + 1);
            let statuses =
                values.statuses.iter().map(|(of, texts)| format!("{} is {}", lab.name(*of), texts.join(" | ")));
            let likes = values.likes.iter().map(|(post, counts)| {
                let counts: Vec<String> = counts.iter().map(u32::to_string).collect();
                format!("{} liked {}", name(post), counts.join(" | "))
            });
            let deleted = values.deleted.iter().map(|post| format!("{} deleted", name(post)));
            let all: Vec<String> = statuses.chain(likes).chain(deleted).collect();
            let all = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
            writeln!(out, "{} {id}: {all}", run.world().store.side())?;
        }
    }
    Ok(out)
}

/// Confirmed writes that were dropped for others.
fn overwritten(lab: &Lab) -> Shown {
    let mut out = String::new();
    for run in lab.feeds() {
        let side = run.world().store.side();
        for lost in run.watch().overwritten.iter() {
            let newer = if lost.newer { ", the newer one" } else { "" };
            let (loser, winner) = (lab.name(lost.loser.author), lab.name(lost.winner.author));
            writeln!(out, "{side}: {loser}'s write for {winner}'s, at {}{newer}", lost.replica)?;
        }
        if run.watch().overwritten.iter().len() == 0 {
            writeln!(out, "{side}: nothing")?;
        }
    }
    Ok(out)
}

fn posts<'a>(posts: impl Iterator<Item = &'a Post>) -> String {
    let texts: Vec<&str> = posts.map(|post| &*post.text).collect();
    if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") }
}

/// What each phone asked last, and what came of it.
fn phones(lab: &Lab, run: &FeedRun) -> String {
    let mut out = String::new();
    let side = run.world().store.side();
    for (id, host) in run.model().hosts() {
        let Some(client) = host.node.client() else { continue };
        let latest = run
            .history()
            .iter()
            .rev()
            .find(|operation| operation.client == id && !matches!(operation.request, Request::Attach(_)));
        let said = latest.map_or("has asked nothing".to_owned(), |operation| {
            let asked = match &operation.request {
                Request::Post(text) => format!("post \"{text}\""),
                Request::Read => "read".to_owned(),
                Request::Change(change) => change.to_string(),
                Request::Attach(to) => format!("move to {to}"),
                Request::Admin(_) => unreachable!("phones are not operated"),
            };
            let stale = run.watch().staleness.stale().iter().find(|stale| stale.read == operation.id);
            let stale = stale.map_or(String::new(), |stale| format!(", stale: {} missing", stale.missed));
            format!("{asked}: {}{stale}", outcome(&operation.outcome))
        });
        writeln!(out, "{side} {} at {}: {said}", lab.name(id), client.replica()).expect("strings take everything");
    }
    out
}

fn outcome(outcome: &Outcome<Response, Refusal>) -> String {
    let done = |response: &Response| match response {
        Response::Posted(..) | Response::Changed(_) => "confirmed".to_owned(),
        Response::Posts { posts: found, .. } => posts(found.iter()),
        Response::Attached => "moved".to_owned(),
        Response::AdminDone => "done".to_owned(),
    };
    let refused = |refusal: &Refusal| match refusal {
        Refusal::NoLeader { replica, epoch } => format!("refused, {replica} knows no leader in {epoch}"),
        Refusal::Superseded { replica, index } => format!("refused, its entry {index} at {replica} was replaced"),
        Refusal::HandingOver { replica } => format!("refused, {replica} hands over"),
        Refusal::NoQuorum { replica, heard } => {
            format!("refused, {replica} heard {} of {}, {} needed", heard.by.len(), heard.of, heard.needed)
        }
        Refusal::AdminRefused => "refused".to_owned(),
        Refusal::Busy => "refused, the phone was busy".to_owned(),
    };
    match outcome {
        Outcome::Pending => "waiting".to_owned(),
        Outcome::Done { response, .. } => done(response),
        Outcome::Refused { refusal, .. } => refused(refusal),
        Outcome::Unknown { later: None, .. } => "unknown".to_owned(),
        Outcome::Unknown { later: Some((_, Answer::Done(response))), .. } => {
            format!("unknown, then {}", done(response))
        }
        Outcome::Unknown { later: Some((_, Answer::Refused(refusal))), .. } => {
            format!("unknown, then {}", refused(refusal))
        }
        Outcome::Unknown { later: Some((_, Answer::Unknown)), .. } => unreachable!("the truth is not unknown"),
    }
}

fn meters(run: &FeedRun) -> String {
    let side = run.world().store.side();
    let meters = &run.watch().meters;
    format!(
        "{side}: {} answered, {} refused, {} unknown, {} stale reads\n",
        meters.done, meters.refused, meters.unknown, meters.stale
    )
}

fn links(lab: &Lab) -> String {
    let servers = lab.servers();
    let pairs = servers.iter().flat_map(|from| servers.without(from).iter().map(move |to| (from, to)));
    let cut: Vec<String> =
        pairs.filter(|(from, to)| lab.is_cut(*from, *to)).map(|(from, to)| format!("{from}>{to}")).collect();
    if cut.is_empty() { "no link is cut\n".to_owned() } else { format!("cut: {}\n", cut.join(" ")) }
}

/// What was noted since the last time, in the page's own words.
fn notes(lab: &Lab, noted: &mut [u64; 2]) -> String {
    let names = |node: NodeId| lab.name(node);
    let servers = lab.servers();
    let view = |reach| explain::feed::View { servers, reach };
    let mut out = String::new();
    let mut tell = |side: &str, told: Vec<(u64, String)>, noted: &mut u64| {
        let seen = *noted;
        for (number, headline) in told.into_iter().rev().filter(|(number, _)| *number >= seen) {
            writeln!(out, "{side}{headline}").expect("strings take everything");
            *noted = number + 1;
        }
    };
    for (run, noted) in lab.feeds().iter().zip(noted.iter_mut()) {
        let side = if lab.feeds().len() > 1 { format!("{}: ", run.world().store.side()) } else { String::new() };
        let told = run.watch().events.notes.iter().map(|(number, noted)| {
            (
                number,
                explain::feed::sentence(&names, run.world().store, view(noted.reach), noted.node, &noted.note).headline,
            )
        });
        tell(&side, told.collect(), noted);
    }
    if let Some(run) = lab.raft() {
        let told = run.watch().notes.iter().enumerate().rev();
        let told = told.map(|(number, (node, note))| (number as u64, explain::raft::sentence(*node, note).headline));
        tell("", told.collect(), &mut noted[0]);
    }
    if let Some(run) = lab.paxos() {
        let told = run
            .watch()
            .events
            .notes
            .iter()
            .map(|(number, noted)| (number, explain::paxos::sentence(&names, noted.node, &noted.note).headline));
        tell("", told.collect(), &mut noted[0]);
    }
    out
}

/// What a cluster of Raft moved by hand answered its clients.
fn answers(lab: &Lab) -> Shown {
    let run = lab.raft().ok_or("only clusters moved by hand have clients without phones")?;
    let mut out = String::new();
    for operation in run.history().iter() {
        let came = match &operation.outcome {
            Outcome::Pending => "waiting".to_owned(),
            Outcome::Done { response, .. } => match response {
                raft::Response::Committed { index, term } => format!("done, entry {index} of term {term}"),
                raft::Response::ReadAt { index } => format!("read up to entry {index}"),
                other => format!("{other:?}"),
            },
            Outcome::Refused { refusal, .. } => match refusal {
                raft::Refusal::NotLeader { leader: Some(leader), .. } => format!("refused, {leader} leads"),
                raft::Refusal::NotLeader { leader: None, term } => {
                    format!("refused, nobody is known to lead term {term}")
                }
                raft::Refusal::Superseded { index } => format!("refused, entry {index} is another one"),
                other => format!("refused, {other:?}"),
            },
            Outcome::Unknown { .. } => "unknown".to_owned(),
        };
        writeln!(out, "{} at {}: {came}", operation.request, operation.client)?;
    }
    Ok(out)
}

fn acceptors(lab: &Lab) -> Shown {
    let run = lab.paxos().ok_or("there is no Paxos here")?;
    let mut out = String::new();
    for (id, host) in run.model().hosts() {
        let Some(acceptor) = host.node.acceptor() else { continue };
        let promised = acceptor.promised().map_or("nothing".to_owned(), |ballot| ballot.to_string());
        let accepted = acceptor.accepted().map_or("nothing".to_owned(), |proposal| proposal.to_string());
        let down = if host.status == Status::Crashed { ", down" } else { "" };
        writeln!(out, "{} promised {promised}, accepted {accepted}{down}", lab.name(id))?;
    }
    let Some(first) = &run.watch().chosen else { return Ok(out + "nothing is chosen\n") };
    write!(out, "chosen: {}", first.proposal)?;
    let all = run.world().setup.acceptors();
    for (proposal, by) in run.watch().ghost.accepted().iter() {
        // The same value again is no news.
        if by.is_majority_of(all) && proposal.value != first.proposal.value {
            write!(out, " and {proposal}")?;
        }
    }
    out.push('\n');
    Ok(out)
}

fn digests(lab: &Lab) -> String {
    let worlds = each!(lab, timeline => timeline.track().fingerprints());
    let line = |(world, what): (usize, cap_lab::timeline::track::Fingerprint)| {
        format!("world {world}: {} steps, digest {:016x}\n", what.steps, what.digest)
    };
    worlds.into_iter().enumerate().map(line).collect()
}
