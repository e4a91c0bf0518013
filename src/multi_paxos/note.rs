//! Which rule fired or refused, with the numbers that the server knows. Nothing reads a note back.

use super::proposal::{Ballot, Slot};
use super::role::RoleName;
use crate::node::{Delay, NodeId, NodeSet, RequestId};

/// Some servers, against how many it takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Count {
    /// Who.
    pub by: NodeSet,
    /// The size of a quorum of this phase.
    pub needed: u8,
    /// How many servers there are.
    pub of: u8,
}

impl Count {
    /// Whether they are a quorum.
    pub fn is_enough(self) -> bool {
        self.by.len() >= usize::from(self.needed)
    }
}

/// A rule that fired or refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// The server starts with what its disk kept: nothing, the first time.
    Started {
        /// The highest ballot on disk.
        ballot: Ballot,
        /// The last slot for which it accepted something.
        accepted: Slot,
        /// The last slot in its snapshot.
        snapshot: Slot,
    },
    /// Its election timer ran out, so it asks for promises under a ballot of its own.
    Prepares {
        /// The ballot.
        ballot: Ballot,
        /// It asks about all slots from here on.
        first: Slot,
        /// What it had heard until then.
        heard: Heard,
        /// The range from which its next wait is picked.
        timeout: Delay,
        /// Nobody yet, and how many it takes.
        count: Count,
    },
    /// Too few answered, so it asks the others again.
    PreparesAgain {
        /// The same ballot as before.
        ballot: Ballot,
        /// It asks about all slots from here on.
        first: Slot,
        /// Who has promised.
        count: Count,
    },
    /// It promises a ballot to another server.
    Promises {
        /// The ballot.
        ballot: Ballot,
        /// The highest that it had promised before.
        previous: Ballot,
        /// The first slot that it was asked about.
        first: Slot,
        /// How many accepted proposals it reports.
        reported: u64,
        /// The last slot of the snapshot that it reports, if it does.
        snapshot: Option<Slot>,
    },
    /// It refuses to promise a ballot.
    PrepareRefused {
        /// Who asked.
        from: NodeId,
        /// For which ballot.
        ballot: Ballot,
        /// The higher one that it has promised.
        promised: Ballot,
    },
    /// A server that wants to lead counts a promise.
    PromiseCounted {
        /// From whom; itself, once its own ballot is durable.
        from: NodeId,
        /// For which ballot.
        ballot: Ballot,
        /// All promises so far.
        count: Count,
        /// How many accepted proposals this one reports.
        reported: u64,
    },
    /// A phase-1 quorum has promised.
    BecameLeader {
        /// The ballot under which it leads.
        ballot: Ballot,
        /// Who promised.
        count: Count,
        /// The first slot that it asked about.
        first: Slot,
        /// How many of the reported slots it has learned to be decided meanwhile.
        known: u64,
        /// How many slots it must propose again.
        again: u64,
        /// How many holes it fills before the last of them.
        holes: u64,
        /// The first slot that is free for new commands.
        opening: Slot,
    },
    /// A new leader proposes what was reported for a slot: it may have been chosen.
    ProposesReported {
        /// The slot.
        slot: Slot,
        /// Its own ballot.
        ballot: Ballot,
        /// The ballot of the highest-numbered report.
        under: Ballot,
    },
    /// A new leader proposes a no-op for a slot for which nothing was reported.
    FillsHole {
        /// The slot.
        slot: Slot,
        /// Its own ballot.
        ballot: Ballot,
        /// The last slot for which something was reported.
        last: Slot,
    },
    /// The leader proposes a client's command.
    Proposes {
        /// For the first free slot.
        slot: Slot,
        /// Its ballot.
        ballot: Ballot,
        /// The request that it carries out.
        request: RequestId,
        /// All slots up to here are decided.
        commit: Slot,
    },
    /// An acceptor accepts the leader's values.
    Accepts {
        /// Whose.
        leader: NodeId,
        /// The leader's ballot: the highest that it has promised.
        ballot: Ballot,
        /// For the slots from here …
        first: Slot,
        /// … to here.
        last: Slot,
        /// How many of them it had not accepted under this ballot before.
        fresh: u64,
    },
    /// It refuses the values of a leader whose ballot is too low.
    AcceptRefused {
        /// Whose.
        from: NodeId,
        /// The leader's ballot.
        ballot: Ballot,
        /// The higher one that it has promised.
        promised: Ballot,
        /// The first slot that was asked for.
        first: Slot,
    },
    /// A leader counts acceptances.
    AcceptanceCounted {
        /// Whose; its own, once they are durable.
        from: NodeId,
        /// Under its ballot.
        ballot: Ballot,
        /// For the slots from here …
        first: Slot,
        /// … to here.
        last: Slot,
        /// How many it had not counted before, and has use for.
        news: u64,
    },
    /// A phase-2 quorum accepted the next slot, so that all up to `new` is chosen without holes.
    CommitAdvanced {
        /// Its commit index until now.
        old: Slot,
        /// Its commit index now.
        new: Slot,
        /// The ballot of the acceptances.
        ballot: Ballot,
        /// Who accepted slot `new`.
        count: Count,
    },
    /// A slot is chosen, but one before it is not: it can't be carried out yet.
    ChosenAfterHole {
        /// The slot.
        slot: Slot,
        /// The first one that is not decided.
        hole: Slot,
        /// Who accepted it.
        count: Count,
    },
    /// The leader sends values again that were not accepted for more than one heartbeat interval.
    SendsAgain {
        /// To whom.
        to: NodeId,
        /// Its ballot.
        ballot: Ballot,
        /// The slots from here …
        first: Slot,
        /// … to here.
        last: Slot,
    },
    /// Another server refused because of a higher ballot.
    Refused {
        /// Who.
        from: NodeId,
        /// The ballot of its own that was refused.
        ballot: Ballot,
        /// The higher one.
        promised: Ballot,
    },
    /// It heard of a higher ballot and promises it: it is overtaken.
    BallotAdopted {
        /// From whom.
        from: NodeId,
        /// The highest that it had promised until now.
        old: Ballot,
        /// The higher one.
        new: Ballot,
        /// The role that it gave up.
        left: RoleName,
    },
    /// Overtaken, it waits before it tries again, the longer the more often.
    BacksOff {
        /// The ballot that overtook it.
        ballot: Ballot,
        /// The range from which the wait is picked.
        timeout: Delay,
        /// How often in a row it was overtaken, at most 4.
        times: u8,
    },
    /// It heard the leader of its ballot for the first time.
    FollowsLeader {
        /// The leader.
        leader: NodeId,
        /// Its ballot.
        ballot: Ballot,
    },
    /// The leader told every other server that it is alive.
    HeartbeatSent {
        /// Its ballot.
        ballot: Ballot,
        /// The number of the heartbeat.
        beat: u32,
        /// All slots up to here are chosen.
        commit: Slot,
        /// To whom.
        followers: NodeSet,
    },
    /// It hears the leader's heartbeat.
    HeartbeatHeard {
        /// The leader.
        leader: NodeId,
        /// Its ballot.
        ballot: Ballot,
        /// All slots up to here are chosen.
        commit: Slot,
    },
    /// It refuses the heartbeat of a leader whose ballot is too low.
    HeartbeatRefused {
        /// Whose.
        from: NodeId,
        /// The leader's ballot.
        ballot: Ballot,
        /// The higher one that it has promised.
        promised: Ballot,
    },
    /// A server heard from the leader how far all is chosen, and has accepted just that.
    CommitLearned {
        /// From whom.
        leader: NodeId,
        /// The leader's ballot, under which it accepted these slots.
        ballot: Ballot,
        /// Its commit index until now.
        old: Slot,
        /// Its commit index now.
        new: Slot,
    },
    /// It lacks values of chosen slots and asks the leader for them.
    AsksToCatchUp {
        /// The leader.
        leader: NodeId,
        /// What it has.
        learned: Slot,
        /// What is chosen.
        commit: Slot,
    },
    /// The leader tells a server what was chosen.
    TellsDecided {
        /// Whom.
        to: NodeId,
        /// The last slot of the snapshot that it sends, if the slots themselves are gone.
        snapshot: Option<Slot>,
        /// The values of the slots from here …
        first: Slot,
        /// … to here; none if that is less.
        last: Slot,
    },
    /// It learned chosen values from another server.
    CaughtUp {
        /// From whom.
        from: NodeId,
        /// Its commit index until now.
        old: Slot,
        /// Its commit index now.
        new: Slot,
    },
    /// It put another server's snapshot in the place of its own log.
    SnapshotInstalled {
        /// From whom.
        from: NodeId,
        /// Its commit index until now.
        old: Slot,
        /// The last slot of the snapshot.
        through: Slot,
    },
    /// It replaced the beginning of its log by the state that it led to.
    Compacted {
        /// The last slot that went.
        through: Slot,
        /// How many slots went.
        dropped: u64,
        /// How many decided slots are left.
        kept: u64,
    },
    /// It answered a client whose command is chosen.
    RequestCommitted {
        /// The request.
        request: RequestId,
        /// The slot of its command.
        slot: Slot,
        /// The ballot under which this server proposed it.
        ballot: Ballot,
    },
    /// It answered a client whose command lost its slot.
    RequestSuperseded {
        /// The request.
        request: RequestId,
        /// The slot for which it was proposed.
        slot: Slot,
        /// Under which ballot.
        ballot: Ballot,
    },
    /// The slot of a client's command went by in a snapshot: this server can't know whose it was.
    RequestFateUnknown {
        /// The request.
        request: RequestId,
        /// The slot for which it was proposed.
        slot: Slot,
        /// The last slot of the snapshot.
        through: Slot,
    },
    /// It refused a client because it does not lead.
    RequestRefused {
        /// The request.
        request: RequestId,
        /// Who leads, if it knows.
        leader: Option<NodeId>,
        /// The highest ballot that it knows.
        ballot: Ballot,
    },
    /// The leader took a read and asks whether it still leads.
    ReadTaken {
        /// The request.
        request: RequestId,
        /// The read needs all slots up to here.
        slot: Slot,
        /// The heartbeat that a quorum must answer.
        beat: u32,
    },
    /// A read is answered.
    ReadConfirmed {
        /// The request.
        request: RequestId,
        /// The state after this slot will do.
        slot: Slot,
        /// Who confirmed the leader since.
        count: Count,
    },
    /// It leads no more, so a read is refused.
    ReadGivenUp {
        /// The request.
        request: RequestId,
        /// The ballot that overtook it.
        ballot: Ballot,
    },
    /// A message came too late to mean anything.
    ReplyIgnored {
        /// From whom.
        from: NodeId,
        /// The kind of message.
        message: &'static str,
        /// Why it means nothing.
        why: Ignored,
    },
}

/// What a server had heard when its election timer ran out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// No leader of the highest ballot that it knows.
    NoLeader,
    /// That leader, but not lately.
    Leader(NodeId),
}

/// Why a message was ignored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ignored {
    /// It is about a ballot that is over.
    OtherBallot {
        /// That ballot.
        ballot: Ballot,
        /// The highest that the server knows.
        own: Ballot,
    },
    /// It belongs to a phase that is over, or that a crash ended.
    PhaseOver,
    /// The same was counted before.
    Duplicate,
    /// It tells what is known: all is decided up to there.
    Decided {
        /// The last slot that it is about.
        last: Slot,
        /// The server's commit index.
        commit: Slot,
    },
    /// It asks a leader, and the server leads no more.
    NotLeader {
        /// The ballot under which it was thought to lead.
        ballot: Ballot,
    },
}

impl Note {
    /// Whether this is daily business, which happens all the time in a healthy cluster.
    pub fn is_routine(&self) -> bool {
        matches!(
            self,
            Self::HeartbeatSent { .. }
                | Self::HeartbeatHeard { .. }
                | Self::AcceptanceCounted { .. }
                | Self::ReplyIgnored { .. }
        )
    }
}
