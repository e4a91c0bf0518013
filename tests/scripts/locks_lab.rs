//! What a script can look at in a run about locks.

use std::error::Error;
use std::fmt::Write;

use cap_lab::explain;
use cap_lab::locks::storage::UpdateId;
use cap_lab::node::Micros;
use cap_lab::sim::model::Status;
use cap_lab::world::locks::{LocksRun, Span};

/// Grants, beliefs, overlaps, file, clocks or notes; none for what is no matter of locks.
pub(crate) fn show(run: &LocksRun, what: &str, noted: &mut u64) -> Option<Result<String, Box<dyn Error>>> {
    let shown = match what {
        "grants" => run.watch().grants.iter().map(|span| spanned(run, span)).collect(),
        "beliefs" => run.watch().beliefs.iter().map(|span| spanned(run, span)).collect(),
        "overlaps" => overlaps(run),
        "file" => file(run),
        "clocks" => clocks(run),
        "notes" => notes(run, noted),
        _ => return None,
    };
    Some(Ok(shown))
}

fn moment(at: Micros) -> String {
    format!("{} ms", at.as_ms())
}

fn spanned(run: &LocksRun, span: &Span) -> String {
    let token = span.token.map_or(String::new(), |token| format!(" with token {token}"));
    let until = span.until.map_or("lasts".to_owned(), |until| format!("until {}", moment(until)));
    format!("{}{token} from {}, {until}\n", run.world().setup.name(span.session.client), moment(span.from))
}

fn overlaps(run: &LocksRun) -> String {
    let name = |node| run.world().setup.name(node);
    let overlaps = run.watch().overlaps.iter();
    let lines = overlaps.map(|overlap| {
        format!("from {} on {} and {} both believe it\n", moment(overlap.at), name(overlap.first), name(overlap.second))
    });
    let told: String = lines.collect();
    if told.is_empty() { "never did two clients believe it at once\n".to_owned() } else { told }
}

/// Whose updates the file contains, in order.
fn file(run: &LocksRun) -> String {
    let setup = run.world().setup;
    let storage = run.model().host(setup.storage()).node.storage().expect("it is the storage");
    let updates: Vec<String> = storage.file().iter().map(|UpdateId { client, .. }| setup.name(*client)).collect();
    let whole = if run.watch().corruption.is_some() { "corrupted" } else { "whole" };
    format!("{whole}: [{}]\n", updates.join(" "))
}

/// By how much each node's clocks are off.
fn clocks(run: &LocksRun) -> String {
    let mut out = String::new();
    for (id, host) in run.model().hosts() {
        let (skew, drift) = run.schedule().clock_error(id);
        let paused = if host.status == Status::Paused { ", stands still" } else { "" };
        let name = run.world().setup.name(id);
        if (skew, drift, paused) != (0, 0, "") {
            writeln!(out, "{name} skew {} ms, drift {drift} ppm{paused}", skew / 1_000)
                .expect("strings take everything");
        }
    }
    out
}

fn notes(run: &LocksRun, noted: &mut u64) -> String {
    let setup = run.world().setup;
    let names = |node| setup.name(node);
    let seen = *noted;
    let mut out = String::new();
    let told: Vec<_> = run.watch().events.notes.iter().take_while(|(number, _)| *number >= seen).collect();
    for (number, told) in told.into_iter().rev() {
        let view = explain::feed::View { servers: setup.servers(), reach: told.reach };
        let sentence = explain::locks::sentence(&names, view, told.node, &told.note);
        writeln!(out, "{}", sentence.headline).expect("strings take everything");
        *noted = number + 1;
    }
    out
}
