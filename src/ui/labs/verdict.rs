//! The verdict on a feed's history, as view data.

use cap_lab::check::ladder::{GUARANTEES, Guarantee};
use cap_lab::node::{Micros, RequestId};
use cap_lab::referee::client::{Client, VerdictState};
use cap_lab::referee::words::{seconds, title};
use cap_lab::world::feed::FeedRun;

use crate::ui::verdict::view::{Rung, VerdictSheet, VerdictView};

/// The verdict as of `now`.
pub(super) fn look(client: &Client, now: Micros) -> VerdictView {
    let (state, until, busy) = client.look(now);
    VerdictView { state, until, busy }
}

/// What there is to say about the verdict as of `now`.
pub(super) fn sheet(client: &Client, run: &FeedRun, now: Micros) -> VerdictSheet {
    let (state, ..) = client.look(now);
    let recovered = client.recovered(now).map(|(healed, since)| {
        format!("Nobody missed an older post from {} s after healing on", seconds(since.0 - healed.0))
    });
    let meaning = match state {
        VerdictState::Linearizable => "One order of all operations explains every answer and keeps the order of time.",
        VerdictState::Unknown(_) => "Neither an order nor a proof against one was found within the budget.",
        VerdictState::Checking | VerdictState::Off => "An order of all operations is being looked for.",
        VerdictState::NotLinearizable => "",
    };
    let rung =
        |(&guarantee, (kept, why)): (&Guarantee, (Option<bool>, String))| Rung { name: title(guarantee), kept, why };
    let Some(proof) = client.proof(now) else {
        let all_kept = (state == VerdictState::Linearizable).then(|| {
            let kept = |_| (Some(true), String::new());
            GUARANTEES.iter().zip(GUARANTEES.iter().map(kept)).map(rung).collect()
        });
        let ladder = all_kept.unwrap_or_default();
        return VerdictSheet { sentence: meaning.to_owned(), recovered, ladder, ..VerdictSheet::default() };
    };
    let (decisive, seen): (Vec<_>, Vec<_>) = proof.operations.iter().partition(|(id, _)| proof.decisive.contains(id));
    let words = |list: &[&(RequestId, String)]| list.iter().map(|(_, words)| words.clone()).collect();
    let ladder = proof.ladder.iter().map(|rung| (rung.kept, rung.why.clone()));
    VerdictSheet {
        sentence: proof.sentence.clone(),
        before: Some(Micros(proof.by.0.saturating_sub(1))),
        operations: words(&decisive),
        seen: words(&seen),
        faults: faults(run, proof.from, proof.by),
        recovered,
        ladder: GUARANTEES.iter().zip(ladder).map(rung).collect(),
        ..VerdictSheet::default()
    }
}

/// The faults that were active between two moments.
fn faults(run: &FeedRun, from: Micros, to: Micros) -> Vec<String> {
    let troubles = run.watch().events.troubles.iter();
    let active = troubles.filter(|one| one.from <= to && one.until.is_none_or(|until| until >= from));
    active
        .map(|one| {
            let what = one.node.map_or("links cut".to_owned(), |node| format!("{node} down"));
            let since = seconds(one.from.0);
            let until = one.until.map_or("now".to_owned(), |until| format!("{} s", seconds(until.0)));
            format!("{what}, {since} s to {until}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use cap_lab::node::{Micros, NodeId};
    use cap_lab::referee::Referee;
    use cap_lab::referee::client::VerdictState;

    use crate::ui::act::{Act, heal_all};
    use crate::ui::lab::Lab;
    use crate::ui::verdict::view::VerdictView;

    const CP: usize = 0;
    const AP: usize = 1;

    fn cut_two_from_three() -> Act {
        let pairs = [0, 1].into_iter().flat_map(|a| [2, 3, 4].map(|b| (NodeId(a), NodeId(b))));
        Act::Cut(pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect())
    }

    /// As the page does, until there is nothing left to tell and to check.
    fn settle(lab: &dyn Lab, referee: &mut Referee) {
        let tell = |referee: &mut Referee| {
            let briefs = lab.briefs(1, Some(AP));
            briefs.iter().for_each(|brief| referee.hear(brief).expect("a brief"));
            !briefs.is_empty()
        };
        while tell(referee) {
            while referee.advance() {}
            referee.answers().iter().for_each(|answer| assert!(lab.hear(answer)));
        }
    }

    fn verdict(lab: &dyn Lab, world: usize) -> VerdictView {
        lab.world(world).verdict.expect("feeds have a history")
    }

    fn state(lab: &dyn Lab, referee: &mut Referee, world: usize) -> VerdictState {
        settle(lab, referee);
        verdict(lab, world).state
    }

    /// A run whose links were cut for three seconds.
    fn after_a_cut() -> (Box<dyn Lab>, Referee, Micros) {
        let mut referee = Referee::default();
        let mut lab = super::super::first_side_by_side();
        let cut = lab.now();
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::Linearizable, "nothing was wrong before the cut");
        lab.act(cut_two_from_three()).expect("all links work");
        lab.play(cut + Micros::from_ms(3_000));
        (lab, referee, cut)
    }

    #[test]
    fn a_cut_breaks_ap_by_a_stale_read_and_cp_stays_linearizable() {
        let (lab, mut referee, cut) = after_a_cut();
        assert_eq!(state(&*lab, &mut referee, CP), VerdictState::Linearizable);
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::NotLinearizable);
        let sheet = lab.verdict_sheet(AP).expect("feeds have a history");
        assert!(sheet.sentence.contains("began after"), "{}", sheet.sentence);
        assert!(sheet.operations.iter().any(|line| line.contains(" reads, ") && line.contains("misses ")), "{sheet:?}");
        assert!(sheet.operations.iter().any(|line| line.contains(" posts “")), "{sheet:?}");
        assert_eq!(sheet.operations.len(), 2, "a stale read and what it misses: {sheet:?}");
        assert_eq!(sheet.faults.len(), 1, "{sheet:?}");
        assert!(sheet.before.is_some_and(|before| before > cut));
        let rung = |name| sheet.ladder.iter().find(|rung| rung.name == name).expect("a rung").kept;
        assert_eq!((rung("Linearizable"), rung("Read your writes")), (Some(false), Some(true)));
        let marked = lab
            .history(AP, Micros::ZERO, lab.now())
            .rows
            .iter()
            .flat_map(|row| row.bars.clone())
            .filter(|bar| bar.evidence)
            .count();
        assert_eq!(marked, sheet.operations.len() + sheet.seen.len(), "the evidence is marked in the history");
        let kept = lab.verdict_sheet(CP).expect("feeds have a history").ladder;
        assert!(kept.len() == 7 && kept.iter().all(|rung| rung.kept == Some(true)));
    }

    #[test]
    fn an_opened_verdict_tells_how_stale_reads_are_on_either_side() {
        let (mut lab, mut referee, cut) = after_a_cut();
        let mut staleness = |lab: &dyn Lab| {
            settle(lab, &mut referee);
            let all = lab.verdict_sheet(AP).expect("feeds have a history").staleness;
            assert_eq!(all.iter().map(|(side, _)| &**side).collect::<Vec<_>>(), ["CP", "AP"]);
            [CP, AP].map(|world| {
                let stale: u32 = all[world].1.delays.iter().map(|delay| delay.stale).sum();
                (all[world].1.reads, stale)
            })
        };
        let [(cp, cp_stale), (ap, ap_stale)] = staleness(&*lab);
        assert!(cp > 10 && ap > 10 && cp_stale == 0 && ap_stale > 10, "{cp_stale} of {cp}, {ap_stale} of {ap}");
        lab.seek(cut);
        let [_, (before, none)] = staleness(&*lab);
        assert!(before > 3 && before < ap && none == 0, "{none} of {before} before the cut");
    }

    #[test]
    fn the_verdict_is_as_of_the_play_head() {
        let (mut lab, mut referee, _) = after_a_cut();
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::NotLinearizable);
        let before = lab.verdict_sheet(AP).and_then(|sheet| sheet.before).expect("it broke at some time");
        lab.seek(before);
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::Linearizable, "just before it was not yet so");
        lab.seek(before + Micros(1));
        let verdict = verdict(&*lab, AP);
        assert_eq!((verdict.state, verdict.busy), (VerdictState::NotLinearizable, false), "it is remembered");
    }

    #[test]
    fn another_future_is_judged_anew() {
        let (mut lab, mut referee, cut) = after_a_cut();
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::NotLinearizable);
        lab.seek(cut + Micros(2));
        lab.act(heal_all(&lab.world(AP).cut)).expect("links are cut");
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::Linearizable);
        lab.switch_branch(0);
        lab.fill(u64::MAX).expect("no file says what it comes to");
        lab.play(cut + Micros::from_ms(3_000));
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::NotLinearizable);
    }
}
