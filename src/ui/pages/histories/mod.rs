//! Histories that others recorded. Each file is given to a referee of its own, so that what takes long is ended by starting
//! another one.
//!
//! The page is a component: what it shows is of no interest to the rest of the program. It is kept while another page is shown.

mod drawing;
mod opened;

use std::cell::RefCell;
use std::rc::Rc;

use cap_lab::check::import::guess;
use cap_lab::referee::recorded::{File, Finding};
use cap_lab::referee::wire::{read, write};
use cap_lab::referee::{Answer, Query};
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::{Callback, Component, Context, Html, Properties, html};

use self::drawing::{SCROLLED, page};
use self::opened::{Do, Opened, Standing};
use crate::ui::browser;
use crate::ui::geometry::Size;
use crate::ui::lab::Lab;
use crate::ui::page::Page;
use crate::ui::program::Program;
use crate::ui::referee::{Heard, Line};
use crate::ui::state::{Dropped, Msg, ViewState};
use crate::ui::world::WorldView;

/// Its row.
pub const PAGE: Page = Page {
    address: "#history",
    name: "Check a history",
    takes: guess::is_history,
    fetch: || Box::pin(async { part().await.ok() }),
};

#[wasm_split(histories, fallible)]
fn part() -> Result<&'static dyn Program, SplitLoaderError> {
    Ok(&Histories)
}

struct Histories;

impl Program for Histories {
    fn draw(&self, _: &dyn Lab, _: &[Rc<WorldView>], ui: &ViewState) -> Html {
        html! { <Reader dropped={ui.dropped.clone()} home={ui.home} window={ui.window} send={ui.send.clone()} /> }
    }
}

#[derive(Properties, PartialEq)]
struct Props {
    /// The latest file that was dropped for this page.
    dropped: Option<Dropped>,
    /// The address of the page whose run rests meanwhile.
    home: &'static str,
    /// Another size of the window shows more or less of the drawing.
    window: Size,
    send: Callback<Msg>,
}

/// What the page shows, and what it took the last time that something was dropped.
#[derive(Clone, Default)]
struct Kept {
    opened: Option<Opened>,
    taken: Option<Dropped>,
}

thread_local! {
    /// While another page is shown.
    static KEPT: RefCell<Kept> = RefCell::default();
}

struct Reader {
    kept: Kept,
    /// The referee of the file that is open, until it has found something.
    referee: Option<Line>,
    /// Where the drawing is scrolled to after the next drawing.
    scroll_next: Option<f64>,
    send: Callback<Do>,
}

impl Component for Reader {
    type Message = Do;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let kept = KEPT.take();
        let mut reader =
            Self { kept, referee: None, scroll_next: None, send: context.link().callback(|what: Do| what) };
        // Leaving the page ended the check.
        let open_ended = |opened: &Opened| matches!(opened.standing, Standing::Reading | Standing::Checking(_));
        if !reader.take_dropped(context.props()) && reader.kept.opened.as_ref().is_some_and(open_ended) {
            reader.judge();
        }
        reader
    }

    fn changed(&mut self, context: &Context<Self>, _: &Props) -> bool {
        self.take_dropped(context.props());
        true
    }

    fn update(&mut self, context: &Context<Self>, what: Do) -> bool {
        if let Do::Take(file) = what {
            match file {
                Ok((name, bytes)) => self.take(name, bytes),
                Err(reason) => context.props().send.emit(Msg::Tell(reason)),
            }
            return true;
        }
        let Some(opened) = &mut self.kept.opened else { return false };
        match what {
            Do::Take(_) => {}
            Do::Format(format) => {
                // What was guessed for another format may not fit this one.
                (opened.format, opened.model) = (Some(format), None);
                (opened.initial, opened.nil_read) = (None, None);
                self.judge();
            }
            Do::Model(model) => {
                opened.model = Some(model);
                self.judge();
            }
            Do::Initial(text) => {
                opened.initial = (!text.is_empty()).then_some(text);
                self.judge();
            }
            Do::Nil(says) => {
                opened.nil_read = Some(says);
                self.judge();
            }
            Do::Heard(heard) => return self.hear(heard, &context.props().send),
            Do::Scrolled => {
                let Some(sight) = moved_sight(opened) else { return false };
                opened.sight = sight;
            }
            Do::Zoom(by) => {
                let (left, width) = opened.sight;
                let before = opened.event();
                opened.zoom(by);
                // What was in the middle stays there.
                let middle = (left + width / 2.0) * opened.event() / before;
                self.scroll_next = Some((middle - width / 2.0).max(0.0));
            }
            Do::Cancel => {
                let explored = if let Standing::Checking(explored) = opened.standing { explored } else { 0 };
                // Without its line the worker ends at once, whatever it does.
                (opened.standing, self.referee) = (Standing::Cancelled(explored), None);
                context.props().send.emit(Msg::Say("The check was cancelled.".to_owned()));
            }
            Do::Again => self.judge(),
            Do::Tell(told) => opened.told = Some(told),
            Do::Show => self.scroll_next = opened.evidence_at(),
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        page(self.kept.opened.as_ref(), context.props().home, &self.send)
    }

    fn rendered(&mut self, context: &Context<Self>, _: bool) {
        let Some(opened) = &self.kept.opened else { return };
        if let Some(left) = self.scroll_next.take() {
            browser::scroll_to(SCROLLED, left);
        }
        if moved_sight(opened).is_some() {
            context.link().send_message(Do::Scrolled);
        }
    }

    fn destroy(&mut self, _: &Context<Self>) {
        KEPT.set(std::mem::take(&mut self.kept));
    }
}

/// What of the drawing is in sight, if that is so far from what was drawn for that it is to be drawn again.
fn moved_sight(opened: &Opened) -> Option<(f64, f64)> {
    let sight = browser::sight_of(SCROLLED)?;
    let moved = (sight.0 - opened.sight.0).abs() > 100.0 || (sight.1 - opened.sight.1).abs() > 1.0;
    moved.then_some(sight)
}

impl Reader {
    /// Takes what was dropped, unless that was taken before.
    fn take_dropped(&mut self, props: &Props) -> bool {
        let Some(dropped) = props.dropped.as_ref().filter(|dropped| self.kept.taken.as_ref() != Some(dropped)) else {
            return false;
        };
        self.kept.taken = Some(dropped.clone());
        let Dropped { name, bytes } = dropped.clone();
        self.take(name, bytes);
        true
    }

    fn take(&mut self, name: String, bytes: Rc<[u8]>) {
        self.kept.opened = Some(Opened::new(name, bytes));
        self.judge();
    }

    /// Has the file judged from the start.
    fn judge(&mut self) {
        self.referee = None;
        let Some(opened) = &mut self.kept.opened else { return };
        opened.standing = Standing::Reading;
        match Line::open(self.send.reform(Do::Heard)) {
            Ok(line) => self.referee = Some(line),
            Err(reason) => opened.standing = Standing::Off(reason),
        }
    }

    fn hear(&mut self, heard: Heard, send: &Callback<Msg>) -> bool {
        let Some(opened) = &mut self.kept.opened else { return false };
        let answer = match heard {
            Heard::Gone(reason) => {
                (opened.standing, self.referee) = (Standing::Off(reason), None);
                return true;
            }
            Heard::Ready => {
                if let Some(line) = &self.referee {
                    let Opened { name, bytes, format, model, initial, nil_read, .. } = opened;
                    let (name, bytes, initial) = (name.clone(), bytes.to_vec(), initial.clone());
                    let (format, model, nil_read) = (*format, *model, *nil_read);
                    let file = File { name, bytes, format, model, initial, nil_read };
                    line.tell(&write(&Query::File(file)));
                }
                return false;
            }
            Heard::Answer(answer) => answer,
        };
        let Some(Answer::File(finding)) = read(&answer) else { return false };
        let mut said = None;
        match finding {
            Finding::Opened(history) => {
                opened.take(history);
                self.scroll_next = Some(0.0);
            }
            Finding::Progress(explored) => opened.standing = Standing::Checking(explored),
            Finding::Wrong(mistake) => {
                (opened.picture, opened.standing) = (None, Standing::Wrong(mistake));
            }
            Finding::Unknown(unknown) => opened.standing = Standing::Unknown(unknown),
            Finding::Linearizable(order) => {
                (opened.order, opened.standing) = (Rc::new(order), Standing::Linearizable);
                said = Some("Linearizable.");
            }
            Finding::NotLinearizable(reasons) => {
                opened.standing = Standing::NotLinearizable(reasons);
                self.scroll_next = opened.evidence_at();
                said = Some("Not linearizable.");
            }
        }
        if let Some(said) = said {
            self.referee = None;
            send.emit(Msg::Say(said.to_owned()));
        }
        true
    }
}
