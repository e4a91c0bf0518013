//! Raft: one cluster, and every server's log with what the leader knows of it.

use std::rc::Rc;

use yew::{Html, html};

use crate::ui::history::history;
use crate::ui::lab::{Invariant, Lab, LogRow, Replication, World};
use crate::ui::markup::{px, text};
use crate::ui::meters::meters;
use crate::ui::number::Px;
use crate::ui::page::{cluster, coach, side};
use crate::ui::phones::phones;
use crate::ui::state::ViewState;
use crate::ui::still::{Part, still};

/// The page.
pub fn page(lab: &dyn Lab, worlds: &[Rc<World>], ui: &ViewState) -> Html {
    let Some(world) = worlds.first() else { return html! {} };
    html! {
        <main class="lab raft">
            <div class="lead">{ coach(worlds, ui, "Drag across links to cut them, or click the leader and crash it. The log shows what each server has and knows.") }</div>
            <section class="world" aria-label="Cluster">
                { cluster(0, world, lab, ui) }
                { phones(0, world, ui) }
            </section>
            <section class="world logs" aria-label="Logs">
                if let Some(replication) = &world.replication {
                    { still("logs", LogsPart { replication: replication.clone() }) }
                }
                { invariants(&world.invariants) }
                { for world.meters.as_ref().map(meters) }
                <div class="strip" id="strip-0">{ history(world, lab.now(), ui) }</div>
            </section>
            { side(lab, worlds, ui) }
        </main>
    }
}

/// "Always true so far": the safety properties, each with its evidence if it was broken.
pub fn invariants(list: &[Invariant]) -> Html {
    still("invariants", InvariantsPart { list: list.to_vec() })
}

#[derive(PartialEq)]
struct InvariantsPart {
    list: Vec<Invariant>,
}

impl Part for InvariantsPart {
    fn draw(&self) -> Html {
        let all = self.list.iter().all(|invariant| invariant.broken.is_none());
        let rows = self.list.iter().map(|invariant| {
            html! {
                <li class={if invariant.broken.is_none() { "good" } else { "bad" }}>
                    <span aria-hidden="true">{ if invariant.broken.is_none() { "✓" } else { "✕" } }</span>
                    <b>{ invariant.name }</b><span class="statement">{ invariant.statement }</span>
                    if let Some(evidence) = &invariant.broken { <p>{ format!("Broken: {evidence}") }</p> }
                </li>
            }
        });
        html! {
            <section class="invariants">
                <h2>{ if all { "Always true so far" } else { "No longer true" } }</h2>
                <ul>{ for rows }</ul>
            </section>
        }
    }
}

/// As many entries as fit beside the names.
const CELLS: u64 = 11;
/// From one cell to the next.
const PITCH: f64 = 27.0;

#[derive(PartialEq)]
struct LogsPart {
    replication: Replication,
}

impl Part for LogsPart {
    fn draw(&self) -> Html {
        let longest =
            self.replication.rows.iter().filter_map(|row| row.entries.last()).map(|cell| cell.index).max().unwrap_or(0);
        let first = self.replication.first_index.max((longest + 2).saturating_sub(CELLS)).max(1);
        let width = PITCH * CELLS as f64 + 14.0;
        let ruler = (first..first + CELLS).map(|index| {
            html! {
                <text x={px(x(first, index) + 12.0)} y="11">{ index }</text>
            }
        });
        html! {
            <div class="log-scroll" tabindex="0" role="region" aria-label="Logs as rows"><table class="log-grid">
                <caption>{ "Logs" }</caption>
                <thead><tr>
                    <th scope="col">{ "Server" }</th><th scope="col">{ "Term" }</th><th scope="col">{ "Vote" }</th>
                    <th scope="col" class="log"><svg width={px(width)} height="14" role="img" aria-label="Log entries by index">{ for ruler }</svg></th>
                    <th scope="col" title="nextIndex: the entry that the leader sends next">{ "next" }</th>
                    <th scope="col" title="matchIndex: the last entry that the leader knows to be there">{ "match" }</th>
                </tr></thead>
                <tbody>{ for self.replication.rows.iter().map(|row| draw_row(row, first, width)) }</tbody>
                <tfoot><tr><td colspan="6">
                    <span class="key solid">{ "committed, as this server knows" }</span><span class="key hatched">{ "not known to be" }</span>
                    <span class="key disk">{ "on disk" }</span><span class="key matched">{ "match" }</span><span class="key nexted">{ "next" }</span>
                </td></tr></tfoot>
            </table></div>
        }
    }
}

fn x(first: u64, index: u64) -> f64 {
    PITCH * (index as f64 - first as f64) + 2.0
}

fn draw_row(row: &LogRow, first: u64, width: f64) -> Html {
    let inside = |index: u64| (first..first + CELLS).contains(&index);
    let cells = row.entries.iter().filter(|cell| inside(cell.index)).map(|cell| {
        let (x, committed) = (x(first, cell.index), cell.index <= row.commit_index);
        let state = if committed { "committed" } else { "not known to be committed" };
        html! {
            <g key={cell.index} class={if committed { "entry" } else { "entry open" }}>
                <title>{ format!("Entry {}, term {}, {state}: {}", cell.index, cell.term, cell.command) }</title>
                <rect x={px(x)} y="4" width="24" height="20" rx="3" />
                <text x={px(x + 12.0)} y="18">{ cell.term }</text>
                if cell.index <= row.durable_index { <path class="disk" d={format!("M{},27h20", Px(x + 2.0))} /> }
            </g>
        }
    });
    let commit = (row.commit_index + 1 >= first)
        .then(|| html! { <path class="commit" d={format!("M{},0V30", Px(x(first, row.commit_index + 1) - 1.5))} /> });
    let matched = row.match_index.filter(|index| inside(*index)).map(|index| {
        html! {
            <path class="log-match" d={format!("M{},36l5,-6l5,6z", Px(x(first, index) + 7.0))} />
        }
    });
    let next = row.next_index.filter(|index| inside(*index)).map(|index| {
        html! {
            <path class="log-next" d={format!("M{},36l4,-5l4,5z", Px(x(first, index) + 8.0))} />
        }
    });
    let number = |index: Option<u64>| index.map_or_else(|| "–".to_owned(), |index| index.to_string());
    let log = row
        .entries
        .iter()
        .filter(|cell| inside(cell.index))
        .map(|cell| cell.term.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    html! {
        <tr key={row.node.0}>
            <th scope="row"><b>{ text(&row.name) }</b><small>{ text(&row.role) }</small></th>
            <td>{ text(&row.term) }</td>
            <td>{ text(&row.voted_for) }</td>
            <td class="log">
                <svg width={px(width)} height="38" role="img"
                    aria-label={format!("terms {log}; committed up to {}, on disk up to {}", row.commit_index, row.durable_index)}>
                    { for cells }{ for commit }{ for matched }{ for next }
                </svg>
            </td>
            <td>{ number(row.next_index) }</td>
            <td>{ number(row.match_index) }</td>
        </tr>
    }
}
