//! Links: a run in an address is the run, it is short, and whatever else stands there gives a message.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cap_lab::digest::Digest;
use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::{Intervention, Link};
use cap_lab::timeline::file::experiment_in;
use cap_lab::timeline::{Experiment, Timeline};

use crate::{Dice, digests, feed, ms, raft, report, seeds};

/// What mail programs, learning platforms and chats pass on whole.
const PASSED_ON_WHOLE: usize = 2_000;

fn node(index: u64) -> NodeId {
    NodeId(index as u8)
}

/// Both directions of each link between `side` and the other replicas, as a stroke across the figure cuts them.
fn across(side: &[u64]) -> Vec<Link> {
    let pairs = side.iter().flat_map(|a| (0..5).filter(|b| !side.contains(b)).map(move |b| (node(*a), node(b))));
    pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect()
}

/// A lesson's hour as hands do it: cuts, heals, crashes, pauses, clocks, posts, at moments that fall as they fall.
fn by_hand(timeline: &mut Timeline<FeedExperiment>, acts: usize, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut done = 0;
    while done < acts {
        timeline.play(Micros(timeline.now().0 + 50_000 + dice.below(900_000)));
        let one = node(dice.below(5));
        let side = [[0, 1], [3, 4], [1, 2]][dice.below(3) as usize];
        let act = match dice.below(10) {
            0 | 1 => Intervention::Cut(across(&side)),
            2 | 3 => Intervention::Heal(across(&side)),
            4 => Intervention::Crash { node: one, keep: 0 },
            5 => Intervention::Restart(one),
            6 => Intervention::Pause(one),
            7 => Intervention::Resume(one),
            8 => Intervention::Skew { node: one, micros: 3_000_000 },
            _ => {
                Intervention::Request { node: node(5 + dice.below(3)), request: "post Lunch?".parse().expect("a post") }
            }
        };
        done += usize::from(timeline.act(act));
    }
    timeline.play(Micros(timeline.now().0 + 1_000_000));
}

#[test]
fn a_link_opens_the_same_run_at_the_same_moment() {
    fn check<E: Experiment>(experiment: E) {
        let mut timeline = Timeline::new(experiment, u64::MAX);
        timeline.play(ms(2_500));
        assert!(timeline.act(Intervention::Cut(across(&[0, 1]))), "links can be cut");
        timeline.play(ms(6_000));
        let there = digests(&timeline);
        timeline.seek(ms(3_210));
        let code = timeline.link();
        assert_eq!(experiment_in(&code).as_deref(), Ok(E::NAME));
        let opened = Timeline::<E>::import(&code).expect("it was just written").timeline;
        assert_eq!((opened.now(), opened.end(), opened.seed()), (ms(3_210), ms(6_000), u64::MAX));
        assert_eq!(opened.script(), timeline.script());
        let mut opened = opened;
        opened.seek(ms(6_000));
        assert_eq!(digests(&opened), there);
    }
    check(feed());
    check(raft());
}

#[test]
fn a_hundred_acts_fit_where_addresses_are_cut_off() {
    let mut longest = 0;
    for seed in 1..=seeds(3, 20) {
        let mut timeline = Timeline::new(feed(), seed);
        by_hand(&mut timeline, 100, seed);
        assert_eq!(timeline.script().len(), 100);
        longest = longest.max(timeline.link().len());
    }
    report(&format!("links of 100 acts: {longest} characters at most"));
    assert!(longest <= PASSED_ON_WHOLE - 100, "{longest}, and the address of the site comes before it");
}

/// What a code packs.
fn unpacked(code: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(code).expect("base64url").split_off(5)
}

/// A code of the first version that packs this, checksum and all.
fn packed(bytes: &[u8]) -> String {
    let mut code = vec![1];
    code.extend(&Digest::of(bytes).to_be_bytes()[..4]);
    code.extend(bytes);
    URL_SAFE_NO_PAD.encode(code)
}

/// The code of a run with some of everything.
fn code() -> String {
    let mut timeline = Timeline::new(feed(), 7);
    by_hand(&mut timeline, 12, 7);
    timeline.link()
}

#[test]
fn damaged_links_give_a_message() {
    let code = code();
    let script = Timeline::<FeedExperiment>::open(&code).expect("a run").script().to_vec();
    let mut dice = Dice::new(1);
    for _ in 0..seeds(5_000, 50_000) {
        let mut letters: Vec<u8> = code.clone().into();
        let at = dice.below(letters.len() as u64) as usize;
        match dice.below(3) {
            0 => letters.truncate(at),
            1 => letters[at] = dice.one_of(b"ABCxyz019-_"),
            _ => letters.insert(at, b'q'),
        }
        let damaged = String::from_utf8(letters).expect("letters");
        if damaged == code || damaged.is_empty() {
            continue;
        }
        match Timeline::<FeedExperiment>::open(&damaged) {
            // What comes after the last bit says nothing.
            Ok(same) => assert!(same.script() == script, "{damaged} opens another run"),
            Err(wrong) => assert!(wrong.starts_with("This ") && wrong.ends_with('.'), "{damaged}: {wrong}"),
        }
    }
}

#[test]
fn links_with_other_contents_give_a_message_or_a_run() {
    let contents = unpacked(&code());
    assert_eq!(unpacked(&packed(&contents)), contents);
    let mut dice = Dice::new(2);
    let mut opened = 0;
    for _ in 0..seeds(5_000, 50_000) {
        let mut bytes = contents.clone();
        for _ in 0..=dice.below(3) {
            let at = dice.below(bytes.len() as u64) as usize;
            match dice.below(3) {
                0 => bytes[at] = dice.below(256) as u8,
                1 => bytes.insert(at, dice.below(256) as u8),
                _ => drop(bytes.remove(at)),
            }
        }
        match Timeline::<FeedExperiment>::open(&packed(&bytes)) {
            // What it comes to is compared as it is computed.
            Ok(mut timeline) => {
                opened += 1;
                timeline.fill(256).ok();
            }
            Err(wrong) => assert!(wrong.starts_with("This ") && wrong.len() < 400, "{wrong}"),
        }
    }
    assert!(opened > 0, "some changes leave it possible");
}

#[test]
fn a_forged_digest_is_found_out_and_a_later_version_is_named() {
    let mut contents = unpacked(&code());
    let mut timeline = Timeline::<FeedExperiment>::open(&packed(&contents)).expect("a run");
    assert_eq!(timeline.fill(u64::MAX), Ok(true));
    let digest = digests(&timeline).last().expect("two worlds").to_be_bytes();
    let at = contents.windows(8).position(|bytes| *bytes == digest).expect("the digest at the end");
    contents[at] ^= 1;
    let forged = Timeline::<FeedExperiment>::import(&packed(&contents)).expect_err("it comes to something else");
    assert!(forged.contains("another way"), "{forged}");

    let mut bytes = URL_SAFE_NO_PAD.decode(code()).expect("base64url");
    bytes[0] = 2;
    let later = Timeline::<FeedExperiment>::open(&URL_SAFE_NO_PAD.encode(bytes)).expect_err("it can't be read");
    assert!(later.contains("another version of the lab"), "{later}");

    // A short link that says a long sentence twenty thousand times.
    let long = ("feed", "replicas=3", 1_u64, 9_u64, 0_u64, Vec::<(u64, [u8; 8])>::new(), vec!["x".repeat(200)]);
    let rest = (vec![vec![0_u32]], vec![(0_u64, 0_u32); 20_000]);
    let bomb = packed(&postcard::to_allocvec(&(long, rest)).expect("it can be written"));
    assert!(Timeline::<FeedExperiment>::open(&bomb).is_err_and(|wrong| wrong.starts_with("This link is damaged")));
}
