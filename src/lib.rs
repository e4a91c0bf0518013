//! CAP Lab: real Raft, Paxos and gossip on a deterministic simulated network, for learning what a partition costs.
//!
//! The library is pure: it knows no browser. Modules in dependency order, each with the one invariant it keeps:
//!
//! - [`node`]: the contract. A node is a value and owns neither clock nor dice.
//! - [`shared_vec`]: a list whose clones share their elements.
//! - [`sorted`]: small maps and sets that clone in one allocation.
//! - [`known`]: names, and sets of them. A join of sets loses no name.
//! - [`digest`]: what a value consists of, as 64 bits. Every machine and compiler computes the same.
//! - [`setup`]: the words of a setup. What it shows it reads, and the other way round.
//! - [`raft`]: one log on several servers. No two servers ever apply different entries at the same index.
//! - [`paxos`]: single-decree Paxos. At most one value is ever chosen.
//! - [`multi_paxos`]: one log on several servers, slot by slot. A slot that is chosen never changes.
//! - [`primary_backup`]: one log on several servers, and no quorum. A view has one primary and one history; what was confirmed may
//!   be lost.
//! - [`quorum`]: a set on several replicas, of which a write waits for some and a read for some. What was confirmed is on W disks.
//! - [`gossip`]: a set that replicas spread among themselves. A name has one item everywhere.
//! - [`history`]: what clients saw, and nothing else.
//! - [`sim`]: the simulator. Setup, seed and interventions decide every bit of a run; it knows no protocol.
//! - [`store`]: services on top of the protocols, a row for each store. All stores have the same clients and requests.
//! - [`locks`]: a lock service, its clients, and what they write to. A token is the sequence number of the entry that granted it.
//! - [`check`]: judges histories. A check returns evidence, not a bool.
//! - [`world`]: who takes part in a run, at what pace, and what is remembered of it.
//! - [`referee`]: judges away from the page, by messages. What it rules of one future it never tells of another.
//! - [`picture`]: a recorded history as a picture. What is drawn depends on the history and on what is in sight, and on nothing else.
//! - [`explain`]: sentences. Every note has one, with its numbers and its source.
//! - [`latency`]: what an operation takes by its message pattern. A run without faults and jitter takes that.
//! - [`timeline`]: seek, fork, export, import. A script and a seed are all that is kept; the rest is a cache.
//! - [`spacetime`]: a run as a space-time diagram. Its clocks decide what happens before what.
//! - [`experiment`]: what a page or the command line can run.
//! - [`tradeoff`]: latency, availability and staleness of a run in figures, and batches of runs.
//! - [`conclusion`]: what a partition cost, once it is over. It is computed from the run alone.
//! - [`goal`]: predicates over what happened in a run.
//! - [`situation`]: short scripts with a claim each. The run makes the claim true, or a test fails.
//! - [`glossary`]: the field's words, each with its source and a situation that shows it.
//! - [`lesson`]: what a learner reads, predicts, does and observes. It is judged from the learner's run.
//! - [`explore`]: what could happen. A search within its bounds leaves nothing out.
//! - [`counterexample`]: what breaks a protocol that makes a mistake. Each breaks an invariant with its flaw, and none without.

pub mod check;
pub mod conclusion;
pub mod counterexample;
pub mod digest;
pub mod experiment;
pub mod explain;
pub mod explore;
pub mod glossary;
pub mod goal;
pub mod gossip;
pub mod history;
pub mod known;
pub mod latency;
pub mod lesson;
pub mod locks;
pub mod multi_paxos;
pub mod node;
pub mod paxos;
pub mod picture;
pub mod primary_backup;
pub mod quorum;
pub mod raft;
pub mod referee;
pub mod setup;
pub mod shared_vec;
pub mod sim;
pub mod situation;
pub mod sorted;
pub mod spacetime;
pub mod store;
#[cfg(test)]
mod test_cluster;
pub mod timeline;
pub mod tradeoff;
pub mod world;
