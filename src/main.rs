//! The browser program: a page on which a learner cuts links and watches real protocols answer.

#![allow(unreachable_pub, reason = "a program has no outside: here `pub` is what a module offers to the others")]

mod ui;

use ui::browser::LANDING;
use ui::lab::Page;
use ui::{browser, rest, storage};

fn main() {
    storage::install_panic_hook();
    wasm_bindgen_futures::spawn_local(async {
        let fresh = storage::get(storage::run_key(Page::Feed)).is_none();
        if (fresh && browser::asked() == LANDING) || rest::fetch().await {
            yew::Renderer::<ui::app::App>::new().render();
        } else {
            browser::not_started();
        }
    });
}
