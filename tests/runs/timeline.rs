//! The timeline: to any moment and back, forks and branches, and the same run from the same file.

use cap_lab::experiment::{FeedExperiment, PaxosExperiment};
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::{Fate, Intervention};
use cap_lab::store::feed::Request;
use cap_lab::timeline::track::Track;
use cap_lab::timeline::{ACTS_MAX, BRANCHES_MAX, Experiment, LENGTH_MAX, Limit, Room, Timeline};
use cap_lab::world::paxos::PaxosSetup;

use crate::{Dice, digests, feed, ms, raft};

type Act = Intervention<Request>;

fn cut(from: u8, to: u8) -> Act {
    Intervention::Cut(vec![(NodeId(from), NodeId(to)), (NodeId(to), NodeId(from))])
}

fn post(phone: u8, text: &str) -> Act {
    Intervention::Request { node: NodeId(phone), request: Request::Post(text.into()) }
}

/// A run of 20 s with something done every second or so.
fn eventful<E>(experiment: E, seed: u64) -> Timeline<E>
where
    E: Experiment,
    E::Track: Track<Request = Request>,
{
    let mut timeline = Timeline::new(experiment, seed);
    let acts: [Act; 16] = [
        cut(0, 3),
        cut(1, 2),
        Intervention::Crash { node: NodeId(4), keep: 1 },
        post(5, "hello"),
        Intervention::Skew { node: NodeId(1), micros: 5_000_000 },
        Intervention::Heal(vec![(NodeId(0), NodeId(3))]),
        Intervention::Restart(NodeId(4)),
        Intervention::Drift { node: NodeId(2), ppm: 50_000 },
        Intervention::Request { node: NodeId(6), request: Request::Attach(NodeId(3)) },
        Intervention::Pause(NodeId(0)),
        Intervention::Traffic(40),
        Intervention::Resume(NodeId(0)),
        Intervention::Request { node: NodeId(7), request: Request::Read },
        Intervention::Traffic(150),
        cut(2, 3),
        Intervention::Heal(vec![(NodeId(3), NodeId(0)), (NodeId(1), NodeId(2)), (NodeId(2), NodeId(1))]),
    ];
    for (index, act) in acts.into_iter().enumerate() {
        timeline.play(ms(1_234) + ms(1_111 * index as u64));
        timeline.act(act);
    }
    timeline.play(ms(20_000));
    timeline
}

/// What the worlds did until `to`, found out by playing there and nowhere else.
fn played<E: Experiment>(like: &Timeline<E>, to: Micros) -> Vec<u64>
where
    E::Track: Track<Request = Request>,
{
    let mut timeline = Timeline::new(like.experiment().clone(), like.seed());
    for scripted in like.script().iter().filter(|scripted| scripted.at <= to) {
        timeline.play(scripted.at);
        timeline.act(scripted.act.clone());
    }
    timeline.play(to);
    digests(&timeline)
}

fn seeks_as_it_plays<E>(experiment: E)
where
    E: Experiment,
    E::Track: Track<Request = Request>,
{
    let mut timeline = eventful(experiment, 11);
    let end = digests(&timeline);
    let mut dice = Dice::new(1);
    // Among them the moments of the acts, and those right before.
    let acts: Vec<u64> = timeline.script().iter().map(|scripted| scripted.at.0).collect();
    for _ in 0..30 {
        let (act, any) = (dice.one_of(&acts), dice.below(20_000_000));
        let to = Micros(dice.one_of(&[any, act, act - 1, act + 1, 0, 20_000_000]));
        timeline.seek(to);
        assert_eq!(timeline.now(), to);
        assert_eq!(digests(&timeline), played(&timeline, to), "at {to:?}");
        assert_eq!(timeline.end(), ms(20_000), "looking back does not shorten the run");
        assert_eq!(timeline.branches().len(), 1);
    }
    timeline.seek(ms(999_999));
    assert_eq!((timeline.now(), digests(&timeline)), (ms(20_000), end), "no further than it was computed");
}

#[test]
fn seeking_shows_what_playing_there_showed() {
    seeks_as_it_plays(feed());
    seeks_as_it_plays(raft());
}

#[test]
fn stepping_back_undoes_one_step() {
    let mut timeline = eventful(feed(), 5);
    timeline.seek(ms(3_400));
    let mut seen = Vec::new();
    for _ in 0..400 {
        seen.push((timeline.now(), digests(&timeline)));
        let steps = timeline.track().steps();
        assert!(timeline.step());
        let stepped = timeline.track().steps() > steps;
        let acted = timeline.script().iter().any(|scripted| scripted.at == timeline.now());
        assert!(stepped || acted, "nothing happened at {:?}", timeline.now());
    }
    assert!(timeline.now() > ms(3_457), "an act was among them");
    // The first moment was sought, and need not be one of a step.
    for (at, before) in seen[1..].iter().rev() {
        assert!(timeline.back());
        assert_eq!((timeline.now(), &digests(&timeline)), (*at, before));
    }
    assert_eq!(timeline.branches().len(), 1, "looking is not acting");
}

#[test]
fn there_is_nothing_before_the_start() {
    let mut timeline = Timeline::new(feed(), 5);
    let start = digests(&timeline);
    assert!(!timeline.back());
    assert!(timeline.step());
    assert!(timeline.back());
    assert_eq!((timeline.now(), digests(&timeline)), (Micros::ZERO, start));
}

#[test]
fn acting_in_the_past_forks_and_keeps_the_old_future() {
    let mut timeline = eventful(feed(), 3);
    let (old_end, old_script) = (digests(&timeline), timeline.script().to_vec());
    timeline.seek(ms(7_000));
    let then = digests(&timeline);
    assert!(timeline.act(post(5, "another future")));
    assert_eq!(timeline.branches().len(), 2);
    assert_eq!(timeline.end(), ms(7_000));
    let shared = old_script.iter().filter(|scripted| scripted.at <= ms(7_000)).count();
    assert_eq!(timeline.script()[..shared], old_script[..shared]);
    assert_eq!(timeline.script().len(), shared + 1);
    timeline.play(ms(15_000));
    let new_end = digests(&timeline);
    assert_eq!(new_end, played(&timeline, ms(15_000)));

    timeline.switch(0);
    assert_eq!((timeline.now(), timeline.script()), (ms(7_000), old_script.as_slice()));
    assert_eq!(digests(&timeline), then, "where the two part, before the new act");
    timeline.seek(ms(20_000));
    assert_eq!((timeline.now(), timeline.goal()), (ms(7_000), Some(ms(20_000))), "it is not computed again yet");
    assert_eq!(timeline.fill(u64::MAX), Ok(true));
    assert_eq!(digests(&timeline), old_end);
    timeline.switch(1);
    assert_eq!(timeline.fill(u64::MAX), Ok(true));
    timeline.seek(ms(15_000));
    assert_eq!(digests(&timeline), new_end);
    let shown: Vec<_> = timeline.branches().map(|branch| (branch.forked_at, branch.end, branch.current)).collect();
    assert_eq!(shown, [(ms(0), ms(20_000), false), (ms(7_000), ms(15_000), true)]);
}

/// Forks of forks, visited in any order, each as if it had been played alone.
#[test]
fn any_tree_of_branches_holds_together() {
    let mut dice = Dice::new(8);
    let mut timeline = eventful(feed(), 4);
    for round in 0..30 {
        match dice.below(4) {
            0 if timeline.branches().len() > 1 => {
                let branch = dice.below(timeline.branches().len() as u64) as usize;
                timeline.switch(branch);
                // Now and then it is left half computed.
                assert!(timeline.fill(2_000).is_ok());
                assert!(timeline.branches().nth(branch).expect("switched to").current);
            }
            1 => timeline.play(timeline.now() + ms(700)),
            _ => {
                let to = Micros(dice.below(timeline.end().0));
                timeline.seek(to);
                let done = timeline.act(post(5 + round % 3, "now"));
                assert!(done, "a phone can always be asked");
            }
        }
        let now = timeline.now();
        assert_eq!(digests(&timeline), played(&timeline, now), "round {round}");
    }
    assert!(timeline.branches().len() > 10);
}

#[test]
fn acts_of_one_moment_happen_in_their_order_and_acts_apart_are_undone_one_by_one() {
    let mut timeline = Timeline::new(feed(), 2);
    timeline.play(ms(2_000));
    for act in [cut(0, 1), Intervention::Heal(vec![(NodeId(0), NodeId(1))]), cut(0, 1)] {
        assert!(timeline.act(act));
    }
    assert_eq!((timeline.script().len(), timeline.now()), (3, ms(2_000)));
    assert_eq!(timeline.branches().len(), 1, "the play head stands at the end");
    let three = digests(&timeline);
    timeline.seek(ms(1_000));
    timeline.seek(ms(2_000));
    assert_eq!(digests(&timeline), three);

    assert!(timeline.act_apart(cut(2, 3)));
    let four = (timeline.now(), digests(&timeline));
    assert!(timeline.act_apart(cut(3, 4)));
    assert!(timeline.back());
    assert_eq!((timeline.now(), digests(&timeline)), four);
    assert!(timeline.back());
    assert_eq!((timeline.now(), digests(&timeline)), (ms(2_000), three));
}

/// What is due right after the play head comes first: an act apart would come at the same moment, so it comes at the play
/// head's.
#[test]
fn an_act_apart_does_not_wait_for_what_is_due() {
    let mut timeline = Timeline::new(feed(), 2);
    let due_next = |timeline: &Timeline<FeedExperiment>| timeline.track().next_at() == Some(timeline.now() + Micros(1));
    while !(due_next(&timeline) && timeline.now() > ms(1_000)) {
        assert!(timeline.step());
    }
    let now = timeline.now();
    assert!(timeline.act_apart(cut(2, 3)));
    assert_eq!(timeline.script().last().map(|scripted| scripted.at), Some(now));
    assert!(timeline.step());
    assert_eq!(timeline.now(), now + Micros(1), "what was due came next");
}

/// A fork ends where it begins, until it is played on: what is exported then is the fork.
#[test]
fn a_fork_has_an_end_of_its_own() {
    let mut timeline = eventful(feed(), 3);
    timeline.seek(ms(7_000));
    assert!(timeline.act(post(5, "another future")));
    assert_eq!(timeline.frontier().fingerprints(), timeline.track().fingerprints());
    let read = Timeline::<FeedExperiment>::import(&timeline.export()).expect("just written");
    assert_eq!((read.timeline.end(), digests(&read.timeline)), (ms(7_000), digests(&timeline)));
}

/// A file is there at once; it is computed in slices, and comes to what opening it at once does.
#[test]
fn a_file_is_computed_in_slices() {
    let mut whole = eventful(feed(), 6);
    whole.seek(ms(9_000));
    let mut opened = Timeline::<FeedExperiment>::open(&whole.export()).expect("just written");
    assert_eq!((opened.now(), opened.end(), opened.computed()), (Micros::ZERO, ms(20_000), Micros::ZERO));
    let all = whole.frontier().steps();
    let (mut slices, mut last) = (0, opened.frontier().steps());
    while !opened.fill(500).expect("just written") {
        let done = opened.frontier().steps();
        // The last act of a slice may cut every link, which is a step each.
        assert!(last < done && done <= last + 500 + 42, "{last}, then {done}");
        let arrived = opened.computed() >= ms(9_000);
        assert_eq!(
            opened.now(),
            if arrived { ms(9_000) } else { Micros::ZERO },
            "the play head goes to where it stood"
        );
        last = done;
        slices += 1;
    }
    assert!(slices >= all / 500 && slices <= all / 500 + 20, "{slices} slices of {all} steps");
    assert_eq!((opened.skipped(), opened.now()), (0, ms(9_000)));
    assert_eq!(opened.export(), whole.export());
}

/// While a file is computed, the play head goes wherever that has come, as in a run that is whole.
#[test]
fn what_is_computed_of_a_file_can_be_looked_at() {
    let whole = eventful(feed(), 6);
    let mut dice = Dice::new(4);
    let mut opened = Timeline::<FeedExperiment>::open(&whole.export()).expect("just written");
    while !opened.fill(300).expect("just written") {
        let computed = opened.computed();
        match dice.below(4) {
            0 => opened.play(opened.now() + ms(700)),
            1 => _ = opened.back(),
            2 => _ = opened.step(),
            _ => opened.seek(Micros(dice.below(opened.end().0))),
        }
        assert!(opened.now() <= computed && opened.computed() == computed, "nothing is computed beside");
        if opened.goal().is_none() {
            assert_eq!(digests(&opened), played(&whole, opened.now()));
        }
    }
    opened.seek(whole.now());
    assert_eq!(opened.export(), whole.export());
}

/// Who acts while a file is computed forks from what is there; the file's own future stays, and is compared all the same.
#[test]
fn acting_in_a_file_that_is_not_whole_forks() {
    let whole = eventful(feed(), 6);
    let file = whole.export();
    for (text, as_written) in [(file.clone(), true), (file.replace("\"digest\":\"", "\"digest\":\"f"), false)] {
        let mut opened = Timeline::<FeedExperiment>::open(&text).expect("its form is right");
        assert_eq!(opened.fill(3_000), Ok(false));
        opened.seek(ms(1_000));
        assert!(opened.act(post(5, "another future")));
        assert!(opened.is_whole() && opened.branches().len() == 2);
        assert_eq!(digests(&opened), digests(&opened.clone().filled()));
        opened.switch(0);
        assert_eq!(opened.fill(u64::MAX).is_ok(), as_written);
        opened.seek(whole.end());
        assert_eq!(digests(&opened), digests(&whole));
    }
}

/// A file holds all branches, and which of them is at the play head.
#[test]
fn branches_come_back_from_a_file() {
    let mut timeline = eventful(feed(), 6);
    for at in [7_000, 3_000, 2_000] {
        timeline.seek(ms(at));
        assert!(timeline.act(post(5, "another future")));
        timeline.play(ms(at + 1_500));
    }
    timeline.switch(2);
    assert_eq!(timeline.fill(u64::MAX), Ok(true));
    let shown = |timeline: &Timeline<FeedExperiment>| -> Vec<_> {
        timeline.branches().map(|branch| format!("{branch:?}")).collect()
    };
    let mut read = Timeline::<FeedExperiment>::import(&timeline.export()).expect("just written").timeline;
    assert_eq!(shown(&read), shown(&timeline));
    assert_eq!(read.export(), timeline.export());
    for branch in [0, 3, 1, 2] {
        for one in [&mut timeline, &mut read] {
            one.switch(branch);
            assert_eq!(one.fill(u64::MAX), Ok(true));
            one.seek(one.end());
        }
        assert_eq!(digests(&read), digests(&timeline), "branch {branch}");
    }
}

/// Past the last branch that a run may have, acting in the past is refused, and says so beforehand.
#[test]
fn branches_have_a_limit() {
    let mut timeline = Timeline::new(feed(), 1);
    timeline.play(ms(100));
    for _ in 1..BRANCHES_MAX {
        timeline.seek(ms(50));
        assert!(timeline.act(post(5, "another future")));
        timeline.play(ms(100));
    }
    assert_eq!(timeline.room(), Room { limit: Limit::Branches, used_percent: 100 });
    timeline.seek(ms(50));
    assert_eq!(timeline.limit_of(&post(5, "one more")), Some(Limit::Branches));
    assert!(!timeline.act(post(5, "one more")));
    timeline.seek(ms(100));
    assert!(timeline.act(post(5, "at the end")), "that is no branch");
    assert!(Timeline::<FeedExperiment>::import(&timeline.export()).is_ok());
}

/// A run stops growing at its limits, and what it has come to can be read again.
#[test]
fn a_run_ends_at_its_limit() {
    let mut timeline =
        Timeline::new(PaxosExperiment { paxos: PaxosSetup { proposers: 1, acceptors: 3, flaw: None } }, 1);
    assert_eq!(timeline.room().used_percent, 0);
    timeline.play(Micros(LENGTH_MAX.0 / 2));
    assert_eq!(timeline.room(), Room { limit: Limit::Length, used_percent: 50 });
    timeline.play(Micros(2 * LENGTH_MAX.0));
    assert_eq!((timeline.now(), timeline.end()), (LENGTH_MAX, LENGTH_MAX));
    assert_eq!(timeline.room(), Room { limit: Limit::Length, used_percent: 100 });
    let acts = [Intervention::Pause(NodeId(0)), Intervention::Resume(NodeId(0))];
    for number in 0..ACTS_MAX {
        assert!(timeline.act(acts[number % 2].clone()), "act {number}");
    }
    assert!(!timeline.act(acts[ACTS_MAX % 2].clone()), "one too many");
    let read = Timeline::<PaxosExperiment>::import(&timeline.export()).expect("what is written can be read");
    assert_eq!(read.timeline.script().len(), ACTS_MAX);
    assert!(!timeline.step(), "nothing comes after the end");
}

#[test]
fn what_cannot_be_done_leaves_no_trace() {
    let mut timeline = eventful(feed(), 3);
    timeline.seek(ms(7_000));
    let before = (timeline.export(), digests(&timeline));
    for impossible in [
        Intervention::Restart(NodeId(0)),
        Intervention::Resume(NodeId(0)),
        Intervention::Crash { node: NodeId(5), keep: 0 },
        Intervention::Crash { node: NodeId(99), keep: 0 },
        Intervention::Heal(vec![(NodeId(3), NodeId(4))]),
        Intervention::Message {
            world: 0,
            name: cap_lab::sim::fault::MessageName {
                from: NodeId(0),
                to: NodeId(1),
                kind: "Rumour".to_owned(),
                ordinal: 0,
            },
            fate: Fate::Drop,
        },
    ] {
        assert!(!timeline.act(impossible.clone()), "{impossible:?}");
    }
    assert_eq!((timeline.export(), digests(&timeline)), before);
    assert_eq!(timeline.branches().len(), 1);
}

#[test]
fn a_run_comes_back_from_its_file() {
    fn round_trip<E>(experiment: E)
    where
        E: Experiment,
        E::Track: Track<Request = Request>,
    {
        let mut timeline = eventful(experiment, 6);
        timeline.seek(ms(9_000));
        let file = timeline.export();
        let mut read = Timeline::<E>::import(&file).expect("just written");
        assert_eq!(read.skipped, 0, "only what could be done is in the script");
        assert_eq!(read.timeline.now(), ms(9_000));
        assert_eq!(read.timeline.end(), ms(20_000));
        assert_eq!(digests(&read.timeline), digests(&timeline));
        assert_eq!(read.timeline.frontier().fingerprints(), timeline.frontier().fingerprints());
        assert_eq!(read.timeline.export(), file);
        // And it goes on as the first does.
        read.timeline.play(ms(25_000));
        timeline.play(ms(25_000));
        assert_eq!(digests(&read.timeline), digests(&timeline));
    }
    round_trip::<FeedExperiment>(feed());
    round_trip::<FeedExperiment>(raft());
}
