//! A feed on primary and backup as view data: who believes that it leads, and in which view each entry was written.

use cap_lab::node::NodeId;
use cap_lab::primary_backup::{self, Durable, Entry, PrimaryBackup, Role};
use cap_lab::sim::model::{self, Host};
use cap_lab::store::feed::Feed;
use cap_lab::store::participant::{Delta, FeedDisk, Message, Participant, Timer};
use cap_lab::store::state_machine::Command;
use cap_lab::world::feed::{FeedRun, FeedSetup};

use super::common::{self, Look};
use super::phones::count;
use super::portrait::{Portrait, Sheets, Words};
use crate::ui::figure::view::{Chip, FlightHue, FlightShape, NodeView, RoleMark};
use crate::ui::sheet::view::Sheet;

/// How many entries are drawn under a node.
const CHIPS: u64 = 6;
/// How many views in a row are told apart by colour, from the first hue on; their number stands on each entry.
const HUES: u64 = 4;

/// The feed on primary and backup.
pub(super) struct OnPrimaryBackup;

impl Portrait for OnPrimaryBackup {
    fn promise(&self, run: &FeedRun) -> String {
        let up = |host: &&Host<Participant>| host.status != model::Status::Crashed;
        let hosts = run.model().hosts().map(|(_, host)| host).filter(up);
        let leading = hosts.filter_map(|host| host.node.primary_backup()).filter(|server| server.leads()).count();
        match leading {
            0 => "No primary: a backup takes over soon".to_owned(),
            1 => "Answers what its primary says; a higher view may take it back".to_owned(),
            count => format!("Split brain: {count} primaries, each confirms by itself"),
        }
    }

    fn node(&self, run: &FeedRun, id: NodeId) -> NodeView {
        let host = run.model().host(id);
        let server = server(host);
        let setup = run.world().setup;
        let before = server.state().len().saturating_sub(CHIPS);
        let chips = (before + 1..).zip(server.state().iter_from(before + 1)).map(|(index, entry)| {
            let committed = index <= server.decided();
            let state = if committed { "confirmed or taken from the primary" } else { "not confirmed" };
            let title = format!("entry {index}, view {}, {state}: {}", entry.view, words(setup, entry));
            Chip { label: entry.view.to_string(), committed, title, hue: hue(entry.view) }
        });
        NodeView {
            id,
            name: id.to_string(),
            role: if server.leads() && host.status != model::Status::Crashed {
                RoleMark::Leader
            } else {
                RoleMark::Follower
            },
            status: common::status(host.status),
            caption: format!("view {}", server.view()),
            timer: run.schedule().timer(id, Timer::PrimaryBackup(primary_backup::Timer::Failover)),
            chips: chips.collect(),
            chips_before: before,
            clock: common::clock(run, id),
            lease: false,
            card: None,
            seat: None,
        }
    }

    fn look(&self, _: FeedSetup, message: &Message) -> Look {
        let Message::PrimaryBackup(message) = message else { unreachable!("a message of this store") };
        let (label, shape, hue) = match message {
            primary_backup::Message::Replicate { entries, view, .. } if entries.is_empty() => {
                (format!("heartbeat v{view}"), FlightShape::Request, FlightHue::Work)
            }
            primary_backup::Message::Replicate { entries, .. } => {
                (entries_of(entries.len()), FlightShape::Request, FlightHue::Work)
            }
            primary_backup::Message::Stored { .. } => ("stored".to_owned(), FlightShape::Reply, FlightHue::Work),
            primary_backup::Message::Lacks { .. } => ("lacks".to_owned(), FlightShape::Reply, FlightHue::Work),
            primary_backup::Message::Outdated { view } => {
                (format!("outdated: v{view}"), FlightShape::Reply, FlightHue::Election)
            }
            primary_backup::Message::Durable { .. } => unreachable!("word from a server's own disk is not drawn"),
        };
        Look { label, shape, hue }
    }
}

impl Sheets for OnPrimaryBackup {
    fn sheet(&self, run: &FeedRun, id: NodeId) -> Sheet {
        let setup = run.world().setup;
        let host = run.model().host(id);
        let server = server(host);
        let empty = Durable::default();
        let disk = match &host.disk {
            FeedDisk::PrimaryBackup(disk) => disk,
            _ => &empty,
        };
        let mut sections = vec![(
            "Durable (on its disk)".to_owned(),
            vec![("view".to_owned(), disk.view.to_string()), ("log".to_owned(), entries_of(disk.len() as usize))],
        )];
        let unsynced: Vec<_> = host.unsynced.iter().filter_map(|delta| delta_words(setup, delta)).collect();
        if !unsynced.is_empty() {
            sections.push(("Written, not yet synced: a crash loses it".to_owned(), unsynced));
        }
        if host.status != model::Status::Crashed {
            let mut rows = vec![("decided, as it knows".to_owned(), format!("up to index {}", server.decided()))];
            match (server.role(), server.primary()) {
                (Role::Primary(primary), _) => rows.extend(primary.backups.iter().map(|(backup, progress)| {
                    (format!("{backup} has stored"), format!("up to index {}", progress.stored))
                })),
                (_, Some(primary)) => rows.push(("its primary".to_owned(), primary.to_string())),
                (_, None) => rows.push(("its primary".to_owned(), "none yet".to_owned())),
            }
            sections.push(("Volatile: a crash forgets it".to_owned(), rows));
        }
        let (role, meaning) = match (host.status, server.leads()) {
            (model::Status::Crashed, _) => ("server", "It is down. It will start again as a backup."),
            (model::Status::Paused, _) => ("server", "It stands still and does not notice: what arrives waits."),
            (_, true) => {
                ("primary", "It puts posts into an order and confirms them. It asks nobody whether it still leads.")
            }
            (_, false) => ("backup", "It stores its primary's log, and takes over if it hears nothing in time."),
        };
        Sheet {
            title: format!("{id} · {role} in view {}", server.view()),
            sections,
            meaning: meaning.into(),
            actions: Vec::new(),
        }
    }

    fn message_words(&self, setup: FeedSetup, message: &Message) -> Words {
        let Message::PrimaryBackup(message) = message else { unreachable!("a message of this store") };
        let mut rows = vec![("view".to_owned(), message.view().to_string())];
        let meaning = match message {
            primary_backup::Message::Replicate { after, entries, length, .. } => {
                rows.push(("after index".to_owned(), after.to_string()));
                rows.extend(entries.iter().map(|entry| (format!("view {}", entry.view), words(setup, entry))));
                rows.push(("the primary's log".to_owned(), entries_of(*length as usize)));
                "The primary is there, and this comes after that index. What a backup has beyond it, it discards."
            }
            primary_backup::Message::Stored { through, .. } => {
                rows.push(("through index".to_owned(), through.to_string()));
                "The backup's disk has the primary's log up to there."
            }
            primary_backup::Message::Lacks { has, .. } => {
                rows.push(("may be the same up to".to_owned(), has.to_string()));
                "The backup can't place what it was sent: send earlier entries."
            }
            primary_backup::Message::Outdated { .. } => "There is a higher view: the receiver leads no more.",
            primary_backup::Message::Durable { .. } => unreachable!("word from a server's own disk is not drawn"),
        };
        (rows, meaning.to_owned())
    }
}

fn server(host: &Host<Participant>) -> &PrimaryBackup<Command<Feed>> {
    host.node.primary_backup().expect("servers come first")
}

fn hue(view: primary_backup::View) -> u8 {
    1 + (view.0.saturating_sub(1) % HUES) as u8
}

fn words(setup: FeedSetup, entry: &Entry<Command<Feed>>) -> String {
    super::phones::asks(setup, entry.command.client, &entry.command.ask)
}

fn entries_of(number: usize) -> String {
    if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") }
}

fn delta_words(setup: FeedSetup, delta: &Delta) -> Option<(String, String)> {
    let Delta::PrimaryBackup(delta) = delta else { return None };
    Some(match delta {
        primary_backup::Delta::View(view) => ("view".to_owned(), view.to_string()),
        primary_backup::Delta::Append(entry) => (format!("view {}", entry.view), words(setup, entry)),
        primary_backup::Delta::Keep(length) => {
            ("discards".to_owned(), format!("all after the first {}", count(*length as u32, "post")))
        }
    })
}
