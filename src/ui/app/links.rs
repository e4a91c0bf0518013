//! The run as a link, a frame or a script, for others.

use super::App;
use crate::ui::address::{LinkedRun, frame_of};
use crate::ui::browser;
use crate::ui::state::{Form, Msg};

impl App {
    /// A link to the run at the play head. None while it is computed, and before what writes it is here.
    pub(super) fn linked(&self) -> Option<String> {
        let code = (!self.fills()).then(|| self.lab.link())??;
        let run = LinkedRun { code, playing: self.ui.playing };
        Some(browser::address_of(&run.address(self.ui.home)))
    }

    /// Opens the run of a frame in a tab of its own.
    pub(super) fn open_whole(&self) {
        if let Some(link) = self.linked() {
            browser::open_tab(&link);
        }
    }

    /// Puts the run on the clipboard. A link is the one that is shown.
    pub(super) fn copy(&self, form: Form) {
        let text = match form {
            Form::Link => self.ui.link.clone(),
            Form::Frame => self.ui.link.as_deref().map(frame_of),
            Form::Script => self.lab.golden_script(),
        };
        if let Some(text) = text {
            browser::copy(&text, &self.ui.send.reform(move |well| Msg::Copied(form, well)));
        }
    }

    /// Says what the clipboard took, or that it took nothing.
    pub(super) fn copied(&mut self, form: Form, well: bool) -> bool {
        if !well {
            return self.tell("This browser keeps the page off the clipboard: nothing was copied.".to_owned());
        }
        if form == Form::Script {
            self.close_popover();
        }
        self.confirm("Copied to the clipboard.".to_owned())
    }
}
