//! Fixture.
use std::rc::Rc;
use cap_lab::explain::{Sentence, Tone};
use cap_lab::node::{Micros, NodeId, NodeSet};
use crate::ui::lab::*;

struct Fix { page: Page, now: u64, end: u64, cut: Vec<NodeSet>, n: u8, cut_at: Option<u64>, status: Vec<Status>, via: Vec<u8> }

pub fn open(page: Page, _saved: Option<&str>) -> Result<Box<dyn Lab>, String> {
    let n = if page == Page::Paxos { 7 } else { 5 };
    Ok(Box::new(Fix { page, now: 4_320_000, end: 4_320_000, cut: vec![NodeSet::EMPTY; n as usize], n, cut_at: None, status: vec![Status::Up; n as usize], via: vec![0, 2, 4] }))
}
pub fn new_run(page: Page, _s: &Setup) -> Result<Box<dyn Lab>, String> { open(page, None) }

fn sentence(h: &str, r: &str, o: Option<&str>, s: &'static str, tone: Tone) -> Rc<Sentence> {
    Rc::new(Sentence { headline: h.into(), reason: r.into(), observer: o.map(Into::into), source: s, tone })
}

impl Lab for Fix {
    fn now(&self) -> Micros { Micros(self.now) }
    fn end(&self) -> Micros { Micros(self.end) }
    fn play(&mut self, to: Micros) { self.now = to.0; self.end = self.end.max(to.0); }
    fn seek(&mut self, to: Micros) { self.now = to.0.min(self.end); }
    fn step(&mut self) -> bool { self.now += 7_000; self.end = self.end.max(self.now); true }
    fn back(&mut self) -> bool { self.now -= 7_000; true }
    fn act(&mut self, act: Act) -> Result<(), String> {
        match act {
            Act::Cut(l) => { for (a, b) in l { self.cut[a.index()].insert(b); } self.cut_at = Some(self.now); }
            Act::Heal(l) => for (a, b) in l { self.cut[a.index()].remove(b); },
            Act::HealAll => { self.cut = vec![NodeSet::EMPTY; self.n as usize]; self.cut_at = None; }
            Act::Crash { node, .. } => self.status[node.index()] = Status::Crashed,
            Act::Pause(node) => self.status[node.index()] = Status::Paused,
            Act::Restart(node) | Act::Resume(node) => self.status[node.index()] = Status::Up,
            Act::Attach { person, to } => self.via[person.index() - 5] = to.0,
            _ => return Err("The fixture can't do that.".into()),
        }
        Ok(())
    }
    fn worlds(&self) -> usize { if self.page == Page::Feed { 2 } else { 1 } }
    fn world(&self, w: usize) -> World {
        let paxos = self.page == Page::Paxos;
        let n = self.n;
        let cut = !self.cut.iter().all(|c| c.is_empty());
        let t = self.now;
        let mut flights = vec![];
        let count = if std::env::var("MANY").is_ok() { 15 } else { 9 };
        for i in 0..count as u64 {
            let period = 37_000 + 5_000 * i;
            let k = t / period;
            let (mut a, mut b) = (((i * 7 + k * 3) % n as u64) as u8, ((i * 5 + k) % n as u64) as u8);
            if a == b { b = (b + 1) % n; }
            if paxos { a %= 2; b = 2 + b % 5; if i % 2 == 1 { std::mem::swap(&mut a, &mut b); } }
            if self.cut[a as usize].contains(NodeId(b)) { continue; }
            flights.push(FlightView { id: (i * 100_000 + k) as u32, from: NodeId(a), to: NodeId(b),
                label: if paxos { ["Accept 1.p1 “blue”", "Promise 2.p2, none"][(i % 2) as usize].into() } else if w == 1 { ["digest", "2 posts"][(i % 2) as usize].into() } else { ["AppendEntries", "ack", "RequestVote t4", "AppendEntries"][(i % 4) as usize].into() },
                shape: if i % 2 == 1 { FlightShape::Reply } else { FlightShape::Request },
                hue: if w == 1 { FlightHue::Gossip } else if i % 4 == 2 { FlightHue::Election } else { FlightHue::Work },
                sent: Micros(k * period), due: Micros((k + 1) * period), held: i == 3 });
        }
        let chips = |l: &[&str], open: usize| l.iter().enumerate().map(|(i, s)| Chip { label: (*s).into(), committed: i + open < l.len(), title: format!("entry {i}") }).collect::<Vec<_>>();
        let nodes = (0..n).map(|i| NodeView { id: NodeId(i), name: if paxos { if i < 2 { format!("p{}", i + 1) } else { format!("a{}", i - 1) } } else { format!("n{}", i + 1) },
            role: if paxos { if i < 2 { RoleMark::Proposer } else { RoleMark::Acceptor } } else if w == 1 { RoleMark::Replica } else if i == 2 { RoleMark::Leader } else if i == 0 && cut { RoleMark::Candidate } else { RoleMark::Follower },
            status: self.status[i as usize], caption: if paxos { String::new() } else if w == 1 { "3 posts".into() } else { "term 3".into() },
            timer: if w == 0 && !paxos && i != 2 { Some((Micros(t - 60_000 - 20_000 * u64::from(i)), Micros(t + 120_000 - 10_000 * u64::from(i)))) } else { None },
            chips: if paxos { vec![] } else if w == 1 { chips(&["B", "C", "A"], 0) } else { chips(&["1", "1", "2", "3", "3"], usize::from(i > 1)) }, chips_before: if i == 3 { 7 } else { 0 },
            clock: if i == 4 && !paxos { Some("clock +3 s".into()) } else { None } }).collect();
        let mut components = vec![];
        let mut left = NodeSet::first(n as usize);
        while let Some(f) = left.iter().next() {
            let mut c = NodeSet::EMPTY.with(f);
            loop {
                let more: NodeSet = left.iter().filter(|x| !c.contains(*x) && c.iter().any(|y| !self.cut[y.index()].contains(*x) && !self.cut[x.index()].contains(y))).collect();
                if more.is_empty() { break; }
                c = c.union(more);
            }
            left = left.difference(c);
            components.push(c);
        }
        if paxos { components.clear(); }
        let posts = Rc::new(["Lunch in Lisbon?", "Rain again", "Power is back!"].iter().enumerate().map(|(i, p)| PostView { author: ["Bo", "Chen", "Ana"][i].into(), text: (*p).into(), time: format!("12:00:0{i}"), unconfirmed: i == 2 && w == 0 }).collect::<Vec<_>>());
        let phones = if paxos { vec![] } else { ["Ana", "Bo", "Chen"].iter().enumerate().map(|(i, p)| PhoneView { id: NodeId(5 + i as u8), name: (*p).into(), via: NodeId(self.via[i]), posts: Rc::clone(&posts),
            state: if i == 0 && cut { if w == 0 { PhoneState::Refused } else { PhoneState::Stale } } else { PhoneState::Good },
            status: if i == 0 && cut { if w == 0 { "Refused: n1 knows no leader".into() } else { "Stale: misses 1 post, 6.2 s".into() } } else { ["Up to date", "Posted in 84 ms", "Answered in 3 ms"][i].into() }, detail: "detail".into(), announcement: None }).collect() };
        let bars = |r: u64| (0..30u64).map(|k| { let from = k * 190_000 + r * 47_000; Bar { id: (k * 10 + r) as u32, letter: if k % 2 == 0 { 'w' } else { 'r' }, from: Micros(from), to: if from + 84_000 < t { Some(Micros(from + 20_000 + if w == 0 { 64_000 } else { 0 })) } else { None }, state: if from + 84_000 >= t { BarState::Pending } else if k % 7 == 3 && r == 0 { if w == 0 { BarState::Refused } else { BarState::Stale } } else { BarState::Done }, title: "Ana reads".into() } }).filter(|b| b.from.0 < t).collect::<Vec<_>>();
        World { title: ["CP: Raft", "AP: gossip"][w].into(), subtitle: ["Answers only what a majority has agreed to", "Answers always, from what this replica has heard"][w].into(),
            nodes, cut: self.cut.clone(), components, flights, deaths: vec![], phones,
            meters: if paxos { None } else { Some(Meters { answered: if w == 0 { 71 } else { 100 }, ended: 100, stale: if w == 0 { 0 } else { 3 }, refused: if w == 0 { 24 } else { 0 }, unknown: if w == 0 { 5 } else { 0 }, p50: Some(Micros(if w == 0 { 81_000 } else { 2_100 })), p99: Some(Micros(240_000)) }) },
            history: if paxos { vec![] } else { vec![HistoryRow { name: "Ana".into(), bars: bars(0) }, HistoryRow { name: "Bo".into(), bars: bars(1) }, HistoryRow { name: "Chen".into(), bars: bars(2) }] },
            faults: self.cut_at.map(|c| (Micros(c), None, "links cut".into())).into_iter().collect(),
            events: vec![
                Event { at: Micros(4_300_000), id: 3, sentence: sentence("n1 asks for votes in term 4", "It heard no leader for 212 ms, so its election timer fired. It can reach only n2: 2 of 5 votes is not a majority.", None, "Raft §5.2", Tone::Warning) },
                Event { at: Micros(4_200_000), id: 2, sentence: sentence("CP refused Ana's post", "n1 knows no leader that a majority follows. Refusing keeps every later read correct.", None, "", Tone::Bad) },
                Event { at: Micros(4_100_000), id: 1, sentence: sentence("n3 is elected in term 3", "3 of 5 votes: n3, n4, n5.", Some("Bo's post is on n3, n4 and n5 only."), "Raft §5.2", Tone::Good) } ],
            invariants: ["Election Safety", "Leader Append-Only", "Log Matching", "Leader Completeness", "State Machine Safety"].iter().map(|n| Invariant { name: n, statement: "At most one leader is elected in a term.", broken: None }).collect(),
            replication: if self.page == Page::Raft { Some(Replication { first_index: 3, rows: (0..5u8).map(|i| LogRow { node: NodeId(i), name: format!("n{}", i + 1), role: if i == 2 { "leader".into() } else { "follower of n3".into() }, term: "3".into(), voted_for: "n3".into(), entries: (3..14 - u64::from(i % 2)).map(|x| LogCell { index: x, term: 1 + x / 5, command: "Ana posts".into() }).collect(), commit_index: 11 - u64::from(i == 4), durable_index: 13, next_index: if i == 2 { None } else { Some(14) }, match_index: if i == 2 { None } else { Some(12) } }).collect() }) } else { None },
            paxos: if paxos { Some(PaxosView { proposers: vec![
                ProposerView { id: NodeId(0), name: "p1".into(), intent: "proposes “blue” · ballot 1.p1".into(), rail: [PhaseState::Done, PhaseState::Done, PhaseState::Done, PhaseState::Current, PhaseState::Ahead], progress: "2 of 5 accepted ballot 1.p1: a1, a2. One more and “blue” is chosen.".into(), heard: NodeSet::EMPTY.with(NodeId(2)).with(NodeId(3)), on_the_way: NodeSet::EMPTY, idle: false },
                ProposerView { id: NodeId(1), name: "p2".into(), intent: "proposes “red” · ballot 2.p2".into(), rail: [PhaseState::Done, PhaseState::Current, PhaseState::Ahead, PhaseState::Ahead, PhaseState::Ahead], progress: "1 of 5 promises heard: a2, which told p2 that it already accepted (1.p1, “blue”). a3’s is on its way.".into(), heard: NodeSet::EMPTY.with(NodeId(3)), on_the_way: NodeSet::EMPTY.with(NodeId(4)), idle: false }],
                acceptors: (0..5u8).map(|i| AcceptorView { id: NodeId(2 + i), name: format!("a{}", i + 1), promised: ["1.p1", "2.p2", "2.p2", "1.p1", "–"][i as usize].into(), accepted: if i < 2 { Some(("1.p1".into(), "blue".into())) } else { None }, unsynced: false, status: Status::Up }).collect(),
                rule: Some((*sentence("Rule that decides what p2 may propose", "p2 must propose the value of the highest-numbered proposal among the promises it gets. a2 reported (1.p1, blue), so if p2 reaches a majority it has to push “blue”, not “red”.", None, "Paxos Made Simple §2.2, P2c", Tone::Routine)).clone()), chosen: None }) } else { None },
        }
    }
    fn node_sheet(&self, _: usize, node: NodeId) -> Sheet { Sheet { title: format!("{node} · follower"), sections: vec![("Durable (on disk)".into(), vec![("currentTerm".into(), "3".into()), ("votedFor".into(), "n3".into()), ("log".into(), "5 entries, last (5, t3)".into())]), ("Volatile (lost in a crash)".into(), vec![("commitIndex".into(), "4".into())])], meaning: "It follows n3 and has all that n3 knows to be committed.".into() } }
    fn flight_sheet(&self, _: usize, _: u32) -> Option<Sheet> { Some(Sheet { title: "AppendEntries n3 → n4".into(), sections: vec![("Says".into(), vec![("term".into(), "3".into()), ("prevLogIndex".into(), "4".into()), ("entries".into(), "none (heartbeat)".into())])], meaning: "A heartbeat: keeps n4 from starting an election.".into() }) }
    fn next_steps(&self, _: usize) -> Vec<NextStep> { [("Deliver Accept(1.p1, blue) to a3", "a3 will refuse: it promised 2.p2", true), ("Deliver Accept(1.p1, blue) to a4", "a4 will accept: blue is chosen by a1, a2, a4", true), ("Deliver Promise(2.p2, none) from a3 to p2", "p2 will have 2 of 5 promises", true), ("Deliver Prepare(2.p2) to a1", "a1 will promise and report (1.p1, blue)", true), ("p1 times out and retries with 3.p1", "duelling proposers: this can go on for ever", false)].iter().enumerate().map(|(i, (a, b, f))| NextStep { key: i as u64, title: (*a).into(), outcome: (*b).into(), flight: f.then_some(i as u32), hue: if i < 2 { FlightHue::Work } else { FlightHue::Election }, verb: if *f { "Deliver" } else { "Do it" } }).collect() }
    fn marks(&self) -> Rc<Vec<Mark>> { Rc::new([(400_000, "elected n3", Tone::Good), (1_900_000, "links cut", Tone::Bad), (3_100_000, "CP refused", Tone::Bad), (3_200_000, "AP stale", Tone::Warning)].iter().map(|(a, l, t)| Mark { at: Micros(*a), label: (*l).into(), tone: *t }).collect()) }
    fn branches(&self) -> Vec<Branch> { vec![Branch { forked_at: Micros(0), end: Micros(self.end), label: "first run".into(), current: true }, Branch { forked_at: Micros(700_000), end: Micros(self.end), label: "crash n3".into(), current: false }] }
    fn switch_branch(&mut self, _: usize) {}
    fn setup(&self) -> Setup { Setup { seed: 42, nodes: (5, vec![3, 4, 5, 6, 7]), people: (3, vec![1, 2, 3, 4, 5, 6]), traffic: Some(100) } }
    fn export(&self) -> String { "{}".into() }
    fn golden_script(&self) -> String { String::new() }
}
