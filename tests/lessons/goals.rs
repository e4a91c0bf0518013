//! Every word of a goal, in a run in which it comes true and in one in which it does not.

use cap_lab::goal::What;
use cap_lab::lesson::Lesson;
use cap_lab::lesson::check::play;

/// Whether a goal is met at the end of a run that a lesson sets up.
fn met(run: &str, goal: &str) -> bool {
    let text = format!("title: T\nknow: K.\n\n# run\n{run}\n\n# do\nD.\ngoal: {goal}\n");
    let lesson = Lesson::read(&text).unwrap_or_else(|wrong| panic!("{goal}: {wrong:?}"));
    let attempt = play(&lesson, "").unwrap_or_else(|wrong| panic!("{goal}: {wrong:?}"));
    attempt.traces[0].met.is_some()
}

const CALM: &str = "setup feed replicas=5 people=3 traffic=100 stores=raft/gossip seed=8\nrun 2s";
const CUT: &str = "setup feed replicas=5 people=3 traffic=100 stores=raft/gossip seed=8\nrun 2s\nsplit n2 n3\nrun 2s";
/// The leader stays on the larger side.
const HALF_CUT: &str =
    "setup feed replicas=5 people=3 traffic=100 stores=raft/gossip seed=8\nrun 2s\nsplit n1 n2\nrun 2s";
const HEALED: &str = "setup feed replicas=5 people=3 traffic=100 stores=raft/gossip seed=8\nrun 2s\nsplit n2 n3\nrun 1500ms\nheal\nrun 2s";
const SPLIT_BRAIN: &str = "setup feed replicas=5 people=3 traffic=100 stores=primary-backup seed=2\nrun 1500ms\nsplit n1 n2\nrun 600ms\nheal\nrun 2s";
const FAULTS: &str = "setup feed replicas=3 people=1 traffic=0 stores=raft seed=5\nrun 400ms\npause n2\ncrash n1\nrun 300ms\nrestart n1\nrun 400ms";
const QUIET: &str = "setup feed replicas=3 people=1 traffic=0 stores=raft seed=5";
const FIGURE_8: &str = "setup feed replicas=3 people=1 traffic=0 stores=raft.one-entry@commit-older-terms seed=5\nrun 400ms
post ana \"Remember me\"\nrun 12ms\ndrop AppendEntries n1 n2 n3 pick=newest\ncrash n1\ntimer n3 Election\nrun 70ms
drop AppendEntries n3 n1 n2\ncrash n3\nrestart n1\nrun 430ms\ndrop AppendEntries n1 n2 pick=newest\ncrash n1\nrestart n3\nrun 600ms";
const PAXOS: &str = "setup paxos proposers=2 acceptors=3 seed=1\npropose p1 red\nrun 1s";
const PAXOS_TWO: &str = "setup paxos proposers=2 acceptors=3 seed=1\npropose p1 red\nrun 5ms\npropose p2 blue\nrun 1s";
const PAXOS_CUT: &str = "setup paxos proposers=2 acceptors=3 seed=1\nsplit p1\npropose p1 red\nrun 1s";
/// The accident (Kleppmann 2016): the first client holds the lock, stands still for longer than its lease, and writes then.
const LATE_WRITE: &str =
    "setup locks backend=raft storage=unchecked seed=1\nrun 1s\nask c1 update\nrun 110ms\npause c1\nask c2 update
run 3s\nresume c1\nrun 2s";
const FENCED: &str =
    "setup locks backend=raft storage=token seed=1\nrun 1s\nask c1 update\nrun 110ms\npause c1\nask c2 update
run 3s\nresume c1\nrun 2s";
const IN_TURN: &str =
    "setup locks backend=raft storage=unchecked seed=1\nrun 1s\nask c1 update\nrun 2s\nask c2 update\nrun 2s";
const SKEWED: &str = "setup locks backend=raft storage=unchecked seed=1\nskew c1 micros=9000000\nrun 1s\nask c1 update\nrun 2s\nask c2 update\nrun 2s";

/// Two people write one status, each on one side.
const TWO_STATUSES: &str = "setup feed replicas=5 people=3 traffic=0 stores=gossip.siblings seed=1\nrun 1s\nsplit n1 n2
status ana \"one\"\nstatus ana \"two\" by=bo\nrun 500ms\nheal\nrun 1s\nread chen\nrun 100ms";
const ONE_STATUS: &str =
    "setup feed replicas=5 people=3 traffic=0 stores=gossip.last-write-wins seed=1\nrun 1s\nsplit n1 n2
status ana \"one\"\nstatus ana \"two\" by=bo\nrun 500ms\nheal\nrun 1s\nread chen\nrun 100ms";

/// A goal, a run in which it is met, and one in which it is not.
const GOALS: &[(&str, &str, &str)] = &[
    ("asked ana on CP", CALM, QUIET),
    ("answered ana on AP", CALM, QUIET),
    ("refused on CP", CUT, CALM),
    ("refused p1", PAXOS_TWO, PAXOS),
    ("refused c1", FENCED, LATE_WRITE),
    ("unknown on CP", CUT, CALM),
    ("stale on AP", CUT, CALM),
    ("confirmed bo on CP", CALM, QUIET),
    ("lost", SPLIT_BRAIN, CALM),
    ("after-all ana", FIGURE_8, QUIET),
    ("elected on CP after 2s", CUT, CALM),
    ("two-leaders on CP", CUT, CALM),
    ("converged on CP", HEALED, CUT),
    ("promised a1", PAXOS, PAXOS_CUT),
    ("accepted a1", PAXOS, PAXOS_CUT),
    ("chosen \"red\"", PAXOS, PAXOS_CUT),
    ("chosen", PAXOS, PAXOS_CUT),
    ("broken \"Leader Completeness\"", FIGURE_8, QUIET),
    ("granted c2", LATE_WRITE, QUIET),
    ("two-holders", LATE_WRITE, IN_TURN),
    ("overwritten c2", LATE_WRITE, FENCED),
    ("overwritten", ONE_STATUS, TWO_STATUSES),
    ("siblings chen", TWO_STATUSES, ONE_STATUS),
    ("inverted \"sequence number\"", LATE_WRITE, IN_TURN),
    ("inverted \"wall clock\"", SKEWED, IN_TURN),
    ("verdict \"not linearizable\" on AP", CUT, CALM),
    ("verdict \"linearizable\" on CP", CUT, SPLIT_BRAIN),
    ("not verdict \"not linearizable\"", QUIET, SPLIT_BRAIN),
    ("cut", CUT, CALM),
    ("healed", HEALED, CUT),
    ("crashed n1", FAULTS, CALM),
    ("restarted n1", FAULTS, CALM),
    ("paused n2", FAULTS, CALM),
    // How often, when, in what order, and by how many acts.
    ("stale on AP 5 times", CUT, CALM),
    ("refused on CP by 4s", CUT, CALM),
    ("not elected on CP after 2s by 4s", HALF_CUT, CALM),
    ("cut then elected on CP within 500ms", CUT, CALM),
    ("healed then converged on CP within 1s", HEALED, CUT),
    ("crashed n1 before restarted n1", FAULTS, CALM),
    ("restarted n1 before crashed n1 or paused n2", FAULTS, CALM),
    ("(refused or unknown) and stale and cut", CUT, CALM),
];

#[test]
fn every_word_of_a_goal_comes_true_in_one_run_and_not_in_another() {
    for (goal, yes, no) in GOALS {
        assert!(met(yes, goal), "{goal} in {yes}");
        assert!(!met(no, goal), "{goal} in {no}");
    }
    for (word, _) in What::WORDS {
        assert!(GOALS.iter().any(|(goal, ..)| goal.split(' ').any(|part| part == word)), "{word}");
    }
}
