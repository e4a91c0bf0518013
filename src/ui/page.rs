//! What every page has: a row in the table of pages, and a program that comes when it is first asked for.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

use crate::ui::labs::details;
use crate::ui::program::{Program, Runs};
use crate::ui::storage;

/// A row of the table of pages.
pub struct Page {
    /// Its address. What it keeps is kept under it, without the `#`.
    pub address: &'static str,
    /// What it is called, in the list of pages.
    pub name: &'static str,
    /// Whether a file that was dropped anywhere is for this page, by its content.
    pub takes: fn(&[u8]) -> bool,
    /// Fetches its program, unless it is here.
    pub fetch: fn() -> Coming,
}

/// A program on its way; none if it can't be had now. Then it may be asked for again.
pub type Coming = Pin<Box<dyn Future<Output = Option<&'static dyn Program>>>>;

/// For a page that takes no files.
pub const fn takes_none(_: &[u8]) -> bool {
    false
}

thread_local! {
    /// The programs that have come, by the addresses of their pages.
    static HERE: RefCell<Vec<(&'static str, &'static dyn Program)>> = const { RefCell::new(Vec::new()) };
}

impl Page {
    /// Its program, if that is here.
    pub fn program(&self) -> Option<&'static dyn Program> {
        HERE.with_borrow(|here| here.iter().find(|(address, _)| *address == self.address).map(|(_, program)| *program))
    }

    /// Whether it has runs of its own, as far as it is here.
    pub fn has_runs(&self) -> bool {
        self.program().is_none_or(|program| program.runs().is_some())
    }

    /// Whether it can be shown now.
    pub fn is_ready(&self) -> bool {
        // A run that was kept has to be opened.
        let opens = |runs: &dyn Runs| runs.can_open() || !storage::has_run(self.address);
        self.program().is_some_and(|program| program.runs().is_none_or(opens))
    }

    /// Sees to it that it can be shown. False if what that takes can't be had now.
    pub async fn come(&self) -> bool {
        if self.program().is_none() {
            let Some(program) = (self.fetch)().await else { return false };
            if self.program().is_none() {
                HERE.with_borrow_mut(|here| here.push((self.address, program)));
            }
        }
        self.is_ready() || details::come().await
    }
}
