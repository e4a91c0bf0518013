//! The features of Raft that can be switched on and off, each documented with what it buys, what it costs and where it
//! comes from. P is the extended paper (2014), T is Ongaro's thesis, *Consensus: Bridging Theory and Practice* (2014).

use crate::node::Micros;

/// Which features a cluster has. All servers must have the same; [`Switches::check`] says which of them need others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Switches {
    /// Pre-vote (T §9.6): before a server raises its term it asks whether a majority would vote for it. Buys: a server that
    /// was cut off comes back without deposing the leader. Costs: one more round before every election; and who hears a
    /// leader that has lost its majority grants nothing, so that with one link to such a bridge a leader can keep a
    /// connected majority without one, for as long as the links are as they are, unless check-quorum is on.
    pub pre_vote: bool,
    /// Check-quorum (T §6.2): a leader steps down if no round of heartbeats succeeds for an election timeout. Buys: clients
    /// of a leader that is cut off learn of it, and who still hears it is free to elect another. Costs: nothing but a timer; a leader with slow followers may resign.
    pub check_quorum: bool,
    /// Leader stickiness (T §4.2.3): who heard a leader within the shortest election timeout ignores requests for votes and
    /// the term that they carry. Buys: servers that cannot hear the leader do not depose it. Costs: when the leader is
    /// gone, the others give no vote before that time is over; and a bridge holds on to a leader without a majority, as with
    /// pre-vote.
    pub stickiness: bool,
    /// Leadership transfer (T §3.10): a leader hands over to a server of choice without waiting for a timeout. Costs: it
    /// takes no proposals meanwhile.
    pub transfer: bool,
    /// How a leader answers reads (T §6.4).
    pub reads: Reads,
    /// With [`Reads::Lease`]: by how much, in parts per million, any server's clock may run faster than any other's. A lease
    /// is shorter than the shortest election timeout by this factor (T §6.4.1). Nothing checks that the clocks keep to it.
    pub lease_drift_ppm: u32,
    /// One entry in an append instead of all that the follower lacks (Figure 2: “may send more than one for efficiency”).
    /// Buys: a run that is as easy to follow as the paper's figures, Figure 8 among them. Costs: a follower that is far
    /// behind needs a message for each entry.
    pub one_entry: bool,
    /// Log compaction (P §7): after so many committed entries since the last snapshot the service makes one, and what it
    /// covers leaves the log. Buys: a log that does not grow for ever. Costs: who is far behind gets the whole state.
    /// `None` keeps the whole log.
    pub snapshot_after: Option<u32>,
    /// Pipelining and batching (T §10.2): at most so many messages with entries are under way to each follower; entries that
    /// come meanwhile wait and leave together in one message. 1 is one round trip at a time. `None` sends every entry at
    /// once. Buys: a slow follower is not flooded. Costs: too small a window leaves the network idle.
    pub window: Option<u32>,
    /// Fast conflict repair (P §5.3, last paragraphs): a refusal names the term of the conflicting entry and the first index of
    /// that term, so that the leader skips all of them in one round, instead of one entry a round. Costs: nothing much; the
    /// authors doubt that it is necessary.
    pub fast_repair: bool,
    /// Learners first (T §4.2.1): a server may become a voter only when its log has what is committed. Buys: no pause in
    /// which commits wait for the newcomer to catch up. Costs: a change takes two steps.
    pub learners_first: bool,
}

/// How a leader makes sure that a read sees all that was committed before it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Reads {
    /// Through the log: a read is an entry of its own (P §8, T §6.3). Needs no further rule. Costs a write to a majority's
    /// disks.
    #[default]
    Log,
    /// By ReadIndex (T §6.4): the leader remembers its commit index and lets a majority confirm that it still leads. Costs
    /// one round of messages and no write; reads that wait share a round.
    ReadIndex,
    /// By lease (T §6.4.1): a majority that acknowledged a heartbeat elects nobody else before the shortest election timeout
    /// is over, so until then the leader answers alone. Costs nothing, and is wrong if the clocks run too differently.
    Lease,
}

impl Reads {
    /// All ways, in the order of what they rely on.
    pub const ALL: [Self; 3] = [Self::Log, Self::ReadIndex, Self::Lease];
}

impl Switches {
    /// None is on: the protocol of the paper's §5 and §8.
    pub const PLAIN: Self = Self {
        pre_vote: false,
        check_quorum: false,
        stickiness: false,
        transfer: false,
        reads: Reads::Log,
        lease_drift_ppm: 0,
        one_entry: false,
        snapshot_after: None,
        window: None,
        fast_repair: false,
        learners_first: false,
    };

    /// What a lease promises with these settings: so long after a heartbeat was sent that a majority acknowledged, on the
    /// leader's clock, nobody else is elected. `shortest` is the shortest election timeout.
    pub fn lease(&self, shortest: Micros) -> Micros {
        Micros(shortest.0 * 1_000_000 / (1_000_000 + u64::from(self.lease_drift_ppm)))
    }

    /// Which switch lacks another that it needs.
    pub fn check(&self) -> Result<(), String> {
        let needs = |what: &str, other: &str, why: &str| Err(format!("{what} needs {other}: {why}."));
        if self.reads == Reads::Lease && !self.stickiness {
            let why = "else the servers that acknowledged a heartbeat may elect another leader before the lease ends";
            return needs("A leader lease", "leader stickiness", why);
        }
        if self.reads == Reads::Lease && !self.check_quorum {
            let why = "else a leader whose lease cannot be renewed keeps its readers waiting for ever";
            return needs("A leader lease", "check-quorum", why);
        }
        if self.window == Some(0) {
            return Err("A window of no messages sends no entries.".to_owned());
        }
        Ok(())
    }
}
