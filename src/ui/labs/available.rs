//! The available feed's world as view data: what each replica has, and gossip.

use cap_lab::explain::{self, Sentence};
use cap_lab::gossip::{self, Version};
use cap_lab::node::{Node, NodeId};
use cap_lab::sim::model::{self, Slot};
use cap_lab::sim::network::Envelope;
use cap_lab::store::available_feed::{AvailableFeed, Stamped};
use cap_lab::store::feed::{Message, Timer};
use cap_lab::world::feed::{Available, FeedRun, FeedSetup, Member};
use cap_lab::world::watch::Noted;

use super::common::{self, Look};
use super::feed::FeedView;
use super::phones::count;
use crate::ui::lab::{Chip, FlightHue, FlightShape, Invariant, NodeView, Replication, RoleMark, Sheet};

/// How many posts are drawn under a node.
const CHIPS: usize = 6;

fn replica(slot: &Slot<Member<Available>>) -> &AvailableFeed {
    slot.node.replica().expect("servers come first")
}

impl FeedView for Available {
    const TITLE: &'static str = "AP: gossip";
    const SUBTITLE: &'static str = "Answers always, from what this replica has heard";
    const SHORT: &'static str = "AP ";

    fn node(run: &FeedRun<Self>, id: NodeId) -> NodeView {
        let slot = run.model().slot(id);
        let replica = replica(slot);
        let setup = run.world().setup;
        let total = replica.gossip().items().total();
        let newest = replica.newest();
        let shown = &newest[newest.len().saturating_sub(CHIPS)..];
        let chips = shown.iter().map(|Stamped { post, .. }| {
            let author = setup.person(post.id.author);
            let title = format!("{author}: “{}”", post.text);
            Chip { label: author[..1].to_owned(), committed: true, title }
        });
        NodeView {
            id,
            name: id.to_string(),
            role: RoleMark::Replica,
            status: common::status(slot.status),
            // There is room for eight letters.
            caption: if total < 100 { count(total as u32, "post") } else { total.to_string() },
            timer: run.schedule().timer(id, Timer::Replica(gossip::Timer::Exchange)),
            chips: chips.collect(),
            chips_before: total - shown.len() as u64,
            clock: common::clock(run, id),
        }
    }

    fn look(setup: FeedSetup, envelope: &Envelope<Message<gossip::Message<Stamped>>>) -> Look {
        let Message::Peer(peer) = &envelope.message else { unreachable!("phones' messages are not drawn") };
        let (label, shape) = match peer {
            gossip::Message::Mail { item, .. } => {
                (format!("{}'s post", setup.person(item.post.id.author)), FlightShape::Request)
            }
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

    fn sentence(run: &FeedRun<Self>, noted: &Noted<<Member<Self> as Node>::Note>) -> Sentence {
        let setup = run.world().setup;
        let view = explain::feed::View { servers: setup.servers(), reach: noted.reach };
        explain::feed::available(&|id| setup.name(id), view, noted.node, &noted.note)
    }

    fn invariants(_: &FeedRun<Self>) -> Vec<Invariant> {
        Vec::new()
    }

    fn sheet(run: &FeedRun<Self>, id: NodeId) -> Sheet {
        let setup = run.world().setup;
        let slot = run.model().slot(id);
        let replica = replica(slot);
        let mut sections = vec![("Durable (on its disk): posts by the replica that took them".to_owned(), {
            version_rows(setup, &slot.disk.version())
        })];
        if !slot.unsynced.is_empty() {
            let rows = slot.unsynced.iter().map(|delta| {
                let post = &delta.item.post;
                (setup.person(post.id.author).to_owned(), format!("“{}”", post.text))
            });
            sections.push(("Written, not yet synced: a crash loses it".to_owned(), rows.collect()));
        }
        if slot.status != model::Status::Crashed {
            let clock = replica.newest().last().map_or(0, |newest| newest.stamp);
            let rows = vec![("newest logical time".to_owned(), clock.to_string())];
            sections.push(("Volatile: a crash forgets it".to_owned(), rows));
        }
        let meaning = match slot.status {
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
        }
    }

    fn flight_sheet(setup: FeedSetup, envelope: &Envelope<Message<gossip::Message<Stamped>>>) -> Sheet {
        let Message::Peer(peer) = &envelope.message else { unreachable!("phones' messages are not drawn") };
        let said =
            |stamped: &Stamped| (setup.person(stamped.post.id.author).to_owned(), format!("“{}”", stamped.post.text));
        let (rows, meaning) = match peer {
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
        let title = common::title(envelope, &|id| setup.name(id));
        Sheet { title, sections: vec![("It says".to_owned(), rows)], meaning: meaning.to_owned() }
    }

    fn replication(_: &FeedRun<Self>) -> Option<Replication> {
        None
    }
}

fn version_rows(setup: FeedSetup, version: &Version) -> Vec<(String, String)> {
    setup.servers().iter().map(|origin| (origin.to_string(), count(version.count(origin), "post"))).collect()
}
