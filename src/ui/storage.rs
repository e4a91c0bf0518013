//! What the browser keeps between visits. Storage may be full, forbidden or gone: then nothing is kept, and nothing breaks.
//!
//! Each tab keeps its runs under a name of its own, which a reload finds again, so two tabs don't overwrite each other. A
//! new tab goes on from the run that was saved last, as a copy.

use std::cell::RefCell;

use crate::ui::browser;

/// Runs of so many tabs are kept.
const TABS_MAX: usize = 6;
/// Under it the tabs that keep runs are listed, the one that saved last at the end.
const TABS: &str = "tabs";
/// Under it a tab that is being left keeps its name, for the page that comes next in it.
const TAB: &str = "cap-lab.tab";

fn storage() -> Option<web_sys::Storage> {
    browser::window().local_storage().ok().flatten()
}

/// What was kept under `key`.
pub fn get(key: &str) -> Option<String> {
    storage()?.get_item(&format!("cap-lab.{key}")).ok().flatten()
}

/// Keeps `value` under `key`; false if the browser would not.
pub fn set(key: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(&format!("cap-lab.{key}"), value).is_ok())
}

/// Under it a tab that is being left keeps how its page looked: see `app/saving.rs`.
pub const PICTURE: &str = "cap-lab.picture";

/// Forgets what is under `key`.
pub fn remove(key: &str) {
    if let Some(storage) = storage() {
        // Only fails where nothing was kept either.
        let _ = storage.remove_item(&format!("cap-lab.{key}"));
    }
}

/// Under it a tab keeps the name of the lesson that is played in it.
pub const LESSON: &str = "cap-lab.lesson";

fn of_tab() -> Option<web_sys::Storage> {
    browser::window().session_storage().ok().flatten()
}

/// What this tab keeps under `key`, also when it is loaded again.
pub fn get_of_tab(key: &str) -> Option<String> {
    of_tab()?.get_item(key).ok().flatten()
}

/// Keeps `value` under `key` for this tab alone.
pub fn set_of_tab(key: &str, value: &str) {
    if let Some(storage) = of_tab() {
        // What can't be kept is not there after a reload.
        let _ = storage.set_item(key, value);
    }
}

/// Forgets what this tab keeps under `key`.
pub fn remove_of_tab(key: &str) {
    if let Some(storage) = of_tab() {
        // Only fails where nothing was kept either.
        let _ = storage.remove_item(key);
    }
}

thread_local! {
    /// What this tab is called.
    static NAME: RefCell<String> = const { RefCell::new(String::new()) };
    /// The latest save of each page, the very latest at the end. A browser that keeps nothing still lets the learner go from page
    /// to page; and by the time of a panic the run itself can no longer be asked.
    static LATEST: RefCell<Vec<(&'static str, String)>> = const { RefCell::new(Vec::new()) };
}

fn name() -> String {
    NAME.with_borrow(String::clone)
}

/// The page is shown: it takes the name that the page before it in this tab left, or a fresh one. The name is not kept
/// while the page is there: a copy of the tab would take it as well.
pub fn enter() {
    let left = get_of_tab(TAB);
    remove_of_tab(TAB);
    NAME.with_borrow_mut(|name| {
        if let Some(left) = left {
            *name = left;
        } else if name.is_empty() {
            *name = browser::fresh_name();
        }
    });
}

/// A link was opened: its run must not take the place of what this tab kept, so the tab goes by another name from now on.
pub fn enter_afresh() {
    NAME.with_borrow_mut(|name| *name = browser::fresh_name());
}

/// The page is left.
pub fn leave() {
    // A tab that can't keep its name goes on as a new one.
    set_of_tab(TAB, &name());
}

/// A run as it was kept.
pub struct KeptRun {
    /// Its file.
    pub file: String,
    /// It was playing.
    pub playing: bool,
}

/// What a kept run begins with that stood. No file begins so.
const PAUSED: &str = "paused ";

impl KeptRun {
    fn written(self) -> String {
        if self.playing { self.file } else { format!("{PAUSED}{}", self.file) }
    }

    fn read(text: &str) -> Self {
        let paused = text.strip_prefix(PAUSED);
        Self { file: paused.unwrap_or(text).to_owned(), playing: paused.is_none() }
    }
}

fn run_key(address: &str, tab: &str) -> String {
    format!("run.{}.{tab}", address.trim_start_matches('#'))
}

/// The tabs that keep runs, the one that saved last at the end.
fn tabs() -> Vec<String> {
    get(TABS).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// The run of the page at `address` that this tab kept, or else the one that was saved last in any.
pub fn kept_run(address: &str) -> Option<KeptRun> {
    let latest = || LATEST.with_borrow(|all| all.iter().find(|(page, _)| *page == address).map(|(_, run)| run.clone()));
    let of_others = || tabs().iter().rev().find_map(|tab| get(&run_key(address, tab)));
    latest().or_else(|| get(&run_key(address, &name()))).or_else(of_others).as_deref().map(KeptRun::read)
}

/// Whether there is one.
pub fn has_run(address: &str) -> bool {
    kept_run(address).is_some()
}

/// Keeps the run of the page at `address`; false if the browser would not. Where it lacks room, runs of other tabs go, the
/// oldest first.
pub fn save_run(address: &'static str, run: KeptRun) -> bool {
    let run = run.written();
    let own = name();
    let mut others: Vec<String> = tabs().into_iter().filter(|tab| *tab != own).collect();
    let too_many = (others.len() + 1).saturating_sub(TABS_MAX);
    others.drain(..too_many).for_each(|tab| forget_tab(&tab));
    let mut kept = set(&run_key(address, &own), &run);
    while !kept && !others.is_empty() {
        forget_tab(&others.remove(0));
        kept = set(&run_key(address, &own), &run);
    }
    others.push(own);
    set(TABS, &others.join(" "));
    LATEST.with_borrow_mut(|all| {
        all.retain(|(page, _)| *page != address);
        all.push((address, run));
    });
    kept
}

/// Forgets the runs that a tab kept.
fn forget_tab(tab: &str) {
    let Some(storage) = storage() else { return };
    let all = (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten());
    let ending = format!(".{tab}");
    let its: Vec<String> = all.filter(|key| key.starts_with("cap-lab.run.") && key.ends_with(&ending)).collect();
    for key in its {
        // Only fails where nothing was kept either.
        let _ = storage.remove_item(&key);
    }
}

/// Reports a panic on the console, keeps the run, and says so on the page with a way to go on.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let kept = LATEST.with(|latest| {
            let latest = latest.try_borrow().ok()?;
            let (address, run) = latest.last()?;
            Some(set(&run_key(address, &name()), run))
        });
        set("stopped", &info.to_string());
        let document = browser::document();
        let (Some(body), Ok(note), Ok(link)) =
            (document.body(), document.create_element("div"), document.create_element("a"))
        else {
            return;
        };
        let saved = if kept == Some(true) { "Your run was saved." } else { "Your run could not be saved." };
        note.set_text_content(Some(&format!("The lab stopped by a fault of its own. {saved} ")));
        link.set_text_content(Some("Load it again"));
        // Setting fixed attributes and adding fresh elements cannot fail.
        let _ = note.set_attribute("class", "stopped");
        let _ = note.set_attribute("role", "alert");
        let _ = link.set_attribute("href", "");
        let _ = note.append_child(&link);
        let _ = body.append_child(&note);
    }));
}
