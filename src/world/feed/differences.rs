//! Where replicas disagree: which posts, statuses, likes and deletions differ, and between which sides.

use std::sync::Arc;

use super::FeedRun;
use crate::node::{NodeId, NodeSet};
use crate::sim::model::Status;
use crate::store::conflict::Object;
use crate::store::feed::{Post, PostId};

/// Something of which not all running replicas have the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// Posts that the same replicas have, and the others lack.
    Posts {
        /// Which, oldest first.
        posts: Vec<(PostId, Arc<str>)>,
        /// Who has them.
        on: NodeSet,
        /// Who lacks them.
        lack: NodeSet,
    },
    /// A status, likes or a deletion: what each side shows, as text.
    Values {
        /// Of what.
        object: Object,
        /// At least two.
        sides: Vec<(NodeSet, String)>,
    },
}

/// What differs now between the replicas that run and take part: posts among the newest of any of them first.
pub fn differences(run: &FeedRun) -> Vec<Difference> {
    let (setup, spares) = (run.world().setup, run.world().store.options().spares);
    let taking_part = |id: NodeId| id.0 + spares < setup.replicas;
    let hosts = run.model().hosts().filter(|(id, host)| taking_part(*id) && host.status != Status::Crashed);
    let replicas: Vec<_> = hosts.map(|(id, host)| (id, &host.node)).collect();
    let mut newest: Vec<&Post> = Vec::new();
    for post in replicas.iter().filter_map(|(_, replica)| replica.posts()).flatten() {
        if !newest.iter().any(|other| other.id == post.id) {
            newest.push(post);
        }
    }
    let mut found =
        posts(&newest, |post| replicas.iter().filter(|(_, one)| one.has(post)).map(|(id, _)| *id).collect());
    let all: NodeSet = replicas.iter().map(|(id, _)| *id).collect();
    found.retain_mut(|difference| match difference {
        Difference::Posts { on, lack, .. } => {
            *lack = all.difference(*on);
            !lack.is_empty()
        }
        Difference::Values { .. } => true,
    });
    let statuses = setup.phones().map(Object::Status);
    let of_posts = newest.iter().flat_map(|post| [Object::Likes(post.id), Object::Deletion(post.id)]);
    for object in statuses.chain(of_posts) {
        let mut sides: Vec<(NodeSet, String)> = Vec::new();
        for (id, replica) in &replicas {
            let Some(value) = replica.objects().map(|objects| objects.show(object)) else { continue };
            match sides.iter_mut().find(|(_, other)| *other == value) {
                Some((side, _)) => _ = side.insert(*id),
                None => sides.push((NodeSet::EMPTY.with(*id), value)),
            }
        }
        if sides.len() > 1 {
            found.push(Difference::Values { object, sides });
        }
    }
    found
}

/// Posts by who has them.
fn posts(newest: &[&Post], holders: impl Fn(PostId) -> NodeSet) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    for post in newest {
        let here = holders(post.id);
        let entry = (post.id, Arc::clone(&post.text));
        let same = found.iter_mut().find_map(|difference| match difference {
            Difference::Posts { posts, on, .. } if *on == here => Some(posts),
            _ => None,
        });
        match same {
            Some(posts) => posts.push(entry),
            None => found.push(Difference::Posts { posts: vec![entry], on: here, lack: NodeSet::EMPTY }),
        }
    }
    found
}
