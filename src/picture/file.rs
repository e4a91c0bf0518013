//! A picture as a file of its own, which opens anywhere, without a network.

use std::fmt::{self, Display, Write};

use super::{Bar, Picture, Sight, WIDTHS};
use crate::referee::recorded::{Finding, Reason, Unknown};

/// A picture of more operations than this shows a part of them.
const OPERATIONS_MAX: usize = 5_000;
/// So many events of it.
const EVENTS_SHOWN: f64 = 2_000.0;
/// Events are as wide as they can be in a picture of this width.
const WIDTH: f64 = 2_400.0;

/// Colours that people tell apart (Okabe & Ito 2008), on a light and on a dark page.
const STYLE: &str = "\
    .history { --ground: #fff; --text: #1d2430; --quiet: #5b6675; --line: #d9dee6; --good: #0a7d5a; --soft: #ddf3ea; --bad: #b3400a; \
    --bare: #f1f3f6; --order: #0b62a8; font: 11px system-ui, sans-serif; background: var(--ground); }
    @media (prefers-color-scheme: dark) { .history { --ground: #14181f; --text: #e6eaf0; --quiet: #9aa6b5; --line: #2d3541; \
    --good: #3cc79a; --soft: #173a30; --bad: #ff8f5a; --bare: #222935; --order: #6cb6ff; } }
    .history text { fill: var(--text); } .tick path { stroke: var(--line); } .tick text { fill: var(--quiet); text-anchor: middle; }
    .done rect { fill: var(--soft); stroke: var(--good); } .unknown rect { fill: var(--bare); stroke: var(--quiet); \
    stroke-dasharray: 3 2; }
    .bar .evidence { fill: none; stroke: var(--bad); stroke-width: 2; stroke-dasharray: none; } .bar .decisive { stroke-width: 3.5; }
    .order path { fill: none; stroke: var(--order); stroke-opacity: .55; } .order circle { fill: var(--order); }";

const PAGE_STYLE: &str = "\
    :root { color-scheme: light dark; } body { margin: 0; padding: 16px 20px; font: 15px/1.5 system-ui, sans-serif; }
    h1 { font-size: 20px; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 15px; margin: 16px 0 4px; } \
    p, ul { max-width: 96ch; margin: 4px 0; overflow-wrap: anywhere; } \
    .drawn { overflow-x: auto; margin-top: 16px; border: 1px solid #8885; border-radius: 8px; }";

/// Text that means nothing to XML.
struct Plain<'text>(&'text str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // XML has no place for these at all.
                char if char.is_control() => f.write_char('\u{fffd}')?,
                char => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// A recorded history and what was found about it, to be written down.
pub struct File<'case> {
    /// The history.
    pub picture: &'case Picture,
    /// What it is called.
    pub name: &'case str,
    /// The verdict in a word or two.
    pub verdict: &'case str,
    /// What was found.
    pub finding: &'case Finding,
}

impl File<'_> {
    /// As SVG.
    pub fn svg(&self) -> String {
        let mut out = String::new();
        self.draw(&mut out).expect("strings take everything");
        out
    }

    /// As a page of HTML, with the evidence in words.
    pub fn html(&self) -> String {
        let mut out = String::new();
        self.write_page(&mut out).expect("strings take everything");
        out
    }

    fn reasons(&self) -> &[Reason] {
        match self.finding {
            Finding::NotLinearizable(reasons) => reasons,
            _ => &[],
        }
    }

    fn order(&self) -> &[(u32, u64)] {
        match self.finding {
            Finding::Linearizable(order) => order,
            _ => &[],
        }
    }

    /// How wide an event is, and what is drawn: all, or a part that begins where the evidence does.
    fn sight(&self) -> (f64, Sight) {
        let event = WIDTHS[self.picture.zoom(WIDTH).max(1)];
        let (width, _) = self.picture.size(event);
        if self.picture.history.operations.len() <= OPERATIONS_MAX {
            return (event, (0.0, width));
        }
        let evidence = self.reasons().first().and_then(|reason| self.picture.evidence_at(reason, event));
        let from = evidence.unwrap_or(0.0);
        (event, (from, (from + EVENTS_SHOWN * event).min(width)))
    }

    fn draw(&self, out: &mut String) -> fmt::Result {
        let (event, sight) = self.sight();
        let ((from, to), (_, height)) = (sight, self.picture.size(event));
        let width = to - from;
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"history\" role=\"img\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"{from:.1} 0 {width:.1} {height:.1}\"><title>{}: {}</title><style>{STYLE}</style>",
            Plain(self.name),
            Plain(self.verdict)
        )?;
        let (top, numbers) = self.picture.numbers(event, sight);
        for (number, x) in numbers {
            write!(
                out,
                "<g class=\"tick\"><path d=\"M{x:.1},{top}V{height:.1}\"/><text x=\"{x:.1}\" y=\"11\">{number}</text></g>"
            )?;
        }
        for row in 0..self.picture.rows() {
            for bar in self.picture.bars(row, event, sight) {
                self.draw_bar(out, &bar)?;
            }
        }
        self.draw_order(out, &self.picture.order(self.order(), event, sight))?;
        out.write_str("</svg>\n")
    }

    fn draw_bar(&self, out: &mut String, bar: &Bar) -> fmt::Result {
        let Bar { operation, at: (x, y), size: (width, height), label, title, is_done } = bar;
        let rect = |out: &mut String, grow: f64, class: &str| {
            write!(
                out,
                "<rect{class} x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"3\"/>",
                x - grow,
                y - grow,
                width + 2.0 * grow,
                height + 2.0 * grow
            )
        };
        let class = if *is_done { "done" } else { "unknown" };
        write!(out, "<g class=\"bar {class}\"><title>{}</title>", Plain(title))?;
        rect(out, 0.0, "")?;
        let is_in =
            |which: fn(&Reason) -> &Vec<u32>| self.reasons().iter().any(|reason| which(reason).contains(operation));
        if is_in(|reason| &reason.decisive) {
            rect(out, 3.0, " class=\"evidence decisive\"")?;
        } else if is_in(|reason| &reason.operations) {
            rect(out, 3.0, " class=\"evidence\"")?;
        }
        if !label.is_empty() {
            write!(out, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 4.0, y + 13.0, Plain(label))?;
        }
        out.write_str("</g>")
    }

    fn draw_order(&self, out: &mut String, points: &[(u32, f64, f64)]) -> fmt::Result {
        if points.is_empty() {
            return Ok(());
        }
        out.write_str("<g class=\"order\"><path d=\"")?;
        for (nth, (_, x, y)) in points.iter().enumerate() {
            write!(out, "{}{x:.1},{y:.1}", if nth == 0 { "M" } else { "L" })?;
        }
        out.write_str("\"/>")?;
        for (_, x, y) in points {
            write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>")?;
        }
        out.write_str("</g>")
    }

    fn write_page(&self, out: &mut String) -> fmt::Result {
        let about = &self.picture.history.about;
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{name}: {verdict}</title><style>{PAGE_STYLE}</style></head>\n<body><h1>{name}: \
             {verdict}</h1>\n<p>{} operations, read as {}, judged as {}.</p>\n",
            self.picture.history.operations.len(),
            about.format.name(),
            about.model.name(),
            name = Plain(self.name),
            verdict = Plain(self.verdict),
        )?;
        for warning in &about.warnings {
            writeln!(out, "<p>⚠ Warning: {}.</p>", Plain(warning))?;
        }
        for reason in self.reasons() {
            self.write_reason(out, reason)?;
        }
        match self.finding {
            Finding::Linearizable(_) => writeln!(
                out,
                "<p>One order of the operations explains every result and keeps the order of time: the dots.</p>"
            )?,
            Finding::Unknown(Unknown { explored, longest, of, .. }) => writeln!(
                out,
                "<p>Neither an order nor a proof against one within {explored} configurations. The longest order found has {} of {of} \
                 operations.</p>",
                longest.len()
            )?,
            _ => {}
        }
        let (event, (from, to)) = self.sight();
        if (from, to) != (0.0, self.picture.size(event).0) {
            writeln!(out, "<p>Drawn are events {:.0} to {:.0}.</p>", from / event, to / event)?;
        }
        out.write_str("<div class=\"drawn\" tabindex=\"0\">")?;
        self.draw(out)?;
        out.write_str(
            "</div>\n<p>A row for each client, left to right by the order of events; dashed: nobody knows what came of it.</p>\n\
             </body></html>\n",
        )
    }

    fn write_reason(&self, out: &mut String, reason: &Reason) -> fmt::Result {
        let history = &self.picture.history;
        let minimal = if reason.minimal { "" } else { "; a smaller set may be impossible too" };
        write!(out, "<p>{}</p>\n<h2>Impossible together, by invocation{minimal}</h2>\n<ul>", Plain(&reason.sentence))?;
        for (one, words) in reason.operations.iter().zip(&reason.words) {
            let who = history.about.who(&history.operations[*one as usize]);
            write!(out, "<li><b>{}</b> {}</li>", Plain(words), Plain(&who))?;
        }
        if let Some(failed) = &reason.failed {
            write!(out, "<li>✕ <b>{}</b>, which failed</li>", Plain(failed))?;
        }
        out.write_str("</ul>\n")
    }
}
