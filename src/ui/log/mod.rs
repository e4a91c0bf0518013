//! The table of logs: a row per server, and the leader's marks on it.

pub mod view;

use yew::{Callback, Html};

use self::view::{LogCell, LogRow, Replication};
use crate::ui::el::{El, button, classed, el, words};
use crate::ui::number::Px;
use crate::ui::state::{Item, Msg};
use crate::ui::still::{Part, still};

/// Every server's log, as of the latest change. Its name opens what is in it.
pub fn logs(replication: &Replication, send: &Callback<Msg>) -> Html {
    still("logs", LogsPart { replication: replication.clone(), send: send.clone() })
}

/// As many entries as fit beside the names.
const CELLS: u64 = 11;
/// From one cell to the next.
const PITCH: f64 = 27.0;

#[derive(PartialEq)]
struct LogsPart {
    replication: Replication,
    send: Callback<Msg>,
}

impl Part for LogsPart {
    fn draw(&self) -> Html {
        let longest =
            self.replication.rows.iter().filter_map(|row| row.entries.last()).map(|cell| cell.index).max().unwrap_or(0);
        let first = self.replication.first_index.max((longest + 2).saturating_sub(CELLS)).max(1);
        let width = PITCH * CELLS as f64 + 14.0;
        let number = |index: u64| words("text", &index.to_string()).px("x", x(first, index) + 12.0).attr("y", "11");
        let ruler = el("svg")
            .px("width", width)
            .attr("height", "14")
            .attr("role", "img")
            .attr("aria-label", "Log entries by index")
            .all((first..first + CELLS).map(number).collect());
        let heads = self.replication.heads;
        let head = |text: &str| words("th", text).attr("scope", "col");
        let heads = el("tr")
            .add(head("Server"))
            .add(head(heads[0]))
            .add(head(heads[1]))
            .add(classed("th", "log").attr("scope", "col").add(ruler))
            .add(head(heads[2]))
            .add(head(heads[3]));
        let mut keys = el("td").attr("colspan", "6");
        for (class, text) in KEYS {
            keys = keys.add(classed("span", class).text(text));
        }
        let rows = self.replication.rows.iter().map(|row| draw_row(row, first, width, &self.send)).collect();
        let table = classed("table", "log-grid")
            .add(words("caption", "Logs"))
            .add(el("thead").add(heads))
            .add(el("tbody").all(rows))
            .add(el("tfoot").add(el("tr").add(keys)));
        classed("div", "log-scroll")
            .attr("tabindex", "0")
            .attr("role", "region")
            .attr("aria-label", "Logs as rows")
            .add(table)
            .html()
    }
}

/// What the marks in a log mean: the class of each, and its name.
const KEYS: [(&str, &str); 5] = [
    ("key solid", "committed, as this server knows"),
    ("key hatched", "not known to be"),
    ("key disk", "on disk"),
    ("key matched", "match: agrees up to here"),
    ("key nexted", "next: sent next"),
];

fn x(first: u64, index: u64) -> f64 {
    PITCH * (index as f64 - first as f64) + 2.0
}

fn draw_row(row: &LogRow, first: u64, width: f64, send: &Callback<Msg>) -> El {
    let inside = |index: u64| (first..first + CELLS).contains(&index);
    let sign = |class: &'static str, path: String| classed("path", class).set("d", path);
    let shown: Vec<&LogCell> = row.entries.iter().filter(|cell| inside(cell.index)).collect();
    let compacted = (row.snapshot >= first).then(|| {
        let end = x(first, row.snapshot.min(first + CELLS - 1)) + 24.0;
        classed("g", "snapshot")
            .add(el("rect").attr("x", "2").attr("y", "4").px("width", end - 2.0).attr("height", "20").attr("rx", "3"))
            .add(words("text", "snapshot").px("x", (end + 2.0) / 2.0).attr("y", "18"))
    });
    let commit = (row.commit_index + 1 >= first)
        .then(|| sign("commit", format!("M{},0V30", Px(x(first, row.commit_index + 1) - 1.5))));
    let matched = row
        .match_index
        .filter(|index| inside(*index))
        .map(|index| sign("log-match", format!("M{},36l5,-6l5,6z", Px(x(first, index) + 7.0))));
    let next = row
        .next_index
        .filter(|index| inside(*index))
        .map(|index| sign("log-next", format!("M{},36l4,-5l4,5z", Px(x(first, index) + 8.0))));
    let number = |index: Option<u64>| match index {
        None => words("td", "–"),
        Some(index) => words("td", &index.to_string()),
    };
    let open = Msg::Select { world: 0, item: Item::Node(row.node), from_keys: true };
    let name = button("name-of", &row.name, send, open).name(format!("{}: open its log", row.name));
    let terms = shown.iter().map(|cell| cell.term.to_string()).collect::<Vec<_>>().join(", ");
    let log = el("svg")
        .px("width", width)
        .attr("height", "38")
        .attr("role", "img")
        .name(format!("terms {terms}; committed up to {}, on disk up to {}", row.commit_index, row.durable_index))
        .maybe(compacted)
        .all(shown.iter().map(|cell| draw_cell(row, cell, x(first, cell.index))).collect())
        .maybe(commit)
        .maybe(matched)
        .maybe(next);
    el("tr")
        .key(&row.node.0.to_string())
        .add(el("th").attr("scope", "row").add(el("b").add(name)).add(words("small", &row.role)))
        .add(words("td", &row.term))
        .add(words("td", &row.voted_for))
        .add(classed("td", "log").add(log))
        .add(number(row.next_index))
        .add(number(row.match_index))
}

/// One entry of a log, at `x`.
fn draw_cell(row: &LogRow, cell: &LogCell, x: f64) -> El {
    let class = if cell.index <= row.commit_index { "entry" } else { "entry open" };
    let durable = cell.index <= row.durable_index;
    let disk = || classed("path", "disk").set("d", format!("M{},27h20", Px(x + 2.0)));
    classed("g", class)
        .key(&cell.index.to_string())
        .add(el("rect").px("x", x).attr("y", "4").attr("width", "24").attr("height", "20").attr("rx", "3"))
        .add(words("text", &cell.term.to_string()).px("x", x + 12.0).attr("y", "18"))
        .maybe(durable.then(disk))
}
