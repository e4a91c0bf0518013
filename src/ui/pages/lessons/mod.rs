//! The course: what each lesson teaches, how far the learner is, and the way into it. A lesson from a file comes here as well.
//!
//! The page is a component: which file was no good is of no interest to the rest of the program.

use std::cell::RefCell;
use std::rc::Rc;

use cap_lab::lesson::Lesson;
use cap_lab::situation::scene::Wrong;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Component, Context, Event, Html, Properties, html};

use crate::ui::browser::{self, FileBytes};
use crate::ui::el::{El, button, classed, el, words};
use crate::ui::lab::Lab;
use crate::ui::lessons::view::Do as Ask;
use crate::ui::lessons::{Kept, Listed, Shelf, course, handed_in};
use crate::ui::page::Page;
use crate::ui::program::Program;
use crate::ui::state::{Dropped, Msg, ViewState};
use crate::ui::world::WorldView;

/// Its row.
pub const PAGE: Page = Page {
    address: "#lessons",
    name: "Lessons",
    takes: |bytes| std::str::from_utf8(bytes).is_ok_and(Lesson::is_meant),
    fetch: || Box::pin(async { part().await.ok() }),
};

#[wasm_split(lessons, fallible)]
fn part() -> Result<&'static dyn Program, SplitLoaderError> {
    Ok(&Lessons)
}

struct Lessons;

impl Program for Lessons {
    fn draw(&self, _: &dyn Lab, _: &[Rc<WorldView>], ui: &ViewState) -> Html {
        html! { <Desk dropped={ui.dropped.clone()} home={ui.home} send={ui.send.clone()} /> }
    }
}

#[derive(Properties, PartialEq)]
struct Props {
    /// The latest file that was dropped for a page.
    dropped: Option<Dropped>,
    /// The address of the page whose run rests meanwhile.
    home: &'static str,
    send: Callback<Msg>,
}

/// What the page is asked for.
#[derive(Clone)]
enum Do {
    /// Opens a lesson from a file.
    Take(Result<FileBytes, String>),
    /// Asks for the name of whoever hands a lesson in, or no more.
    HandIn(Option<String>),
    /// Writes what was done in it.
    Write { report: bool },
}

thread_local! {
    /// What was taken the last time that something was dropped: it comes with each drawing.
    static TAKEN: RefCell<Option<Dropped>> = const { RefCell::new(None) };
}

struct Desk {
    course: Vec<Listed>,
    /// The lesson that is about to be handed in.
    handing_in: Option<String>,
    /// A file that is no good: its name and what is wrong with it.
    wrong: Option<(String, Vec<Wrong>)>,
    send: Callback<Do>,
}

impl Component for Desk {
    type Message = Do;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let send = context.link().callback(|what| what);
        let mut desk = Self { course: course(), handing_in: None, wrong: None, send };
        desk.take_dropped(context.props());
        desk
    }

    fn changed(&mut self, context: &Context<Self>, _: &Props) -> bool {
        self.take_dropped(context.props());
        true
    }

    fn update(&mut self, context: &Context<Self>, what: Do) -> bool {
        let send = &context.props().send;
        match what {
            Do::Take(Ok((name, bytes))) => self.take(name, &bytes, send),
            Do::Take(Err(reason)) => send.emit(Msg::Tell(reason)),
            Do::HandIn(lesson) => self.handing_in = lesson,
            Do::Write { report } => self.write(report, send),
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let about = "Each lesson asks first what will happen, then shows it in a run of its own. What you answer stays in this browser.";
        let pick = el("input").attr("type", "file").attr("accept", ".txt,text/plain").on(ListenerKind::onchange, {
            let send = self.send.reform(Do::Take);
            Callback::from(move |event: Event| browser::read_picked(&event, &send))
        });
        let open = classed("label", "button").text("Open a lesson…").add(pick);
        let head = classed("header", "row")
            .add(words("h2", "Lessons"))
            .add(open)
            .add(classed("a", "back").attr("href", props.home).text("Back to the run"));
        classed("main", "lessons-page")
            .add(words("style", STYLE))
            .add(head)
            .add(words("p", about))
            .optional(self.wrong.as_ref().map(|(name, wrong)| faults(name, wrong)))
            .add(self.list(Shelf::Lessons, &props.send))
            .add(words("h2", "Challenges"))
            .add(words(
                "p",
                "You know the rules: now use them. The run judges, and then you see how few acts are known to do.",
            ))
            .add(self.list(Shelf::Challenges, &props.send))
            .add(words("h2", "Design exercise"))
            .add(words("p", "Choose, measure, argue, hand in. There is no single right answer."))
            .add(self.list(Shelf::Exercises, &props.send))
            .html()
    }
}

impl Desk {
    /// Takes what was dropped, unless that was taken before or is for another page.
    fn take_dropped(&mut self, props: &Props) {
        let Some(dropped) = props.dropped.clone() else { return };
        if TAKEN.replace(Some(dropped.clone())).as_ref() == Some(&dropped) {
            return;
        }
        if (PAGE.takes)(&dropped.bytes) {
            self.take(dropped.name.clone(), &dropped.bytes, &props.send);
        }
    }

    /// Offers what was done in a lesson as a file, or the report of it.
    fn write(&mut self, report: bool, send: &Callback<Msg>) {
        let student = browser::text_in(STUDENT).unwrap_or_default();
        if student.trim().is_empty() {
            return send.emit(Msg::Tell("Your name is missing: type it first.".to_owned()));
        }
        let Some(lesson) = &self.handing_in else { return };
        let Some((file, text)) = handed_in(lesson, &student) else { return };
        let who: String =
            student.trim().chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
        let (name, content) = match report {
            true => (format!("{lesson}-{who}.md"), text),
            false => (format!("{lesson}-{who}.json"), file),
        };
        browser::download(&name, &content);
        send.emit(Msg::Confirm(format!("Saved as {name}.")));
    }

    /// What stands under one heading.
    fn list(&self, shelf: Shelf, send: &Callback<Msg>) -> El {
        let listed = self.course.iter().filter(|lesson| lesson.shelf == shelf);
        el("ol").all(listed.map(|lesson| self.row(lesson, send)).collect())
    }

    fn row(&self, lesson: &Listed, send: &Callback<Msg>) -> El {
        let Listed { name, title, .. } = lesson;
        let asks = self.handing_in.as_ref() == Some(name);
        let hand_in = (lesson.kept != Kept::Fresh).then(|| {
            let wanted = (!asks).then(|| name.clone());
            classed("button", "quiet")
                .text("Hand in…")
                .attr("aria-expanded", if asks { "true" } else { "false" })
                .name(format!("Hand in: {title}"))
                .click(&self.send, Do::HandIn(wanted))
        });
        row(lesson, hand_in, send).optional(asks.then(|| self.form()))
    }

    /// Who hands in, and what is written.
    fn form(&self) -> El {
        let write = |class, label: &'static str, report| {
            classed("button", class).text(label).click(&self.send, Do::Write { report })
        };
        let field = el("input").attr("id", STUDENT).attr("autocomplete", "name").attr("maxlength", "100");
        classed("div", "hand-in")
            .add(el("label").add(words("span", "Your name")).add(field))
            .add(write("primary", "Save the file", false))
            .add(write("", "Save a report", true))
            .add(words("p", "The file has your answers and your runs. Whoever grades it computes them again. The report is a text to print."))
    }

    fn take(&mut self, name: String, bytes: &[u8], send: &Callback<Msg>) {
        let text = String::from_utf8_lossy(bytes);
        match Lesson::read(&text) {
            Ok(_) => {
                self.wrong = None;
                send.emit(Msg::Lesson(Ask::Read(text.into_owned())));
            }
            Err(wrong) => self.wrong = Some((name, wrong)),
        }
    }
}

/// What is wrong with a file, by line.
fn faults(name: &str, wrong: &[Wrong]) -> El {
    let line = |Wrong { line, says }: &Wrong| el("li").add(words("b", &format!("Line {line}"))).text(": ").text(says);
    classed("section", "faults")
        .key(name)
        .attr("role", "alert")
        .add(words("h3", &format!("“{name}” was not opened")))
        .add(words("p", "Nothing else has changed. The file says:"))
        .add(el("ul").all(wrong.iter().map(line).collect()))
}

fn row(lesson: &Listed, hand_in: Option<El>, send: &Callback<Msg>) -> El {
    let Listed { name, title, know, minutes, kept, .. } = lesson;
    let (label, state) = match kept {
        Kept::Fresh => ("Begin", format!("{minutes} minutes")),
        Kept::At(step, all) => ("Go on", format!("at step {} of {all}", step + 1)),
        Kept::Done => ("Look again", "✓ done".to_owned()),
    };
    let open =
        button("primary", label, send, Msg::Lesson(Ask::Open(name.clone(), None))).name(format!("{label}: {title}"));
    let anew = (*kept != Kept::Fresh).then(|| {
        button("quiet", "From the start", send, Msg::Lesson(Ask::Anew(name.clone())))
            .name(format!("From the start: {title}"))
    });
    let known = know.iter().map(|sentence| words("li", sentence)).collect();
    el("li")
        .key(name)
        .class(if *kept == Kept::Done { "done" } else { "" })
        .add(
            el("div")
                .add(el("h3").add(el("a").set("href", format!("{}?lesson={name}", PAGE.address)).text(title)))
                .add(el("ul").all(known)),
        )
        .add(classed("div", "ways").add(words("small", &state)).add(open).optional(anew).optional(hand_in))
}

/// The field for a name.
const STUDENT: &str = "student";
const STYLE: &str = include_str!("lessons.css");
