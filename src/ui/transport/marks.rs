//! The marks on the timeline: a line each, labels where there is room, and a list of those that would overlap.

use std::rc::Rc;

use cap_lab::node::Micros;
use yew::Html;

use crate::ui::el::{El, button, classed, el, several};
use crate::ui::events::{clock, tone_sign};
use crate::ui::number::{Px, order};
use crate::ui::state::{Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::transport::scale::Scale;
use crate::ui::transport::view::{Mark, weight};

/// So many of those that are one are listed.
pub const LISTED: usize = 24;

/// A line for each mark.
pub fn lines(marks: &Rc<Vec<Mark>>, scale: &Scale, ui: &ViewState) -> Html {
    let places = places(marks, scale, ui.timeline_width);
    still("marks", LinesPart { marks: Rc::clone(marks), places })
}

fn places(marks: &[Mark], scale: &Scale, width: f64) -> Vec<f64> {
    marks.iter().map(|mark| width * scale.share(mark.at)).collect()
}

#[derive(PartialEq)]
struct LinesPart {
    marks: Rc<Vec<Mark>>,
    places: Vec<f64>,
}

impl Part for LinesPart {
    fn draw(&self) -> Html {
        let mut lines = Vec::new();
        for (mark, x) in self.marks.iter().zip(&self.places) {
            let line = el("path").set("d", format!("M{},3V27", Px(*x)));
            lines.push(el("g").set("class", format!("mark {}", tone_sign(mark.tone).1)).add(line));
        }
        el("g").all(lines).html()
    }
}

/// The labels of as many marks as have room. One of several marks lists them; of these the one at the play head is the
/// keyboard's stop.
pub fn labels(marks: &Rc<Vec<Mark>>, scale: &Scale, now: Micros, ui: &ViewState) -> Html {
    let places = places(marks, scale, ui.timeline_width);
    let stop = marks.iter().rposition(|mark| mark.count > 1 && mark.at <= now);
    still("labels", LabelsPart { marks: Rc::clone(marks), places, stop, ui: ui.send.clone(), open: ui.run.marks })
}

#[derive(PartialEq)]
struct LabelsPart {
    marks: Rc<Vec<Mark>>,
    places: Vec<f64>,
    stop: Option<usize>,
    ui: yew::Callback<Msg>,
    open: Option<(Micros, Micros)>,
}

impl Part for LabelsPart {
    fn draw(&self) -> Html {
        let texts: Vec<String> = self.marks.iter().map(text).collect();
        let sizes: Vec<_> = texts.iter().map(|text| text.chars().count()).collect();
        let shown = with_room(&self.places, &sizes, &|mark| weight(self.marks[mark].tone), self.stop);
        let mut labels = Vec::new();
        for (index, mark) in self.marks.iter().enumerate().filter(|(index, _)| shown[*index]) {
            let style = format!("left:{}px", Px(self.places[index]));
            let span = Some((mark.at, mark.until));
            let label = if mark.count == 1 {
                classed("span", "mark-label").attr("aria-hidden", "true").text(&texts[index])
            } else {
                let name = format!("{}, from {}: list all", texts[index], clock(mark.at));
                button("mark-label", &texts[index], &self.ui, Msg::Marks(span))
                    .name(name)
                    .flag("aria-expanded", self.open == span)
                    .attr("tabindex", if self.stop == Some(index) { "0" } else { "-1" })
            };
            labels.push(label.set("style", style).key(&mark.at.0.to_string()));
        }
        several(labels)
    }
}

/// "CP refused", "CP refused +11".
fn text(mark: &Mark) -> String {
    if mark.count == 1 { mark.label.clone() } else { format!("{} +{}", mark.label, mark.count - 1) }
}

/// The marks that are one, each with its moment, to be gone to.
pub fn list(listed: &[Mark], ui: &ViewState) -> El {
    let more = listed.len() > LISTED;
    let row = |mark: &Mark| {
        let (sign, class) = tone_sign(mark.tone);
        let text = format!("{sign} {}  {}", clock(mark.at), mark.label);
        el("li").add(button("quiet", &text, &ui.send, Msg::Seek(mark.at)).class(class))
    };
    let close = button("quiet close", "✕", &ui.send, Msg::Marks(None)).attr("aria-label", "Close");
    classed("div", "marks-list")
        .attr("id", "marks-list")
        .attr("tabindex", "-1")
        .attr("role", "dialog")
        .attr("aria-label", "Marks")
        .add(classed("div", "row").add(el("h2").text("Marks")).add(close))
        .add(el("ol").list(listed.iter().take(LISTED).map(row).collect()))
        .optional(more.then(|| el("p").text("More follow: move the play head there to see them.")))
}

/// Which labels have room: that of `first`, then the worst, the latest first; none over another. A label is as wide as its
/// number of letters.
fn with_room(places: &[f64], sizes: &[usize], weight: &dyn Fn(usize) -> u8, first: Option<usize>) -> Vec<bool> {
    let rank = |mark: usize| if first == Some(mark) { 0 } else { 1 + weight(mark) };
    let order = order(places.len(), &|a, b| rank(a).cmp(&rank(b)).then(b.cmp(&a)));
    let mut shown = vec![false; places.len()];
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for index in order {
        let half = 3.0 * sizes[index] as f64 + 5.0;
        let (low, high) = (places[index] - half, places[index] + half);
        if taken.iter().all(|(l, h)| high < *l || low > *h) {
            taken.push((low, high));
            shown[index] = true;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use cap_lab::explain::Tone;
    use cap_lab::node::NodeId;
    use cap_lab::shared_vec::SharedVec;
    use cap_lab::sim::fault::rows;
    use cap_lab::world::watch::{Mark as Raw, MarkKind};

    use super::*;
    use crate::ui::labs::common::Marks;
    use crate::ui::transport::view::APART;

    fn names(id: NodeId) -> String {
        id.to_string()
    }

    fn raw(at: u64, kind: MarkKind) -> Raw {
        Raw { at: Micros::from_ms(at), kind }
    }

    #[test]
    fn labels_never_overlap_and_bad_news_come_first() {
        let weights = [Tone::Good, Tone::Bad, Tone::Routine].map(weight);
        let shown = |first| with_room(&[100.0, 110.0, 400.0], &[10, 9, 5], &|mark| weights[mark], first);
        assert_eq!(shown(None), [false, true, true]);
        assert_eq!(shown(Some(0)), [true, false, true], "but for that at the play head");
    }

    #[test]
    fn marks_that_would_overlap_are_one_with_the_worst_of_their_labels() {
        let cp: SharedVec<Raw> = [
            raw(0, MarkKind::Elected(NodeId(2))),
            raw(100, MarkKind::Fault(&rows::CUT, None)),
            raw(103, MarkKind::Refused(NodeId(5))),
            raw(200, MarkKind::Fault(&rows::HEAL, None)),
        ]
        .into_iter()
        .collect();
        let ap: SharedVec<Raw> =
            [raw(100, MarkKind::Fault(&rows::CUT, None)), raw(101, MarkKind::Stale(NodeId(5)))].into_iter().collect();
        let marks = Marks { worlds: vec![("CP ".to_owned(), &cp), ("AP ".to_owned(), &ap)], names: &names };
        let place = |at: Micros| at.0 as f64 / 1e3;
        let merged = |apart| marks.merged(apart, place);
        let told = |apart| merged(apart).iter().map(text).collect::<Vec<_>>();
        // Told of n3: nodes are counted from 1.
        assert_eq!(told(1.0), ["CP elected n3", "links cut", "AP stale", "CP refused", "healed"]);
        assert_eq!(told(8.0), ["CP elected n3", "links cut +2", "healed"]);
        assert_eq!((merged(8.0)[1].at, merged(8.0)[1].until), (Micros::from_ms(100), Micros::from_ms(103)));
        let between = marks.between(Micros::from_ms(100), Micros::from_ms(103), 2);
        assert_eq!(between.iter().map(text).collect::<Vec<_>>(), ["links cut", "AP stale"]);
    }

    /// However many marks there are, what is drawn of them has room on the line.
    #[test]
    fn what_is_drawn_does_not_grow_with_the_run() {
        let marks: SharedVec<Raw> = (0..20_000).map(|n| raw(90 * n, MarkKind::Stale(NodeId(5)))).collect();
        let marks = Marks { worlds: vec![(String::new(), &marks)], names: &names };
        let merged = marks.merged(APART, |at| 1_400.0 * at.0 as f64 / 1.8e9);
        assert!(merged.len() <= 1_400 / APART as usize + 1, "{} are drawn", merged.len());
        assert_eq!(merged.iter().map(|mark| mark.count).sum::<u32>(), 20_000);
    }
}
