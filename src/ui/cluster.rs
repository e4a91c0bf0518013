//! A cluster under its title, as picture, as tables or as a diagram; and what stands beside it.

use std::rc::Rc;

use cap_lab::store::Store;
use yew::Html;

use crate::ui::diagram;
use crate::ui::el::{El, button, classed, el, together};
use crate::ui::events::events;
use crate::ui::figure::cluster::figure;
use crate::ui::figure::table::tables;
use crate::ui::guide;
use crate::ui::lab::Lab;
use crate::ui::lessons;
use crate::ui::sheet::sheet;
use crate::ui::state::{Msg, ViewState};
use crate::ui::world::WorldView;

/// How much room a world asks for, as the style sheet knows it: by its replicas and its people.
pub fn room(world: &WorldView) -> String {
    let replicas = match world.nodes.len() {
        ..=3 => " few",
        4..=5 => "",
        _ => " many",
    };
    let people = if world.phones.len() > 3 { " crowd" } else { "" };
    format!("world{replicas}{people}")
}

/// A figure as picture or as tables, under its title.
pub fn cluster(index: usize, world: &Rc<WorldView>, lab: &dyn Lab, ui: &ViewState) -> Html {
    let title = classed("header", "title")
        .add(el("h2").text(&world.title))
        .add(el("p").text(&world.subtitle))
        .add(views(ui))
        .optional(
            lab.setup().stores.get(index).filter(|here| here.is_linearizable()).map(|here| logs(index, *here, ui)),
        );
    let picture = match &ui.run.diagram {
        Some(shown) => diagram::diagram(index, world, shown, ui),
        None if ui.tables => tables(index, world, ui),
        None => figure(index, world, (lab.now(), &lab.slow_links()), ui),
    };
    together(vec![title.html(), picture])
}

/// Other views of the same.
fn views(ui: &ViewState) -> El {
    let diagram = Msg::Diagram(diagram::shown::Do::Toggle);
    classed("div", "views")
        .add(button("quiet as-table", "As diagram", &ui.send, diagram).flag("aria-pressed", ui.run.diagram.is_some()))
        .add(button("quiet as-table", "As table", &ui.send, Msg::Tables).flag("aria-pressed", ui.tables))
}

/// Which protocol keeps a consistent feed's log; another one gets the same script.
fn logs(world: usize, here: Store, ui: &ViewState) -> El {
    let choice = |store: Store| {
        let chosen = Msg::OnStore { world, store };
        button("", store.title(), &ui.send, chosen).flag("aria-pressed", store.name() == here.name())
    };
    let others = Store::all().into_iter().filter(|store| store.is_linearizable());
    classed("div", "segments logs-of")
        .attr("role", "group")
        .attr("aria-label", "The log's protocol")
        .all(others.map(choice).collect())
}

/// What is opened up, over what just happened.
pub fn side(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
    let shown = ui.shown(worlds.len()).into_iter().map(|index| (index, Rc::clone(&worlds[index]))).collect::<Vec<_>>();
    let open = sheet(lab, worlds, ui);
    let class = if open.is_some() { "side open" } else { "side" };
    classed("aside", class)
        .node(together(open.into_iter().collect()))
        .node(lessons::panel(lab, ui).unwrap_or_else(|| guide::cards(lab, ui)))
        .node(events(&shown, ui))
        .html()
}
