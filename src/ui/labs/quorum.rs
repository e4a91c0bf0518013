//! A feed on quorums as view data: who is home to the posts, who stands in, and what each has.

use cap_lab::node::NodeId;
use cap_lab::quorum::{self, Entry, Operation, Phase};
use cap_lab::sim::model::{self, Host};
use cap_lab::store::Store;
use cap_lab::store::objects::Written;
use cap_lab::store::participant::{Delta, FeedDisk, Message, Participant, Timer};
use cap_lab::store::quorum_feed::QuorumFeed;
use cap_lab::world::feed::{FeedRun, FeedSetup};

use super::common::{self, Look};
use super::phones::{self, count};
use super::portrait::{Portrait, Sheets, Words};
use crate::ui::figure::view::{Chip, FlightHue, FlightShape, NodeView, RoleMark};
use crate::ui::sheet::view::Sheet;

/// How many posts are drawn under a node.
const CHIPS: usize = 6;

/// The feed on quorums.
pub(super) struct OnQuorum;

impl Portrait for OnQuorum {
    fn promise(&self, run: &FeedRun) -> String {
        let Store::Quorum(store) = run.world().store else { unreachable!("a run of this store") };
        let setup = store.quorums;
        let dials = format!("N {} · R {} · W {}", setup.n, setup.r, setup.w);
        let says = if setup.is_linearizable() {
            "answers only what W agree on (ABD)"
        } else if setup.strict && setup.overlaps() {
            "R + W > N, and still not linearizable"
        } else if setup.strict {
            "R and W need not meet"
        } else {
            "sloppy: others stand in"
        };
        format!("{dials} · {says}")
    }

    fn node(&self, run: &FeedRun, id: NodeId) -> NodeView {
        let host = run.model().host(id);
        let replica = replica(host);
        let (config, state) = (replica.quorum().config(), replica.quorum().state());
        let setup = run.world().setup;
        let newest = replica.newest();
        let shown = &newest[newest.len().saturating_sub(CHIPS)..];
        let chips = shown.iter().map(|entry| Chip {
            label: setup.person(entry.item.name().origin)[..1].to_owned(),
            // A hint is somebody else's.
            committed: config.is_home(),
            title: format!("tag {}: {}", entry.tag.sequence, phones::written(setup, &entry.item).1),
            hue: 0,
        });
        let total = state.known().len();
        NodeView {
            id,
            name: id.to_string(),
            role: RoleMark::Replica,
            status: common::status(host.status),
            // There is room for eight letters.
            caption: match (config.is_home(), state.hints.len()) {
                (true, _) if total < 100 => count(total as u32, "post"),
                (true, _) => total.to_string(),
                (false, 0) => String::new(),
                (false, hints) => count(hints as u32, "hint"),
            },
            timer: run.schedule().timer(id, Timer::Quorum(quorum::Timer::Exchange)).filter(|_| config.is_home()),
            chips: chips.collect(),
            chips_before: total.saturating_sub(shown.len() as u64),
            clock: common::clock(run, id),
            lease: false,
            card: None,
            seat: (!config.is_home()).then_some("stand-in"),
        }
    }

    fn look(&self, setup: FeedSetup, message: &Message) -> Look {
        let Message::Quorum(message) = message else { unreachable!("a message of this store") };
        let posts = |entries: &[Entry<Written>]| {
            let count = count(entries.len() as u32, "post");
            let is_post = |entry: &Entry<Written>| entry.item.post().is_some();
            if entries.iter().all(is_post) { count } else { count.replace("post", "write") }
        };
        let (request, reply) = (FlightShape::Request, FlightShape::Reply);
        let (label, shape, hue) = match message {
            quorum::Message::AskTag { .. } => ("which tag?".to_owned(), request, FlightHue::Work),
            quorum::Message::TagIs { sequence, .. } => (format!("tag {sequence}"), reply, FlightHue::Work),
            quorum::Message::Put { entry, stands_for, .. } => {
                let hue = if stands_for.is_some() { FlightHue::Election } else { FlightHue::Work };
                (phones::label(setup, &entry.item), request, hue)
            }
            quorum::Message::Stored { .. } => ("stored".to_owned(), reply, FlightHue::Work),
            quorum::Message::Get { entries, .. } if entries.is_empty() => ("read".to_owned(), request, FlightHue::Work),
            quorum::Message::Get { entries, .. } => (format!("repair: {}", posts(entries)), request, FlightHue::Gossip),
            quorum::Message::Have { known, .. } => {
                (format!("has {}", count(known.len() as u32, "post")), reply, FlightHue::Work)
            }
            quorum::Message::Compare { .. } => ("compare".to_owned(), request, FlightHue::Gossip),
            quorum::Message::Items { entries, hints: true } => {
                (count(entries.len() as u32, "hint"), request, FlightHue::Election)
            }
            quorum::Message::Items { entries, .. } => (posts(entries), reply, FlightHue::Gossip),
            quorum::Message::Taken { .. } => ("taken".to_owned(), reply, FlightHue::Election),
        };
        Look { label, shape, hue }
    }
}

impl Sheets for OnQuorum {
    fn sheet(&self, run: &FeedRun, id: NodeId) -> Sheet {
        let setup = run.world().setup;
        let host = run.model().host(id);
        let quorum = replica(host).quorum();
        let config = quorum.config();
        let durable = match &host.disk {
            FeedDisk::Quorum(disk) => {
                let mut rows = vec![
                    ("posts".to_owned(), disk.items.known().len().to_string()),
                    ("highest tag".to_owned(), disk.highest().to_string()),
                    ("starts".to_owned(), disk.life.to_string()),
                ];
                rows.extend(
                    disk.hints
                        .iter()
                        .map(|(home, entry)| (format!("hint for {home}"), phones::written(setup, &entry.item).1)),
                );
                rows
            }
            _ => vec![("posts".to_owned(), "0".to_owned())],
        };
        let mut sections = vec![("Durable (on its disk)".to_owned(), durable)];
        let unsynced: Vec<_> = host.unsynced.iter().filter_map(|delta| delta_words(setup, delta)).collect();
        if !unsynced.is_empty() {
            sections.push(("Written, not yet synced: a crash loses it".to_owned(), unsynced));
        }
        if host.status != model::Status::Crashed && quorum.operations().iter().len() > 0 {
            let rows = quorum.operations().values().map(|operation| operation_words(setup, operation));
            sections.push(("It coordinates (a crash forgets it)".to_owned(), rows.collect()));
        }
        let meaning = match (host.status, config.is_home()) {
            (model::Status::Crashed, _) => "It is down. It will start again with what its disk holds.",
            (model::Status::Paused, _) => "It stands still and does not notice: what arrives waits.",
            (_, true) => "It is home to the posts. It also coordinates what its phones ask.",
            (_, false) if config.setup.strict => "It has no posts. It coordinates what its phones ask.",
            (_, false) => "It coordinates what its phones ask, and stands in for home replicas that do not answer.",
        };
        let role = if config.is_home() { "home replica" } else { "no home to the posts" };
        Sheet { title: format!("{id} · {role}"), sections, meaning: meaning.into(), actions: Vec::new() }
    }

    fn message_words(&self, setup: FeedSetup, message: &Message) -> Words {
        let Message::Quorum(message) = message else { unreachable!("a message of this store") };
        let all = |entries: &[Entry<Written>]| {
            entries.iter().map(|entry| phones::written(setup, &entry.item)).collect::<Vec<_>>()
        };
        let in_place = |home: &Option<NodeId>| home.map(|home| ("in the place of".to_owned(), home.to_string()));
        let (rows, meaning) = match message {
            quorum::Message::AskTag { stands_for, .. } => {
                (in_place(stands_for).into_iter().collect(), "Before a write: which is the highest tag that you have?")
            }
            quorum::Message::TagIs { sequence, .. } => {
                (vec![("highest tag".to_owned(), sequence.to_string())], "What the sender's disk has.")
            }
            quorum::Message::Put { entry, stands_for, .. } => {
                let mut rows = vec![("tag".to_owned(), entry.tag.to_string()), phones::written(setup, &entry.item)];
                rows.extend(in_place(stands_for));
                (rows, "Store this. A stand-in keeps it as a hint for the home replica.")
            }
            quorum::Message::Stored { stands_for, .. } => {
                (in_place(stands_for).into_iter().collect(), "It is on the sender's disk.")
            }
            quorum::Message::Get { entries, stands_for, .. } => {
                let mut rows = all(entries);
                rows.extend(in_place(stands_for));
                (rows, "A read: what do you have? What the reader knows to be missing there, it brings along.")
            }
            quorum::Message::Have { known, entries, .. } => {
                let mut rows = vec![("posts on its disk".to_owned(), known.len().to_string())];
                rows.extend(all(entries));
                (rows, "What the sender has; the posts that the reader lacked come with it.")
            }
            quorum::Message::Compare { known, .. } => {
                (vec![("posts".to_owned(), known.len().to_string())], "Anti-entropy: send me what I lack.")
            }
            quorum::Message::Items { entries, hints } => {
                let meaning =
                    if *hints { "Hints handed off to their home." } else { "Posts that the receiver lacked." };
                (all(entries), meaning)
            }
            quorum::Message::Taken { names } => (
                vec![("posts".to_owned(), names.len().to_string())],
                "They are on the sender's disk: the hints can go.",
            ),
        };
        (rows, meaning.to_owned())
    }
}

fn replica(host: &Host<Participant>) -> &QuorumFeed {
    host.node.quorum().expect("servers come first")
}

fn operation_words(setup: FeedSetup, operation: &Operation<Written>) -> (String, String) {
    let what = match &operation.phase {
        Phase::Tag { item, .. } => format!("tag for {}", phones::written(setup, item).1),
        Phase::Write(entry) => format!("write of {}", phones::written(setup, &entry.item).1),
        Phase::Read(_) => "read".to_owned(),
    };
    let answered = if operation.request.is_none() { ", answered" } else { "" };
    (what, format!("heard {}{answered}", operation.covered))
}

fn delta_words(setup: FeedSetup, delta: &Delta) -> Option<(String, String)> {
    let Delta::Quorum(delta) = delta else { return None };
    Some(match delta {
        quorum::Delta::Life(life) => ("starts".to_owned(), life.to_string()),
        quorum::Delta::Store(entry) => phones::written(setup, &entry.item),
        quorum::Delta::Hint(home, entry) => (format!("hint for {home}"), phones::written(setup, &entry.item).1),
        quorum::Delta::Drop(home, _) => ("drops a hint for".to_owned(), home.to_string()),
    })
}
