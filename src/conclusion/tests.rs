use super::*;
use crate::sim::fault::Intervention;
use crate::store::service::Refusal;
use crate::world::feed::FeedSetup;

fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

/// The landing page's run, with these servers cut off from 2 s on for `lasts`.
fn after_a_cut(group: &[u8], lasts: Micros) -> Timeline<FeedExperiment> {
    let feed = FeedSetup::at_one_site(5, 3);
    let mut timeline = Timeline::new(FeedExperiment::side_by_side(feed, 100), 8);
    timeline.play(ms(2_000));
    let across = |a: u8, b: u8| group.contains(&a) != group.contains(&b);
    let links: Vec<_> = (0..5).flat_map(|a| (0..5).map(move |b| (a, b))).filter(|(a, b)| across(*a, *b)).collect();
    let links: Vec<_> = links.into_iter().map(|(a, b)| (NodeId(a), NodeId(b))).collect();
    assert!(timeline.act(Intervention::Cut(links.clone())));
    timeline.play(ms(2_000) + lasts);
    assert_eq!(Conclusion::of(&timeline), None, "it lasts");
    assert!(timeline.act(Intervention::Heal(links)));
    timeline.play(timeline.now() + PATIENCE + ms(500));
    timeline
}

/// Counted from the history by hand, so to say: everything that ended within the time.
fn ended_within(
    run: &FeedRun,
    from: Micros,
    to: Micros,
    wanted: fn(&Outcome<crate::store::feed::Response, Refusal>) -> bool,
) -> u32 {
    let ended = run.history().iter().filter(|one| one.ended().is_some_and(|at| at >= from && at <= to));
    ended.filter(|one| wanted(&one.outcome)).count() as u32
}

#[test]
fn it_tells_what_this_run_cost() {
    let timeline = after_a_cut(&[0, 1], ms(2_000));
    let told = Conclusion::of(&timeline).expect("it is over");
    assert_eq!((told.cut, told.healed), (ms(2_000), ms(4_000)));
    let [cp, ap] = &told.shares[..] else { panic!("two stores") };
    let [consistent, available] = timeline.track().worlds() else { panic!("two worlds") };
    let refused = |outcome: &Outcome<_, Refusal>| matches!(outcome, Outcome::Refused { refusal, .. } if *refusal != Refusal::Busy);
    assert_eq!(cp.refused.count, ended_within(consistent, told.cut, told.over, refused));
    assert!(cp.refused.count > 0 && cp.refused.people.contains(NodeId(5)), "Ana talks to n1: {cp:?}");
    assert_eq!((cp.stale.count, cp.lost, ap.lost), (0, 0, 0));
    assert_eq!((ap.refused.count, ap.unknown.count), (0, 0), "AP answers whoever asks");
    let all = available.watch().meters.stale;
    assert!(ap.stale.count > 0 && ap.stale.count <= all, "{} of {all}", ap.stale.count);
    assert!(ap.behind > ms(500) && ap.behind < ms(2_100), "{:?}", ap.behind);
    for share in [cp, ap] {
        assert!(share.agreed.is_some_and(|at| at >= told.healed && at <= told.over), "{share:?}");
        assert!(share.confirmed > 0);
    }
    assert_eq!(told.over, cp.agreed.max(ap.agreed).expect("both agreed"));
}

/// Whenever it is asked for: it is about the past.
#[test]
fn it_stays_the_same_as_the_run_goes_on() {
    let mut timeline = after_a_cut(&[0, 1], ms(1_500));
    let told = Conclusion::of(&timeline).expect("it is over");
    timeline.play(timeline.now() + ms(3_000));
    let later = Conclusion::of(&timeline).expect("it is over");
    assert_eq!((later.over, later.healed), (told.over, told.healed));
    let counts = |told: &Conclusion| {
        let share = |share: &Share| (share.refused.clone(), share.unknown.clone(), share.stale.clone(), share.agreed);
        told.shares.iter().map(share).collect::<Vec<_>>()
    };
    assert_eq!(counts(&later), counts(&told));
    timeline.seek(told.healed);
    assert_eq!(Conclusion::of(&timeline), None, "nothing is told before it happened");
}

#[test]
fn its_sentences_are_short_and_lead_somewhere() {
    let setup = FeedSetup::at_one_site(5, 3);
    for group in [&[0, 1][..], &[2], &[1, 2], &[0, 1, 2, 3]] {
        for lasts in [50, 400, 2_500] {
            let timeline = after_a_cut(group, ms(lasts));
            let told = Conclusion::of(&timeline).expect("it is over");
            let lines = told.lines(&|id| setup.name(id));
            assert!(lines.len() >= 7, "{lines:?}");
            for Line { text, at } in &lines {
                for sentence in text.split(". ") {
                    assert!(sentence.split(' ').count() <= 20, "{sentence}");
                }
                assert!(!text.contains(" 1 requests") && !text.contains(" 1 posts") && !text.contains("  "), "{text}");
                assert!(at.is_none_or(|at| at >= told.cut && at <= told.over), "{text}");
            }
            assert!(told.question().ends_with('?'));
        }
    }
}
