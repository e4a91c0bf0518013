//! Elements by function calls.
//!
//! `html!` writes out the construction of every element where it stands; these functions have it once. The page is a third
//! lighter for it, so `html!` is kept for what moves in every frame, where it is faster.

use std::rc::Rc;

use web_sys::Event;
use yew::virtual_dom::{Key, Listener, ListenerKind, VList, VNode, VTag, VText};
use yew::{AttrValue, Callback, Html};

use crate::ui::number::Px;

/// An element in the making.
pub struct El(Box<VTag>);

impl El {
    /// Many things inside.
    pub fn nodes(self, children: Vec<Html>) -> Self {
        children.into_iter().fold(self, Self::node)
    }

    /// What the screen reader says.
    pub fn name(self, name: String) -> Self {
        self.set("aria-label", name)
    }
}

/// An element with text inside.
pub fn words(tag: &'static str, text: &str) -> El {
    el(tag).text(text)
}

/// A button for what is done often; the screen reader says `name`.
pub fn quiet<M: Clone + 'static>(label: &str, name: String, send: &Callback<M>, msg: M) -> El {
    button("quiet", label, send, msg).name(name)
}

/// An element without attributes and children.
pub fn el(tag: &'static str) -> El {
    El(Box::new(VTag::new(AttrValue::Static(tag))))
}

/// An element of this class.
pub fn classed(tag: &'static str, class: &'static str) -> El {
    el(tag).attr("class", class)
}

impl El {
    fn put(mut self, name: &'static str, value: AttrValue) -> Self {
        self.0.add_attribute(name, value);
        self
    }

    /// An attribute that is always the same.
    pub fn attr(self, name: &'static str, value: &'static str) -> Self {
        self.put(name, AttrValue::Static(value))
    }

    /// An attribute.
    pub fn set(self, name: &'static str, value: String) -> Self {
        self.put(name, value.into())
    }

    /// An attribute that is a length.
    pub fn px(self, name: &'static str, length: f64) -> Self {
        self.put(name, px(length))
    }

    /// Moves it to a place.
    pub fn at(self, x: f64, y: f64) -> Self {
        self.put("transform", translate(x, y))
    }

    /// Text inside.
    pub fn text(self, text: &str) -> Self {
        self.node(VText::new(AttrValue::from(text.to_owned())).into())
    }

    /// An element inside.
    pub fn add(self, child: Self) -> Self {
        self.node(child.html())
    }

    /// An element inside, if there is one.
    pub fn maybe(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.add(child),
            None => self,
        }
    }

    /// Elements inside.
    pub fn all(self, children: Vec<Self>) -> Self {
        children.into_iter().fold(self, Self::add)
    }

    /// Anything inside.
    pub fn node(mut self, child: Html) -> Self {
        self.0.add_child(child);
        self
    }

    /// Tells it from its siblings.
    pub fn key(mut self, key: &str) -> Self {
        self.0.key = Some(Key::from(key));
        self
    }

    /// What happens when an event reaches it.
    pub fn on(mut self, kind: ListenerKind, callback: Callback<Event>) -> Self {
        self.0.add_listener(Rc::new(On { kind, callback }));
        self
    }

    /// The finished element.
    pub fn html(self) -> Html {
        VNode::VTag(Rc::from(self.0))
    }
}

impl El {
    /// A class, if it is not empty.
    pub fn class(self, class: &'static str) -> Self {
        if class.is_empty() { self } else { self.attr("class", class) }
    }

    /// An attribute that is `true` or `false`.
    pub fn flag(self, name: &'static str, on: bool) -> Self {
        self.attr(name, if on { "true" } else { "false" })
    }

    /// An element that comes and goes: its place among siblings without keys is kept.
    pub fn optional(self, child: Option<Self>) -> Self {
        self.node(child.map(Self::html).unwrap_or_default())
    }

    /// As many elements as there are: together they keep one place.
    pub fn list(self, children: Vec<Self>) -> Self {
        self.node(several(children))
    }

    /// What an input shows.
    pub fn value(mut self, value: String) -> Self {
        self.0.set_value(Some(AttrValue::from(value)));
        self
    }

    /// A property: given to the element when it changes here, so that what was typed meanwhile stays.
    pub fn property(mut self, name: &'static str, value: &str) -> Self {
        self.0.add_property(name, value);
        self
    }

    /// Sends `msg` when pressed.
    pub fn click<M: Clone + 'static>(self, send: &Callback<M>, msg: M) -> Self {
        self.listen(Rc::new(Click { send: send.clone(), msg }))
    }

    /// Sends what `hear` makes of an event.
    pub fn hear<M: 'static>(self, kind: ListenerKind, send: &Callback<M>, hear: fn(&Event) -> M) -> Self {
        self.listen(Rc::new(Hear { kind, send: send.clone(), hear }))
    }

    fn listen(mut self, listener: Rc<dyn Listener>) -> Self {
        self.0.add_listener(listener);
        self
    }
}

/// A button that sends `msg`.
pub fn button<M: Clone + 'static>(class: &'static str, label: &str, send: &Callback<M>, msg: M) -> El {
    el("button").class(class).click(send, msg).text(label)
}

/// One of those that can be chosen.
pub fn option(value: String, label: &str, selected: bool) -> El {
    let option = el("option").set("value", value).text(label);
    if selected { option.attr("selected", "selected") } else { option }
}

/// An element with text in it, if there is any.
pub fn filled(tag: &'static str, text: &str) -> Option<El> {
    if text.is_empty() { None } else { Some(el(tag).text(text)) }
}

/// Several elements side by side.
pub fn several(children: Vec<El>) -> Html {
    let mut list = VList::new();
    for child in children {
        list.add_child(child.html());
    }
    list.into()
}

/// Several parts side by side.
pub fn together(parts: Vec<Html>) -> Html {
    VList::with_children(parts, None).into()
}

/// One listener type for every event.
struct On {
    kind: ListenerKind,
    callback: Callback<Event>,
}

impl Listener for On {
    fn kind(&self) -> ListenerKind {
        self.kind.clone()
    }

    fn handle(&self, event: Event) {
        self.callback.emit(event);
    }

    fn passive(&self) -> bool {
        false
    }
}

/// A press that sends always the same.
struct Click<M> {
    send: Callback<M>,
    msg: M,
}

impl<M: Clone + 'static> Listener for Click<M> {
    fn kind(&self) -> ListenerKind {
        ListenerKind::onclick
    }

    fn handle(&self, _: Event) {
        self.send.emit(self.msg.clone());
    }

    fn passive(&self) -> bool {
        false
    }
}

/// An event that becomes a message.
struct Hear<M> {
    kind: ListenerKind,
    send: Callback<M>,
    hear: fn(&Event) -> M,
}

impl<M: 'static> Listener for Hear<M> {
    fn kind(&self) -> ListenerKind {
        self.kind.clone()
    }

    fn handle(&self, event: Event) {
        self.send.emit((self.hear)(&event));
    }

    fn passive(&self) -> bool {
        false
    }
}

/// A length, for an attribute in `html!`.
pub fn px(length: f64) -> AttrValue {
    Px(length).to_string().into()
}

/// A `transform` that moves to a place, for `html!`.
pub fn translate(x: f64, y: f64) -> AttrValue {
    format!("translate({} {})", Px(x), Px(y)).into()
}
