//! The lock service under crashes of its servers, leader changes, loss and duplication.

use cap_lab::history::Outcome;
use cap_lab::locks::client::Request;
use cap_lab::locks::invariant::ONE_HOLDER;
use cap_lab::locks::participant::Note;
use cap_lab::locks::service::ServiceNote;
use cap_lab::node::NodeId;
use cap_lab::sim::fault::Intervention;
use cap_lab::timeline::Experiment;
use cap_lab::world::watch::MarkKind;

use crate::storm::{self, Dice, Faults};
use crate::{broken, experiment, ms, report, seeds};

/// Clients and clocks are right: then tokens are unique and grow, no two clients believe at once that they hold the lock, and once the
/// network is whole everybody who waits is served.
#[test]
fn whatever_befalls_the_servers_tokens_grow_and_every_waiter_is_served() {
    let (mut faults, mut grants, mut waited, mut elections) = (0, 0, 0, 0);
    let count = seeds(500, 5_000);
    // In 1,845 a new leader carries out an end that an earlier one proposed, and once renewed that very lease in the same instant.
    for seed in (0..count).chain([1_845]) {
        let backends =
            ["raft.read-index", "raft.pre-vote.check-quorum", "multi-paxos", "raft.snapshots", "raft.transfer"];
        let backend = backends[seed as usize % backends.len()];
        let servers = if seed % 4 == 0 { 5 } else { 3 };
        let words = format!("backend={backend} servers={servers} clients=4 lease=600 margin=60 work=40 traffic=200");
        let mut run = experiment(&words).start(seed);
        run.advance(ms(700));
        let weather = Faults { servers: true, stalls: true, messages: true, ..storm::NONE };
        faults += storm::storm(&mut run, weather, ms(6_000), &mut Dice::new(seed));
        storm::calm(&mut run);
        run.advance(run.now() + ms(12_000));
        assert_eq!(broken(&run), None, "seed {seed}: {words}");
        assert_eq!(run.watch().overlaps.iter().next(), None, "seed {seed}: {words}");
        let tokens: Vec<u64> = run.watch().grants.iter().filter_map(|span| span.token).collect();
        assert!(tokens.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}: {tokens:?}");
        let waits = run.history().iter().find(|operation| operation.outcome == Outcome::Pending);
        assert!(waits.is_none(), "seed {seed}: {words}: {waits:?}");
        for client in run.world().setup.clients() {
            assert!(run.model().host(client).node.client().expect("a client").is_idle(), "seed {seed}: {client}");
        }
        grants += tokens.len();
        let queued = |note: &Note| matches!(note, Note::Service(ServiceNote::Queued { .. }));
        waited += run.watch().events.notes.iter().filter(|(_, noted)| queued(&noted.note)).count();
        elections += run.watch().events.marks.iter().filter(|mark| matches!(mark.kind, MarkKind::Elected(_))).count();
    }
    report(&format!(
        "{count} schedules of the lock service: {faults} faults, {grants} grants, {waited} of the latest notes of waiting, \
         {elections} elections"
    ));
    assert!(grants as u64 > 4 * count && elections as u64 > 2 * count && waited as u64 > count);
}

/// Who holds the lock and renews it keeps it, through a change of the leader as well.
#[test]
fn a_renewed_lease_outlives_the_leader() {
    for backend in ["raft.read-index", "multi-paxos"] {
        for seed in 0..seeds(30, 300) {
            let mut run = experiment(&format!("backend={backend} lease=2000")).start(seed);
            run.advance(ms(900));
            let mut clients = run.world().setup.clients();
            let (first, second) = (clients.next().expect("two"), clients.next().expect("two"));
            let ask = |node, request| Intervention::Request { node, request };
            assert!(run.intervene(ms(900), &ask(first, Request::Acquire)));
            run.advance(ms(3_400));
            assert!(run.intervene(ms(3_400), &ask(second, Request::Acquire)));
            run.advance(ms(3_500));
            let leader = run.model().hosts().find(|(_, host)| host.node.leads()).expect("somebody leads").0;
            assert!(run.intervene(ms(3_500), &Intervention::Crash { node: leader, keep: 0 }));
            run.advance(ms(8_000));
            let believers: Vec<_> = run.watch().believers().map(|span| span.session.client).collect();
            assert_eq!(believers, [first], "{backend}, seed {seed}: it renews, and nobody else is granted");
            assert!(run.intervene(ms(8_000), &ask(first, Request::Release)));
            run.advance(ms(9_500));
            let believers: Vec<_> = run.watch().believers().map(|span| span.session.client).collect();
            assert_eq!((believers, broken(&run)), (vec![second], None), "{backend}, seed {seed}");
        }
    }
}

/// A crash takes all that one server knew, and it grants the lock while another client holds it.
#[test]
fn one_server_forgets_its_holders() {
    for seed in 0..20 {
        let mut run = experiment("backend=single").start(seed);
        run.advance(ms(900));
        let mut clients = run.world().setup.clients();
        let (first, second) = (clients.next().expect("two"), clients.next().expect("two"));
        let ask = |node| Intervention::Request { node, request: Request::Acquire };
        assert!(run.intervene(ms(900), &ask(first)));
        run.advance(ms(1_500));
        let server = NodeId(0);
        assert!(run.intervene(ms(1_500), &Intervention::Crash { node: server, keep: 0 }));
        assert!(run.intervene(ms(1_500), &Intervention::Restart(server)));
        assert!(run.intervene(ms(1_501), &ask(second)));
        run.advance(ms(2_500));
        let broken = run.watch().broken.as_ref().map(|(_, broken)| broken.invariant);
        assert_eq!(broken, Some(ONE_HOLDER), "seed {seed}");
        assert!(!run.watch().overlaps.is_empty(), "seed {seed}");
    }
}
