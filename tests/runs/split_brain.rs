//! Primary and backup without a quorum: two lead at once, and after the heal what one of them confirmed is lost. Raft under the same
//! script loses nothing.

use std::collections::BTreeSet;

use cap_lab::check::lost::lost;
use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::{Intervention, Link};
use cap_lab::store::feed::{PostId, Request};
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::FeedRun;

use crate::liveness::{assert_consistent, fault, heal};
use crate::{Dice, ms, report, seeds};

/// The phones of Ana at n1, Bo at n3 and Chen at n5.
const PHONES: [NodeId; 3] = [NodeId(5), NodeId(6), NodeId(7)];

fn leading(run: &FeedRun) -> usize {
    run.model().hosts().filter_map(|(_, host)| host.node.primary_backup()).filter(|server| server.leads()).count()
}

/// n1 and n2 are cut off from the rest, as on the page.
fn cut() -> Vec<Link> {
    let pairs = [0, 1].into_iter().flat_map(|here| [2, 3, 4].map(|there| (NodeId(here), NodeId(there))));
    pairs.flat_map(|(here, there)| [(here, there), (there, here)]).collect()
}

fn ask(timeline: &mut Timeline<FeedExperiment>, node: NodeId, request: Request) {
    assert!(timeline.act(Intervention::Request { node, request }));
}

/// The situation: posts, a cut, posts on both sides, the heal, and reads. Few enough posts that a read shows them all. Returns the
/// run with the moment from which on reads are to find everything, and the most that led at once.
fn situation(seed: u64) -> (Timeline<FeedExperiment>, Micros, usize) {
    let setup = "replicas=5 people=3 traffic=0 stores=primary-backup/raft";
    let mut timeline = Timeline::new(setup.parse().expect("a setup"), seed);
    let mut dice = Dice::new(seed);
    let mut most = 0;
    let mut post_for_a_while = |timeline: &mut Timeline<FeedExperiment>, posts: u64| {
        for _ in 0..posts {
            let phone = PHONES[dice.below(3) as usize];
            ask(timeline, phone, Request::Post("news".into()));
            timeline.play(timeline.now() + ms(60 + dice.below(80)));
            most = most.max(leading(&timeline.track().worlds()[0]));
        }
    };
    timeline.play(ms(800));
    post_for_a_while(&mut timeline, 4);
    assert!(timeline.act(Intervention::Cut(cut())));
    post_for_a_while(&mut timeline, 12);
    assert!(timeline.act(Intervention::Heal(cut())));
    timeline.play(timeline.now() + ms(1_500));
    let since = timeline.now();
    for phone in PHONES {
        ask(&mut timeline, phone, Request::Read);
    }
    timeline.play(since + ms(500));
    (timeline, since, most)
}

#[test]
fn two_lead_at_once_and_what_is_listed_as_lost_is_what_the_history_judges_lost() {
    let mut all = 0;
    for seed in 0..20 {
        let (timeline, since, most) = situation(seed);
        let [split, raft] = timeline.track().worlds() else { panic!("two stores") };
        assert_eq!(most, 2, "seed {seed}: split brain");
        assert_eq!(leading(split), 1, "seed {seed}: healed");
        let listed: BTreeSet<PostId> = split.watch().lost.iter().map(|lost| lost.post).collect();
        let judged: BTreeSet<PostId> = lost(split.history(), since).into_iter().collect();
        assert_eq!(listed, judged, "seed {seed}");
        assert!(!listed.is_empty(), "seed {seed}: nothing was lost");
        assert_eq!(split.watch().broken, None, "seed {seed}");
        assert!(
            raft.watch().lost.is_empty() && lost(raft.history(), since).is_empty(),
            "seed {seed}: Raft lost a post"
        );
        assert_eq!(raft.watch().broken, None, "seed {seed}");
        all += listed.len();
    }
    report(&format!("split brain: 20 seeds, {all} confirmed posts lost, by Raft none"));
}

/// Whatever is done to it: one primary and one log in the end, and the invariants hold.
#[test]
fn whatever_happens_one_history_is_left() {
    let (mut listed, mut discarded) = (0, 0);
    for seed in 0..seeds(40, 1_000) {
        let store = ["primary-backup", "primary-backup.one-backup"][seed as usize % 2];
        let setup = format!("replicas=5 people=3 traffic=100 stores={store}/raft");
        let mut timeline: Timeline<FeedExperiment> = Timeline::new(setup.parse().expect("a setup"), seed);
        let mut dice = Dice::new(seed);
        timeline.play(ms(800));
        for _ in 0..40 {
            timeline.play(timeline.now() + ms(20 + dice.below(200)));
            let act = fault(&timeline, &mut dice);
            timeline.act(act);
        }
        heal(&mut timeline);
        timeline.play(timeline.now() + ms(4_000));
        assert!(timeline.act(Intervention::Traffic(0)));
        timeline.play(timeline.now() + ms(2_000));
        let [run, raft] = timeline.track().worlds() else { panic!("two stores") };
        assert_eq!(run.watch().broken, None, "{store}, seed {seed}");
        assert_eq!(leading(run), 1, "{store}, seed {seed}");
        assert_consistent(seed, raft);
        let feeds: Vec<_> = run.model().hosts().filter_map(|(_, host)| host.node.replicated()).collect();
        assert!(feeds.iter().all(|feed| *feed == feeds[0]), "{store}, seed {seed}: replicas differ");
        let lost = run.watch().lost.len();
        listed += lost;
        discarded += usize::from(lost > 0);
    }
    report(&format!("primary and backup: {listed} confirmed posts lost, in {discarded} runs"));
    assert!(listed > 20, "the faults were too gentle");
}
