//! The course: what each lesson teaches, how far the learner is, and the way into it. A lesson from a file comes here as well.
//!
//! The page is a component: which file was no good is of no interest to the rest of the program.

use std::rc::Rc;

use cap_lab::lesson::Lesson;
use cap_lab::situation::scene::Wrong;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Component, Context, Event, Html, Properties, html};

use crate::ui::browser::{self, FileBytes};
use crate::ui::el::{El, button, classed, el, words};
use crate::ui::lab::Lab;
use crate::ui::lessons::view::Do;
use crate::ui::lessons::{Kept, Listed, course};
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

struct Desk {
    course: Vec<Listed>,
    /// What was taken last.
    taken: Option<Dropped>,
    /// A file that is no good: its name and what is wrong with it.
    wrong: Option<(String, Vec<Wrong>)>,
    send: Callback<Result<FileBytes, String>>,
}

impl Component for Desk {
    type Message = Result<FileBytes, String>;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let send = context.link().callback(|file| file);
        let mut desk = Self { course: course(), taken: None, wrong: None, send };
        desk.take_dropped(context.props());
        desk
    }

    fn changed(&mut self, context: &Context<Self>, _: &Props) -> bool {
        self.take_dropped(context.props());
        true
    }

    fn update(&mut self, context: &Context<Self>, file: Self::Message) -> bool {
        match file {
            Ok((name, bytes)) => self.take(name, &bytes, &context.props().send),
            Err(reason) => context.props().send.emit(Msg::Tell(reason)),
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let about = "Each lesson asks first what will happen, then shows it in a run of its own. What you answer stays in this browser.";
        let pick = el("input").attr("type", "file").attr("accept", ".txt,text/plain").on(ListenerKind::onchange, {
            let send = self.send.clone();
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
            .add(el("ol").all(self.course.iter().map(|lesson| row(lesson, &props.send)).collect()))
            .html()
    }
}

impl Desk {
    /// Takes what was dropped, unless that was taken before or is for another page.
    fn take_dropped(&mut self, props: &Props) {
        let Some(dropped) = props.dropped.as_ref().filter(|dropped| self.taken.as_ref() != Some(dropped)) else {
            return;
        };
        self.taken = Some(dropped.clone());
        if (PAGE.takes)(&dropped.bytes) {
            self.take(dropped.name.clone(), &dropped.bytes, &props.send);
        }
    }

    fn take(&mut self, name: String, bytes: &[u8], send: &Callback<Msg>) {
        let text = String::from_utf8_lossy(bytes);
        match Lesson::read(&text) {
            Ok(_) => {
                self.wrong = None;
                send.emit(Msg::Lesson(Do::Read(text.into_owned())));
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

fn row(lesson: &Listed, send: &Callback<Msg>) -> El {
    let Listed { name, title, know, minutes, kept } = lesson;
    let (label, state) = match kept {
        Kept::Fresh => ("Begin", format!("{minutes} minutes")),
        Kept::At(step, all) => ("Go on", format!("at step {} of {all}", step + 1)),
        Kept::Done => ("Again", "✓ done".to_owned()),
    };
    let open = button("primary", label, send, Msg::Lesson(Do::Open(name.clone()))).name(format!("{label}: {title}"));
    let anew = matches!(kept, Kept::At(..)).then(|| {
        button("quiet", "From the start", send, Msg::Lesson(Do::Anew(name.clone())))
            .name(format!("From the start: {title}"))
    });
    let known = know.iter().map(|sentence| words("li", sentence)).collect();
    el("li")
        .key(name)
        .class(if *kept == Kept::Done { "done" } else { "" })
        .add(el("div").add(words("h3", title)).add(el("ul").all(known)))
        .add(classed("div", "ways").add(words("small", &state)).add(open).optional(anew))
}

const STYLE: &str = include_str!("lessons.css");
