//! What is printed comes in the order of the inputs, however many are judged at once: the first one that is not finished prints at
//! once, and the others when it is their turn.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Which stream a text is for.
#[derive(Clone, Copy)]
enum Stream {
    Out,
    Errors,
}

#[derive(Default)]
struct Waiting {
    /// Whose turn it is.
    turn: usize,
    /// What the others said so far, and whether they are finished.
    others: BTreeMap<usize, (Vec<(Stream, String)>, bool)>,
}

/// What prints.
pub(super) struct Output {
    waiting: Mutex<Waiting>,
    bar: ProgressBar,
    is_quiet: bool,
}

/// What prints for one input.
pub(super) struct Voice<'output> {
    output: &'output Output,
    place: usize,
}

impl Output {
    pub(super) fn new(inputs: usize, is_quiet: bool) -> Self {
        let shows = !is_quiet && io::stderr().is_terminal();
        let target = if shows { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(inputs as u64), target);
        let style = ProgressStyle::with_template("{bar:24} {pos} of {len} judged, {elapsed} {msg}");
        bar.set_style(style.expect("a template that is right"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { waiting: Mutex::default(), bar, is_quiet }
    }

    pub(super) fn of(&self, place: usize) -> Voice<'_> {
        Voice { output: self, place }
    }

    /// All was said of an input.
    pub(super) fn finish(&self, place: usize) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.others.entry(place).or_default().1 = true;
        loop {
            let turn = waiting.turn;
            let Some((said, is_finished)) = waiting.others.get_mut(&turn) else { break };
            let (said, is_finished) = (mem::take(said), *is_finished);
            for (stream, text) in said {
                self.print(stream, &text);
            }
            if !is_finished {
                break;
            }
            waiting.others.remove(&turn);
            waiting.turn += 1;
        }
        self.bar.inc(1);
        if waiting.turn as u64 == self.bar.length().unwrap_or(0) {
            self.bar.finish_and_clear();
        }
    }

    fn print(&self, stream: Stream, text: &str) {
        // Whoever stops reading has read enough.
        self.bar.suspend(|| {
            let _ = match stream {
                Stream::Out => io::stdout().write_all(text.as_bytes()),
                Stream::Errors => io::stderr().write_all(text.as_bytes()),
            };
        });
    }
}

impl Voice<'_> {
    /// Prints a result.
    pub(super) fn say(&self, text: String) {
        self.give(Stream::Out, text);
    }

    /// Prints what is wrong.
    pub(super) fn complain(&self, text: String) {
        self.give(Stream::Errors, text);
    }

    /// Prints what is good to know, unless nobody wants to.
    pub(super) fn note(&self, text: String) {
        if !self.output.is_quiet {
            self.give(Stream::Errors, text);
        }
    }

    /// Shows how far the check is.
    pub(super) fn progress(&self, text: String) {
        self.output.bar.set_message(text);
    }

    fn give(&self, stream: Stream, text: String) {
        let mut waiting = self.output.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.turn == self.place {
            let said = waiting.others.get_mut(&self.place).map(|(said, _)| mem::take(said)).unwrap_or_default();
            for (stream, text) in said {
                self.output.print(stream, &text);
            }
            self.output.print(stream, &text);
        } else {
            waiting.others.entry(self.place).or_default().0.push((stream, text));
        }
    }
}
