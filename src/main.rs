//! The browser program: a page on which a learner cuts links and watches real protocols answer.

#![allow(unreachable_pub, reason = "a program has no outside: here `pub` is what a module offers to the others")]

mod ui;

use ui::address::Address;
use ui::labs::details;
use ui::{browser, pages, storage};

fn main() {
    storage::install_panic_hook();
    wasm_bindgen_futures::spawn_local(async {
        let Address { page, run, .. } = Address::of(&browser::hash());
        // A page without runs is shown over the run of the landing page. A run from a link takes what opens it.
        if pages::LANDING.come().await && page.come().await && (run.is_none() || details::come().await) {
            yew::Renderer::<ui::app::App>::new().render();
        } else {
            browser::not_started();
        }
    });
}
