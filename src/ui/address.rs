//! What stands after `#` in the address bar: a page, and maybe a run on it, or a lesson: `#feed?playing&run=CODE`,
//! `#lessons?lesson=one-cut&step=3`.

use crate::ui::page::Page;
use crate::ui::pages;

/// What a link asks for.
#[derive(Clone)]
pub struct Address {
    /// The page that is shown.
    pub page: &'static Page,
    /// A run on it, if the link brings one.
    pub run: Option<LinkedRun>,
    /// A lesson of the lab, if the link leads to one, and maybe a step of it, from 1.
    pub lesson: Option<(String, Option<usize>)>,
}

/// A run that a link brings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkedRun {
    /// What decides it: see `cap_lab::timeline::link`.
    pub code: String,
    /// It plays on from where its play head stands.
    pub playing: bool,
}

impl Address {
    /// Reads what follows the `#`, with it. A page that does not exist is the landing page; what is not known is left out.
    pub fn of(hash: &str) -> Self {
        let (page, query) = hash.split_once('?').unwrap_or((hash, ""));
        let mut run = LinkedRun { code: String::new(), playing: false };
        let (mut lesson, mut step) = (None, None);
        for (name, value) in query.split('&').map(|part| part.split_once('=').unwrap_or((part, ""))) {
            match name {
                "run" => run.code = value.to_owned(),
                "playing" => run.playing = true,
                "lesson" => lesson = Some(value.to_owned()),
                "step" => step = value.parse().ok(),
                _ => {}
            }
        }
        Self {
            page: pages::at(page),
            run: Some(run).filter(|run| !run.code.is_empty()),
            lesson: lesson.map(|lesson| (lesson, step)),
        }
    }
}

impl LinkedRun {
    /// What follows the `#`, with it, for this run on the page at `page`.
    pub fn address(&self, page: &str) -> String {
        let playing = if self.playing { "playing&" } else { "" };
        format!("{page}?{playing}run={}", self.code)
    }
}

/// A frame that shows the run of `link` in another page, as HTML.
pub fn frame_of(link: &str) -> String {
    let source = link.replacen('#', "?embed#", 1).replace('&', "&amp;");
    format!("<iframe src=\"{source}\" width=\"100%\" height=\"480\" title=\"CAP Lab\"></iframe>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for playing in [true, false] {
            let run = LinkedRun { code: "AbC-_9".to_owned(), playing };
            let address = Address::of(&run.address("#raft"));
            assert_eq!((address.page.address, address.run), ("#raft", Some(run)));
        }
    }

    #[test]
    fn a_frame_asks_for_the_figure_alone() {
        let frame = frame_of("https://lab.example/#feed?playing&run=x");
        assert!(frame.contains("src=\"https://lab.example/?embed#feed?playing&amp;run=x\""), "{frame}");
    }

    #[test]
    fn a_lesson_has_an_address() {
        let address = Address::of("#lessons?lesson=one-cut");
        assert_eq!((address.page.address, address.lesson), ("#lessons", Some(("one-cut".to_owned(), None))));
        for (step, of) in [("&step=3", Some(3)), ("&step=x", None)] {
            let address = Address::of(&format!("#lessons?lesson=one-cut{step}"));
            assert_eq!(address.lesson.map(|(_, step)| step), Some(of));
        }
    }

    #[test]
    fn an_address_of_old_a_later_one_and_a_wrong_one_have_a_page() {
        for (hash, page, code) in [
            ("", "#feed", None),
            ("#paxos", "#paxos", None),
            ("#raft?run=", "#raft", None),
            ("#raft?more&run=x&size=9", "#raft", Some("x")),
            ("#chess?run=x", "#feed", Some("x")),
            ("#?=&&?", "#feed", None),
        ] {
            let address = Address::of(hash);
            assert_eq!(address.page.address, page, "{hash}");
            assert_eq!(address.run.map(|run| run.code).as_deref(), code, "{hash}");
        }
    }
}
