//! The pages, a row each. Whoever adds one makes a folder here, and adds its row to [`PAGES`].
//!
//! The program of the landing page is in the first file that the browser loads. Each of the others is a part of its own: it is
//! fetched once the first page is drawn, or when it is asked for before. Until then the page that was there goes on.

pub mod feed;
pub mod histories;
pub mod lessons;
pub mod locks;
pub mod paxos;
pub mod raft;

use crate::ui::page::Page;

/// All pages, in the order of the list. The first is where whoever asks for none lands.
pub static PAGES: [Page; 6] = [feed::PAGE, raft::PAGE, paxos::PAGE, locks::PAGE, histories::PAGE, lessons::PAGE];

/// The page that whoever asks for none gets.
pub const LANDING: &Page = &PAGES[0];

/// The page at `address`; the landing page if there is none.
pub fn at(address: &str) -> &'static Page {
    PAGES.iter().find(|page| page.address == address).unwrap_or(LANDING)
}
