//! The pages, a row each. Whoever adds one makes a folder here, and adds its row to [`PAGES`].
//!
//! The program of the landing page is in the first file that the browser loads. Each of the others is a part of its own: it is
//! fetched once the first page is drawn, or when it is asked for before. Until then the page that was there goes on.

pub mod feed;
pub mod histories;
pub mod paxos;
pub mod raft;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

use crate::ui::browser;
use crate::ui::labs::details;
use crate::ui::program::Program;

/// A row of the table.
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

/// All pages, in the order of the list. The first is where whoever asks for none lands.
pub static PAGES: [Page; 4] = [feed::PAGE, raft::PAGE, paxos::PAGE, histories::PAGE];

/// The page that whoever asks for none gets.
pub const LANDING: &Page = &PAGES[0];

/// The page at `address`; the landing page if there is none.
pub fn at(address: &str) -> &'static Page {
    PAGES.iter().find(|page| page.address == address).unwrap_or(LANDING)
}

/// The page that the address bar asks for.
pub fn asked() -> &'static Page {
    at(&browser::hash())
}

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

    /// Whether it can be shown now.
    pub fn is_ready(&self) -> bool {
        self.program().is_some_and(|program| program.is_ready())
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
