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

/// An element without attributes and children.
#[inline(never)]
pub fn el(tag: &'static str) -> El {
    El(Box::new(VTag::new(AttrValue::Static(tag))))
}

/// An element of this class.
#[inline(never)]
pub fn classed(tag: &'static str, class: &'static str) -> El {
    el(tag).attr("class", class)
}

impl El {
    #[inline(never)]
    fn put(mut self, name: &'static str, value: AttrValue) -> Self {
        self.0.add_attribute(name, value);
        self
    }

    /// An attribute that is always the same.
    #[inline(never)]
    pub fn attr(self, name: &'static str, value: &'static str) -> Self {
        self.put(name, AttrValue::Static(value))
    }

    /// An attribute.
    #[inline(never)]
    pub fn set(self, name: &'static str, value: String) -> Self {
        self.put(name, value.into())
    }

    /// An attribute that is a length.
    #[inline(never)]
    pub fn px(self, name: &'static str, length: f64) -> Self {
        self.set(name, Px(length).to_string())
    }

    /// Moves it to a place.
    #[inline(never)]
    pub fn at(self, x: f64, y: f64) -> Self {
        self.set("transform", format!("translate({} {})", Px(x), Px(y)))
    }

    /// Text inside.
    #[inline(never)]
    pub fn text(self, text: &str) -> Self {
        self.node(VText::new(AttrValue::from(text.to_owned())).into())
    }

    /// An element inside.
    #[inline(never)]
    pub fn add(self, child: Self) -> Self {
        self.node(child.html())
    }

    /// An element inside, if there is one.
    #[inline(never)]
    pub fn maybe(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.add(child),
            None => self,
        }
    }

    /// Elements inside.
    #[inline(never)]
    pub fn all(self, children: Vec<Self>) -> Self {
        children.into_iter().fold(self, Self::add)
    }

    /// Anything inside.
    #[inline(never)]
    pub fn node(mut self, child: Html) -> Self {
        self.0.add_child(child);
        self
    }

    /// Tells it from its siblings.
    #[inline(never)]
    pub fn key(mut self, key: &str) -> Self {
        self.0.key = Some(Key::from(key));
        self
    }

    /// What happens when an event reaches it.
    #[inline(never)]
    pub fn on(mut self, kind: ListenerKind, callback: Callback<Event>) -> Self {
        self.0.add_listener(Rc::new(On { kind, callback }));
        self
    }

    /// The finished element.
    #[inline(never)]
    pub fn html(self) -> Html {
        VNode::VTag(Rc::from(self.0))
    }
}

/// Several elements side by side.
#[inline(never)]
pub fn several(children: Vec<El>) -> Html {
    let mut list = VList::new();
    for child in children {
        list.add_child(child.html());
    }
    list.into()
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
