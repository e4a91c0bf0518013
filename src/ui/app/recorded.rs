//! Histories from files: each is given to a referee of its own, so that what takes long is ended by starting another one.

use std::rc::Rc;

use cap_lab::referee::recorded::{File, Finding};
use cap_lab::referee::wire::{read, write};
use cap_lab::referee::{Answer, Query};

use super::App;
use crate::ui::announce::About;
use crate::ui::browser;
use crate::ui::recorded::{ADDRESS, Do, Opened, SCROLLED, Standing};
use crate::ui::referee::{Heard, Line};
use crate::ui::state::Msg;

impl App {
    pub(super) fn recorded(&mut self, what: Do) -> bool {
        if let Do::Take { name, bytes } = what {
            browser::go(ADDRESS);
            self.ui.recorded = Some(Opened::new(name, bytes));
            return self.judge();
        }
        let Some(opened) = &mut self.ui.recorded else { return false };
        match what {
            Do::Take { .. } => {}
            Do::Format(format) => {
                // What was guessed for another format may not fit this one.
                (opened.format, opened.model, opened.initial) = (Some(format), None, None);
                return self.judge();
            }
            Do::Model(model) => {
                opened.model = Some(model);
                return self.judge();
            }
            Do::Initial(text) => {
                opened.initial = (!text.is_empty()).then_some(text);
                return self.judge();
            }
            Do::Heard(heard) => return self.hear_finding(heard),
            Do::Scrolled => {
                let Some(sight) = self.sight() else { return false };
                self.ui.recorded.iter_mut().for_each(|opened| opened.sight = sight);
            }
            Do::Zoom(by) => {
                let (left, width) = opened.sight;
                let before = opened.event();
                opened.zoom(by);
                // What was in the middle stays there.
                let middle = (left + width / 2.0) * opened.event() / before;
                self.scroll_next = Some((middle - width / 2.0).max(0.0));
            }
            Do::Show => self.scroll_next = opened.evidence_at(),
        }
        true
    }

    /// Has the file judged from the start.
    fn judge(&mut self) -> bool {
        let heard = self.ui.send.reform(|heard| Msg::Recorded(Do::Heard(heard)));
        self.checker = None;
        let Some(opened) = &mut self.ui.recorded else { return false };
        opened.standing = Standing::Reading;
        match Line::open(heard) {
            Ok(line) => self.checker = Some(line),
            Err(reason) => opened.standing = Standing::Off(reason),
        }
        true
    }

    fn hear_finding(&mut self, heard: Heard) -> bool {
        let Some(opened) = &mut self.ui.recorded else { return false };
        let answer = match heard {
            Heard::Gone(reason) => {
                (opened.standing, self.checker) = (Standing::Off(reason), None);
                return true;
            }
            Heard::Ready => {
                if let Some(line) = &self.checker {
                    let Opened { name, bytes, format, model, initial, .. } = opened;
                    let (name, bytes, initial) = (name.clone(), bytes.to_vec(), initial.clone());
                    let file = File { name, bytes, format: *format, model: *model, initial, nil_read: None };
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
            self.checker = None;
            self.say(About::Own, said.to_owned());
        }
        true
    }

    /// Scrolls to where that was wanted. What is in sight then, if it is so far from what was drawn for that it is to be drawn
    /// again.
    pub(super) fn sight(&mut self) -> Option<(f64, f64)> {
        let opened = self.ui.recorded.as_ref().filter(|_| self.ui.at_histories)?;
        if let Some(left) = self.scroll_next.take() {
            browser::scroll_to(SCROLLED, left);
        }
        let sight = browser::sight_of(SCROLLED)?;
        let moved = (sight.0 - opened.sight.0).abs() > 100.0 || (sight.1 - opened.sight.1).abs() > 1.0;
        moved.then_some(sight)
    }
}
