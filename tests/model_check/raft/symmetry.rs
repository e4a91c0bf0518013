//! Servers differ by their names alone: states that become equal when servers swap names are searched once.
//!
//! All that a state says of servers is written down for each way to name them, and the least digest stands for all. Timers are
//! left out, for role and status decide which ones run, and so are requests that wait for an answer, on which nothing rests.

use std::hash::{Hash, Hasher};

use cap_lab::explore::{Network, State};
use cap_lab::node::{NodeId, NodeSet};
use cap_lab::raft::{Delta, Role};
use cap_lab::sim::fingerprint::Fingerprint;
use cap_lab::sim::model::{Host, Model};
use cap_lab::sim::network::Envelope;

use super::cluster::{Cluster, Server};

/// New names by old ones.
type Names = [u8; 5];

/// All ways to name `count` servers.
fn namings(count: u8) -> Vec<Names> {
    let mut all: Vec<Vec<u8>> = vec![Vec::new()];
    for next in 0..count {
        let grown = all.iter().flat_map(|names| {
            (0..=names.len()).map(move |place| {
                let mut longer = names.clone();
                longer.insert(place, next);
                longer
            })
        });
        all = grown.collect();
    }
    let padded = |names: Vec<u8>| std::array::from_fn(|at| names.get(at).copied().unwrap_or(at as u8));
    all.into_iter().map(padded).collect()
}

thread_local! {
    static NAMINGS: [Vec<Names>; 6] = std::array::from_fn(|count| namings(count as u8));
}

/// What is said of one server, apart from names.
struct Nameless {
    digest: u64,
    votes: [Option<NodeId>; 2],
    leader: Option<NodeId>,
    /// Of each other server.
    known: Vec<(NodeId, u64)>,
}

/// Equal for states that differ by names only. Of requests it counts how many were made: who may be asked, may be asked the same.
pub(crate) fn fingerprint(cluster: &Cluster, state: &State<Cluster>) -> u64 {
    digest(cluster, state, &bearings(cluster, &state.model))
}

/// The same, but for messages: equal if servers and the past are.
pub(crate) fn servers(cluster: &Cluster, state: &State<Cluster>) -> u64 {
    digest(cluster, state, &[])
}

fn digest(cluster: &Cluster, state: &State<Cluster>, said: &[Said]) -> u64 {
    let hosts: Vec<Nameless> = state.model.hosts().map(|(_, host)| nameless(host)).collect();
    let watch = &state.ghost;
    let (asked, crashes, copies) = state.spent();
    let common = Fingerprint::of(&(asked.count_ones(), crashes, copies, &watch.committed, &watch.reads, watch.broken));
    let one = |names: &Names| {
        let name = |id: NodeId| names[id.index()];
        let mut sum = 0_u64;
        for (old, host) in hosts.iter().enumerate() {
            let mut digest = Fingerprint::default();
            digest.write_u64(host.digest);
            digest.write_u8(names[old]);
            for id in host.votes.into_iter().chain([host.leader]) {
                digest.write_u8(id.map_or(u8::MAX, name));
            }
            let known =
                host.known.iter().fold(0_u64, |sum, (id, what)| sum.wrapping_add(Fingerprint::of(&(name(*id), what))));
            digest.write_u64(known);
            sum = sum.wrapping_add(digest.finish());
        }
        for (from, to, what, waits) in said {
            sum = sum.wrapping_add(Fingerprint::of(&(name(*from), name(*to), what, waits)));
        }
        for (term, leader) in &watch.elected {
            sum = sum.wrapping_add(Fingerprint::of(&(term, name(*leader))));
        }
        sum
    };
    let least = NAMINGS.with(|all| all[usize::from(cluster.servers)].iter().map(one).min().expect("at least one"));
    Fingerprint::of(&(common, least))
}

/// Who said what to whom, and whether it still waits for the sender's disk.
type Said = (NodeId, NodeId, u64, bool);

/// All that was said and may still bring about something. If the network is a
/// set, so is what waits there: what is said twice is sent once, and what was sent already need not be sent again.
fn bearings(cluster: &Cluster, model: &Model<Server>) -> Vec<Said> {
    let said =
        |envelope: &Envelope<_>, waits| Some((envelope.from, envelope.to, cluster.bearing(model, envelope)?, waits));
    let mut all: Vec<_> = model.flights().iter().filter_map(|(_, envelope)| said(envelope, false)).collect();
    for (from, host) in model.hosts() {
        let waiting = host.after_sync.iter().map(|(to, message)| Envelope { from, to: *to, message: message.clone() });
        all.extend(waiting.filter_map(|envelope| said(&envelope, true)));
    }
    if cluster.bounds.network == Network::Set {
        all.sort_unstable();
        all.dedup_by_key(|(from, to, what, _)| (*from, *to, *what));
    }
    all
}

fn nameless(host: &Host<Server>) -> Nameless {
    let (server, disk) = (&host.node, &host.disk);
    let mut digest = Fingerprint::default();
    (host.status, server.term(), server.log(), server.commit_index(), server.role().name()).hash(&mut digest);
    (disk.term, &disk.log).hash(&mut digest);
    for delta in host.unsynced.iter() {
        match delta {
            // For whom is what the server itself knows.
            Delta::Vote(_) => digest.write_u8(0),
            other => other.hash(&mut digest),
        }
    }
    let marked = |set: &NodeSet| set.iter().map(|id| (id, 1)).collect();
    let (leader, known) = match server.role() {
        Role::Follower { leader } => (*leader, Vec::new()),
        Role::Candidate { votes } => (None, marked(votes)),
        Role::PreCandidate { grants } => (None, marked(grants)),
        Role::Leader { durable, followers, .. } => {
            durable.hash(&mut digest);
            (None, followers.iter().map(|(id, progress)| (*id, Fingerprint::of(progress))).collect())
        }
    };
    Nameless { digest: digest.finish(), votes: [server.vote(), disk.vote], leader, known }
}
