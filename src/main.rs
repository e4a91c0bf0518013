//! The browser program: a page on which a learner cuts links and watches real protocols answer.

pub mod ui;

fn main() {
    ui::storage::install_panic_hook();
    yew::Renderer::<ui::app::App>::new().render();
}
