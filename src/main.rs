//! The browser program: a page on which a learner cuts links and watches real protocols answer.

#![allow(unreachable_pub, reason = "a program has no outside: here `pub` is what a module offers to the others")]

mod ui;

fn main() {
    ui::storage::install_panic_hook();
    yew::Renderer::<ui::app::App>::new().render();
}
