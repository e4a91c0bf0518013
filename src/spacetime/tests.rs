use super::*;
use crate::experiment::{FeedExperiment, PaxosExperiment};
use crate::paxos::Request;
use crate::sim::fault::{Fate, Intervention};
use crate::world::feed::FeedSetup;
use crate::world::paxos::PaxosSetup;

const FEED: FeedSetup = FeedSetup::at_one_site(5, 3);

fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

/// Two feeds under cuts, a crash and a pause.
fn stormy(seed: u64) -> Timeline<FeedExperiment> {
    let mut timeline = Timeline::new(FeedExperiment::side_by_side(FEED, 200), seed);
    let few_from_many = |from: [u8; 2]| {
        let pairs = from.into_iter().flat_map(|a| [2, 3, 4].map(|b| (NodeId(a), NodeId(b))));
        pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect::<Vec<_>>()
    };
    let mut act = |at, act| {
        timeline.play(ms(at));
        assert!(timeline.act(act), "nothing is in the way");
    };
    act(1_000, Intervention::Cut(few_from_many([0, 1])));
    act(1_250, Intervention::Crash { node: NodeId(3), keep: 0 });
    act(1_300, Intervention::Pause(NodeId(4)));
    act(1_500, Intervention::Heal(few_from_many([0, 1])));
    act(1_550, Intervention::Restart(NodeId(3)));
    act(1_600, Intervention::Resume(NodeId(4)));
    timeline.play(ms(2_000));
    timeline
}

/// Lamport's definition, word for word: on one line and earlier, or sent and arrived, or through something in between.
fn by_definition(diagram: &Diagram) -> Vec<Vec<bool>> {
    let count = diagram.events.len();
    let mut before = vec![vec![false; count]; count];
    for (a, row) in before.iter_mut().enumerate() {
        for (b, later) in row.iter_mut().enumerate().skip(a + 1) {
            *later = diagram.events[a].lane == diagram.events[b].lane;
        }
    }
    for message in &diagram.messages {
        if let (Some(send), End::Arrived(arrival)) = (message.send, message.end) {
            before[send][arrival] = true;
        }
    }
    for between in 0..count {
        let onward = before[between].clone();
        for row in before.iter_mut().filter(|row| row[between]) {
            row.iter_mut().zip(&onward).for_each(|(known, more)| *known |= more);
        }
    }
    before
}

#[test]
fn vector_clocks_say_what_happens_before_what() {
    for seed in 1..4 {
        let timeline = stormy(seed);
        for world in 0..2 {
            let diagram = Diagram::of(&timeline, world, ms(1_200), ms(1_700));
            let before = by_definition(&diagram);
            let (mut ordered, mut concurrent) = (0, 0);
            for (a, row) in before.iter().enumerate() {
                for (b, expected) in row.iter().enumerate() {
                    assert_eq!(diagram.happens_before(a, b), *expected, "seed {seed}, world {world}: {a} and {b}");
                    let apart = diagram.events[a].lane != diagram.events[b].lane;
                    ordered += u32::from(apart && *expected);
                    concurrent += u32::from(apart && !*expected && !before[b][a]);
                }
            }
            assert!(ordered > 100 && concurrent > 100, "seed {seed}: {ordered} ordered, {concurrent} concurrent");
        }
    }
}

#[test]
fn a_diagram_is_a_function_of_the_run_and_its_window() {
    let timeline = stormy(5);
    let mut elsewhere = timeline.clone();
    elsewhere.seek(ms(1_100));
    let window = |timeline: &Timeline<FeedExperiment>| Diagram::of(timeline, 0, ms(1_200), ms(1_700));
    assert_eq!(window(&timeline), window(&elsewhere));
    assert_eq!(elsewhere.now(), ms(1_100), "the play head stays");
    // What lies in two windows is the same in both, but for the clocks, which count from the window's start.
    let whole = Diagram::of(&timeline, 0, Micros::ZERO, timeline.end());
    let inside = |event: &&Event| (ms(1_200)..=ms(1_700)).contains(&event.at);
    let same = |event: &Event| (event.at, event.lane, event.kind, event.headline.clone());
    let cut_out: Vec<_> = whole.events.iter().filter(inside).map(same).collect();
    assert_eq!(window(&timeline).events.iter().map(same).collect::<Vec<_>>(), cut_out);
}

#[test]
fn revisiting_does_what_playing_did() {
    let mut timeline = stormy(6);
    let mut last = None;
    timeline.revisit(ms(900), ms(1_650), |track| last = Some(track.fingerprints()));
    timeline.seek(ms(1_650));
    assert_eq!(last, Some(timeline.track().fingerprints()));
}

#[test]
fn cuts_kill_what_is_on_their_links_and_stops_have_an_end() {
    for world in 0..2 {
        let timeline = stormy(7);
        let diagram = Diagram::of(&timeline, world, ms(500), ms(2_000));
        assert_eq!(diagram.cuts.len(), 12, "two nodes from three, both ways");
        for cut in &diagram.cuts {
            assert_eq!((cut.since, cut.until), (ms(1_000), Some(ms(1_500))));
        }
        let stops: Vec<_> =
            diagram.stops.iter().map(|stop| (stop.lane, stop.crashed, stop.since, stop.until)).collect();
        let down = (NodeId(3), true, ms(1_250), Some(ms(1_550)));
        assert_eq!(stops, [down, (NodeId(4), false, ms(1_300), Some(ms(1_600)))]);
        let is_cut = |message: &&Message, at| {
            diagram
                .cuts
                .iter()
                .any(|cut| (cut.from, cut.to) == (message.from, message.to) && cut.since <= at && cut.until > Some(at))
        };
        let lost = |wanted: Loss| {
            diagram.messages.iter().filter_map(move |message| match message.end {
                End::Lost { at, loss, .. } if loss == wanted => Some((message, at)),
                _ => None,
            })
        };
        assert!(lost(Loss::Cut).count() > 10, "world {world}");
        assert!(lost(Loss::Cut).all(|(message, at)| is_cut(&message, at)));
        assert!(lost(Loss::Down).all(|(message, at)| message.to == NodeId(3) && at >= ms(1_250) && at <= ms(1_550)));
        // The watcher counts deaths in its own way: those between servers, the newest only.
        let deaths = &timeline.track().worlds()[world].watch().events.deaths;
        let servers = FEED.servers();
        // Of the oldest step that the watcher remembers it may have forgotten a part.
        let oldest = deaths.iter().last().expect("the cut killed some").1.at;
        let between = |message: &Message| servers.contains(message.from) && servers.contains(message.to);
        let mut ours: Vec<_> = diagram
            .messages
            .iter()
            .filter(|message| between(message))
            .filter_map(|message| match message.end {
                End::Lost { at, due, .. } if at > oldest => Some((at, message.sent, due, message.from, message.to)),
                _ => None,
            })
            .collect();
        let mut theirs: Vec<_> = deaths
            .iter()
            .filter(|(_, death)| death.at > oldest)
            .map(|(_, death)| (death.at, death.sent, death.due, death.envelope.from, death.envelope.to))
            .collect();
        ours.sort();
        theirs.sort();
        assert!(theirs.len() > 10);
        assert_eq!(ours, theirs);
    }
}

/// One Paxos message of two is lost, the other doubled, by hand.
#[test]
fn a_copy_has_its_original_for_a_cause_and_a_lost_message_no_arrival() {
    let paxos = PaxosSetup { proposers: 1, acceptors: 3, flaw: None };
    let mut timeline = Timeline::new(PaxosExperiment { paxos }, 1);
    let request = Request::Propose("blue".into());
    assert!(timeline.act(Intervention::Request { node: NodeId(0), request }));
    while timeline.track().model().flights().len() < 3 {
        assert!(timeline.step());
    }
    for (to, fate) in [(1, Fate::Drop), (2, Fate::Duplicate)] {
        let flights = timeline.track().model().flights();
        let (id, _) = flights.iter().find(|(_, mail)| mail.to == NodeId(to)).expect("all were asked");
        let name = timeline.track().name_of(id).expect("it is on its way");
        assert!(timeline.act(Intervention::Message { world: 0, name, fate }));
    }
    timeline.play(ms(200));
    let diagram = Diagram::of(&timeline, 0, Micros::ZERO, timeline.end());
    let asked: Vec<&Message> = diagram.messages.iter().take(4).collect();
    assert!(matches!(asked[0].end, End::Lost { loss: Loss::Dropped, .. }), "{:?}", asked[0]);
    let (original, copy) = (asked[1], asked[3]);
    assert_eq!((original.copy, copy.copy), (false, true));
    assert_eq!((original.send, original.sent, original.to), (copy.send, copy.sent, copy.to));
    let send = original.send.expect("sent in the window");
    for message in [original, copy] {
        let End::Arrived(arrival) = message.end else { panic!("{message:?}") };
        assert!(diagram.happens_before(send, arrival));
        assert_eq!(diagram.events[arrival].lane, NodeId(2));
    }
    assert_eq!(diagram.events[0].kind, EventKind::Request);
    assert!(diagram.events.iter().any(|event| event.kind == EventKind::Disk));
}

/// An event as ShiViz reads it: the line's name, its clock and what happened.
type Read = (String, Vec<(String, u32)>, String);

/// Reads what [`Diagram::to_shiviz`] writes, by ShiViz's rules: an expression, an empty line, two lines per event.
fn read_shiviz(log: &str) -> Vec<Read> {
    let mut lines = log.lines();
    let expression = lines.next().expect("an expression");
    for group in ["(?<host>", "(?<clock>", "(?<event>"] {
        assert!(expression.contains(group), "{expression}");
    }
    assert_eq!(lines.next(), Some(""), "one execution only");
    let mut events = Vec::new();
    while let Some(head) = lines.next() {
        let [at, host, clock] = head.splitn(3, ' ').collect::<Vec<_>>().try_into().expect("three parts");
        assert!(at.split_once('.').is_some_and(|(_, micros)| micros.len() == 6), "{at}");
        let clock: serde_json::Map<String, serde_json::Value> = serde_json::from_str(clock).expect("JSON");
        let clock = clock.into_iter().map(|(name, count)| (name, count.as_u64().expect("a count") as u32));
        events.push((host.to_owned(), clock.collect(), lines.next().expect("what happened").to_owned()));
    }
    events
}

#[test]
fn the_log_for_shiviz_tells_the_same() {
    let timeline = stormy(8);
    let diagram = Diagram::of(&timeline, 0, ms(1_200), ms(1_700));
    let read = read_shiviz(&diagram.to_shiviz());
    assert_eq!(read.len(), diagram.events.len());
    let counted =
        |(_, clock, _): &Read, name: &str| clock.iter().find(|(other, _)| other == name).map_or(0, |(_, count)| *count);
    let mut latest: Vec<u32> = vec![0; diagram.lanes.len()];
    for (event, read) in diagram.events.iter().zip(&read) {
        let lane = event.lane.index();
        assert_eq!((&read.0, &read.2), (&diagram.lanes[lane], &event.headline));
        latest[lane] += 1;
        assert_eq!(counted(read, &read.0), latest[lane], "a line counts its events from 1");
        for (lane, name) in diagram.lanes.iter().enumerate() {
            assert!(counted(read, name) <= latest[lane], "no clock knows the future");
        }
    }
    for (a, first) in read.iter().enumerate() {
        for (b, second) in read.iter().enumerate() {
            let before = a != b && counted(first, &first.0) <= counted(second, &first.0);
            assert_eq!(before, diagram.happens_before(a, b));
        }
    }
}

/// Where no rule speaks: the timer goes by the field's name, not by its type.
#[test]
fn a_timer_is_called_what_the_paper_calls_it() {
    use crate::store::participant::{Participant, Timer};

    let step: Step<Participant> = Step::Timer(NodeId(0), Timer::Raft(crate::raft::Timer::Election));
    assert_eq!(plain(&step, None, &[]), (EventKind::Timer, "'s election timer runs out".to_owned()));
}
