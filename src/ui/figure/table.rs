//! The same cluster as tables, for whoever prefers rows to pictures.

use std::rc::Rc;

use yew::{Html, html};

use crate::ui::lab::World;
use crate::ui::markup::text;
use crate::ui::state::{Item, LinkState, Msg, ViewState, link_state, links, node_role, toggle_link};

/// Nodes, links and messages of `world` in three tables.
pub fn tables(index: usize, world: &Rc<World>, ui: &ViewState) -> Html {
    let name =
        |id: cap_lab::node::NodeId| world.nodes.get(id.index()).map(|node| node.name.clone()).unwrap_or_default();
    let open = |item| ui.on(Msg::Select { world: index, item, from_keys: true });
    let nodes = world.nodes.iter().map(|node| html! {
        <tr key={node.id.0}>
            <th scope="row">{ text(&node.name) }</th>
            <td>{ node_role(node.role, node.status) }</td>
            <td>{ node.caption.clone() }{ for node.clock.iter().map(|clock| format!(", {clock}")) }</td>
            <td><button class="quiet" onclick={open(Item::Node(node.id))} aria-label={format!("Open {}", node.name)}>{ "Open" }</button></td>
        </tr>
    });
    let rows = links(world).into_iter().map(|(a, b)| {
        let (na, nb) = (name(a), name(b));
        let (state, verb) = match link_state(&world.cut, a, b) {
            LinkState::Whole => ("whole".to_owned(), "Cut"),
            LinkState::Cut => ("cut".to_owned(), "Heal"),
            LinkState::CutThere => (format!("cut from {na} to {nb}"), "Heal"),
            LinkState::CutBack => (format!("cut from {nb} to {na}"), "Heal"),
        };
        html! {
            <tr key={format!("{na}-{nb}")}>
                <th scope="row">{ format!("{na} – {nb}") }</th>
                <td>{ state }</td>
                <td>
                    <button class="quiet" onclick={ui.on(Msg::Do(toggle_link(&world.cut, a, b)))} aria-label={format!("{verb} {na} to {nb}")}>{ verb }</button>
                    <button class="quiet" onclick={open(Item::Link(a, b))} aria-label={format!("One way… {na} to {nb}")}>{ "One way…" }</button>
                </td>
            </tr>
        }
    });
    let flights = world.flights.iter().map(|flight| html! {
        <tr key={flight.id}>
            <th scope="row">{ text(&flight.label) }</th>
            <td>{ format!("{} → {}{}", name(flight.from), name(flight.to), if flight.held { ", held" } else { "" }) }</td>
            <td><button class="quiet" onclick={open(Item::Flight(flight.id))} aria-label={format!("Open {} from {} to {}", flight.label, name(flight.from), name(flight.to))}>{ "Open" }</button></td>
        </tr>
    });
    html! {
        <div class="tables" tabindex="0" role="region" aria-label={format!("{} as tables", world.title)}>
            <table><caption>{ "Nodes" }</caption><tbody>{ for nodes }</tbody></table>
            <table><caption>{ "Links" }</caption><tbody>{ for rows }</tbody></table>
            <table><caption>{ "Messages on their way" }</caption><tbody>{ for flights }</tbody></table>
        </div>
    }
}
