//! The panel of a lesson: the step to read and do, what was predicted beside what happened, and the way on.

use cap_lab::lesson::attempt::{Given, Outcome, Trace, WORDS_MAX};
use cap_lab::lesson::measure::Told;
use cap_lab::lesson::{Answer, Choice, Kind, Question, Task};
use cap_lab::node::Micros;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Event, Html};

use super::design;
use super::play::{Playing, inside};
use super::view::{Class, Do, STEP};
use crate::ui::browser;
use crate::ui::el::{El, button, classed, el, words};
use crate::ui::guide;
use crate::ui::lab::Lab;
use crate::ui::number::fixed;
use crate::ui::state::{Msg, ViewState};

const STYLE: &str = include_str!("panel.css");
/// What a group of radio buttons is called, and where the number and the reason are typed.
const CHOICE: &str = "lesson-choice";
const NUMBER: &str = "lesson-number";
const REASON: &str = "lesson-reason";
const WORDS: &str = "lesson-words";

pub(super) fn panel(class: &Class, lab: &dyn Lab, ui: &ViewState) -> Html {
    let playing = inside(class);
    let send = &ui.send;
    let (place, lesson) = (playing.attempt.step, &playing.lesson);
    let step = &lesson.steps[place];
    let leave =
        button("quiet close", "✕", send, Msg::Lesson(Do::Leave)).name(format!("Leave the lesson: {}", lesson.title));
    let progress = format!("Step {} of {} · {}", place + 1, lesson.steps.len(), name(&step.kind));
    let heading = step.heading.clone().unwrap_or_else(|| name(&step.kind).to_owned());
    let bar = el("progress")
        .set("max", lesson.steps.len().to_string())
        .set("value", (place + 1).to_string())
        .attr("aria-hidden", "true");
    let asked = (playing.text.is_empty()).then(|| words("p", "The run is being loaded."));
    let inside = classed("div", "step-of")
        .key(&format!("step {place} {}", playing.text.is_empty()))
        .add(el("h3").attr("id", STEP).attr("tabindex", "-1").text(&heading))
        .optional(asked)
        .list(paragraphs(&playing.text, send))
        .list(compared(playing, send))
        .list(tools(playing, lab.now(), send));
    classed("section", "aid lesson")
        .key("lesson")
        .name(format!("Lesson: {}", lesson.title))
        .add(words("style", STYLE))
        .add(el("header").add(words("h2", &lesson.title)).add(leave))
        .add(classed("p", "progress").text(&progress))
        .add(bar)
        .add(inside)
        .add(turn(playing, send))
        .html()
}

fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Read => "Read",
        Kind::Predict(_) => "Predict",
        Kind::Do(_) => "Do",
        Kind::Observe(_) => "Observe",
        Kind::Explain => "Explain",
        Kind::Design(_) => "Design",
        Kind::Argue(_) => "Argue",
    }
}

/// Paragraphs with the run's own numbers, whose moments can be gone to.
fn paragraphs(text: &[Vec<Told>], send: &Callback<Msg>) -> Vec<El> {
    let mut all = Vec::new();
    for (number, paragraph) in text.iter().enumerate() {
        let mut line = el("p").key(&format!("{number} {}", guide::here().is_some()));
        for Told { text, at } in paragraph {
            line = match (at, guide::here()) {
                (Some(at), _) => line.add(go(*at, send)),
                (None, Some(guide)) => guide.marked(line, text, send),
                (None, None) => line.text(text),
            };
        }
        all.push(line);
    }
    all
}

/// The way to a moment, where the run stops.
fn go(at: Micros, send: &Callback<Msg>) -> El {
    let time = format!("{} s", fixed(at.as_ms(), 3));
    button("quiet moment", &time, send, Msg::GoTo(at)).name(format!("Go to {time}"))
}

/// What was predicted in earlier steps, beside what happened.
fn compared(playing: &Playing, send: &Callback<Msg>) -> Vec<El> {
    let step = |place: &usize| &playing.lesson.steps[*place];
    let all = playing.because.iter().filter_map(|(place, because)| match &step(place).kind {
        Kind::Predict(question) => comparison(*place, question, &playing.attempt.traces[*place], because, send),
        _ => None,
    });
    all.collect()
}

fn comparison(
    place: usize,
    question: &Question,
    trace: &Trace,
    because: &[Vec<Told>],
    send: &Callback<Msg>,
) -> Option<El> {
    let (prediction, outcome) = (trace.prediction.as_ref()?, trace.outcome.as_ref()?);
    let Outcome { happened, right, moments } = outcome;
    let (class, sign) = match right {
        Some(true) => ("compared good", "✓ As you predicted"),
        Some(false) => ("compared warn", "≠ Not as you predicted"),
        None => ("compared", "What happened"),
    };
    let row = |name: &str, text: String| el("div").add(words("dt", name)).add(words("dd", &text));
    let yours = (prediction.given != Given::Skipped).then(|| row("You said", question.words(Some(prediction.given))));
    let reason = (!prediction.reason.is_empty()).then(|| row("Because", prediction.reason.clone()));
    let moments = moments.iter().map(|(at, says)| el("li").text(says).text(" ").add(go(*at, send))).collect::<Vec<_>>();
    let list = (!moments.is_empty()).then(|| el("ul").list(moments));
    let body = classed("section", class)
        .key(&format!("compared {place}"))
        .add(words("h4", sign))
        .add(el("dl").optional(yours).optional(reason).add(row("This run", question.words(*happened))))
        .optional(list)
        .list(paragraphs(because, send));
    Some(body)
}

/// What a step needs beside its text.
fn tools(playing: &Playing, now: Micros, send: &Callback<Msg>) -> Vec<El> {
    let trace = &playing.attempt.traces[playing.attempt.step];
    match &playing.lesson.steps[playing.attempt.step].kind {
        Kind::Read | Kind::Explain => Vec::new(),
        Kind::Predict(question) => vec![match &trace.prediction {
            None => form(question, send),
            Some(prediction) => {
                let yours = format!("You predicted: {}.", question.words(Some(prediction.given)));
                classed("p", "yours").key("yours").text(&yours)
            }
        }],
        Kind::Observe(_) => observe(playing, now, send),
        Kind::Do(task) => vec![task_of(playing, task, trace, send)],
        Kind::Design(asked) => vec![design::form(asked, trace.designed.as_ref(), send)],
        Kind::Argue(rubric) => vec![argument(rubric, trace.words.as_deref().unwrap_or_default(), send)],
    }
}

fn argument(rubric: &[String], kept: &str, send: &Callback<Msg>) -> El {
    let submit = {
        let send = send.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            send.emit(Msg::Lesson(Do::Argue(text_in(WORDS))));
        })
    };
    let field = el("textarea").attr("id", WORDS).attr("rows", "14").set("maxlength", WORDS_MAX.to_string());
    let keep = classed("button", "primary").attr("type", "submit").text("Keep");
    let state = if kept.is_empty() { "Nothing is kept yet." } else { "✓ Kept. You may go on writing." };
    el("form")
        .key("argue")
        .on(ListenerKind::onsubmit, submit)
        .add(el("ul").all(rubric.iter().map(|question| words("li", question)).collect()))
        .add(el("label").text("Your argument").add(field.value(kept.to_owned())))
        .add(classed("div", "row").add(keep).add(classed("small", "kept").key(state).text(state)))
}

fn text_in(id: &str) -> String {
    field::<HtmlTextAreaElement>(id).map(|field| field.value()).unwrap_or_default()
}

fn form(question: &Question, send: &Callback<Msg>) -> El {
    let fields = match &question.answer {
        Answer::Choice(choices) => choices.iter().enumerate().map(choice).collect(),
        Answer::Number { unit, .. } => vec![
            classed("label", "number")
                .add(el("input").attr("id", NUMBER).attr("type", "number").attr("min", "0").attr("required", ""))
                .text(" ")
                .text(unit),
        ],
    };
    let submit = {
        let (send, is_number) = (send.clone(), matches!(question.answer, Answer::Number { .. }));
        Callback::from(move |event: Event| {
            event.prevent_default();
            let given = if is_number { typed().map(Given::Number) } else { chosen().map(Given::Choice) };
            if let Some(given) = given {
                send.emit(Msg::Lesson(Do::Predict(given, reason())));
            }
        })
    };
    let why = el("label")
        .text("Why? It is kept for you.")
        .add(el("textarea").attr("id", REASON).attr("rows", "2").attr("maxlength", "2000"));
    let skip = button("quiet", "Skip", send, Msg::Lesson(Do::Predict(Given::Skipped, String::new())));
    let buttons = classed("div", "row")
        .add(classed("button", "primary").attr("type", "submit").text("Predict"))
        .add(skip.attr("type", "button"));
    el("form")
        .key("predict")
        .on(ListenerKind::onsubmit, submit)
        .add(el("fieldset").add(words("legend", "Your prediction")).all(fields))
        .add(why)
        .add(buttons)
}

fn choice((place, Choice { text, .. }): (usize, &Choice)) -> El {
    let input = el("input")
        .attr("type", "radio")
        .attr("name", CHOICE)
        .set("value", place.to_string())
        .set("id", format!("{CHOICE}-{place}"))
        .attr("required", "");
    el("label").add(input).add(words("span", text))
}

fn field<T: JsCast>(id: &str) -> Option<T> {
    browser::document().get_element_by_id(id)?.dyn_into().ok()
}

fn typed() -> Option<u64> {
    field::<HtmlInputElement>(NUMBER)?.value().trim().parse().ok()
}

fn chosen() -> Option<usize> {
    (0..).map_while(|place| field::<HtmlInputElement>(&format!("{CHOICE}-{place}"))).position(|input| input.checked())
}

fn reason() -> String {
    text_in(REASON)
}

fn observe(playing: &Playing, now: Micros, send: &Callback<Msg>) -> Vec<El> {
    let reached = playing.moments.iter().filter(|(at, _)| *at <= now);
    let line = |(at, says): &(Micros, String)| {
        el("li").key(&format!("{} {says}", at.0)).text(says).text(" ").add(go(*at, send))
    };
    let watch = if playing.watched { "Watch again" } else { "Watch" };
    let class = if playing.watched { "quiet" } else { "primary" };
    vec![
        el("ol").key("moments").list(reached.map(line).collect()),
        button(class, watch, send, Msg::Lesson(Do::Watch)).key(watch),
    ]
}

fn task_of(playing: &Playing, task: &Task, trace: &Trace, send: &Callback<Msg>) -> El {
    let shown = task.hints.iter().take(trace.hints);
    let hints: Vec<El> = shown.enumerate().map(|(place, hint)| el("li").key(&place.to_string()).text(hint)).collect();
    let more = (trace.hints < task.hints.len() && trace.met.is_none()).then(|| {
        let label = format!("Hint {} of {}", trace.hints + 1, task.hints.len());
        button("", &label, send, Msg::Lesson(Do::Hint)).key("more")
    });
    let state = match trace.met {
        Some(at) => {
            let needed = playing.needed.as_ref().map_or_else(String::new, |says| format!(", {says}."));
            classed("p", "done good").key(&format!("met {needed}")).text("✓ Done at ").add(go(at, send)).text(&needed)
        }
        None => classed("p", "done").key("open").text("Not done yet. The run decides."),
    };
    let again =
        trace.met.is_none().then(|| button("quiet", "Begin the task again", send, Msg::Lesson(Do::Again)).key("again"));
    classed("div", "task")
        .key("task")
        .add(state)
        .list(trace.met.map_or_else(Vec::new, |_| paragraphs(&playing.met, send)))
        .add(el("ol").list(hints))
        .add(classed("div", "row").optional(more).optional(again))
}

/// The way on, and back.
fn turn(playing: &Playing, send: &Callback<Msg>) -> El {
    let (place, last) = (playing.attempt.step, playing.lesson.steps.len() - 1);
    let waits = playing.attempt.waits(&playing.lesson);
    let open = match &playing.lesson.steps[place].kind {
        Kind::Do(_) => playing.attempt.traces[place].met.is_none(),
        Kind::Observe(_) => !playing.watched,
        Kind::Design(_) => playing.attempt.traces[place].designed.is_none(),
        Kind::Argue(_) => playing.attempt.traces[place].words.is_none(),
        _ => false,
    };
    let label = match (place == last, open, &playing.lesson.steps[place].kind) {
        (true, ..) => "Finish",
        (_, true, Kind::Do(_)) => "Go on without it",
        (_, true, _) => "Skip",
        (_, false, _) => "Next",
    };
    let back = (place > 0).then(|| button("quiet", "Back", send, Msg::Lesson(Do::Turn(false))).key("back"));
    let next = button(if open { "quiet" } else { "primary" }, label, send, Msg::Lesson(Do::Turn(true)));
    el("footer").optional(back).optional((!waits).then(|| next.key(label)))
}
