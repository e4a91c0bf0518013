//! Which page is shown, and whose run there is: navigation, new runs, runs from files.

use cap_lab::node::Micros;
use cap_lab::store::Store;
use wasm_bindgen_futures::spawn_local;

use super::App;
use super::opening::begun;
use crate::ui::address::Address;
use crate::ui::announce::About;
use crate::ui::browser::{self, FileBytes};
use crate::ui::diagram::drawing;
use crate::ui::guide;
use crate::ui::history::strip::Strip;
use crate::ui::lab::Lab;
use crate::ui::labs::details;
use crate::ui::lessons;
use crate::ui::lessons::view::Do;
use crate::ui::page::Page;
use crate::ui::pages;
use crate::ui::popovers::forms;
use crate::ui::program::{Runs, first_run};
use crate::ui::setup::view::Setup;
use crate::ui::state::{Arrival, Coming, Dropped, Item, Msg, RunView};
use crate::ui::storage::{self, KeptRun};

/// The runs of a page, if its program is here and it has any.
pub(super) fn runs_of(page: &Page) -> Option<&'static dyn Runs> {
    page.program()?.runs()
}

/// The run with which a page is opened.
pub(super) struct Begin {
    pub(super) lab: Box<dyn Lab>,
    pub(super) playing: bool,
    /// What to say first.
    pub(super) notice: Option<String>,
}

/// The run of a page as it was kept, or a fresh one, which says so if what was kept is of no use.
pub(super) fn kept_run(page: &Page, runs: &dyn Runs) -> Begin {
    let fresh = |notice| Begin { lab: first_run(runs), playing: runs.plays(), notice };
    let Some(KeptRun { file, playing }) = storage::kept_run(page.address) else { return fresh(None) };
    match runs.open(&file).and_then(begun) {
        Ok(lab) => Begin { lab, playing, notice: None },
        Err(reason) => {
            fresh(Some(format!("The run from last time could not be opened, so this is a fresh one. {reason}")))
        }
    }
}

impl App {
    /// The runs of the page whose run there is.
    pub(super) fn runs(&self) -> &'static dyn Runs {
        runs_of(pages::at(self.ui.home)).expect("a run comes from a page that has runs")
    }

    /// Goes to the page that the address bar asks for, or shows that it is on its way.
    pub(super) fn navigate(&mut self) -> bool {
        let Address { page, run, lesson } = Address::of(&browser::hash());
        self.awaited = None;
        if let Some((lesson, step)) = lesson {
            browser::stand_at(self.ui.page);
            return self.lesson(&Do::Open(lesson, step));
        }
        if let Some(run) = run {
            return self.follow_link(page, run);
        }
        if page.address == self.ui.page {
            return self.ui.coming.take().is_some();
        }
        if page.is_ready() {
            return self.show_page(page);
        }
        self.ui.coming = Some(Coming { page: page.address, failed: false });
        self.fetch(page);
        true
    }

    /// Sees to it that all comes that is not here: first what the page that is shown lacks.
    pub(super) fn fetch_rest(&mut self) -> bool {
        let tried_again = self.ui.details == Arrival::Failed;
        if self.ui.details != Arrival::Here {
            self.ui.details = Arrival::Coming;
            let send = self.ui.send.clone();
            spawn_local(async move {
                // What is told at once comes first.
                let well = details::come().await
                    && forms::come().await
                    && guide::come().await
                    && drawing::come().await
                    && lessons::come().await;
                send.emit(Msg::DetailsCame(well));
            });
        }
        pages::PAGES.iter().for_each(|page| self.fetch(page));
        tried_again
    }

    /// Sees to it that the program of a page comes.
    pub(super) fn fetch(&self, page: &'static Page) {
        let send = self.ui.send.clone();
        spawn_local(async move { send.emit(Msg::Came(page.address, page.come().await)) });
    }

    /// The program of a page came, or did not. Of no interest is one that nobody waits for.
    pub(super) fn came(&mut self, page: &'static Page, well: bool) -> bool {
        match &mut self.ui.coming {
            Some(coming) if coming.page == page.address && well => match self.awaited.take() {
                Some(msg) => {
                    self.ui.coming = None;
                    self.react(msg)
                }
                None => self.show_page(page),
            },
            Some(coming) if coming.page == page.address => {
                coming.failed = true;
                true
            }
            _ => false,
        }
    }

    /// Shows a page that is here. One with runs brings its own, unless it is there already.
    fn show_page(&mut self, page: &'static Page) -> bool {
        (self.ui.page, self.ui.coming) = (page.address, None);
        self.measure = true;
        let Some(runs) = runs_of(page).filter(|_| page.address != self.ui.home) else { return true };
        self.save();
        self.ui.home = page.address;
        let Begin { lab, playing, notice } = kept_run(page, runs);
        self.take(lab);
        (self.ui.notice, self.ui.playing) = (notice, playing);
        true
    }

    /// Another run takes the place of this one.
    pub(super) fn take(&mut self, lab: Box<dyn Lab>) -> bool {
        self.lab = lab;
        self.take_over()
    }

    /// The page begins anew with the run that there is.
    pub(super) fn take_over(&mut self) -> bool {
        self.show_run();
        self.fill();
        self.save_soon();
        self.look()
    }

    /// Shows a run that has taken the place of another, with nothing open in it.
    pub(super) fn show_run(&mut self) {
        self.before = None;
        if self.ui.lesson.take().is_some() {
            storage::remove_of_tab(storage::LESSON);
        }
        self.ui.may_cancel = false;
        self.nothing_saved();
        if self.ui.page != self.ui.home {
            (self.ui.page, self.ui.coming) = (self.ui.home, None);
            browser::go(self.ui.home);
        }
        self.new_case();
        self.worlds.clear();
        self.ui.run =
            RunView { strip: Strip { width: self.ui.run.strip.width, ..Strip::default() }, ..RunView::default() };
        self.ui.notice = None;
        self.dwelling = None;
        self.measure = true;
        self.close_popover();
    }

    /// Takes a run that is to be watched from its start up to a moment: `to`, or that at which something breaks in it.
    fn take_playing(&mut self, lab: Box<dyn Lab>, to: Option<Micros>) -> bool {
        self.ui.playing = true;
        self.take(lab);
        match to {
            Some(_) => self.approach_break(to),
            None => {
                self.ui.run.breaks_ahead = true;
                self.look_ahead();
            }
        }
        true
    }

    pub(super) fn begin(&mut self, setup: &Setup) -> bool {
        match self.runs().begin(setup) {
            Ok(lab) => {
                let before = std::mem::replace(&mut self.lab, lab);
                self.take_over();
                self.before = Some(before);
                self.ui.can_undo = true;
                true
            }
            Err(reason) => self.tell(reason),
        }
    }

    pub(super) fn break_by(&mut self, flaw: &str) -> bool {
        let broken = self.runs().broken_by(&self.lab.setup(), flaw);
        broken.is_some_and(|lab| self.take_playing(lab, None))
    }

    pub(super) fn without_flaw(&mut self) -> bool {
        let Some(mut lab) = self.lab.without_flaw() else { return false };
        lab.seek(Micros::ZERO);
        let broke_at = self.lab.breaks_at();
        self.take_playing(lab, broke_at.or(Some(Micros::ZERO)))
    }

    /// The same acts with another setup, looked at where the play head stands.
    pub(super) fn retell(&mut self, words: &str) -> bool {
        match self.lab.retold(words) {
            Ok(lab) => {
                let before = std::mem::replace(&mut self.lab, lab);
                self.take_over();
                (self.before, self.ui.can_undo) = (Some(before), true);
                self.say(About::Own, "The same acts, with another setup.".to_owned())
            }
            Err(reason) => self.tell(reason),
        }
    }

    pub(super) fn on_store(&mut self, world: usize, store: Store) -> bool {
        let is_another = self.lab.setup().stores.get(world).is_some_and(|here| here.name() != store.name());
        let Some(lab) = self.lab.on_store(world, store).filter(|_| is_another) else { return false };
        let coach = self.ui.run.coach;
        self.take(lab);
        self.ui.run.coach = coach;
        self.say(About::Own, "The same script runs again, on the other log.".to_owned())
    }

    /// The same script under another seed, with the trade-off still open.
    pub(super) fn on_seed(&mut self, seed: u64) -> bool {
        let Some(lab) = self.lab.on_seed(seed) else { return false };
        let before = std::mem::replace(&mut self.lab, lab);
        self.take_over();
        (self.before, self.ui.can_undo) = (Some(before), true);
        self.ui.run.selected = Some((0, Item::Tradeoff));
        self.confirm(format!("The same under seed {seed}."))
    }

    /// Takes a file that was dropped: it is for a page that takes such, or else a run.
    pub(super) fn file_came(&mut self, file: Result<FileBytes, String>) -> bool {
        self.ui.dropping = false;
        let taker = |bytes: &[u8]| pages::PAGES.iter().find(|page| (page.takes)(bytes));
        match file {
            Ok((name, bytes)) if let Some(page) = taker(&bytes) => {
                self.ui.dropped = Some(Dropped { name, bytes });
                browser::go(page.address);
                true
            }
            file => self.import(file),
        }
    }
}
