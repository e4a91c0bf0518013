//! Quorums: against the definition, for all small configurations, and against etcd's own tables.

use std::io::Write;
use std::path::Path;

use super::*;

/// The servers of a word of bits.
fn set(bits: u32) -> NodeSet {
    NodeSet::first(8).iter().filter(|id| bits & (1 << id.0) != 0).collect()
}

/// Whether `servers` are more than half of each half: the definition (§6), an empty half demanding nothing.
fn decides(members: &Membership, servers: NodeSet) -> bool {
    [members.voters, members.outgoing]
        .into_iter()
        .all(|half| half.is_empty() || 2 * half.iter().filter(|id| servers.contains(*id)).count() > half.len())
}

/// All pairs of halves among four servers, so that they are equal, disjoint, nested, overlapping and empty.
fn memberships() -> impl Iterator<Item = Membership> {
    (0..256).map(|bits| Membership { voters: set(bits & 15), outgoing: set(bits >> 4), learners: NodeSet::EMPTY })
}

#[test]
fn a_vote_is_won_by_a_majority_of_each_half_and_lost_when_no_further_vote_can_win_it() {
    for members in memberships() {
        for votes in 0..81_u32 {
            let cast = |vote| (0..4).filter(|at| votes / 3_u32.pow(*at) % 3 == vote).fold(0, |bits, at| bits | 1 << at);
            let (granted, denied) = (set(cast(1)), set(cast(2)));
            let missing = NodeSet::first(4).difference(granted).difference(denied);
            let expected = match (decides(&members, granted), decides(&members, granted.union(missing))) {
                (true, _) => VoteResult::Won,
                (false, true) => VoteResult::Pending,
                (false, false) => VoteResult::Lost,
            };
            assert_eq!(members.vote(granted, denied), expected, "{members:?}, granted {granted}, denied {denied}");
        }
    }
}

#[test]
fn an_index_is_committed_when_a_majority_of_each_half_has_reached_it() {
    for members in memberships().filter(|members| !members.electorate().is_empty()) {
        for matched in 0..256_u32 {
            let reached = |id: NodeId| matched >> (2 * id.0) & 3;
            let highest = (0..4).rfind(|index| {
                decides(&members, NodeSet::first(4).iter().filter(|id| reached(*id) >= *index).collect())
            });
            assert_eq!(members.reached(reached), highest, "{members:?}, {matched:b}");
        }
    }
}

/// A learner's progress and vote count for nothing (thesis §4.2.1).
#[test]
fn learners_do_not_count() {
    let members = Membership::simple(set(0b00111), set(0b11000));
    assert!(!members.has_quorum(set(0b11001)));
    assert!(members.has_quorum(set(0b00011)));
    assert_eq!(members.reached(|id| u64::from(id.0)), Some(1));
}

/// What §6 demands of a change: whoever decides in the joint configuration shares a server with whoever decides before and
/// with whoever decides after; and one server more or less leaves no disjoint majorities (thesis §4.1).
#[test]
fn no_two_quorums_that_may_be_in_use_at_once_are_disjoint() {
    let disjoint = |left: &Membership, right: &Membership| {
        (0..32).any(|bits| left.has_quorum(set(bits)) && right.has_quorum(set(31 & !bits)))
    };
    for joint in memberships().filter(|members| !members.voters.is_empty() && members.is_joint()) {
        let before = Membership::simple(joint.outgoing, NodeSet::EMPTY);
        assert!(!disjoint(&joint, &before) && !disjoint(&joint, &joint.target()), "{joint:?}");
        if before.voters.difference(joint.voters).union(joint.voters.difference(before.voters)).len() == 1 {
            assert!(!disjoint(&before, &joint.target()), "{joint:?}");
        }
    }
    // The reason for all this: two servers at once do not go without it (Figure 10).
    assert!(disjoint(&Membership::simple(set(0b00111), set(0)), &Membership::simple(set(0b11111), set(0))));
}

/// One case of etcd's tables: `vote cfg=(1,2) votes=(y,_)`, and what it leads to.
struct Case {
    command: String,
    ids: Vec<u64>,
    values: Vec<String>,
    result: String,
}

/// The cases of a file in datadriven form: a command, a line of dashes, the output up to an empty line.
fn cases(text: &str) -> Vec<Case> {
    let lines: Vec<&str> = text.lines().collect();
    let list = |command: &str, name: &str| -> Vec<String> {
        let Some((_, rest)) = command.split_once(&format!("{name}=(")) else { return Vec::new() };
        let (inner, _) = rest.split_once(')').expect("closed");
        inner.split(',').map(|word| word.trim().to_owned()).collect()
    };
    let dashes = lines.iter().enumerate().filter(|(_, line)| **line == "----").map(|(at, _)| at);
    dashes
        .map(|at| {
            let command = lines[at - 1];
            let output = lines[at + 1..].iter().take_while(|line| !line.trim().is_empty());
            Case {
                command: command.to_owned(),
                ids: list(command, "cfg").iter().map(|id| id.parse().expect("a number")).collect(),
                values: [list(command, "idx"), list(command, "votes")].concat(),
                result: output.last().expect("a result").trim().to_owned(),
            }
        })
        .collect()
}

/// The tables of etcd's raft, where they lie beside the project; they are not ours to copy.
fn tables(name: &str) -> Option<Vec<Case>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/etcd-quorum").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        writeln!(std::io::stderr(), "skipped: {} is not there", path.display()).expect("somebody reads");
    }
    text.map(|text| cases(&text))
}

/// etcd's ids by their place in the configuration, since some are too high for a [`NodeSet`].
fn voters(case: &Case) -> NodeSet {
    NodeSet::first(case.ids.len())
}

#[test]
fn votes_are_judged_as_by_etcd() {
    for case in tables("majority_vote.txt").unwrap_or_default() {
        let said = |word: &str| voters(&case).iter().filter(|id| case.values[id.index()] == word).collect::<NodeSet>();
        let expected = match case.result.as_str() {
            "VoteWon" => VoteResult::Won,
            "VoteLost" => VoteResult::Lost,
            "VotePending" => VoteResult::Pending,
            other => panic!("{other}"),
        };
        assert_eq!(majority_vote(voters(&case), said("y"), said("n")), expected, "{}", case.command);
    }
}

#[test]
fn indices_are_committed_as_by_etcd() {
    for case in tables("majority_commit.txt").unwrap_or_default() {
        let reached = |id: NodeId| case.values[id.index()].parse::<u64>().unwrap_or(0);
        let expected = match case.result.as_str() {
            "<empty majority quorum>∞" => None,
            index => Some(index.parse().expect("an index")),
        };
        assert_eq!(majority_reached(voters(&case), reached), expected, "{}", case.command);
    }
}
