//! Each fault does what its documentation says, on a world in which every moment is known beforehand: two beacons that
//! send each other a number every 100 ms; a message takes 10 ms, a sync 5 ms. Clients of the first one ask it, from 40 ms on
//! and every 100 ms if there is traffic, to send a number to itself.

use super::fault::{Fate, Intervention, MessageName};
use super::model::{Loss, Model, Step, StepOutcome};
use super::network::{FlightId, Travel};
use super::run::{Run, STEPS_PER_DIGEST, Seen, World};
use super::schedule::{Pace, Passage, START_OF_DAY, Turns};
use crate::node::{Answer, Clocks, Delay, Disk, Effects, Kind, Micros, Node, NodeId, NodeSet, RequestId};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
/// The number that a beacon sends itself when asked.
const ASKED: u64 = 77;

const fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
struct Number(u64);

impl Kind for Number {
    fn kind(&self) -> &'static str {
        "Number"
    }
}

/// The numbers that were sent, in two writes each.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Sent(Vec<u64>);

impl Disk for Sent {
    type Delta = u64;

    fn apply(&mut self, delta: &u64) {
        self.0.push(*delta);
    }
}

/// Sends the next number with every tick, and remembers what it heard and what its clocks showed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Beacon {
    other: NodeId,
    next: u64,
    heard: Vec<(u64, Clocks)>,
    ticks: Vec<Clocks>,
}

/// Timers by number.
impl Kind for u8 {
    fn kind(&self) -> &'static str {
        ["0", "1"][usize::from(*self)]
    }
}

impl Node for Beacon {
    type Message = Number;
    type Timer = u8;
    type Request = ();
    type Response = ();
    type Refusal = ();
    type Disk = Sent;
    type Note = ();

    fn on_restart(&mut self, _: &Sent, _: Clocks, out: &mut Effects<Self>) {
        *self = Self { other: self.other, next: 0, heard: Vec::new(), ticks: Vec::new() };
        out.set_timer(0, Delay::fixed(ms(100)));
    }

    fn on_message(&mut self, _: NodeId, Number(number): Number, at: Clocks, _: &mut Effects<Self>) {
        self.heard.push((number, at));
    }

    /// Timer 0 ticks; timer 1 runs once after each request.
    fn on_timer(&mut self, timer: u8, at: Clocks, out: &mut Effects<Self>) {
        if timer == 1 {
            return;
        }
        self.ticks.push(at);
        out.write(self.next);
        out.write(self.next + 1_000);
        out.send(self.other, Number(self.next));
        self.next += 1;
        out.set_timer(0, Delay::fixed(ms(100)));
    }

    fn on_request(&mut self, request: RequestId, (): (), _: Clocks, out: &mut Effects<Self>) {
        out.send(if self.other == A { B } else { A }, Number(ASKED));
        out.set_timer(1, Delay::fixed(ms(30)));
        out.reply(request, Answer::Done(()));
    }
}

#[derive(Clone)]
struct Beacons;

impl Pace<Beacon> for Beacons {
    fn travel(&self, _: NodeId, _: NodeId) -> Travel {
        Travel { base: Delay::fixed(ms(10)), jitter: Micros::ZERO }
    }

    fn sync_time(&self) -> Delay {
        Delay::fixed(ms(5))
    }

    fn opening(&self) -> Micros {
        ms(40)
    }

    fn turns(&self, node: NodeId) -> Option<Turns> {
        (node == A).then_some(Turns { period: ms(100), offset: ms(20), jitter: Micros::ZERO })
    }

    /// Every third turn passes.
    fn traffic(&self, _: NodeId, _: &Beacon, turn: u32, _: u64) -> Option<()> {
        (turn % 3 != 2).then_some(())
    }
}

impl World for Beacons {
    type Node = Beacon;
    /// What was lost: when, the number, and why.
    type Watch = Vec<(Micros, NodeId, u64, Loss)>;

    fn nodes(&self) -> Vec<Beacon> {
        let beacon = |other| Beacon { other, next: 0, heard: Vec::new(), ticks: Vec::new() };
        vec![beacon(B), beacon(A)]
    }

    fn watch(&self, watch: &mut Self::Watch, seen: &Seen<'_, Beacon>) {
        for (_, envelope, loss) in &seen.outcome.lost {
            watch.push((seen.at, envelope.from, envelope.message.0, *loss));
        }
    }
}

fn start() -> Run<Beacons> {
    Run::new(Beacons, 0, 1, 0)
}

/// Lets all happen until `at`, then does `act`, which must be possible.
fn act(run: &mut Run<Beacons>, at: Micros, act: &Intervention<()>) {
    run.advance(at);
    assert!(run.intervene(at, act), "{act:?} could not be done at {at:?}");
}

/// The numbers that `node` heard, and when, to the ms.
fn heard(run: &Run<Beacons>, node: NodeId) -> Vec<(u64, u64)> {
    run.model().host(node).node.heard.iter().map(|(number, at)| (*number, at.monotonic.as_ms())).collect()
}

fn message(from: NodeId, to: NodeId, ordinal: u32, fate: Fate) -> Intervention<()> {
    Intervention::Message { world: 0, name: MessageName { from, to, kind: "Number".to_owned(), ordinal }, fate }
}

#[test]
fn without_faults_every_number_arrives() {
    let mut run = start();
    run.advance(ms(350));
    assert_eq!(heard(&run, A), [(0, 110), (1, 210), (2, 310)]);
    assert_eq!(heard(&run, B), [(0, 110), (1, 210), (2, 310)]);
    assert!(run.watch().is_empty());
    assert!(run.model().flights().is_empty() && !run.model().is_empty());
    assert_eq!(run.steps(), 2 + 2 * 3 * 3, "each starts; three times each ticks, syncs and hears");
}

#[test]
fn a_cut_loses_what_is_on_the_link_and_all_that_is_sent_later_in_that_direction_only() {
    let mut run = start();
    act(&mut run, ms(105), &Intervention::Cut(vec![(A, B)]));
    assert_eq!(run.watch().as_slice(), [(ms(105), A, 0, Loss::Cut)], "it was on its way");
    assert_eq!(run.model().cuts(), [NodeSet::EMPTY.with(B), NodeSet::EMPTY]);
    run.advance(ms(250));
    assert_eq!(heard(&run, B), []);
    assert_eq!(heard(&run, A), [(0, 110), (1, 210)]);
    let (at, from, number, loss) = run.watch()[1];
    assert_eq!((at.as_ms(), from, number, loss), (200, A, 1, Loss::Cut), "it died as it was sent");
    act(&mut run, ms(250), &Intervention::Heal(vec![(A, B)]));
    run.advance(ms(350));
    assert_eq!(heard(&run, B), [(2, 310)], "what was lost stays lost");
}

#[test]
fn a_cut_in_both_directions_loses_both() {
    let mut run = start();
    act(&mut run, ms(105), &Intervention::Cut(vec![(A, B), (B, A)]));
    assert_eq!(run.watch().as_slice(), [(ms(105), A, 0, Loss::Cut), (ms(105), B, 0, Loss::Cut)]);
    assert!(!run.intervene(ms(105), &Intervention::Cut(vec![(A, B)])), "it is cut already");
    run.advance(ms(350));
    assert_eq!((heard(&run, A), heard(&run, B)), (vec![], vec![]));
}

#[test]
fn a_held_message_waits_until_it_is_released() {
    let mut run = start();
    act(&mut run, ms(104), &message(A, B, 0, Fate::Hold));
    assert_eq!(run.now(), ms(104), "what follows comes later");
    assert!(!run.intervene(ms(104), &message(A, B, 0, Fate::Hold)), "it is held already");
    run.advance(ms(150));
    assert_eq!(heard(&run, B), []);
    act(&mut run, ms(150), &message(A, B, 0, Fate::Release));
    run.advance(ms(151));
    assert_eq!(heard(&run, B), [(0, 150)], "its time was over: it arrives now");
    act(&mut run, ms(202), &message(A, B, 1, Fate::Hold));
    act(&mut run, ms(204), &message(A, B, 1, Fate::Release));
    run.advance(ms(220));
    assert_eq!(heard(&run, B)[1], (1, 210), "it arrives when it would have");
}

/// What is told of a node's inbox is what a look at every message tells, at any moment of a run with held messages and a pause.
#[test]
fn an_inbox_is_what_is_on_its_way() {
    let mut run = start();
    let acts = [
        (104, message(A, B, 0, Fate::Hold)),
        (160, Intervention::Pause(B)),
        (202, message(A, B, 1, Fate::Hold)),
        (404, message(A, B, 3, Fate::Hold)),
        (450, message(A, B, 0, Fate::Release)),
        (451, message(A, B, 1, Fate::Drop)),
        (700, Intervention::Resume(B)),
    ];
    let mut most_waiting = 0;
    for at in (0..900).step_by(7) {
        for (_, act) in acts.iter().filter(|(moment, _)| (at..at + 7).contains(moment)) {
            run.intervene(run.now().max(ms(at)), act);
        }
        run.advance(ms(at + 7));
        let now = ms(at + 7);
        let passage = |id| run.schedule().passage(id).expect("what is on its way is scheduled");
        let to_b = run.model().flights().iter().filter(|(_, mail)| mail.to == B).map(|(id, _)| (id, passage(id)));
        let (held, free): (Vec<_>, Vec<_>) = to_b.partition(|(_, passage)| passage.held);
        let (waiting, in_the_air): (Vec<_>, Vec<_>) = free.into_iter().partition(|(_, passage)| passage.due <= now);
        let inbox = run.schedule().inbox(B, now, 2);
        assert_eq!((inbox.waiting, inbox.held), (waiting.len(), held.len()), "{now:?}");
        let first = |list: &[(FlightId, Passage)]| {
            let mut list = list.to_vec();
            list.sort_by_key(|(id, passage)| (passage.due, *id));
            list.into_iter().take(2).map(|(id, _)| id).collect::<Vec<_>>()
        };
        let mut expected: Vec<FlightId> = in_the_air.iter().map(|(id, _)| *id).collect();
        expected.extend([first(&waiting), first(&held)].concat());
        let mut shown = inbox.shown;
        shown.sort_unstable();
        expected.sort_unstable();
        assert_eq!(shown, expected, "{now:?}");
        most_waiting = most_waiting.max(waiting.len());
    }
    assert!(most_waiting > 2, "only {most_waiting} waited");
}

#[test]
fn messages_are_dropped_doubled_and_delivered_early() {
    let mut run = start();
    act(&mut run, ms(103), &message(A, B, 0, Fate::Drop));
    assert_eq!(run.watch().as_slice(), [(ms(103), A, 0, Loss::Dropped)]);
    act(&mut run, ms(203), &message(A, B, 1, Fate::Duplicate));
    // The copy was the third message on this link.
    act(&mut run, ms(303), &message(A, B, 3, Fate::Deliver));
    assert_eq!(heard(&run, B), [(1, 210), (1, 213), (2, 303)]);
    run.advance(ms(350));
    assert_eq!(heard(&run, B).len(), 3, "what was delivered early does not arrive again");
    assert!(!run.intervene(ms(350), &message(A, B, 3, Fate::Drop)), "it is there already");
}

#[test]
fn a_copy_has_a_name_of_its_own() {
    let mut run = start();
    act(&mut run, ms(103), &message(A, B, 0, Fate::Duplicate));
    act(&mut run, ms(104), &message(A, B, 1, Fate::Drop));
    run.advance(ms(150));
    assert_eq!(heard(&run, B), [(0, 110)]);
}

#[test]
fn a_paused_node_loses_nothing_and_is_late() {
    let mut run = start();
    act(&mut run, ms(105), &Intervention::Pause(B));
    run.advance(ms(250));
    assert_eq!(heard(&run, B), []);
    assert_eq!(run.model().host(B).node.ticks.len(), 1, "its timer waits as well");
    act(&mut run, ms(250), &Intervention::Resume(B));
    run.advance(ms(260));
    assert_eq!(heard(&run, B), [(0, 250), (1, 250)]);
    assert_eq!(run.model().host(B).node.ticks[1].monotonic.as_ms(), 250);
    assert!(run.watch().is_empty());
}

#[test]
fn a_crash_forgets_and_keeps_a_prefix_of_what_was_not_synced() {
    let mut run = start();
    act(&mut run, ms(203), &Intervention::Crash { node: A, keep: 1 });
    let host = run.model().host(A);
    assert_eq!(host.disk.0, [0, 1_000, 1], "0 was synced at 105 ms; of the two writes of 200 ms the first survived");
    assert_eq!(host.node.next, 0);
    run.advance(ms(250));
    assert_eq!(heard(&run, B), [(0, 110), (1, 210)], "what it had sent still arrives");
    let (at, from, number, loss) = run.watch()[0];
    assert_eq!((at.as_ms(), from, number, loss), (210, B, 1, Loss::Down), "what arrives at it is lost");
    act(&mut run, ms(250), &Intervention::Restart(A));
    run.advance(ms(365));
    assert_eq!(heard(&run, B)[2..], [(0, 360)], "it starts from the beginning, 100 ms later");
    assert!(!run.intervene(ms(365), &Intervention::Restart(A)), "it runs");
}

#[test]
fn drift_moves_both_clocks_and_timers_with_them() {
    let mut run = start();
    // Half of the 100 ms are left; at one and a half times the rate they take 33 ms.
    act(&mut run, ms(50), &Intervention::Drift { node: A, ppm: 500_000 });
    run.advance(ms(84));
    let tick = run.model().host(A).node.ticks[0];
    assert_eq!(tick.monotonic.as_ms(), 99, "by its own clock 100 ms are over, but for rounding");
    assert_eq!(tick.wall.since(START_OF_DAY), tick.monotonic);
    assert_eq!(run.now().as_ms(), 83);
    assert_eq!(run.schedule().clock_error(A), (0, 500_000));
    assert_eq!(run.model().host(B).node.ticks.len(), 0);
    run.advance(ms(160));
    assert_eq!(run.model().host(A).node.ticks.len(), 2, "and so does every timer from now on: 67 ms");
    act(&mut run, ms(160), &Intervention::Drift { node: A, ppm: -500_000 });
    run.advance(ms(250));
    assert_eq!(run.model().host(A).node.ticks.len(), 2, "slow now");
}

#[test]
fn skew_moves_the_wall_clock_only() {
    let mut run = start();
    act(&mut run, ms(50), &Intervention::Skew { node: A, micros: -3_000_000 });
    run.advance(ms(110));
    let tick = run.model().host(A).node.ticks[0];
    assert_eq!(tick.monotonic, ms(100), "timers do not run on it");
    assert_eq!(tick.wall, ms(12 * 60 * 60 * 1_000 + 100 - 3_000), "a run starts at noon");
    assert_eq!(run.schedule().clock_error(A), (-3_000_000, 0));
    let right = run.model().host(B).node.ticks[0];
    assert_eq!(right.wall.since(START_OF_DAY), right.monotonic);
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let mut run = start();
    run.advance(ms(105));
    let before = run.digest();
    // The first who is none of them.
    let nobody = NodeId(2);
    for impossible in [
        Intervention::Cut(vec![(A, nobody)]),
        Intervention::Cut(vec![(A, A)]),
        Intervention::Heal(vec![(A, B)]),
        Intervention::Crash { node: nobody, keep: 0 },
        Intervention::Restart(A),
        Intervention::Restart(nobody),
        Intervention::Pause(nobody),
        Intervention::Resume(A),
        Intervention::Resume(nobody),
        Intervention::Skew { node: nobody, micros: 1 },
        Intervention::Drift { node: A, ppm: -1_000_000 },
        Intervention::Drift { node: nobody, ppm: 1 },
        Intervention::Timer { world: 0, node: A, timer: "9".to_owned() },
        Intervention::Timer { world: 1, node: A, timer: "0".to_owned() },
        Intervention::Timer { world: 0, node: nobody, timer: "0".to_owned() },
        Intervention::Sync { world: 0, node: nobody },
        Intervention::Request { node: nobody, request: () },
        message(A, nobody, 0, Fate::Drop),
        message(A, B, 9, Fate::Drop),
        message(A, B, 0, Fate::Release),
    ] {
        assert!(!run.intervene(ms(105), &impossible), "{impossible:?}");
        assert_eq!(run.digest(), before, "{impossible:?}");
    }
}

#[test]
fn a_node_that_is_down_or_stands_still_can_be_asked_for_nothing() {
    let mut run = start();
    act(&mut run, ms(101), &Intervention::Pause(A));
    let timer = Intervention::Timer { world: 0, node: A, timer: "0".to_owned() };
    let sync = Intervention::Sync { world: 0, node: A };
    let request = Intervention::Request { node: A, request: () };
    for impossible in [&timer, &sync, &request, &Intervention::Pause(A), &message(B, A, 0, Fate::Deliver)] {
        assert!(!run.intervene(ms(101), impossible), "paused: {impossible:?}");
    }
    act(&mut run, ms(102), &Intervention::Crash { node: A, keep: 0 });
    let crash = Intervention::Crash { node: A, keep: 0 };
    for impossible in [&timer, &sync, &request, &crash, &Intervention::Pause(A), &Intervention::Resume(A)] {
        assert!(!run.intervene(ms(102), impossible), "crashed: {impossible:?}");
    }
    act(&mut run, ms(103), &message(B, A, 0, Fate::Deliver));
    assert_eq!(run.watch().as_slice(), [(ms(103), B, 0, Loss::Down)], "what arrives at a crashed node is lost");
}

#[test]
fn a_timer_and_a_sync_can_come_early_and_come_once() {
    let mut run = start();
    let sync = Intervention::Sync { world: 0, node: A };
    act(&mut run, ms(50), &Intervention::Timer { world: 0, node: A, timer: "0".to_owned() });
    assert_eq!(run.schedule().timer(A, 0), Some((ms(50), ms(150))), "set again by what it did");
    assert_eq!(run.schedule().timer(B, 0).map(|(_, due)| due), Some(ms(100)), "the other one's runs on");
    assert_eq!(run.schedule().timer(A, 1), None);
    act(&mut run, ms(52), &sync);
    assert_eq!(run.model().host(A).disk.0, [0, 1_000]);
    assert!(!run.intervene(ms(52), &sync), "there is nothing to make durable");
    // B ticks at 100 ms; its disk is at work until 105 ms, and takes along what is written meanwhile.
    act(&mut run, ms(102), &Intervention::Timer { world: 0, node: B, timer: "0".to_owned() });
    run.advance(ms(106));
    assert_eq!(run.model().host(B).disk.0, [0, 1_000, 1, 1_001]);
    act(&mut run, ms(149), &Intervention::Crash { node: A, keep: 0 });
    assert_eq!(run.model().host(A).disk.0, [0, 1_000]);
    act(&mut run, ms(149), &Intervention::Restart(A));
    run.advance(ms(248));
    assert_eq!(run.model().host(A).node.ticks.len(), 0, "neither timer nor sync of before the crash is left");
}

#[test]
fn word_to_oneself_takes_no_time_and_is_no_matter_of_the_network() {
    let mut run = start();
    act(&mut run, ms(50), &Intervention::Request { node: A, request: () });
    for fate in [Fate::Hold, Fate::Drop, Fate::Duplicate] {
        assert!(!run.intervene(ms(50), &message(A, A, 0, fate)), "{fate:?}");
    }
    run.advance(ms(51));
    assert_eq!(heard(&run, A), [(ASKED, 50)]);
    act(&mut run, ms(55), &Intervention::Timer { world: 0, node: A, timer: "1".to_owned() });
    assert_eq!(run.schedule().timer(A, 1), None, "it ran out by hand, and will not at 80 ms");
    act(&mut run, ms(60), &Intervention::Request { node: A, request: () });
    act(&mut run, ms(60), &message(A, A, 1, Fate::Deliver));
    assert_eq!(heard(&run, A).len(), 2, "it can come at once");
    act(&mut run, ms(103), &Intervention::Request { node: A, request: () });
    act(&mut run, ms(103), &Intervention::Crash { node: A, keep: 0 });
    assert_eq!(run.watch().as_slice(), [(ms(103), A, ASKED, Loss::Down)], "a crash takes it along and nothing else");
    assert_eq!(run.history().len(), 3);
}

#[test]
fn traffic_comes_at_its_times_and_changes_its_pace_when_told() {
    let asked =
        |run: &Run<Beacons>| heard(run, A).iter().filter(|(n, _)| *n == ASKED).map(|(_, at)| *at).collect::<Vec<_>>();
    let mut run = Run::new(Beacons, 0, 1, 100);
    run.advance(ms(399));
    assert_eq!(asked(&run), [60, 160, 360], "the opening, then 20 ms into each period; the third turn passes");
    act(&mut run, ms(400), &Intervention::Traffic(200));
    assert_eq!(run.schedule().traffic_percent(), 200);
    run.advance(ms(499));
    assert_eq!(asked(&run)[3..], [410], "twice as fast from then on: 10 ms, and 50 ms later the turn that passes");
    act(&mut run, ms(500), &Intervention::Traffic(0));
    run.advance(ms(1_000));
    assert_eq!(asked(&run).len(), 4, "0 is off");
}

/// Equal runs have equal digests, also on the way; another act makes another run.
#[test]
fn digests_tell_runs_apart() {
    let run = |cut| {
        let mut run = start();
        run.advance(ms(20_000));
        if cut {
            act(&mut run, ms(20_000), &Intervention::Cut(vec![(A, B)]));
        }
        run.advance(ms(60_000));
        (run.digest(), run.digests().iter().copied().collect::<Vec<_>>(), run.steps())
    };
    let ((last, all, steps), (other_last, other, _)) = (run(false), run(true));
    assert_eq!((last, &all), (run(false).0, &run(false).1));
    assert_ne!(last, other_last);
    assert_eq!(all.len() as u64, steps / STEPS_PER_DIGEST);
    let common = all.iter().zip(&other).take_while(|(one, other)| one == other).count();
    assert!(0 < common && common < all.len(), "{common} digests before the cut are equal, and none after it");
}

#[test]
fn what_can_happen_is_offered_and_nothing_else() {
    let nobody = Model::<Beacon>::new(Vec::new());
    assert!(nobody.is_empty() && nobody.enabled().is_empty() && nobody.enabled_faults().is_empty());
    let mut run = start();
    act(&mut run, ms(102), &Intervention::Request { node: A, request: () });
    let ids: Vec<_> = run.model().flights().iter().map(|(id, envelope)| (id, envelope.from, envelope.to)).collect();
    let [(to_b, A, B), (to_a, B, A), (own, A, A)] = ids[..] else { panic!("{ids:?}") };
    let steps = [
        Step::Deliver(to_b),
        Step::Deliver(to_a),
        Step::Deliver(own),
        Step::Timer(A, 0),
        Step::Timer(A, 1),
        Step::Sync(A),
        Step::Timer(B, 0),
        Step::Sync(B),
    ];
    assert_eq!(run.model().enabled(), steps);
    let network = [to_b, to_a].map(|id| [Step::Lose(id), Step::Duplicate(id)]).concat();
    let crash = |node| (0..=2).map(move |keep| Step::Crash(node, keep));
    let faults =
        network.iter().cloned().chain(crash(A)).chain([Step::Pause(A)]).chain(crash(B)).chain([Step::Pause(B)]);
    assert_eq!(run.model().enabled_faults(), faults.collect::<Vec<_>>(), "of two unsynced writes 0, 1 or 2 survive");
    let after = |steps: &[Step<Beacon>]| -> Model<Beacon> {
        let mut model = run.model().clone();
        steps.iter().for_each(|step| model.apply(step, Clocks::default(), &mut StepOutcome::default()));
        model
    };
    let half = after(&[Step::Pause(A), Step::Crash(B, 0)]);
    assert_eq!(half.enabled(), [], "neither runs");
    assert_eq!(half.enabled_faults()[4..], [Step::Resume(A), Step::Restart(B)]);
    assert_eq!(after(&[Step::Pause(A)]).enabled(), [Step::Deliver(to_b), Step::Timer(B, 0), Step::Sync(B)]);
    assert_eq!(after(&[Step::Sync(A)]).enabled_faults()[4..6], [Step::Crash(A, 0), Step::Pause(A)]);
}
