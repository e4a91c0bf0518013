//! People's phones: what each shows, how its latest operation stands, and what its owner can do.

pub mod view;

use cap_lab::node::NodeId;
use cap_lab::store::feed::Request;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, PointerEvent};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Html, TargetCast};

use crate::ui::act::ask;
use crate::ui::browser;
use crate::ui::el::{El, classed, el, option, quiet, words};
use crate::ui::geometry::Point;
use crate::ui::phones::view::{PhoneState, PhoneView, PostView};
use crate::ui::pointer::Phase;
use crate::ui::state::{Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::world::WorldView;

/// The row of phones under a figure.
pub fn phones(index: usize, world: &WorldView, ui: &ViewState) -> Html {
    let cards = world.phones.iter().map(|phone| {
        still(
            &phone.name,
            PhonePart {
                world: index,
                phone: phone.clone(),
                replicas: world.nodes.iter().map(|node| (node.id, node.name.clone())).collect(),
                explained: ui.run.explained == Some((index, phone.id)),
                composing: ui.run.composing == Some((index, phone.id)),
                dragged: ui.run.phone.is_some_and(|drag| drag.person == phone.id),
                send: ui.send.clone(),
            },
        )
    });
    classed("ul", "phones").name(format!("{}: phones", world.title)).nodes(cards.collect()).html()
}

/// The id of a phone's field for typing.
pub fn field_id(world: usize, person: NodeId) -> String {
    format!("post-{world}-{}", person.0)
}

/// The id of the part of a phone that can be dragged.
pub fn grip_id(world: usize, person: NodeId) -> String {
    format!("grip-{world}-{}", person.0)
}

/// The sign that goes with a state, so that colour is never alone.
pub fn sign(state: PhoneState) -> &'static str {
    match state {
        PhoneState::Idle => "·",
        PhoneState::Waiting => "…",
        PhoneState::Good => "✓",
        PhoneState::Stale => "◷",
        PhoneState::Refused => "✕",
        PhoneState::Unknown => "?",
    }
}

/// The class that gives a state its colour.
fn class(state: PhoneState) -> &'static str {
    match state {
        PhoneState::Idle | PhoneState::Waiting => "phone",
        PhoneState::Good => "phone good",
        PhoneState::Stale | PhoneState::Unknown => "phone stale",
        PhoneState::Refused => "phone refused",
    }
}

/// As many posts as a phone has room for at most: the style sheet shows as many as fit, from the newest up.
const ROWS: usize = 4;

/// One post.
fn row(post: &PostView) -> El {
    let mark = if post.unconfirmed {
        words("em", "?").add(classed("span", "said").text(" unconfirmed"))
    } else {
        words("time", &post.time)
    };
    el("li")
        .class(if post.unconfirmed { "unconfirmed" } else { "" })
        .add(words("b", &post.author))
        .add(words("span", &post.text))
        .add(mark)
}

#[derive(PartialEq)]
struct PhonePart {
    world: usize,
    phone: PhoneView,
    replicas: Vec<(NodeId, String)>,
    /// Its owner asked why it stands as it does.
    explained: bool,
    composing: bool,
    dragged: bool,
    send: Callback<Msg>,
}

impl Part for PhonePart {
    fn draw(&self) -> Html {
        let phone = &self.phone;
        let class = format!("{}{}", class(phone.state), if self.dragged { " dragged" } else { "" });
        let empty = phone.posts.is_empty().then(|| classed("li", "empty").text("Nothing read yet"));
        let posts = phone.posts.iter().rev().take(ROWS).map(row).collect();
        let explained = self.explained && !phone.detail.is_empty();
        let why = Msg::Explain { world: self.world, person: phone.id };
        let state = match phone.detail.is_empty() {
            true => classed("p", "state"),
            false => classed("button", "state").click(&self.send, why).flag("aria-expanded", explained),
        };
        let state =
            state.add(words("span", sign(phone.state)).attr("aria-hidden", "true")).add(words("span", &phone.status));
        el("li")
            .set("class", class)
            .add(self.header())
            .add(classed("ol", "posts").all(posts).optional(empty))
            .optional(explained.then(|| classed("p", "why").text(&phone.detail)))
            .optional(phone.announcement.as_ref().map(|news| classed("p", "news").text(news)))
            .add(state)
            .add(if self.composing { self.form() } else { self.footer() })
            .html()
    }
}

impl PhonePart {
    fn header(&self) -> El {
        let phone = &self.phone;
        let person = phone.id;
        let send = self.send.clone();
        let attach = Callback::from(move |event: Event| {
            let to = event.target_unchecked_into::<HtmlSelectElement>().value().parse().unwrap_or(0);
            send.emit(Msg::Do(ask(person, Request::Attach(NodeId(to)))));
        });
        let dots = classed("svg", "dots").attr("width", "8").attr("height", "14").attr("aria-hidden", "true");
        let grip = classed("div", "grip")
            .set("id", grip_id(self.world, person))
            .on(ListenerKind::onpointerdown, self.pointer(Phase::Down))
            .on(ListenerKind::onpointermove, self.pointer(Phase::Move))
            .on(ListenerKind::onpointerup, self.pointer(Phase::Up))
            .on(ListenerKind::onpointercancel, self.pointer(Phase::Cancel))
            .add(dots.add(el("path").attr("d", "M2 2h.01M2 7h.01M2 12h.01M6 2h.01M6 7h.01M6 12h.01")))
            .add(words("h3", &phone.name));
        let replicas = self.replicas.iter().map(|(id, name)| option(id.0.to_string(), name, *id == phone.via));
        let select = el("select")
            .name(format!("Replica that {} talks to", phone.name))
            .on(ListenerKind::onchange, attach)
            .all(replicas.collect());
        el("header").add(grip).add(classed("label", "via").add(words("span", "via")).add(select))
    }

    fn pointer(&self, phase: Phase) -> Callback<Event> {
        let (send, world, person) = (self.send.clone(), self.world, self.phone.id);
        Callback::from(move |event: Event| {
            let event: &PointerEvent = event.unchecked_ref();
            if phase == Phase::Down {
                let grip = browser::document().get_element_by_id(&grip_id(world, person));
                // Without capture the drag still works as long as the pointer stays over the header.
                let _ = grip.map(|grip| grip.set_pointer_capture(event.pointer_id()));
            }
            let client = Point { x: f64::from(event.client_x()), y: f64::from(event.client_y()) };
            send.emit(Msg::Phone { person, phase, client });
        })
    }

    fn footer(&self) -> El {
        let person = self.phone.id;
        let name = &self.phone.name;
        let compose = Msg::Compose { world: self.world, person };
        el("footer").add(quiet("Post…", format!("Post as {name}"), &self.send, compose)).add(quiet(
            "Read",
            format!("Read as {name}"),
            &self.send,
            Msg::Do(ask(person, Request::Read)),
        ))
    }

    fn form(&self) -> El {
        let person = self.phone.id;
        let name = &self.phone.name;
        let id = field_id(self.world, person);
        let send = self.send.clone();
        let post = {
            let id = id.clone();
            Callback::from(move |event: Event| {
                event.prevent_default();
                let field = browser::document().get_element_by_id(&id);
                let text = field.map(|field| field.unchecked_into::<HtmlInputElement>().value());
                send.emit(Msg::Post { person, text: text.unwrap_or_default() });
            })
        };
        let field = el("input")
            .set("id", id)
            .attr("type", "text")
            .attr("maxlength", "60")
            .attr("autocomplete", "off")
            .name(format!("Post as {name}"))
            .set("placeholder", format!("{name} says…"));
        let button = classed("button", "quiet").attr("aria-label", "Send").text("Send");
        el("form").on(ListenerKind::onsubmit, post).add(field).add(button)
    }
}
