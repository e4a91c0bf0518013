//! The whole page: head, the lab in the middle, the transport at the foot.

use std::rc::Rc;

use yew::Html;

use crate::ui::el::{El, button, classed, el, words};
use crate::ui::header::header;
use crate::ui::lab::Lab;
use crate::ui::pages;
use crate::ui::popovers::banner;
use crate::ui::state::{Coming, Msg, ViewState};
use crate::ui::transport::Transport;
use crate::ui::transport::marks::LISTED;
use crate::ui::transport::scale::Scale;
use crate::ui::world::WorldView;

/// Everything, as a function of the run and the view state.
pub fn view(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
    let setup = lab.setup();
    let scale = Scale::new(lab.end(), lab.moments());
    let filling = lab.filling();
    let goal = filling.and_then(|filling| filling.goal);
    let left = ui.picture.as_ref().filter(|(at, _)| goal == Some(*at));
    let transport = Transport {
        now: left.map_or(lab.now(), |(at, _)| *at),
        marks: lab.marks(&scale, ui.timeline_width),
        listed: ui.run.marks.map_or_else(Vec::new, |(from, until)| lab.marks_between(from, until, LISTED + 1)),
        scale,
        branches: lab.branches(),
        setup: &setup,
        filling,
    };
    let program = pages::at(ui.page).program().expect("the page that is shown has come");
    let main = match (ui.coming, left) {
        (Some(coming), _) => placeholder(coming, ui),
        // It is this program's own drawing: see `app/saving.rs`.
        (None, Some((_, drawn))) => Html::from_html_unchecked(drawn.clone()),
        (None, None) => program.draw(lab, worlds, ui),
    };
    let class = match (ui.dropping, ui.present && ui.page == ui.home) {
        (true, _) => "page dropping",
        (false, true) if ui.framed => "page present framed",
        (false, true) => "page present",
        (false, false) => "page",
    };
    // A browser that translates puts its own text in place of ours, which from then on nobody changes. So only what is
    // written once and for all may be translated: see where `translate` is "yes".
    el("div")
        .attr("translate", "no")
        .attr("class", class)
        .add(hatch())
        .node(header(ui, &setup))
        .optional(banner(ui, &setup))
        .node(main)
        .node(if ui.page == ui.home { transport.draw(ui) } else { Html::default() })
        .add(classed("div", "said").attr("role", "status").attr("aria-live", "polite").text(&ui.said))
        .optional(ui.notice.as_ref().map(|notice| {
            let dismiss = button("quiet", "Dismiss", &ui.send, Msg::Dismiss);
            classed("div", "notice").attr("role", "alert").add(el("p").text(notice)).add(dismiss)
        }))
        .optional(ui.confirmed.as_ref().map(|text| {
            // The live region says it as well.
            classed("p", "confirmed").attr("aria-hidden", "true").text(text)
        }))
        .optional(ghost(worlds, ui))
        .optional(ui.dropping.then(|| {
            classed("div", "drop-hint")
                .attr("aria-hidden", "true")
                .text("Drop a run file to open it, or a history to check it")
        }))
        .html()
}

/// In the place of a page whose program is not here yet.
fn placeholder(coming: Coming, ui: &ViewState) -> Html {
    let says = if coming.failed {
        "This part of the lab could not be loaded. Is there a connection? Your run is as it was."
    } else {
        "This page is being loaded. The run goes on meanwhile."
    };
    let section = classed("section", "coming")
        .attr("role", if coming.failed { "alert" } else { "status" })
        .add(words("h2", pages::at(coming.page).name))
        .add(words("p", says))
        .optional(coming.failed.then(|| button("primary", "Try again", &ui.send, Msg::Navigated)));
    classed("main", "lab").add(section).html()
}

/// The pattern of what is not known, for every drawing on the page.
fn hatch() -> El {
    let pattern = el("pattern")
        .attr("id", "hatch")
        .attr("width", "5")
        .attr("height", "5")
        .attr("patternUnits", "userSpaceOnUse")
        .attr("patternTransform", "rotate(45)")
        .add(el("rect").attr("width", "5").attr("height", "5"))
        .add(el("path").attr("d", "M0,0V5"));
    let drawing = classed("svg", "defs").attr("width", "0").attr("height", "0").attr("aria-hidden", "true");
    drawing.add(el("defs").add(pattern))
}

/// The phone that is being dragged, at the pointer.
fn ghost(worlds: &[Rc<WorldView>], ui: &ViewState) -> Option<El> {
    let drag = ui.run.phone?;
    let phone = worlds.iter().flat_map(|world| &world.phones).find(|phone| phone.id == drag.person);
    let name = phone.map(|phone| phone.name.clone()).unwrap_or_default();
    let onto = drag
        .over
        .and_then(|(world, node)| worlds[world].nodes.get(node.index()))
        .map(|node| format!(" → {}", node.name));
    let text = name + &onto.unwrap_or_default();
    let w = 22.0 + 7.5 * text.chars().count() as f64;
    let pill = el("g")
        .at(drag.client.x + 8.0, drag.client.y - 30.0)
        .add(el("rect").px("width", w).attr("height", "24").attr("rx", "12"))
        .add(el("text").px("x", w / 2.0).attr("y", "16").text(&text));
    let sheet = classed("svg", "ghost").attr("width", "100%").attr("height", "100%").attr("aria-hidden", "true");
    Some(sheet.add(pill))
}
