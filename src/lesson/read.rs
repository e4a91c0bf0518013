//! Reads the file of a lesson: head, then sections that begin with `# read`, `# run` and so on.
//!
//! Whatever is wrong is told with its line, all of it at once. The limits keep a hostile file cheap: nothing here computes a run.

use super::design::{Design, Part};
use super::measure::Words;
use super::{Answer, Choice, Kind, Lesson, Question, Step, Task, hash};
use crate::glossary;
use crate::node::Micros;
use crate::situation::scene::{Scene, Wrong};

/// The longest file, in bytes.
const BYTES_MAX: usize = 64 << 10;
/// The most steps.
const STEPS_MAX: usize = 60;
/// The most sentences on what one will know.
const KNOW_MAX: usize = 6;
/// The most choices, hints or moments of one step.
const LIST_MAX: usize = 6;
/// A lesson takes so many minutes if it does not say.
const MINUTES: u32 = 10;
/// So far off a number may be if the lesson does not say, in percent.
const CLOSE: u32 = 20;
/// The most acts that a best known solution takes.
const BEST_MAX: u32 = 100;
/// The most that a step counts.
const POINTS_MAX: u32 = 100;
/// What is told of a hostile file, at most.
const TOLD_MAX: usize = 50;

/// A line of the file: its number from 1, and its text without the space around it.
type Line<'a> = (usize, &'a str);

pub(super) fn lesson(text: &str) -> Result<Lesson, Vec<Wrong>> {
    if text.len() > BYTES_MAX {
        return Err(vec![Wrong::new(1, format!("a file of {} bytes: a lesson has up to {BYTES_MAX}", text.len()))]);
    }
    let mut reader = Reader::new(text);
    let whole = text.trim_start_matches('\u{feff}');
    let lines: Vec<Line<'_>> = (1..).zip(whole.lines().map(str::trim_end)).collect();
    let begins = |line: &&Line<'_>| line.1.starts_with("# ");
    let first = lines.iter().position(|line| begins(&line)).unwrap_or(lines.len());
    reader.head(&lines[..first]);
    let mut rest = &lines[first..];
    while let Some((title, inside)) = rest.split_first() {
        let length = inside.iter().position(|line| begins(&line)).unwrap_or(inside.len());
        reader.section(*title, &inside[..length]);
        rest = &inside[length..];
    }
    reader.finish(lines.len().max(1))
}

struct Reader {
    lesson: Lesson,
    wrong: Vec<Wrong>,
    /// A run was read, and no step since then.
    begins: bool,
}

impl Reader {
    fn new(text: &str) -> Self {
        let lesson = Lesson {
            title: String::new(),
            know: Vec::new(),
            minutes: MINUTES,
            words: Vec::new(),
            scenes: Vec::new(),
            steps: Vec::new(),
            hash: hash(text),
        };
        Self { lesson, wrong: Vec::new(), begins: false }
    }

    fn wrong(&mut self, line: usize, says: impl Into<String>) {
        if self.wrong.len() < TOLD_MAX {
            self.wrong.push(Wrong::new(line, says));
        }
    }

    /// What `read` makes of a text; if it can't, that is wrong.
    fn take<T>(&mut self, line: usize, read: Result<T, String>) -> Option<T> {
        read.map_err(|says| self.wrong(line, says)).ok()
    }

    fn head(&mut self, lines: &[Line<'_>]) {
        for Entry { line, key, value } in self.entries(lines, &["title", "know", "minutes", "words"]) {
            match key {
                "title" => self.lesson.title = value,
                "know" if self.lesson.know.len() < KNOW_MAX => self.lesson.know.push(value),
                "know" => self.wrong(line, format!("more than {KNOW_MAX} lines “know:”")),
                "minutes" => match value.parse() {
                    Ok(minutes @ 1..=60) => self.lesson.minutes = minutes,
                    _ => self.wrong(line, format!("“{value}” minutes: 1 to 60 are possible")),
                },
                _ => {
                    for word in value.split(',').map(str::trim) {
                        match glossary::entry(word) {
                            Some(entry) => self.lesson.words.push(entry.term.to_owned()),
                            None => self.wrong(line, format!("the glossary has no “{word}”")),
                        }
                    }
                }
            }
        }
    }

    fn section(&mut self, (line, title): Line<'_>, lines: &[Line<'_>]) {
        let (kind, heading) = title[2..].trim().split_once(' ').unwrap_or((title[2..].trim(), ""));
        if kind == "run" {
            return self.run(line, lines);
        }
        let heading = Some(heading.trim()).filter(|heading| !heading.is_empty()).map(str::to_owned);
        let (keys, text): (&[&str], _) = match kind {
            "read" | "explain" => (&[], "what is to be read"),
            "predict" => (&["number", "close", "unit", "because", "points"], "the question"),
            "do" => (&["goal", "hint", "met", "best", "points"], "what is to be done"),
            "observe" => (&["see"], "what to look at"),
            "design" => (&["part", "points"], "what is to be designed"),
            "argue" => (&["rubric", "points"], "what is to be argued"),
            _ => {
                let known = "read, predict, do, observe, explain, design, argue and run";
                return self.wrong(line, format!("“# {kind}” is no step; there are {known}"));
            }
        };
        let entries = self.entries(lines, keys);
        let kind = match kind {
            "read" => Some(Kind::Read),
            "explain" => Some(Kind::Explain),
            "predict" => self.predict(line, &entries),
            "do" => self.task(line, &entries),
            "design" => self.design(line, &entries),
            "argue" => Some(Kind::Argue(
                entries.iter().filter(|one| one.key == "rubric").map(|one| one.value.clone()).collect(),
            )),
            _ => self.observe(line, &entries),
        };
        let words = self.paragraphs(&entries);
        let points = self.points(kind.as_ref(), &entries);
        if !entries.iter().any(|entry| entry.key.is_empty()) {
            self.wrong(line, format!("{text} is missing: write it below this line"));
        }
        if self.lesson.scenes.is_empty() {
            self.wrong(line, "no run is there yet: begin with “# run” and a setup line");
        }
        if self.lesson.steps.len() == STEPS_MAX {
            self.wrong(line, format!("more than {STEPS_MAX} steps"));
        }
        let (scene, begins) = (self.lesson.scenes.len().saturating_sub(1), std::mem::take(&mut self.begins));
        if let Some(kind) = kind.filter(|_| self.lesson.steps.len() < STEPS_MAX) {
            self.lesson.steps.push(Step { line, heading, scene, begins, text: words, kind, points });
        }
    }

    /// A new run, or more of the one that there is.
    fn run(&mut self, line: usize, lines: &[Line<'_>]) {
        let lines: Vec<Line<'_>> = lines.iter().filter(|(_, text)| !text.trim().is_empty()).copied().collect();
        let is_new = lines.first().is_some_and(|(_, text)| text.starts_with("setup "));
        let lines = lines.into_iter().peekable();
        let scene = if is_new {
            Scene::read(lines)
        } else {
            let Some(before) = self.lesson.scenes.last() else {
                return self.wrong(
                    line,
                    "the first run begins with “setup feed replicas=5 people=3 traffic=100 stores=raft/gossip seed=8”",
                );
            };
            let since_scene =
                self.lesson.steps.iter().rev().take_while(|step| step.scene + 1 == self.lesson.scenes.len());
            if since_scene.into_iter().any(|step| matches!(step.kind, Kind::Do(_))) {
                return self
                    .wrong(line, "after a “# do” the run is the learner's own: a new one begins with “setup …”");
            }
            let mut scene = before.clone();
            let from = scene.end().unwrap_or_default();
            scene.head = Some(Micros(from.0.saturating_sub(1)));
            let mut lines = lines;
            scene.go_on(&mut lines).map(|()| scene)
        };
        match scene {
            Ok(mut scene) => {
                scene.head = scene.head.or(Some(Micros::ZERO));
                self.lesson.scenes.push(scene);
            }
            // What follows is read all the same, as far as it goes.
            Err(wrong) => self.wrong(wrong.line, wrong.says),
        }
        self.begins = true;
    }

    fn predict(&mut self, line: usize, entries: &[Entry<'_>]) -> Option<Kind> {
        let mut choices = Vec::new();
        let (mut measure, mut close, mut unit, mut because) = (None, CLOSE, String::new(), Vec::new());
        for Entry { line, key, value } in entries {
            match *key {
                "-" => {
                    let parts = value.rsplit_once(" :: ").ok_or_else(|| {
                        "a choice says after “::” what has happened if it is right: “- An error :: refused ana on CP”".to_owned()
                    });
                    let Some((text, goal)) = self.take(*line, parts) else { continue };
                    if let Some(goal) = self.take(*line, goal.parse()) {
                        choices.push(Choice { text: text.trim().to_owned(), goal });
                    }
                }
                "number" => measure = self.take(*line, value.parse()),
                "close" => match value.trim_end_matches('%').trim().parse() {
                    Ok(percent @ 0..=100) => close = percent,
                    _ => self.wrong(*line, format!("“{value}” is no share: 0% to 100% are possible")),
                },
                "unit" => unit.clone_from(value),
                "because" => because.extend(self.take(*line, value.parse())),
                _ => {}
            }
        }
        let answer = match (measure, choices.len()) {
            (Some(measure), 0) => Answer::Number { measure: Box::new(measure), close, unit },
            (None, 2..=LIST_MAX) => Answer::Choice(choices),
            (Some(_), _) => return self.nothing(line, "either choices or a number, not both"),
            (None, _) if self.wrong.iter().any(|wrong| entries.iter().any(|entry| entry.line == wrong.line)) => {
                return None;
            }
            (None, count) => {
                let says =
                    format!("{count} choices: 2 to {LIST_MAX} are possible, or one line “number: count refused ana”");
                return self.nothing(line, says);
            }
        };
        Some(Kind::Predict(Question { answer, because }))
    }

    /// How much a step counts: a task or a design 1 and all else nothing if it does not say.
    fn points(&mut self, kind: Option<&Kind>, entries: &[Entry<'_>]) -> u32 {
        let usual = u32::from(matches!(kind, Some(Kind::Do(_) | Kind::Design(_))));
        let Some(entry) = entries.iter().find(|entry| entry.key == "points") else { return usual };
        match entry.value.parse() {
            Ok(points @ 0..=POINTS_MAX) => points,
            _ => {
                self.wrong(entry.line, format!("“{}” points: 0 to {POINTS_MAX} are possible", entry.value));
                usual
            }
        }
    }

    fn nothing<T>(&mut self, line: usize, says: impl Into<String>) -> Option<T> {
        self.wrong(line, says);
        None
    }

    fn task(&mut self, line: usize, entries: &[Entry<'_>]) -> Option<Kind> {
        let (mut goal, mut hints, mut met, mut best) = (None, Vec::new(), Vec::new(), None);
        let goals = entries.iter().filter(|entry| entry.key == "goal").count();
        for Entry { line, key, value } in entries {
            match *key {
                "goal" => goal = self.take(*line, value.parse()),
                "hint" => hints.push(value.clone()),
                "met" => met.extend(self.take(*line, value.parse())),
                "best" => match value.trim_end_matches("acts").trim_end_matches("act").trim().parse() {
                    Ok(acts @ 1..=BEST_MAX) => best = Some(acts),
                    _ => self.wrong(*line, format!("“{value}”: the best known solution takes 1 to {BEST_MAX} acts")),
                },
                "-" => self.wrong(*line, "choices belong to “# predict”"),
                _ => {}
            }
        }
        if goals != 1 {
            self.wrong(
                line,
                format!("{goals} lines “goal:” where one should be, such as “goal: cut then stale ana on AP”"),
            );
        }
        if hints.len() > LIST_MAX {
            self.wrong(line, format!("{} hints: up to {LIST_MAX} are possible", hints.len()));
        }
        goal.map(|goal| Kind::Do(Task { goal, hints, met, best }))
    }

    fn design(&mut self, line: usize, entries: &[Entry<'_>]) -> Option<Kind> {
        let mut parts: Vec<Part> = Vec::new();
        for Entry { line, value, .. } in entries.iter().filter(|entry| entry.key == "part") {
            parts.extend(self.take(*line, value.parse()));
        }
        let lines = entries.iter().filter(|entry| entry.key == "part").count();
        if !(2..=LIST_MAX).contains(&lines) {
            return self.nothing(line, format!("{lines} lines “part:”: 2 to {LIST_MAX} are possible"));
        }
        Some(Kind::Design(Design { parts }))
    }

    fn observe(&mut self, line: usize, entries: &[Entry<'_>]) -> Option<Kind> {
        let mut moments = Vec::new();
        let told = self.wrong.len();
        for Entry { line, value, .. } in entries.iter().filter(|entry| entry.key == "see") {
            moments.extend(self.take(*line, value.parse()));
        }
        match moments.len() {
            1..=LIST_MAX => Some(Kind::Observe(moments)),
            _ if self.wrong.len() > told => None,
            count => {
                let says =
                    format!("{count} lines “see:”: 1 to {LIST_MAX} are possible, such as “see: refused ana on CP”");
                self.nothing(line, says)
            }
        }
    }

    /// The lines of a section: `key: value` for these keys, `- choice`, and text. A line that begins with two spaces goes on with the
    /// one before it.
    fn entries<'a>(&mut self, lines: &[Line<'a>], keys: &[&'static str]) -> Vec<Entry<'a>> {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        let mut fresh = true;
        for (line, text) in lines {
            let (line, trimmed) = (*line, text.trim());
            if trimmed.is_empty() {
                fresh = true;
                continue;
            }
            let keyed = trimmed.split_once(':').filter(|(key, _)| keys.contains(key));
            match (keyed, trimmed.strip_prefix("- "), entries.last_mut()) {
                (Some((key, value)), ..) => {
                    entries.push(Entry { line, key, value: value.trim().to_owned() });
                    if value.trim().is_empty() {
                        self.wrong(line, format!("“{key}:” says nothing"));
                    }
                }
                (_, Some(choice), _) => entries.push(Entry { line, key: "-", value: choice.trim().to_owned() }),
                (.., Some(last)) if text.starts_with("  ") && !last.key.is_empty() => {
                    last.value += &format!(" {trimmed}");
                }
                (.., Some(last)) if last.key.is_empty() && !fresh => last.value += &format!(" {trimmed}"),
                _ if keys.contains(&"title") => self.wrong(line, format!("“{trimmed}” is no “key: value”")),
                _ => entries.push(Entry { line, key: "", value: trimmed.to_owned() }),
            }
            fresh = false;
        }
        entries
    }

    fn paragraphs(&mut self, entries: &[Entry<'_>]) -> Vec<Words> {
        let text = entries.iter().filter(|entry| entry.key.is_empty());
        text.filter_map(|entry| self.take(entry.line, entry.value.parse())).collect()
    }

    fn finish(mut self, last: usize) -> Result<Lesson, Vec<Wrong>> {
        for (key, missing) in [("title", self.lesson.title.is_empty()), ("know", self.lesson.know.is_empty())] {
            if missing {
                self.wrong(1, format!("“{key}:” is missing at the top"));
            }
        }
        if self.lesson.steps.is_empty() && self.wrong.is_empty() {
            self.wrong(last, "there is no step: “# read” begins one");
        }
        let unsettled: Vec<usize> = (0..self.lesson.steps.len())
            .filter(|step| matches!(self.lesson.steps[*step].kind, Kind::Predict(_)))
            .filter(|step| self.lesson.settles(*step).is_none())
            .map(|step| self.lesson.steps[step].line)
            .collect();
        if self.wrong.is_empty() {
            unsettled.into_iter().for_each(|line| {
                self.wrong(line, "nothing shows later what happens: an “# observe” or “# do” has to follow");
            });
        }
        self.wrong.sort_by_key(|wrong| wrong.line);
        if self.wrong.is_empty() { Ok(self.lesson) } else { Err(self.wrong) }
    }
}

/// A line `key: value`, a choice (`-`) or a paragraph (no key).
struct Entry<'a> {
    line: usize,
    key: &'a str,
    value: String,
}
