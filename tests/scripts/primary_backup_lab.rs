//! What can be looked at of primary and backup.

use cap_lab::node::NodeId;
use cap_lab::primary_backup::{PrimaryBackup, Role};
use cap_lab::sim::model::Status;
use cap_lab::store::feed::Feed;
use cap_lab::store::state_machine::Command;
use cap_lab::world::feed::FeedRun;

use crate::lab::Lab;

/// A server's view and what it is.
pub(crate) fn role(id: NodeId, server: &PrimaryBackup<Command<Feed>>, status: Status) -> String {
    let role = match (status, server.role(), server.primary()) {
        (Status::Crashed, ..) => "down".to_owned(),
        (_, Role::Primary(_), _) => "primary".to_owned(),
        (_, _, Some(primary)) => format!("backup of {primary}"),
        (_, _, None) => "backup of nobody yet".to_owned(),
    };
    let paused = if status == Status::Paused { ", paused" } else { "" };
    format!("{id} view {}: {role}{paused}\n", server.view())
}

/// Each entry as `VIEW:CONTENT`, a bar after what is decided, and what a crash now would lose.
pub(crate) fn log(
    id: NodeId,
    server: &PrimaryBackup<Command<Feed>>,
    unsynced: usize,
    command: impl Fn(&Command<Feed>) -> String,
) -> String {
    let mut line = format!("{id}:");
    for (index, entry) in (1..).zip(server.state().iter_from(1)) {
        line += &format!(" {}:{}", entry.view, command(&entry.command));
        line += if index == server.decided() { " |" } else { "" };
    }
    if unsynced > 0 {
        line += &format!(" ({unsynced} not on disk)");
    }
    line + "\n"
}

/// The confirmed posts that no replica has any more.
pub(crate) fn lost(lab: &Lab, run: &FeedRun) -> String {
    let store = run.world().store.name();
    let lines = run.watch().lost.iter().map(|lost| {
        let post = format!("{}'s post {}", lab.name(lost.post.author), lost.post.number + 1);
        format!("{store}: {post}, confirmed at {} ms, discarded by {}\n", lost.confirmed.as_ms(), lost.replica)
    });
    let lines: String = lines.collect();
    if lines.is_empty() { format!("{store}: nothing that was confirmed is lost\n") } else { lines }
}
