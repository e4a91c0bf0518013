use super::ledger::{Happening, Ledger};
use super::*;
use crate::node::NodeId;

/// What happened: n1 and Ana, two worlds.
fn ledger(happenings: &[(u64, usize, Option<u8>, What)]) -> Ledger {
    let happenings = happenings.iter().map(|(ms, world, who, what)| Happening {
        at: Micros::from_ms(*ms),
        world: Some(*world),
        who: who.map(NodeId),
        what: what.clone(),
    });
    Ledger {
        names: vec!["n1".to_owned(), "Ana".to_owned()],
        worlds: vec!["CP".to_owned(), "AP".to_owned()],
        happenings: happenings.collect(),
        acts: vec![Micros::from_ms(150), Micros::from_ms(350)],
        end: Micros::from_ms(1_000),
        judged: Vec::new(),
    }
}

fn met(goal: &str, ledger: &Ledger) -> Option<u64> {
    goal.parse::<Goal>().unwrap_or_else(|wrong| panic!("{goal}: {wrong}")).met(ledger).map(Micros::as_ms)
}

#[test]
fn a_goal_is_met_when_the_last_of_what_it_needs_happens() {
    let ledger = ledger(&[
        (100, 0, Some(1), What::Refused),
        (200, 1, Some(1), What::Stale),
        (300, 0, Some(0), What::Elected),
        (400, 0, Some(1), What::Refused),
        (500, 0, None, What::Broken(Some("Election Safety".to_owned()))),
    ]);
    for (goal, at) in [
        ("refused", Some(100)),
        ("refused ana on CP", Some(100)),
        ("refused ANA on cp 2 times", Some(400)),
        ("refused ana 3 times", None),
        ("refused ana after 100ms", Some(400)),
        ("refused ana after 0.1s by 399ms", None),
        ("refused on AP", None),
        ("stale ana on AP and refused ana on CP", Some(200)),
        ("lost or elected n1", Some(300)),
        ("refused before elected", Some(300)),
        ("elected before stale", None),
        ("not lost", Some(1_000)),
        ("not refused", None),
        ("broken", Some(500)),
        ("broken \"Election Safety\"", Some(500)),
        ("broken \"Log Matching\"", None),
        ("not (lost or chosen) and elected", Some(1_000)),
        ("lost and stale or elected", Some(300)),
        ("stale then refused", Some(400)),
        ("stale before refused", None),
        ("stale then refused within 200ms", Some(400)),
        ("stale then refused within 199ms", None),
        ("stale then elected then refused", Some(400)),
        ("refused in 0 acts", Some(100)),
        ("elected in 0 acts", None),
        ("elected in 1 act", Some(300)),
        ("(stale then refused) in 1 acts", None),
        ("not lost by 1s", Some(1_000)),
        ("not lost by 1001ms", None),
        ("stale then not elected", None),
    ] {
        assert_eq!(met(goal, &ledger), at, "{goal}");
    }
}

#[test]
fn a_goal_reads_as_it_was_written() {
    for text in [
        "refused ana on CP 2 times after 100ms by 2000ms",
        "broken \"Election Safety\" and not chosen",
        "(elected or two-leaders) before chosen \"red\"",
        "not (lost and after-all) or converged",
        "cut then elected on CP within 500ms",
        "(crashed n1 then elected) in 2 acts",
        "verdict \"not linearizable\" on AP and verdict \"linearizable\" on CP",
        "inverted \"wall clock\" and not inverted",
    ] {
        let goal: Goal = text.parse().unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
        let again: Goal = goal.to_string().parse().unwrap_or_else(|wrong| panic!("{goal}: {wrong}"));
        assert_eq!(again, goal, "{text}");
    }
}

#[test]
fn a_goal_that_makes_no_sense_says_why() {
    for (text, why) in [
        ("", "missing"),
        ("explode", "nothing that happens is called “explode”"),
        ("refused and", "missing"),
        ("(refused", "not closed"),
        ("refused)", "too much"),
        ("refused 3", "times"),
        ("refused by noon", "no time"),
        ("broken \"Election", "quote"),
        ("refused in two acts", "in 3 acts"),
        ("refused in 2", "in 2 acts"),
        ("cut then refused within soon", "no time"),
        ("verdict", "verdict \"linearizable\""),
        ("verdict \"good\"", "verdict \"linearizable\""),
        ("inverted \"sundial\"", "there are: wall clock"),
    ] {
        let wrong = text.parse::<Goal>().expect_err(text);
        assert!(wrong.contains(why), "{text}: {wrong}");
    }
    let deep = "not ".repeat(100_000) + "refused";
    assert!(deep.parse::<Goal>().is_err());
    let long = "refused then ".repeat(100_000) + "refused";
    assert!(long.parse::<Goal>().is_err());
    let ledger = ledger(&[]);
    for (text, why) in [
        ("refused bo", "nobody is called bo"),
        ("refused ana on XP", "no world is called XP"),
        ("verdict \"linearizable\"", "here is none"),
    ] {
        let goal: Goal = text.parse().expect(text);
        assert!(goal.check(&ledger).expect_err(text).contains(why), "{text}");
    }
}
