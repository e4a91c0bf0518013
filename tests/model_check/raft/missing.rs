//! How many steps it takes at least until two leaders of one term were elected, or a leader that lacks what was committed.

use cap_lab::explore::State;
use cap_lab::node::NodeId;
use cap_lab::raft::invariant::INVARIANTS;
use cap_lab::raft::{AppendResult, Flaw, Index, Message, Payload, Role, Term};

use super::cluster::{Cluster, Server};

/// More steps than any way has.
const NEVER: u32 = 1_000;

/// What `cluster` looks for is at least so many steps away.
pub(crate) fn at_least(cluster: &Cluster, state: &State<Cluster>) -> u32 {
    let estimate = Estimate { cluster, state };
    let terms = (1..=cluster.last_term).map(Term);
    let [election, _, _, completeness, ..] = INVARIANTS.map(|(name, _)| Some(name));
    match cluster.wanted {
        wanted if wanted == completeness && cluster.changes() => estimate.two_changes(),
        wanted if wanted == election => terms.map(|term| estimate.two_leaders(term)).min().unwrap_or(NEVER),
        wanted if wanted == completeness => {
            let pairs = terms
                .clone()
                .flat_map(|term| terms.clone().filter(move |later| term < *later).map(move |later| (term, later)));
            pairs.map(|(term, later)| estimate.commit(term) + estimate.leader(later)).min().unwrap_or(NEVER)
        }
        _ => 0,
    }
}

struct Estimate<'a> {
    cluster: &'a Cluster,
    state: &'a State<Cluster>,
}

impl Estimate<'_> {
    fn elected(&self, term: Term) -> Option<NodeId> {
        self.state.ghost.elected.iter().find(|(other, _)| *other == term).map(|(_, leader)| *leader)
    }

    /// Steps until `node` is elected in `term`: its timer, a request and a vote for each vote that is missing.
    fn election(&self, node: NodeId, term: Term) -> u32 {
        let server = &self.state.model.host(node).node;
        if self.elected(term) == Some(node) {
            return 0;
        }
        let voters = match self.cluster.flaw {
            // A majority of those who answer may be two.
            Some(Flaw::MajorityOfReachable) => 2,
            _ => server.membership().voters.len() as u32,
        };
        let wanted = voters / 2 + 1;
        let (start, missing) = match server.role() {
            _ if server.term() > term => return NEVER,
            Role::Candidate { votes } if server.term() == term => (0, wanted.saturating_sub(votes.len() as u32)),
            _ if server.term() == term => return NEVER,
            _ => (1, wanted - 1),
        };
        let is_vote = |message: &Message<_>| matches!(message, Message::Vote { granted: true, .. });
        let votes = self.state.model.flights().iter().filter(|(_, envelope)| {
            envelope.to == node && envelope.message.term() == term && is_vote(&envelope.message)
        });
        if self.cluster.flaw == Some(Flaw::DuplicateVotesCounted) {
            // Once there is one vote, it may arrive again and again.
            return start + missing + u32::from(missing > 0 && votes.count() == 0);
        }
        start + 2 * missing - missing.min(votes.count() as u32)
    }

    fn leader(&self, term: Term) -> u32 {
        let servers = (0..self.cluster.servers).map(NodeId);
        servers.map(|node| self.election(node, term)).min().unwrap_or(NEVER)
    }

    fn two_leaders(&self, term: Term) -> u32 {
        let mut costs: Vec<u32> = (0..self.cluster.servers).map(|node| self.election(NodeId(node), term)).collect();
        costs.sort_unstable();
        costs[0] + costs[1]
    }

    /// Steps until something is committed in `term`: a leader, an append that arrives, and its answer, for each that is
    /// missing.
    fn commit(&self, term: Term) -> u32 {
        if self.state.ghost.committed.iter().any(|(_, during)| *during == term) {
            return 0;
        }
        let answers = self.state.model.flights().iter().filter(|(_, envelope)| {
            let matched = AppendResult::Matched { up_to: Index::ZERO };
            matches!(&envelope.message, Message::AppendReply { term: of, result, .. }
                if *of == term && std::mem::discriminant(result) == std::mem::discriminant(&matched))
        });
        let wanted = if self.cluster.flaw == Some(Flaw::MajorityOfReachable) { 1 } else { self.cluster.quorum() - 1 };
        // What was answered already and counted is not to be done again.
        let counted = self.state.model.hosts().filter_map(|(_, host)| match host.node.role() {
            Role::Leader { followers, .. } if host.node.term() == term => {
                Some(followers.values().filter(|progress| progress.matched.0 > 0).count() as u32)
            }
            _ => None,
        });
        let missing = wanted.saturating_sub(counted.max().unwrap_or(0));
        self.leader(term) + 2 * missing - missing.min(answers.count() as u32)
    }

    /// Steps until what a majority of one changed configuration committed is lacked by a leader whom a majority of the other
    /// elected. The majority of either shares a server with every majority of the first configuration, so both changes are
    /// needed, each at a leader, and the election comes after the change that it rests on.
    fn two_changes(&self) -> u32 {
        let (asked, ..) = self.state.spent();
        let unasked = self.cluster.requests.iter().enumerate().filter(|(number, _)| asked & (1 << number) == 0);
        let terms = || (1..=self.cluster.last_term).map(Term);
        let ask = |node| 1 + terms().map(|term| self.election(node, term)).min().unwrap_or(NEVER);
        let asks: u32 = unasked.map(|(_, (node, _))| ask(*node)).sum();
        let servers = self.state.model.hosts().map(|(_, host)| &host.node);
        let elected = servers.map(|server| self.election_after_change(server)).min().unwrap_or(NEVER);
        asks + terms().map(|term| self.confirmation(term)).min().unwrap_or(NEVER) + elected
    }

    /// Steps until `server` is elected by two of a configuration that it has already: its timer, a request and a vote.
    fn election_after_change(&self, server: &Server) -> u32 {
        let entries = server.log().iter_from(Index(1)).map(|(_, entry)| entry);
        let changed =
            entries.filter(|entry| matches!(entry.payload, Payload::Config(_))).last().map(|entry| entry.term);
        match server.role() {
            Role::Leader { .. } if changed.is_some_and(|term| term < server.term()) => 0,
            Role::Candidate { .. } if changed.is_some() => self.election(server.id(), server.term()),
            _ => 3,
        }
    }

    /// Steps until something is committed in `term`, which has a leader, by two of three: an append that arrives, and its
    /// answer. An answer that counts already may be enough as soon as there are only three.
    fn confirmation(&self, term: Term) -> u32 {
        let mut servers = self.state.model.hosts().map(|(_, host)| &host.node).filter(|server| server.term() == term);
        let counted = servers.any(|server| match server.role() {
            Role::Leader { followers, .. } => followers.values().any(|progress| progress.matched > Index::ZERO),
            _ => false,
        });
        if counted || self.state.ghost.committed.iter().any(|(_, during)| *during == term) {
            return 0;
        }
        let is_answer = |message: &Message<_>| matches!(message, Message::AppendReply { term: of, result: AppendResult::Matched { .. }, .. } if *of == term);
        if self.state.model.flights().iter().any(|(_, envelope)| is_answer(&envelope.message)) { 1 } else { 2 }
    }
}
