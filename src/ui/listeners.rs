//! What the window tells: keys outside of widgets, sizes, another address, files dropped on the page.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{DragEvent, Event, EventTarget, KeyboardEvent};
use yew::Callback;

use crate::ui::state::{Msg, Popover};
use crate::ui::{browser, storage};

/// What is said when the files of a new version have come.
const NEW_VERSION: &str =
    "A new version of the lab is ready. Loading this page again starts it; your run is kept as it is now.";

/// Listeners on the window, kept for as long as the program runs.
pub struct Listeners {
    _all: Vec<Closure<dyn Fn(Event)>>,
}

impl Listeners {
    /// Installs them; what they hear goes to `send`. `leave` is called when the page is left: after that no message comes through.
    pub fn install(send: &Callback<Msg>, leave: Callback<()>) -> Self {
        let window = browser::window();
        let document = browser::document();
        let mut all = Vec::new();
        let mut on = |target: &EventTarget, name: &str, react: Closure<dyn Fn(Event)>| {
            // Only fails for what is not a function.
            let _ = target.add_event_listener_with_callback(name, react.as_ref().unchecked_ref());
            all.push(react);
        };
        on(&window, "resize", tell(send, Msg::Window));
        on(
            &window,
            "pagehide",
            Closure::new(move |_: Event| {
                leave.emit(());
                storage::leave();
            }),
        );
        // The browser may keep the page as it is and show it again.
        on(&window, "pageshow", Closure::new(|_: Event| storage::enter()));
        on(&window, "hashchange", tell(send, Msg::Navigated));
        // Not of the browser's own: start.js hears it from the service worker.
        on(&window, "newversion", tell(send, Msg::Tell(NEW_VERSION.to_owned())));
        on(&document, "visibilitychange", tell(send, Msg::Window));
        let keys = send.clone();
        on(&window, "keydown", Closure::new(move |event: Event| key(&keys, event.unchecked_ref())));
        for name in ["dragover", "dragleave", "drop"] {
            let send = send.clone();
            on(&window, name, Closure::new(move |event: Event| drag(&send, event.unchecked_ref())));
        }
        Self { _all: all }
    }
}

fn tell(send: &Callback<Msg>, msg: Msg) -> Closure<dyn Fn(Event)> {
    let send = send.clone();
    Closure::new(move |_: Event| send.emit(msg.clone()))
}

/// Keys that mean the same wherever the keyboard is, except in fields and widgets.
fn key(send: &Callback<Msg>, event: &KeyboardEvent) {
    let Some(target) = event.target() else { return };
    let key = event.key();
    if event.default_prevented() || event.alt_key() {
        return;
    }
    if event.ctrl_key() || event.meta_key() {
        // A field takes back what was typed in it.
        if key == "z" && !browser::is_field(&target) {
            event.prevent_default();
            send.emit(Msg::Undo);
        }
        return;
    }
    if key == "Escape" {
        return send.emit(Msg::Close);
    }
    let listbox = target.dyn_ref::<web_sys::Element>().is_some_and(|element| {
        element.has_attribute("aria-activedescendant") || element.get_attribute("role").as_deref() == Some("listbox")
    });
    let for_all = matches!(
        key.as_str(),
        " " | "?" | "h" | "H" | "r" | "R" | "p" | "P" | "g" | "G" | "e" | "E" | "PageDown" | "PageUp"
    );
    if browser::is_widget(&target) && !(listbox && for_all) {
        return;
    }
    let msg = match key.as_str() {
        " " if !browser::is_pressable(&target) => Msg::TogglePlay,
        "ArrowRight" => Msg::Step,
        "ArrowLeft" => Msg::Back,
        "h" | "H" => Msg::HealAll,
        "r" | "R" => Msg::Restart,
        "p" | "P" => Msg::Present,
        // A presenter's clicker has these two keys. Elsewhere they scroll.
        "PageDown" if browser::is_presenting() => Msg::Step,
        "PageUp" if browser::is_presenting() => Msg::Back,
        "g" | "G" => Msg::Toggle(Popover::Glossary),
        "e" | "E" => Msg::Toggle(Popover::Situations),
        "?" => Msg::Toggle(Popover::Keys),
        _ => return,
    };
    event.prevent_default();
    send.emit(msg);
}

/// A file dragged over the page, and dropped.
fn drag(send: &Callback<Msg>, event: &DragEvent) {
    event.prevent_default();
    let over = event.type_() == "dragover";
    send.emit(Msg::DropHint(over));
    if event.type_() == "drop"
        && let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0))
    {
        browser::read_file(&file, &send.reform(Msg::FileCame));
    }
}
