//! People's phones: what each shows, how its latest operation stands, and what its owner can do.

use cap_lab::node::NodeId;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::{Callback, Event, Html, MouseEvent, PointerEvent, SubmitEvent, TargetCast, html};

use crate::ui::browser;
use crate::ui::figure::geometry::Point;
use crate::ui::lab::{Act, PhoneState, PhoneView, PostView, World};
use crate::ui::markup::text;
use crate::ui::state::{Msg, Phase, ViewState};
use crate::ui::still::{Part, still};

/// The row of phones under a figure.
pub fn phones(index: usize, world: &World, ui: &ViewState) -> Html {
    let cards = world.phones.iter().map(|phone| {
        still(
            &phone.name,
            PhonePart {
                world: index,
                phone: phone.clone(),
                replicas: world.nodes.iter().map(|node| (node.id, node.name.clone())).collect(),
                composing: ui.composing == Some((index, phone.id)),
                dragged: ui.phone.is_some_and(|drag| drag.person == phone.id),
                send: ui.send.clone(),
            },
        )
    });
    html! { <ul class="phones" aria-label={format!("{}: phones", world.title)}>{ for cards }</ul> }
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

/// As many posts as a phone has room for.
const ROWS: usize = 4;

/// One post.
fn row(post: &PostView) -> Html {
    html! {
        <li class={if post.unconfirmed { "unconfirmed" } else { "" }} title={format!("{}, {}", post.author, post.time)}>
            <b>{ text(&post.author) }</b><span>{ text(&post.text) }</span>
            if post.unconfirmed {
                <em title="Its author does not know whether it was accepted">{ "?" }<span class="said">{ " unconfirmed" }</span></em>
            } else {
                <time>{ text(&post.time) }</time>
            }
        </li>
    }
}

#[derive(PartialEq)]
struct PhonePart {
    world: usize,
    phone: PhoneView,
    replicas: Vec<(NodeId, String)>,
    composing: bool,
    dragged: bool,
    send: Callback<Msg>,
}

impl Part for PhonePart {
    fn draw(&self) -> Html {
        let phone = &self.phone;
        let class = format!("{}{}", class(phone.state), if self.dragged { " dragged" } else { "" });
        html! {
            <li {class}>
                { self.header() }
                <ol class="posts">
                    { for phone.posts.iter().rev().take(ROWS).rev().map(row) }
                    if phone.posts.is_empty() { <li class="empty">{ "Nothing read yet" }</li> }
                </ol>
                if let Some(news) = &phone.announcement { <p class="news">{ text(news) }</p> }
                <p class="state" title={phone.detail.clone()}>
                    <span aria-hidden="true">{ sign(phone.state) }</span>{ phone.status.clone() }
                </p>
                { self.footer() }
            </li>
        }
    }
}

impl PhonePart {
    fn header(&self) -> Html {
        let phone = &self.phone;
        let person = phone.id;
        let pointer = |phase: Phase| {
            let (send, world) = (self.send.clone(), self.world);
            Callback::from(move |event: PointerEvent| {
                if phase == Phase::Down {
                    let grip = browser::document().get_element_by_id(&grip_id(world, person));
                    // Without capture the drag still works as long as the pointer stays over the header.
                    let _ = grip.map(|grip| grip.set_pointer_capture(event.pointer_id()));
                }
                let client = Point { x: f64::from(event.client_x()), y: f64::from(event.client_y()) };
                send.emit(Msg::Phone { person, phase, client });
            })
        };
        let attach = self.send.reform(move |event: Event| {
            let to = event.target_unchecked_into::<HtmlSelectElement>().value().parse().unwrap_or(0);
            Msg::Do(Act::Attach { person, to: NodeId(to) })
        });
        html! {
            <header>
                <div class="grip" id={grip_id(self.world, person)} title={format!("Drag {} onto another replica", phone.name)}
                    onpointerdown={pointer(Phase::Down)} onpointermove={pointer(Phase::Move)}
                    onpointerup={pointer(Phase::Up)} onpointercancel={pointer(Phase::Cancel)}>
                    <svg class="dots" width="8" height="14" aria-hidden="true"><path d="M2 2h.01M2 7h.01M2 12h.01M6 2h.01M6 7h.01M6 12h.01" /></svg>
                    <h3>{ text(&phone.name) }</h3>
                </div>
                <label class="via"><span>{ "via" }</span>
                    <select aria-label={format!("Replica that {} talks to", phone.name)} onchange={attach}>
                        { for self.replicas.iter().map(|(id, name)| html! {
                            <option value={id.0.to_string()} selected={*id == phone.via}>{ text(name) }</option>
                        }) }
                    </select>
                </label>
            </header>
        }
    }

    fn footer(&self) -> Html {
        let person = self.phone.id;
        let name = &self.phone.name;
        let send = |msg: Msg| self.send.reform(move |_: MouseEvent| msg.clone());
        if !self.composing {
            return html! {
                <footer>
                    <button class="quiet" onclick={send(Msg::Compose { world: self.world, person })} aria-label={format!("Post as {name}")}>{ "Post…" }</button>
                    <button class="quiet" onclick={send(Msg::Do(Act::Read { person }))} aria-label={format!("Read as {name}")}>{ "Read" }</button>
                </footer>
            };
        }
        let id = field_id(self.world, person);
        let post = {
            let (send, id) = (self.send.clone(), id.clone());
            Callback::from(move |event: SubmitEvent| {
                event.prevent_default();
                let field = browser::document().get_element_by_id(&id);
                let text = field.map(|field| wasm_bindgen::JsCast::unchecked_into::<HtmlInputElement>(field).value());
                send.emit(Msg::Post { person, text: text.unwrap_or_default() });
            })
        };
        html! {
            <form onsubmit={post}>
                <input {id} type="text" maxlength="60" autocomplete="off" aria-label={format!("Post as {name}")} placeholder={format!("{name} says…")} />
                <button class="quiet" aria-label="Send">{ "Send" }</button>
            </form>
        }
    }
}
