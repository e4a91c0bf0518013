//! The trade-off of the stores on screen: from this run, and from a batch of seeded runs that a worker of its own computes. To cancel
//! the batch ends the worker. A component: what it shows is of no interest to the rest of the program. It comes with the forms.

mod drawing;

use std::cell::RefCell;
use std::rc::Rc;

use cap_lab::referee::wire::read;
use cap_lab::tradeoff::{Batch, Figures, Told};
use yew::{Callback, Component, Context, Html, Properties, html};

use self::drawing::{Shown, panel};
use crate::ui::el::words;
use crate::ui::lab::Lab;
use crate::ui::referee::{Heard, Line};
use crate::ui::sheet::frame::frame;
use crate::ui::state::{Msg, ViewState};
use crate::ui::waiting::waiting;
use crate::ui::world::WorldView;

/// The trade-off as a sheet; none where there is none.
pub fn sheet(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Option<Html> {
    let inside = match lab.tradeoff() {
        Some((figures, batch)) => {
            let names: Rc<[Rc<str>]> = worlds.iter().map(|world| Rc::clone(&world.short)).collect();
            let seed = lab.setup().seed;
            html! { <Tradeoff {figures} {batch} {names} {seed} send={ui.send.clone()} /> }
        }
        None => waiting(ui.details, &ui.send).html(),
    };
    let says = "What an answer costs in time, and what it is worth. Each store pays in one of the two.";
    Some(frame("Trade-off", "", &ui.send).add(words("p", says)).node(inside).html())
}

#[derive(Properties, PartialEq)]
struct Props {
    /// By store.
    figures: Rc<[Figures]>,
    batch: Batch,
    /// What tells the stores apart.
    names: Rc<[Rc<str>]>,
    /// That of this run.
    seed: u64,
    send: Callback<Msg>,
}

/// What the panel is told.
#[derive(Clone)]
enum Do {
    /// Runs the batch.
    Run,
    /// Ends it.
    Cancel,
    Heard(Heard),
    /// This run is pointed at, or none.
    Point(Option<(u64, u8)>),
    /// Shows this seed's run.
    Open(u64),
}

/// What a batch came to so far.
#[derive(Clone, Default)]
struct Came {
    /// What was run.
    batch: Option<Batch>,
    told: Vec<Told>,
    /// Why it came to no end.
    wrong: Option<String>,
}

thread_local! {
    /// While the panel is closed, and while another seed's run takes the place of this one.
    static KEPT: RefCell<Came> = RefCell::default();
}

struct Tradeoff {
    came: Came,
    /// The worker, until all is told.
    line: Option<Line>,
    pointed: Option<(u64, u8)>,
    send: Callback<Do>,
}

impl Component for Tradeoff {
    type Message = Do;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let send = context.link().callback(|what: Do| what);
        let mut panel = Self { came: KEPT.take(), line: None, pointed: None, send };
        panel.forget_others(context.props());
        panel
    }

    fn changed(&mut self, context: &Context<Self>, _: &Props) -> bool {
        self.forget_others(context.props());
        true
    }

    fn update(&mut self, context: &Context<Self>, what: Do) -> bool {
        let Props { batch, send, .. } = context.props();
        match what {
            Do::Run => {
                self.came = Came { batch: Some(batch.clone()), ..Came::default() };
                match Line::open(self.send.reform(Do::Heard)) {
                    Ok(line) => self.line = Some(line),
                    Err(reason) => self.came.wrong = Some(reason),
                }
            }
            Do::Cancel => {
                self.line = None;
                send.emit(Msg::Say(format!("Cancelled after {} runs.", self.came.told.len())));
            }
            Do::Heard(heard) => self.hear(heard, send),
            Do::Point(at) => {
                let changed = self.pointed != at;
                self.pointed = at;
                return changed;
            }
            Do::Open(seed) => send.emit(Msg::Seed(seed)),
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { figures, batch, names, seed, .. } = context.props();
        let (all, told) = (batch.len(), &self.came.told);
        panel(&Shown {
            names,
            here: (*seed, figures),
            told,
            under_way: self.line.is_some().then_some((told.len(), all)),
            seeds: batch.seeds,
            wrong: self.came.wrong.as_deref(),
            pointed: self.pointed,
            send: &self.send,
        })
    }

    fn destroy(&mut self, _: &Context<Self>) {
        KEPT.set(std::mem::take(&mut self.came));
    }
}

impl Tradeoff {
    /// Runs of another setup or script say nothing of this one.
    fn forget_others(&mut self, Props { batch, .. }: &Props) {
        let same = |ran: &Batch| (&ran.experiment, &ran.script) == (&batch.experiment, &batch.script);
        if !self.came.batch.as_ref().is_none_or(same) {
            (self.came, self.line) = (Came::default(), None);
        }
    }

    fn hear(&mut self, heard: Heard, send: &Callback<Msg>) {
        let Some(batch) = &self.came.batch else { return };
        match heard {
            Heard::Ready => {
                if let Some(line) = &self.line {
                    line.order(&batch.to_string());
                }
            }
            Heard::Gone(reason) => (self.line, self.came.wrong) = (None, Some(reason)),
            Heard::Answer(answer) => {
                self.came.told.extend(read::<Told>(&answer));
                if self.came.told.len() == batch.len() {
                    self.line = None;
                    send.emit(Msg::Say(format!("All {} runs are done.", batch.len())));
                }
            }
        }
    }
}
