//! What breaks Paxos: schedules as short as an exhaustive search finds them (tests/model_check), one act every 7 ms, so that
//! no proposer's patience ends before they do.

use super::Schedule;
use crate::experiment::PaxosExperiment;
use crate::node::Micros;
use crate::paxos::{Flaw, Request};
use crate::sim::fault::{Fate, Intervention, Scripted};
use crate::timeline::Experiment;

/// A disk is done by then, and no message has arrived yet.
const SOON: Micros = Micros::from_ms(1);

/// The script in which only what `acts` say arrives: every other message is held.
pub(super) fn held(experiment: &PaxosExperiment, seed: u64, acts: Vec<Scripted<Request>>) -> Vec<Scripted<Request>> {
    let mut run = experiment.start(seed);
    let mut script = Vec::new();
    for scripted in acts {
        run.advance(scripted.at);
        assert!(run.intervene(scripted.at, &scripted.act), "{scripted}");
        let at = scripted.at + SOON;
        script.push(scripted);
        run.advance(at);
        let names: Vec<_> = run.model().flights().iter().filter_map(|(id, _)| run.name_of(id)).collect();
        for name in names {
            let act = Intervention::Message { world: 0, name, fate: Fate::Hold };
            if run.intervene(at, &act) {
                script.push(Scripted { at, act });
            }
        }
    }
    script
}

pub(super) const SCHEDULES: &[(Flaw, Schedule)] = &[
    (
        Flaw::PromiseForgotten,
        // A promise that a crash takes was all that kept the acceptor from helping two values.
        Schedule {
            cast: "proposers=2 acceptors=3",
            switches: "",
            seed: 1,
            script: "0 ask n1 propose blue
                7000 message 0 n1>n3 Prepare 0 deliver
                14000 message 0 n1>n4 Prepare 0 deliver
                21000 message 0 n3>n1 Promise 0 deliver
                28000 message 0 n4>n1 Promise 0 deliver
                35000 ask n2 propose red
                42000 message 0 n2>n4 Prepare 0 deliver
                49000 message 0 n2>n5 Prepare 0 deliver
                56000 message 0 n4>n2 Promise 0 deliver
                63000 message 0 n5>n2 Promise 0 deliver
                70000 crash n4 keep 0
                77000 restart n4
                84000 message 0 n1>n3 Accept 0 deliver
                91000 message 0 n1>n4 Accept 0 deliver
                98000 message 0 n2>n4 Accept 0 deliver
                105000 message 0 n2>n5 Accept 0 deliver",
            end_ms: 110,
        },
    ),
    (
        Flaw::AcceptedValueIgnored,
        // Blue is chosen; the second quorum reports it in vain.
        Schedule {
            cast: "proposers=2 acceptors=3",
            switches: "",
            seed: 1,
            script: "0 ask n1 propose blue
                7000 message 0 n1>n3 Prepare 0 deliver
                14000 message 0 n1>n4 Prepare 0 deliver
                21000 message 0 n3>n1 Promise 0 deliver
                28000 message 0 n4>n1 Promise 0 deliver
                35000 message 0 n1>n3 Accept 0 deliver
                42000 message 0 n1>n4 Accept 0 deliver
                49000 ask n2 propose red
                56000 message 0 n2>n4 Prepare 0 deliver
                63000 message 0 n2>n5 Prepare 0 deliver
                70000 message 0 n4>n2 Promise 0 deliver
                77000 message 0 n5>n2 Promise 0 deliver
                84000 message 0 n2>n4 Accept 0 deliver
                91000 message 0 n2>n5 Accept 0 deliver",
            end_ms: 96,
        },
    ),
    (
        Flaw::BallotReused,
        // The only proposer crashes between its two clients, and begins with its first ballot again.
        Schedule {
            cast: "proposers=1 acceptors=3",
            switches: "",
            seed: 1,
            script: "0 ask n1 propose blue
                7000 message 0 n1>n2 Prepare 0 deliver
                14000 message 0 n1>n3 Prepare 0 deliver
                21000 message 0 n2>n1 Promise 0 deliver
                28000 message 0 n3>n1 Promise 0 deliver
                35000 crash n1 keep 0
                42000 restart n1
                49000 ask n1 propose red
                56000 message 0 n1>n2 Prepare 1 deliver
                63000 message 0 n1>n3 Prepare 1 deliver
                70000 message 0 n2>n1 Promise 1 deliver
                77000 message 0 n3>n1 Promise 1 deliver
                84000 message 0 n1>n2 Accept 0 deliver
                91000 message 0 n1>n3 Accept 0 deliver
                98000 message 0 n1>n2 Accept 1 deliver
                105000 message 0 n1>n3 Accept 1 deliver",
            end_ms: 110,
        },
    ),
    (
        Flaw::AcceptWithoutPromise,
        // Red is chosen; a late Accept for blue hides it at one acceptor, and a third ballot finds blue only.
        Schedule {
            cast: "proposers=2 acceptors=3",
            switches: "",
            seed: 1,
            script: "0 ask n1 propose blue
                7000 message 0 n1>n3 Prepare 0 deliver
                14000 message 0 n1>n4 Prepare 0 deliver
                21000 message 0 n3>n1 Promise 0 deliver
                28000 message 0 n4>n1 Promise 0 deliver
                35000 ask n2 propose red
                42000 message 0 n2>n4 Prepare 0 deliver
                49000 message 0 n2>n5 Prepare 0 deliver
                56000 message 0 n4>n2 Promise 0 deliver
                63000 message 0 n5>n2 Promise 0 deliver
                70000 message 0 n2>n3 Accept 0 deliver
                77000 message 0 n2>n5 Accept 0 deliver
                84000 message 0 n1>n3 Accept 0 deliver
                91000 timer 0 n1 Retry
                98000 message 0 n1>n3 Prepare 1 deliver
                105000 message 0 n1>n4 Prepare 1 deliver
                112000 message 0 n3>n1 Promise 1 deliver
                119000 message 0 n4>n1 Promise 1 deliver
                126000 message 0 n1>n3 Accept 1 deliver
                133000 message 0 n1>n4 Accept 1 deliver",
            end_ms: 138,
        },
    ),
    (
        Flaw::QuorumOneShort,
        // Each proposer decides with an acceptor of its own.
        Schedule {
            cast: "proposers=2 acceptors=3",
            switches: "",
            seed: 1,
            script: "0 ask n1 propose blue
                7000 message 0 n1>n3 Prepare 0 deliver
                14000 message 0 n3>n1 Promise 0 deliver
                21000 message 0 n1>n3 Accept 0 deliver
                28000 message 0 n3>n1 Accepted 0 deliver
                35000 ask n2 propose red
                42000 message 0 n2>n5 Prepare 0 deliver
                49000 message 0 n5>n2 Promise 0 deliver
                56000 message 0 n2>n5 Accept 0 deliver
                63000 message 0 n5>n2 Accepted 0 deliver",
            end_ms: 68,
        },
    ),
    (
        Flaw::LatePromisesCounted,
        // The answers to a ballot that was given up come when another has its value chosen.
        Schedule {
            cast: "proposers=2 acceptors=3",
            switches: "",
            seed: 1,
            script: "0 ask n1 propose blue
                7000 message 0 n1>n3 Prepare 0 deliver
                14000 message 0 n1>n4 Prepare 0 deliver
                21000 timer 0 n1 Retry
                28000 ask n2 propose red
                35000 message 0 n2>n4 Prepare 0 deliver
                42000 message 0 n2>n5 Prepare 0 deliver
                49000 message 0 n4>n2 Promise 0 deliver
                56000 message 0 n5>n2 Promise 0 deliver
                63000 message 0 n2>n4 Accept 0 deliver
                70000 message 0 n2>n5 Accept 0 deliver
                77000 message 0 n3>n1 Promise 0 deliver
                84000 message 0 n4>n1 Promise 0 deliver
                91000 message 0 n1>n3 Accept 0 deliver
                98000 message 0 n1>n4 Accept 0 deliver",
            end_ms: 103,
        },
    ),
];
