//! Judges one input, within its time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cap_lab::check::linearizability::Limits;
use cap_lab::picture::{Picture, file};
use cap_lab::referee::consistency::Consistency;
use cap_lab::referee::recorded::{Case, File, Finding, Mistake, Slice};

use super::CheckArguments;
use super::input::{Input, Missing};
use super::output::Voice;
use super::report::{self, Report};

/// What an input came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    Kept,
    Broken,
    Unknown,
    /// It can't be judged, or it has a warning and nobody wants one.
    Bad,
}

/// The exit status: bad input goes before a violation, and that before the unknown.
pub(super) fn status(all: &[Judged]) -> u8 {
    let worst = [(Judged::Bad, 2), (Judged::Broken, 1), (Judged::Unknown, 3)];
    worst.iter().find(|(judged, _)| all.contains(judged)).map_or(0, |(_, status)| *status)
}

/// Judges an input and tells of it. `stopped` becomes true when the check is to end.
pub(super) fn judge(
    arguments: &CheckArguments,
    input: &Result<Input, Missing>,
    voice: &Voice<'_>,
    stopped: &AtomicBool,
) -> Judged {
    let began = Instant::now();
    let (name, opened) = match input {
        Err(Missing { name, why }) => (name, Err((None, why.clone()))),
        Ok(input) => (&input.name, open(arguments, input)),
    };
    let case = match opened {
        Ok(case) => case,
        Err((line, what)) => {
            let at = line.map_or(String::new(), |line| format!("{line}:"));
            voice.complain(format!("{name}:{at} {what}\n"));
            if arguments.json {
                voice.say(report::bad_line(name, line, &what));
            }
            return Judged::Bad;
        }
    };
    tell_what_it_is(arguments, name, &case, voice);
    let is_bad = arguments.strict && !case.about.warnings.is_empty();
    let judged = check(arguments, name, case, began, voice, stopped);
    if is_bad { Judged::Bad } else { judged }
}

impl CheckArguments {
    /// What each input may use, if as many as there are cores are judged at once.
    fn limits(&self) -> Limits {
        let at_once = self.inputs.len().clamp(1, rayon::current_num_threads());
        let memory_bytes = ((self.memory as usize) << 20) / at_once;
        Limits { configurations: self.budget.unwrap_or(u64::MAX), memory_bytes }
    }
}

/// The line, if it is known, and what is wrong.
type Wrong = (Option<u32>, String);

fn open(arguments: &CheckArguments, input: &Input) -> Result<Case, Wrong> {
    let bytes = input.read().map_err(|what| (None, what))?;
    let file = File {
        name: input.name.clone(),
        bytes,
        format: arguments.format,
        model: arguments.model,
        initial: arguments.initial.clone(),
        nil_read: arguments.nil_read.map(Into::into),
    };
    let consistency = Consistency::from(arguments.consistency);
    let case = file.read().and_then(|opened| consistency.case(opened, arguments.limits()));
    case.map_err(|Mistake { line, what, .. }| (Some(line), what))
}

fn tell_what_it_is(arguments: &CheckArguments, name: &str, case: &Case, voice: &Voice<'_>) {
    let (format, model) = (case.about.format.name(), case.about.model.name());
    match (arguments.format, arguments.model) {
        (Some(_), Some(_)) => {}
        (Some(_), None) => voice.note(format!("{name}: judged as {model}\n")),
        (None, Some(_)) => voice.note(format!("{name}: read as {format}\n")),
        (None, None) => voice.note(format!("{name}: read as {format}, judged as {model}\n")),
    }
    match case.about.left_out {
        0 => {}
        1 => voice.note(format!("{name}: 1 entry of the nemesis is left out\n")),
        count => voice.note(format!("{name}: {count} entries of the nemesis are left out\n")),
    }
    for warning in &case.about.warnings {
        let words = format!("{name}: warning: {warning}\n");
        if arguments.strict { voice.complain(words) } else { voice.note(words) }
    }
}

fn check(
    arguments: &CheckArguments,
    name: &str,
    mut case: Case,
    began: Instant,
    voice: &Voice<'_>,
    stopped: &AtomicBool,
) -> Judged {
    let report = Report { arguments, name };
    let timeout = Duration::from_secs_f64(arguments.timeout);
    let mut for_evidence = Duration::from_secs_f64(arguments.evidence);
    let mut is_told = false;
    loop {
        let before = Instant::now();
        let slice = case.advance();
        if case.is_broken() && !is_told && !arguments.json {
            voice.say(report.verdict(Judged::Broken));
            is_told = true;
        }
        if slice == Slice::Shrinking {
            for_evidence = for_evidence.saturating_sub(before.elapsed());
            if for_evidence.is_zero() {
                case.settle();
            }
        }
        if slice == Slice::Done || began.elapsed() >= timeout || stopped.load(Ordering::Relaxed) {
            break;
        }
        voice.progress(format!("{name}: {} configurations", case.explored()));
    }
    let finding = case.finding();
    let judged = match finding {
        Finding::Linearizable(_) => Judged::Kept,
        Finding::NotLinearizable(_) => Judged::Broken,
        Finding::Unknown(_) | Finding::Progress(_) | Finding::Opened(_) | Finding::Wrong(_) => Judged::Unknown,
    };
    let drawn = draw(&report, &case, judged, &finding);
    if arguments.json {
        voice.say(report.json(&case, judged, &finding));
    }
    if let Err(wrong) = drawn {
        voice.complain(format!("{wrong}\n"));
        return Judged::Bad;
    }
    if arguments.json {
        return judged;
    }
    if !is_told {
        voice.say(report.verdict(judged));
    }
    voice.say(report.details(&case, &finding));
    judged
}

/// Writes the pictures that were asked for.
fn draw(report: &Report<'_>, case: &Case, judged: Judged, finding: &Finding) -> Result<(), String> {
    let CheckArguments { html, svg, .. } = report.arguments;
    if html.is_none() && svg.is_none() {
        return Ok(());
    }
    let picture = Picture::new(case.recorded());
    let file = file::File { picture: &picture, name: report.name, verdict: report.words(judged), finding };
    for (path, written) in [(html, html.as_ref().map(|_| file.html())), (svg, svg.as_ref().map(|_| file.svg()))] {
        if let (Some(path), Some(written)) = (path, written) {
            let done = std::fs::write(path, written);
            done.map_err(|error| format!("{}: this file can't be written: {error}", path.display()))?;
        }
    }
    Ok(())
}
