//! What it costs that messages wait: a paused server, and messages that somebody holds.

use std::time::Instant;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::{Fate, Intervention, MessageName};
use cap_lab::sim::network::Envelope;
use cap_lab::timeline::Timeline;
use cap_lab::timeline::track::Track;
use cap_lab::world::feed::FeedSetup;

use crate::median;

/// How often each of them is run.
const REPETITIONS: usize = 5;
/// How many messages are held.
const HELD: usize = 200;

/// Who waits.
#[derive(Clone, Copy)]
enum Waits {
    Nobody,
    Paused,
    Held,
}

/// Prints how long 60 simulated seconds of the default cluster take: with nobody waiting, with one server paused, with 200
/// messages held.
pub(crate) fn compare() {
    println!("\nMessages that wait: 5 servers on Raft, 3 people, 60 simulated seconds; median of {REPETITIONS}.\n");
    println!("| who waits | events | waiting at the end | ms | ratio | bar |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut base = None;
    for (waits, name, bar) in [
        (Waits::Nobody, "nobody", "-"),
        (Waits::Paused, "whoever writes to one paused server", "1.5"),
        (Waits::Held, "200 held messages", "1.5"),
    ] {
        let (mut steps, mut waiting) = (0, 0);
        let took = (0..REPETITIONS).map(|_| {
            let mut timeline = begin(waits);
            let start = Instant::now();
            timeline.play(Micros::from_ms(63_000));
            let took = start.elapsed().as_secs_f64() * 1e3;
            steps = timeline.track().steps();
            waiting = timeline.track().worlds()[0].model().flights().len();
            took
        });
        let took = median(took.collect());
        let base = *base.get_or_insert(took);
        println!("| {name} | {steps} | {waiting} | {took:.0} | {:.2} | {bar} |", took / base);
    }
}

/// The cluster after 3 s, with whoever is to wait.
fn begin(waits: Waits) -> Timeline<FeedExperiment> {
    let mut timeline = Timeline::new(FeedExperiment::raft(FeedSetup::at_one_site(5, 3), 100), 1);
    timeline.play(Micros::from_ms(1_000));
    match waits {
        Waits::Nobody => {}
        Waits::Paused => assert!(timeline.act(Intervention::Pause(NodeId(1)))),
        Waits::Held => {
            for _ in 0..HELD {
                hold_one(&mut timeline);
            }
        }
    }
    timeline.play(Micros::from_ms(3_000));
    timeline
}

/// Holds the next message between two servers.
fn hold_one(timeline: &mut Timeline<FeedExperiment>) {
    let name = loop {
        if let Some(name) = free_message(timeline) {
            break name;
        }
        assert!(timeline.step(), "servers always talk");
    };
    assert!(timeline.act(Intervention::Message { world: 0, name, fate: Fate::Hold }));
}

/// The oldest message between two servers that nobody holds.
fn free_message(timeline: &Timeline<FeedExperiment>) -> Option<MessageName> {
    let run = &timeline.track().worlds()[0];
    let free = |id| run.schedule().passage(id).is_some_and(|passage| !passage.held);
    let between = |mail: &Envelope<_>| mail.from != mail.to && mail.from.0 < 5 && mail.to.0 < 5;
    let mut flights = run.model().flights().iter().filter(|(id, mail)| between(mail) && free(*id));
    flights.next().and_then(|(id, _)| run.name_of(id))
}
