//! Waiting for the rest of the program: what is asked for too early is done once that is here.

use wasm_bindgen_futures::spawn_local;

use super::App;
use crate::ui::browser::{self, LANDING};
use crate::ui::rest;
use crate::ui::state::{Msg, Waiting};

impl App {
    /// Whether the program cannot do this yet.
    pub(super) fn has_to_wait(&self, msg: &Msg) -> bool {
        !rest::here()
            && match msg {
                Msg::Navigated => browser::asked() != LANDING,
                Msg::Toggle(_)
                | Msg::Tables
                | Msg::Routine
                | Msg::Diagram(_)
                | Msg::Import(Ok(_))
                | Msg::Dropped { .. } => true,
                _ => false,
            }
    }

    /// Shows that it waits, and tries to fetch what is missing.
    pub(super) fn wait(&mut self, msg: Msg) -> bool {
        let page = (msg == Msg::Navigated).then(browser::asked);
        self.ui.waiting = Some(Waiting { page, failed: false });
        self.again = Some(msg);
        self.fetch();
        true
    }

    pub(super) fn fetch(&self) {
        let send = self.ui.send.clone();
        spawn_local(async move { send.emit(Msg::Came(rest::fetch().await)) });
    }

    /// Does what had to wait, or says that it can't be done.
    pub(super) fn came(&mut self, well: bool) -> bool {
        match &mut self.ui.waiting {
            // Now there are words for what happened.
            None => return well && self.look(),
            Some(waiting) if !well => waiting.failed = true,
            Some(_) => {
                self.ui.waiting = None;
                self.look();
                self.again.take().map(|msg| self.react(msg));
            }
        }
        true
    }
}
