//! Locks & clocks: what the lock service granted, what each client believes, and what the storage did, on one time axis; the clocks
//! beside it, and the accident from one button.
//!
//! The page is a component with a run of its own: it has no cluster to draw, so it needs nothing of the other pages.

mod dials;
mod drawing;
mod panels;
mod run;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Interval;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::{Callback, Component, Context, Html, Properties, html};

use self::run::{Desk, Do};
use crate::ui::browser;
use crate::ui::el::{button, classed, el, words};
use crate::ui::geometry::Size;
use crate::ui::lab::Lab;
use crate::ui::page::{Page, takes_none};
use crate::ui::program::Program;
use crate::ui::state::{Msg, ViewState};
use crate::ui::world::WorldView;

/// Its row.
pub const PAGE: Page = Page {
    address: "#locks",
    name: "Locks & clocks",
    takes: takes_none,
    fetch: || Box::pin(async { part().await.ok() }),
};

#[wasm_split(locks, fallible)]
fn part() -> Result<&'static dyn Program, SplitLoaderError> {
    Ok(&Locks)
}

struct Locks;

impl Program for Locks {
    fn draw(&self, _: &dyn Lab, _: &[Rc<WorldView>], ui: &ViewState) -> Html {
        html! { <Reader home={ui.home} window={ui.window} send={ui.send.clone()} /> }
    }
}

#[derive(Properties, PartialEq)]
struct Props {
    /// The address of the page whose run rests meanwhile.
    home: &'static str,
    /// How wide the drawing can be.
    window: Size,
    send: Callback<Msg>,
}

thread_local! {
    /// While another page is shown.
    static KEPT: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

/// How often the play head moves, in ms.
const FRAME_MS: u32 = 40;

struct Reader {
    desk: Desk,
    /// Moves the play head, while it plays.
    clock: Option<Interval>,
    send: Callback<Do>,
}

impl Component for Reader {
    type Message = Do;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let desk = KEPT.take().unwrap_or_else(Desk::first);
        Self { desk, clock: None, send: context.link().callback(|what: Do| what) }
    }

    fn update(&mut self, context: &Context<Self>, what: Do) -> bool {
        match what {
            Do::Play => {
                self.desk.play_accident();
                self.desk.unless_still(browser::prefers_stillness());
                context.props().send.emit(Msg::Say("The accident plays.".to_owned()));
            }
            Do::Save => browser::download("locks.json", &self.desk.export()),
            what => {
                if let Some(said) = self.desk.take(what) {
                    context.props().send.emit(Msg::Say(said));
                }
            }
        }
        self.clock = match (self.desk.plays(), self.clock.take()) {
            (true, None) => {
                let send = self.send.clone();
                Some(Interval::new(FRAME_MS, move || send.emit(Do::Tick(FRAME_MS))))
            }
            (true, clock) => clock,
            (false, _) => None,
        };
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        page(&self.desk, context.props(), &self.send)
    }

    fn destroy(&mut self, _: &Context<Self>) {
        KEPT.set(Some(self.desk.clone()));
    }
}

fn page(desk: &Desk, props: &Props, send: &Callback<Do>) -> Html {
    let about = "A client takes a lock with a lease, reads a file, works, and writes it back. The accident: it stands still in between, \
                 the lease ends, and the next client is granted the lock. Then it wakes and writes.";
    let head = classed("header", "row")
        .add(words("h2", "Locks & clocks"))
        .add(button("primary", "Play the accident", send, Do::Play).attr("id", "accident"))
        .add(dials::fencing(desk, send))
        .add(classed("a", "back").attr("href", props.home).text("Back to the run"));
    classed("main", "locks-page")
        .add(words("style", STYLE))
        .add(head)
        .add(words("p", about))
        .add(panels::verdict(desk))
        .add(drawing::bands(desk, props.window))
        .add(panels::head(desk, send))
        .add(
            classed("div", "columns")
                .add(dials::dials(desk, send))
                .add(panels::clocks(desk))
                .add(panels::events(desk))
                .add(panels::stamps(desk, send)),
        )
        .add(
            el("p").add(classed("a", "quiet").attr("href", "#raft").text("A leader's lease on Raft is the same story")),
        )
        .html()
}

const STYLE: &str = include_str!("locks.css");
