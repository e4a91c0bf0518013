//! Who has what, in words, while replicas can't agree.

use cap_lab::conclusion;
use cap_lab::node::{Micros, NodeId, NodeSet};
use cap_lab::store::conflict::Object;
use cap_lab::world::feed::{Difference, FeedRun, differences};

use super::phones::count;
use crate::ui::events::view::Differs;

/// As many lines as anyone reads.
const SHOWN: usize = 4;

/// What differs between replicas while links are cut, and until all agree again after that. What is on its way in a whole network is
/// none of it.
pub(super) fn lines(run: &FeedRun) -> Vec<Differs> {
    let is_cut = run.watch().events.troubles.iter().any(|trouble| trouble.node.is_none() && trouble.until.is_none());
    let healed = conclusion::latest_cut(run).map_or(Micros::ZERO, |(_, healed)| healed);
    if !is_cut && (healed == Micros::ZERO || conclusion::agree(run, healed)) {
        return Vec::new();
    }
    let setup = run.world().setup;
    let all = differences(run);
    let mut lines: Vec<Differs> = all.iter().take(SHOWN).map(|one| line(&|id| setup.person(id), one)).collect();
    if all.len() > SHOWN {
        let more = count((all.len() - SHOWN) as u32, "more difference");
        lines.push(Differs { what: more, sides: String::new() });
    }
    lines
}

fn line(name: &dyn Fn(NodeId) -> &'static str, difference: &Difference) -> Differs {
    match difference {
        Difference::Posts { posts, on, lack } => {
            let what = match &posts[..] {
                [(post, text)] => format!("{}'s “{text}”", name(post.author)),
                several => count(several.len() as u32, "post"),
            };
            Differs { what, sides: format!("on {}, not on {}", list(*on), list(*lack)) }
        }
        Difference::Values { object, sides } => {
            let what = match object {
                Object::Status(of) => format!("{}'s status", name(*of)),
                Object::Likes(post) => format!("Likes of {}'s post", name(post.author)),
                Object::Deletion(post) => format!("{}'s post", name(post.author)),
            };
            let sides: Vec<String> = sides.iter().map(|(side, value)| format!("{value} on {}", list(*side))).collect();
            Differs { what, sides: sides.join(", ") }
        }
    }
}

fn list(nodes: NodeSet) -> String {
    nodes.iter().map(|node| node.to_string()).collect::<Vec<_>>().join(" ")
}
