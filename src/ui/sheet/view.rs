//! What a sheet shows: a node or a message, opened up.

use crate::ui::act::Act;

/// A node or a message, opened up.
#[derive(Clone, PartialEq, Debug)]
pub struct Sheet {
    /// "n1 · follower".
    pub title: String,
    /// "Durable (on disk)", "Written, not yet synced", "Volatile (lost in a crash)".
    pub sections: Vec<(String, Vec<(String, String)>)>,
    /// What it means, in a sentence or two.
    pub meaning: String,
    /// What only this protocol lets one do to it: label, act.
    pub actions: Vec<(String, Act)>,
}

impl Sheet {
    /// One that says nothing yet.
    pub fn titled(title: &str) -> Self {
        Self { title: title.to_owned(), sections: Vec::new(), meaning: String::new(), actions: Vec::new() }
    }
}
