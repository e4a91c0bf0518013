//! A feed on gossip as view data: what each replica has, and what they say.

use cap_lab::gossip::{self, Version};
use cap_lab::node::NodeId;
use cap_lab::sim::model::{self, Host};
use cap_lab::store::available_feed::{AvailableFeed, Stamped};
use cap_lab::store::participant::{Delta, FeedDisk, Message, Participant, Timer};
use cap_lab::world::feed::{FeedRun, FeedSetup};

use super::common::{self, Look};
use super::phones::{self, count};
use super::portrait::{Portrait, Sheets, Words};
use crate::ui::figure::view::{Chip, FlightHue, FlightShape, NodeView, RoleMark};
use crate::ui::sheet::view::Sheet;

/// How many posts are drawn under a node.
const CHIPS: usize = 6;

/// The feed on gossip.
pub(super) struct OnGossip;

impl Portrait for OnGossip {
    fn promise(&self, _: &FeedRun) -> String {
        "A working replica answers, from what it has heard".to_owned()
    }

    fn node(&self, run: &FeedRun, id: NodeId) -> NodeView {
        let host = run.model().host(id);
        let replica = replica(host);
        let setup = run.world().setup;
        let total = replica.posts_known();
        let newest = replica.newest();
        let shown = &newest[newest.len().saturating_sub(CHIPS)..];
        let chips = shown.iter().map(|Stamped { written, .. }| {
            let (author, what) = phones::written(setup, written);
            let title = format!("{author}: {what}");
            Chip { label: author[..1].to_owned(), committed: true, title, hue: 0 }
        });
        NodeView {
            id,
            name: id.to_string(),
            role: RoleMark::Replica,
            status: common::status(host.status),
            // There is room for eight letters.
            caption: if total < 100 { count(total as u32, "post") } else { total.to_string() },
            timer: run.schedule().timer(id, Timer::Gossip(gossip::Timer::Exchange)),
            chips: chips.collect(),
            chips_before: total - shown.len() as u64,
            clock: common::clock(run, id),
            lease: false,
            card: None,
            seat: None,
        }
    }

    fn look(&self, setup: FeedSetup, message: &Message) -> Look {
        let Message::Gossip(message) = message else { unreachable!("a message of this store") };
        let (label, shape) = match message {
            gossip::Message::Mail { item, .. } => (phones::label(setup, &item.written), FlightShape::Request),
            gossip::Message::Digest { .. } => ("digest".to_owned(), FlightShape::Request),
            gossip::Message::Pull { .. } => ("pull".to_owned(), FlightShape::Request),
            gossip::Message::Items { spans, .. } => {
                let posts: usize = spans.iter().map(|span| span.items.len()).sum();
                (count(posts as u32, "post"), FlightShape::Reply)
            }
            gossip::Message::Stored { .. } => unreachable!("word from a replica's own disk is not drawn"),
        };
        Look { label, shape, hue: FlightHue::Gossip }
    }
}

impl Sheets for OnGossip {
    fn sheet(&self, run: &FeedRun, id: NodeId) -> Sheet {
        let setup = run.world().setup;
        let host = run.model().host(id);
        let replica = replica(host);
        let version = match &host.disk {
            FeedDisk::Gossip(items) => items.version(),
            _ => Version::default(),
        };
        let mut sections = vec![("Durable (on its disk): posts by the replica that took them".to_owned(), {
            version_rows(setup, &version)
        })];
        if !host.unsynced.is_empty() {
            let rows = host.unsynced.iter().filter_map(|delta| {
                let Delta::Gossip(append) = delta else { return None };
                Some(phones::written(setup, &append.item.written))
            });
            sections.push(("Written, not yet synced: a crash loses it".to_owned(), rows.collect()));
        }
        if host.status != model::Status::Crashed {
            let clock = replica.newest().last().map_or(0, |newest| newest.stamp);
            let rows = vec![("newest logical time".to_owned(), clock.to_string())];
            sections.push(("Volatile: a crash forgets it".to_owned(), rows));
        }
        let meaning = match host.status {
            model::Status::Crashed => "It is down. It will start again with the posts on its disk.",
            model::Status::Paused => "It stands still and does not notice: what arrives waits.",
            model::Status::Up => {
                "It answers at once from what it has, and swaps posts with a random peer now and then."
            }
        };
        let total = replica.gossip().items().total();
        Sheet {
            title: format!("{id} · replica with {}", count(total as u32, "post")),
            sections,
            meaning: meaning.into(),
            actions: Vec::new(),
        }
    }

    fn message_words(&self, setup: FeedSetup, message: &Message) -> Words {
        let Message::Gossip(message) = message else { unreachable!("a message of this store") };
        let said = |stamped: &Stamped| phones::written(setup, &stamped.written);
        let (rows, meaning) = match message {
            gossip::Message::Mail { item, .. } => (
                vec![said(item)],
                "A new post, sent to all peers at once (direct mail). If it is lost, gossip makes up for it.",
            ),
            gossip::Message::Digest { known } => {
                (version_rows(setup, known), "What the sender knows: send what I lack, and ask for what you lack.")
            }
            gossip::Message::Pull { known } => (version_rows(setup, known), "What the sender knows: send me the rest."),
            gossip::Message::Items { spans, .. } => {
                (spans.iter().flat_map(|span| &span.items).map(said).collect(), "Posts that the receiver lacked.")
            }
            gossip::Message::Stored { .. } => unreachable!("word from a replica's own disk is not drawn"),
        };
        (rows, meaning.to_owned())
    }
}

fn replica(host: &Host<Participant>) -> &AvailableFeed {
    host.node.gossip().expect("servers come first")
}

fn version_rows(setup: FeedSetup, version: &Version) -> Vec<(String, String)> {
    setup.servers().iter().map(|origin| (origin.to_string(), count(version.count(origin), "post"))).collect()
}
