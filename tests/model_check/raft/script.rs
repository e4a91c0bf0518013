//! What was found, as lines of a script.

use cap_lab::raft::{Change, Request};
use cap_lab::sim::fault::Intervention;

use super::cluster::Word;

/// One line, as scripts have it.
pub(crate) fn line(act: &Intervention<Request<Word>>) -> String {
    let told: Intervention<String> = match act.clone() {
        Intervention::Request { node, request } => {
            let request = match request {
                Request::Propose(Word(number)) => format!("propose {number}"),
                Request::Read => "read".to_owned(),
                Request::TransferLeadership(to) => format!("transfer {to}"),
                Request::ChangeMembers(Change::Add(server)) => format!("add {server}"),
                Request::ChangeMembers(Change::Remove(server)) => format!("remove {server}"),
                Request::ChangeMembers(other) => format!("{other:?}"),
            };
            Intervention::Request { node, request }
        }
        Intervention::Crash { node, keep } => Intervention::Crash { node, keep },
        Intervention::Restart(node) => Intervention::Restart(node),
        Intervention::Message { world, name, fate } => Intervention::Message { world, name, fate },
        Intervention::Timer { world, node, timer } => Intervention::Timer { world, node, timer },
        Intervention::Sync { world, node } => Intervention::Sync { world, node },
        Intervention::Cut(links) => Intervention::Cut(links),
        other => unreachable!("no search does {other:?}"),
    };
    told.to_string()
}
