//! Undo: the run as it was before the last act, whatever was done, sought and forked around it.

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::Intervention;
use cap_lab::store::feed::Request;
use cap_lab::timeline::Timeline;

use crate::{Dice, digests, feed, ms};

fn post(phone: u8, text: &str) -> Intervention<Request> {
    Intervention::Request { node: NodeId(phone), request: Request::Post(text.into()) }
}

/// A run with these posts of the first phone, one at each moment, played on to 9 s.
fn posted(at: &[u64]) -> Timeline<FeedExperiment> {
    let mut timeline = Timeline::new(feed(), 6);
    for moment in at {
        timeline.play(ms(*moment));
        assert!(timeline.act(post(5, &moment.to_string())), "a phone can always be asked");
    }
    timeline.play(ms(9_000));
    timeline
}

/// What a run with these posts came to at `to`.
fn came_to(posts: &[u64], to: Micros) -> Vec<u64> {
    let mut timeline = posted(posts);
    timeline.seek(to);
    digests(&timeline)
}

#[test]
fn the_last_act_is_taken_back_and_the_play_head_stands_where_it_was_done() {
    let mut timeline = posted(&[2_000, 4_000]);
    let undone = timeline.undo();
    assert_eq!(undone, Some(post(5, "4000")));
    assert_eq!((timeline.now(), timeline.end(), timeline.branches().len()), (ms(4_000), ms(4_000), 1));
    assert_eq!(digests(&timeline), came_to(&[2_000], ms(4_000)));
    timeline.play(ms(8_000));
    assert_eq!(digests(&timeline), came_to(&[2_000], ms(8_000)));
    assert_eq!(timeline.undo(), Some(post(5, "2000")));
    assert_eq!(timeline.undo(), None, "nothing else was done");
    assert_eq!(timeline.now(), ms(2_000));
    timeline.play(ms(8_000));
    assert_eq!(digests(&timeline), came_to(&[], ms(8_000)));
}

#[test]
fn what_was_done_later_stays_as_a_branch() {
    let mut timeline = posted(&[2_000, 4_000, 6_000]);
    let whole = digests(&timeline);
    timeline.seek(ms(5_000));
    assert_eq!(timeline.undo(), Some(post(5, "4000")));
    assert_eq!((timeline.now(), timeline.branches().len()), (ms(4_000), 2));
    timeline.play(ms(9_000));
    assert_eq!(digests(&timeline), came_to(&[2_000], ms(9_000)));
    timeline.switch(0);
    assert_eq!(timeline.fill(u64::MAX), Ok(true));
    timeline.seek(ms(9_000));
    assert_eq!(digests(&timeline), whole);
}

#[test]
fn a_branch_ends_with_the_act_that_began_it() {
    let mut timeline = posted(&[2_000, 6_000]);
    let whole = digests(&timeline);
    timeline.seek(ms(4_000));
    let then = digests(&timeline);
    assert!(timeline.act_apart(post(6, "what if")));
    timeline.play(ms(8_000));
    assert_eq!(timeline.branches().len(), 2);
    assert_eq!(timeline.undo(), Some(post(6, "what if")));
    assert_eq!((timeline.branches().len(), timeline.end()), (1, ms(9_000)));
    assert_eq!(digests(&timeline), then);
    assert_eq!(timeline.fill(u64::MAX), Ok(true));
    timeline.seek(ms(9_000));
    assert_eq!(digests(&timeline), whole);
}

/// Acts, undoings, seeks and branches in any order: the run is always that of its script.
#[test]
fn whatever_is_undone_the_run_is_the_one_of_its_script() {
    let mut dice = Dice::new(12);
    let mut timeline = posted(&[1_500, 3_000]);
    let mut undone = 0;
    for round in 0..200 {
        match dice.below(8) {
            0 => {
                let branch = dice.below(timeline.branches().len() as u64);
                timeline.switch(branch as usize);
            }
            1 => timeline.play(timeline.now() + ms(600)),
            2 => timeline.seek(Micros(dice.below(timeline.end().0 + 1))),
            3 | 4 => undone += u32::from(timeline.undo().is_some()),
            _ => assert!(timeline.act_apart(post(5 + (round % 3) as u8, &round.to_string())), "round {round}"),
        }
        let mut alone = Timeline::new(feed(), 6);
        for scripted in timeline.acts_done() {
            alone.play(scripted.at);
            assert!(alone.act(scripted.act.clone()), "round {round}");
        }
        alone.play(timeline.now());
        assert_eq!(digests(&timeline), digests(&alone), "round {round}");
    }
    assert!(undone > 25, "{undone} undone");
}
