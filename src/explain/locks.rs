//! The notes of a run about locks as sentences.

use super::feed::{Context, Explained, Names, View};
use super::{Sentence, Tone, count_of, said};
use crate::locks::client::ClientNote;
use crate::locks::participant::Note;
use crate::locks::redlock::InstanceNote;
use crate::locks::service::ServiceNote;
use crate::locks::storage::StorageNote;
use crate::node::NodeId;
use crate::store::replica::ReplicaNote;

const LEASES: &str = "Gray & Cheriton 1989 §2";
const CHUBBY: &str = "Burrows 2006 §2.4";
const SESSIONS: &str = "Burrows 2006 §2.8";
const FENCING: &str = "Kleppmann 2016";
const REDLOCK: &str = "Redlock";
const QUEUE: &str = "Hunt et al. 2010 §2.4";
const LAMPORT: &str = "Lamport 1978";

/// A note, with what only an observer knows.
pub fn sentence(names: Names<'_>, view: View, node: NodeId, note: &Note) -> Sentence {
    let context = Context { node, names, view };
    match note {
        Note::Service(note) => service(names, node, note),
        Note::Client(note) => client(names, node, note),
        Note::Storage(note) => storage(names, note),
        Note::Instance(note) => instance(names, node, note),
        Note::Replica(note) => replica(names, node, note),
        Note::Raft(note) => note.sentence(&context),
        Note::MultiPaxos(note) => note.sentence(&context),
    }
}

fn service(names: Names<'_>, node: NodeId, note: &ServiceNote) -> Sentence {
    let (tone, source, headline, reason) = match note {
        ServiceNote::Granted { session, token, index, waited } => (
            Tone::Good,
            CHUBBY,
            format!("{node} grants {} the lock with token {token}", names(session.client)),
            format!(
                "{} Entry {index} granted it. No later grant has a smaller number.",
                if *waited { "It waited longest." } else { "Nobody held the lock." }
            ),
        ),
        ServiceNote::Queued { session, holder, ahead, .. } => (
            Tone::Routine,
            QUEUE,
            format!("{node} puts {} in the queue", names(session.client)),
            format!("{} holds the lock, and {ahead} wait before it.", names(holder.client)),
        ),
        ServiceNote::Released { session, by, .. } if session == by => (
            Tone::Routine,
            CHUBBY,
            format!("{node} takes the lock back from {}", names(session.client)),
            "Its holder released it.".to_owned(),
        ),
        ServiceNote::Released { session, by, .. } => (
            Tone::Bad,
            CHUBBY,
            format!("{node} takes the lock from {} because {} released it", names(session.client), names(by.client)),
            "By mistake nobody looks who holds it.".to_owned(),
        ),
        ServiceNote::Withdrawn { session, .. } => (
            Tone::Routine,
            QUEUE,
            format!("{node} takes {} out of the queue", names(session.client)),
            "It wants the lock no more.".to_owned(),
        ),
        ServiceNote::ReleaseRefused { session, holder, .. } => (
            Tone::Warning,
            CHUBBY,
            format!("{node} refuses {}'s release", names(session.client)),
            match holder {
                Some(holder) => format!("{} holds the lock.", names(holder.client)),
                None => "Nobody holds the lock.".to_owned(),
            },
        ),
        ServiceNote::Expired { session, held, index } => (
            Tone::Warning,
            LEASES,
            format!("{node} ends {}'s session", names(session.client)),
            format!(
                "Its lease was over by the leader's clock. Entry {index} says so to all replicas.{}",
                if *held { " The lock is free." } else { " It leaves the queue." }
            ),
        ),
        ServiceNote::CameLate { session, .. } => (
            Tone::Routine,
            SESSIONS,
            format!("{node} ignores {}'s late question", names(session.client)),
            "That session is over, and never begins again.".to_owned(),
        ),
    };
    said(tone, source, headline, reason)
}

fn client(names: Names<'_>, node: NodeId, note: &ClientNote) -> Sentence {
    let who = names(node);
    let with = |token: &Option<u64>| token.map_or(String::new(), |token| format!(" with token {token}"));
    let (tone, source, headline, reason) = match note {
        ClientNote::Asks { server, .. } => {
            (Tone::Routine, SESSIONS, format!("{who} asks {server} for the lock"), String::new())
        }
        ClientNote::Polls { round, .. } => (
            Tone::Routine,
            REDLOCK,
            format!("{who} asks all servers for the lock"),
            format!("Round {round}: a majority has to agree."),
        ),
        ClientNote::BacksOff { by, needed, .. } => (
            Tone::Warning,
            REDLOCK,
            format!("{who} gets no majority"),
            format!(
                "{} agreed, of {needed} that it takes. It lets go, and tries again.",
                count_of(by.len() as u64, "server", "servers")
            ),
        ),
        ClientNote::Holds { token, left, .. } => (
            Tone::Good,
            LEASES,
            format!("{who} believes that it holds the lock{}", with(token)),
            format!("Its own clock leaves it {} ms. It counts from its question, and less a margin.", left.as_ms()),
        ),
        ClientNote::LeaseEnds { margin, .. } => (
            Tone::Warning,
            LEASES,
            format!("{who} relies on its lease no more"),
            format!("Its own clock shows less than the margin of {} ms before the end.", margin.as_ms()),
        ),
        ClientNote::ToldOver { held, .. } => (
            Tone::Warning,
            SESSIONS,
            format!("{who} hears that its session is over"),
            if *held { "It believed until now that it held the lock." } else { "It asks again." }.to_owned(),
        ),
        ClientNote::Reads { .. } => (
            Tone::Routine,
            LEASES,
            format!("{who} reads the file"),
            "It has looked at its clock: the lease is not over.".to_owned(),
        ),
        ClientNote::Works { time, .. } => (
            Tone::Routine,
            FENCING,
            format!("{who} works at its update"),
            format!("It takes {} ms. What happens meanwhile it can't see.", time.as_ms()),
        ),
        ClientNote::Writes { token, .. } => (
            Tone::Routine,
            FENCING,
            format!("{who} writes the file{}", with(token)),
            "It last looked at its clock before it read.".to_owned(),
        ),
        ClientNote::Updated { .. } => {
            (Tone::Good, FENCING, format!("{who}'s update is done"), "The storage confirmed it.".to_owned())
        }
        ClientNote::Fenced { token, newest, .. } => (
            Tone::Bad,
            FENCING,
            format!("{who}'s update is refused"),
            format!("The storage has seen token {newest}, and {token} is smaller. Nothing was written."),
        ),
        ClientNote::GivesUp { wrote: true } => (
            Tone::Warning,
            LEASES,
            format!("{who} does not know what came of its write"),
            "Its lease ended before the storage answered.".to_owned(),
        ),
        ClientNote::GivesUp { wrote: false } => (
            Tone::Warning,
            LEASES,
            format!("{who} gives up its update"),
            "It lost the lock before it wrote.".to_owned(),
        ),
        ClientNote::Releases { .. } => (Tone::Routine, CHUBBY, format!("{who} gives the lock back"), String::new()),
        ClientNote::WasBusy => (
            Tone::Warning,
            LEASES,
            format!("{who} is busy"),
            "Too many requests wait in line: it did not take this one.".to_owned(),
        ),
    };
    said(tone, source, headline, reason)
}

fn storage(names: Names<'_>, note: &StorageNote) -> Sentence {
    let with = |token: &Option<u64>| token.map_or(String::new(), |token| format!(" with token {token}"));
    let (tone, source, headline, reason) = match note {
        StorageNote::Reads { update, token } => (
            Tone::Routine,
            FENCING,
            format!("storage is read by {}{}", names(update.client), with(token)),
            String::new(),
        ),
        StorageNote::Writes { update, token, lost } if lost.is_empty() => (
            Tone::Good,
            FENCING,
            format!("storage takes {}'s update{}", names(update.client), with(token)),
            "All that was in the file is still there.".to_owned(),
        ),
        StorageNote::Writes { update, token, lost } => (
            Tone::Bad,
            FENCING,
            format!("storage takes {}'s update{} and loses another", names(update.client), with(token)),
            format!(
                "{} had read the file before {} came.",
                names(update.client),
                match lost.as_slice() {
                    [one] => format!("{}'s update", names(one.client)),
                    many => format!("{} updates", many.len()),
                }
            ),
        ),
        StorageNote::RefusesToken { update, token, newest, write } => (
            Tone::Good,
            FENCING,
            format!("storage refuses {}'s {}", names(update.client), if *write { "write" } else { "read" }),
            format!("It carries token {token}, and the storage has seen {newest}. The lock was granted again since."),
        ),
        StorageNote::DropsOlder { update, written, newest } => (
            Tone::Bad,
            LAMPORT,
            format!("storage drops {}'s write and says that it is done", names(update.client)),
            format!(
                "Its timestamp is {} ms older than that of the file. Clocks decide here, whatever happened first.",
                newest.since(*written).as_ms()
            ),
        ),
        StorageNote::KnowsWrite { update } => (
            Tone::Routine,
            FENCING,
            format!("storage knows {}'s write already", names(update.client)),
            "It was a copy, and has no effect.".to_owned(),
        ),
    };
    said(tone, source, headline, reason)
}

fn instance(names: Names<'_>, node: NodeId, note: &InstanceNote) -> Sentence {
    let (tone, headline, reason) = match note {
        InstanceNote::Locks { session, after, .. } => (
            Tone::Good,
            format!("{node} holds the lock for {}", names(session.client)),
            match after {
                Some(before) => format!("By its wall clock {}'s time is over.", names(before.client)),
                None => "It held it for nobody else.".to_owned(),
            },
        ),
        InstanceNote::Refuses { session, holder, left } => (
            Tone::Warning,
            format!("{node} refuses {}", names(session.client)),
            format!("It holds the lock for {} for {} ms more.", names(holder.client), left.as_ms()),
        ),
        InstanceNote::Unlocks { session } => {
            (Tone::Routine, format!("{node} lets {}'s lock go", names(session.client)), String::new())
        }
        InstanceNote::KeepsSilent { session } => (
            Tone::Warning,
            format!("{node} does not answer {}", names(session.client)),
            "It kept nothing through its crash. It waits until whatever it had granted is over.".to_owned(),
        ),
    };
    said(tone, REDLOCK, headline, reason)
}

fn replica(names: Names<'_>, node: NodeId, note: &ReplicaNote) -> Sentence {
    let (tone, headline, reason) = match note {
        ReplicaNote::Forwarded { client, leader, .. } => (
            Tone::Routine,
            format!("{node} passes {}'s question to {leader}", names(*client)),
            format!("As far as {node} knows, {leader} leads."),
        ),
        ReplicaNote::RefusedWithoutLeader { client, epoch, .. } => (
            Tone::Bad,
            format!("{node} refuses {}'s question", names(*client)),
            format!("It knows no leader in {epoch}."),
        ),
        ReplicaNote::AskedBefore { client, .. } => (
            Tone::Routine,
            format!("{node} ignores {}'s question", names(*client)),
            "It is a copy, or came after a later one.".to_owned(),
        ),
        ReplicaNote::ForgotWhetherTaken { client, epoch, .. } => (
            Tone::Warning,
            format!("{node} can't tell what came of {}'s question", names(*client)),
            format!("It has restarted since {epoch}."),
        ),
        ReplicaNote::LostLeader { client, leader } => (
            Tone::Warning,
            format!("{node} can't tell what came of {}'s question", names(*client)),
            format!("It had passed it to {leader}, and no longer follows {leader}."),
        ),
        ReplicaNote::Superseded { client, index } => (
            Tone::Bad,
            format!("{node} refuses {}'s question after all", names(*client)),
            format!("Another entry was committed at index {index}."),
        ),
        ReplicaNote::Applied { index, client, .. } => (
            Tone::Routine,
            format!("{node} carries out {}'s command", names(*client)),
            format!("Entry {index} is committed."),
        ),
    };
    said(tone, "Raft §8", headline, reason)
}
