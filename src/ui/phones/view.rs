//! What people's phones show.

use std::rc::Rc;

use cap_lab::node::NodeId;
use cap_lab::store::feed::PostId;

/// How a phone stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PhoneState {
    /// Nothing asked yet.
    Idle,
    /// Waits for an answer.
    Waiting,
    /// Answered, and nothing was missing.
    Good,
    /// Answered from old data.
    Stale,
    /// Refused: it did not happen.
    Refused,
    /// No answer in time.
    Unknown,
}

/// One person's phone.
#[derive(Clone, PartialEq, Debug)]
pub struct PhoneView {
    /// Who.
    pub id: NodeId,
    /// "Ana".
    pub name: String,
    /// The replica it talks to.
    pub via: NodeId,
    /// What it shows, oldest first: its last answered read and its own posts since.
    pub posts: Rc<Vec<PostView>>,
    /// The statuses that its last answered read showed.
    pub statuses: Rc<Vec<StatusView>>,
    /// The state of its latest operation.
    pub state: PhoneState,
    /// "Refused: n1 knows no leader", "Stale: misses 1 post, 6.2 s", "Posted in 84 ms".
    pub status: String,
    /// More: the reason in a sentence, what was missed.
    pub detail: String,
    /// "“Rain again” was committed after all": an unknown post that turned out.
    pub announcement: Option<String>,
}

/// One post on a phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostView {
    /// Its name, once it was read.
    pub id: Option<PostId>,
    /// "Bo".
    pub author: String,
    /// What it says.
    pub text: String,
    /// "12:00:04".
    pub time: String,
    /// How many like it: "2", or "2 | 3" if nobody has chosen yet; empty if nobody does.
    pub likes: String,
    /// Its author deleted it.
    pub deleted: bool,
    /// Its author does not know yet, or will not, whether it was accepted.
    pub unconfirmed: bool,
}

/// Somebody's status on a phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusView {
    /// Whose.
    pub of: NodeId,
    /// "Bo".
    pub name: String,
    /// What it says; several siblings if nobody has chosen yet.
    pub values: Vec<Rc<str>>,
}

/// What is picked on a phone, to do something with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Picked {
    /// A post.
    Post(PostId),
    /// Somebody's status, of which there are siblings.
    Status(NodeId),
}
