//! People's phones: what each shows, how its latest operation stands, and what its owner can do.

pub mod view;

use cap_lab::node::NodeId;
use cap_lab::store::feed::Request;
use cap_lab::store::objects::Change;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, PointerEvent};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Html, TargetCast};

use crate::ui::act::{ask, change};
use crate::ui::browser;
use crate::ui::el::{El, classed, el, option, quiet, words};
use crate::ui::geometry::Point;
use crate::ui::phones::view::{PhoneState, PhoneView, Picked, PostView, StatusView};
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
                picked: ui
                    .run
                    .picked
                    .filter(|(world, person, _)| (*world, *person) == (index, phone.id))
                    .map(|one| one.2),
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

#[derive(PartialEq)]
struct PhonePart {
    world: usize,
    phone: PhoneView,
    replicas: Vec<(NodeId, String)>,
    /// Its owner asked why it stands as it does.
    explained: bool,
    composing: bool,
    picked: Option<Picked>,
    dragged: bool,
    send: Callback<Msg>,
}

impl Part for PhonePart {
    fn draw(&self) -> Html {
        let phone = &self.phone;
        let class = format!("{}{}", class(phone.state), if self.dragged { " dragged" } else { "" });
        let empty = phone.posts.is_empty().then(|| classed("li", "empty").text("Nothing read yet"));
        let statuses = phone.statuses.iter().map(|status| self.status(status)).collect();
        let posts = phone.posts.iter().rev().take(ROWS).map(|post| self.row(post)).collect();
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
            .add(classed("ol", "posts").all(statuses).all(posts).optional(empty))
            .optional(explained.then(|| classed("p", "why").text(&phone.detail)))
            .optional(phone.announcement.as_ref().map(|news| classed("p", "news").text(news)))
            .add(state)
            .add(match self.picked {
                _ if self.composing => self.form(),
                Some(picked) => self.choices(picked),
                None => self.footer(),
            })
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

    /// One post. Once it was read, it can be picked.
    fn row(&self, post: &PostView) -> El {
        let mark = if post.unconfirmed {
            words("em", "?").add(classed("span", "said").text(" unconfirmed"))
        } else if post.likes.is_empty() {
            words("time", &post.time)
        } else {
            let many = post.likes.contains('|');
            classed("small", if many { "likes several" } else { "likes" })
                .add(words("span", "♥").attr("aria-hidden", "true"))
                .add(el("i").text(&post.likes))
                .add(classed("span", "said").text(" likes"))
        };
        let picked = post.id.filter(|_| !post.deleted).map(Picked::Post);
        let row = el("li").set("class", self.row_class(picked, if post.deleted { "gone" } else { "" }));
        let row = if post.unconfirmed { el("li").attr("class", "unconfirmed") } else { row };
        self.pickable(row, picked).all([words("b", &post.author), words("span", &post.text), mark].into())
    }

    /// What can be picked is marked as such, and shows whether it is.
    fn row_class(&self, pick: Option<Picked>, class: &str) -> String {
        let pickable = if pick.is_some() { " row" } else { "" };
        let picked = if pick.is_some() && self.picked == pick { " picked" } else { "" };
        format!("{class}{pickable}{picked}")
    }

    /// A tap picks it. The keyboard goes from one to the next by the buttons below.
    fn pickable(&self, row: El, pick: Option<Picked>) -> El {
        match pick {
            Some(pick) => row.click(&self.send, Msg::Pick(Some((self.world, self.phone.id, pick)))),
            None => row,
        }
    }

    /// Somebody's status, or its siblings.
    fn status(&self, status: &StatusView) -> El {
        let who = words("b", &format!("{}:", status.name));
        match &status.values[..] {
            [one] => classed("li", "status").add(who).add(words("span", one)),
            several => {
                let pick = Some(Picked::Status(status.of));
                let texts: Vec<&str> = several.iter().map(|text| &**text).collect();
                let row = el("li").set("class", self.row_class(pick, "status several"));
                self.pickable(row, pick).add(who).add(words("span", &texts.join(" | ")))
            }
        }
    }

    /// All that can be picked: what waits for a choice, then the posts, newest first.
    fn picks(&self) -> Vec<Picked> {
        let siblings = self.phone.statuses.iter().filter(|status| status.values.len() > 1);
        let posts = self.phone.posts.iter().rev().take(ROWS).filter(|post| !post.deleted).filter_map(|post| post.id);
        siblings.map(|status| Picked::Status(status.of)).chain(posts.map(Picked::Post)).collect()
    }

    /// Picks the one after `picked`, or the first.
    fn pick_next(&self, label: &'static str, name: String, picked: Option<Picked>) -> Option<El> {
        let picks = self.picks();
        let here = picked.and_then(|picked| picks.iter().position(|pick| *pick == picked));
        let next =
            picks.get(here.map_or(0, |here| here + 1)).or(picks.first()).filter(|next| Some(**next) != picked)?;
        Some(quiet(label, name, &self.send, Msg::Pick(Some((self.world, self.phone.id, *next)))))
    }

    /// What can be done with what is picked.
    fn choices(&self, picked: Picked) -> El {
        let (person, name) = (self.phone.id, &self.phone.name);
        let act = |label: &str, says: String, what| quiet(label, says, &self.send, Msg::Do(change(person, what)));
        let mut buttons = Vec::new();
        match picked {
            Picked::Post(post) => {
                buttons.push(act("Like", format!("Like it as {name}"), Change::Like(post)));
                if post.author == person {
                    buttons.push(act("Delete", format!("Delete it as {name}"), Change::Delete(post)));
                }
            }
            Picked::Status(of) => {
                let status = self.phone.statuses.iter().find(|status| status.of == of);
                for value in status.iter().flat_map(|status| &status.values) {
                    let keep = Change::Status { of, text: (&**value).into() };
                    buttons.push(act(value, format!("Keep “{value}”, as {name}"), keep));
                }
            }
        }
        el("footer")
            .all(buttons)
            .optional(self.pick_next("↑", format!("The one before, for {name}"), Some(picked)))
            .add(quiet("Close", "Close".to_owned(), &self.send, Msg::Pick(None)))
    }

    fn footer(&self) -> El {
        let person = self.phone.id;
        let name = &self.phone.name;
        let compose = Msg::Compose { world: self.world, person };
        el("footer")
            .add(quiet("Post…", format!("Post as {name}"), &self.send, compose))
            .add(quiet("Read", format!("Read as {name}"), &self.send, Msg::Do(ask(person, Request::Read))))
            .optional(self.pick_next("♥…", format!("Like or delete as {name}"), None))
    }

    fn form(&self) -> El {
        let person = self.phone.id;
        let name = &self.phone.name;
        let id = field_id(self.world, person);
        let typed = |then: fn(NodeId, String) -> Msg| {
            let (id, send) = (id.clone(), self.send.clone());
            Callback::from(move |event: Event| {
                event.prevent_default();
                let field = browser::document().get_element_by_id(&id);
                let text = field.map(|field| field.unchecked_into::<HtmlInputElement>().value());
                send.emit(then(person, text.unwrap_or_default()));
            })
        };
        let post = typed(|person, text| Msg::Post { person, text });
        let status = typed(|person, text| Msg::Status { person, text });
        let field = el("input")
            .set("id", id.clone())
            .attr("type", "text")
            .attr("maxlength", "60")
            .attr("autocomplete", "off")
            .name(format!("Post as {name}"))
            .set("placeholder", format!("{name} says…"));
        let button = classed("button", "quiet").attr("aria-label", "Send").text("Send");
        let as_status = classed("button", "quiet").attr("type", "button").text("Status");
        let as_status = as_status.name(format!("Make it {name}'s status")).on(ListenerKind::onclick, status);
        el("form").on(ListenerKind::onsubmit, post).add(field).add(button).add(as_status)
    }
}
