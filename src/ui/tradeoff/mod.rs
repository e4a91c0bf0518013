//! The trade-off of the stores on screen: from this run, and from a batch of seeded runs. A component: what it shows is of no interest to
//! the rest of the program. It comes with the forms.
//!
//! The batch is computed here, a slice between two frames, and not in the worker: the simulator is in the page's program, and the worker
//! would be half as large again for everybody who waits for a verdict.

mod drawing;

use std::cell::RefCell;
use std::rc::Rc;

use cap_lab::tradeoff::{Batch, Figures, Sweep, Told};
use gloo_timers::callback::Timeout;
use yew::{Callback, Component, Context, Html, Properties, html};

use self::drawing::{Shown, panel};
use crate::ui::browser;
use crate::ui::el::words;
use crate::ui::lab::Lab;
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
    Some(frame("Trade-off", "", &ui.send).add(words("style", STYLE)).add(words("p", says)).node(inside).html())
}

/// What the sheet looks like beyond what all sheets do.
const STYLE: &str = include_str!("tradeoff.css");

/// How long a slice of the batch is, in milliseconds: half a frame is left for drawing.
const SLICE_MS: f64 = 8.0;
/// How often a slice goes on at most: where the browser's clock stands still it has an end, too.
const SLICE_MOST: u32 = 64;

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
    /// Goes on with it.
    Slice,
    /// This run is pointed at.
    Point(u64, usize),
    /// Shows this seed's run.
    Open(u64),
}

/// What a batch came to so far.
#[derive(Clone, Default)]
struct Came {
    /// What was run.
    batch: Option<Batch>,
    told: Vec<Told>,
}

thread_local! {
    /// While the panel is closed, and while another seed's run takes the place of this one.
    static KEPT: RefCell<Came> = RefCell::default();
}

struct Tradeoff {
    came: Came,
    /// The batch that is under way, and when it goes on.
    under_way: Option<(Sweep, Timeout)>,
    pointed: Option<(u64, usize)>,
    send: Callback<Do>,
}

impl Component for Tradeoff {
    type Message = Do;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let send = context.link().callback(|what: Do| what);
        let mut panel = Self { came: KEPT.take(), under_way: None, pointed: None, send };
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
                self.came = Came { batch: Some(batch.clone()), told: Vec::new() };
                self.go_on(Sweep::new(batch.clone()));
            }
            Do::Slice => {
                let Some((mut sweep, _)) = self.under_way.take() else { return false };
                let end = browser::clock_ms() + SLICE_MS;
                let (mut more, mut left) = (true, SLICE_MOST);
                while more && left > 0 && browser::clock_ms() < end {
                    (more, left) = (sweep.advance(), left - 1);
                }
                let news = sweep.news();
                let changed = !news.is_empty() || !more;
                self.came.told.extend(news);
                if more {
                    self.go_on(sweep);
                } else {
                    send.emit(Msg::Say(format!("All {} runs are done.", self.came.told.len())));
                }
                return changed;
            }
            Do::Cancel => {
                self.under_way = None;
                send.emit(Msg::Say(format!("Cancelled after {} runs.", self.came.told.len())));
            }
            Do::Point(seed, store) => {
                let changed = self.pointed != Some((seed, store));
                self.pointed = Some((seed, store));
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
            under_way: self.under_way.is_some().then_some((told.len(), all)),
            seeds: batch.seeds,
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
        let decides = |batch: &Batch| (batch.experiment.clone(), batch.script.clone(), batch.length);
        let same = |ran: &Batch| decides(ran) == decides(batch);
        if !self.came.batch.as_ref().is_none_or(same) {
            (self.came, self.under_way) = (Came::default(), None);
        }
    }

    /// Lets the next slice come after what waits to be drawn and heard.
    fn go_on(&mut self, sweep: Sweep) {
        let send = self.send.clone();
        self.under_way = Some((sweep, Timeout::new(0, move || send.emit(Do::Slice))));
    }
}
