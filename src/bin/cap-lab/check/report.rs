//! Tells of one input, in words and as JSON.

use cap_lab::check::import::Numbering;
use cap_lab::check::linearizability::Stop;
use cap_lab::referee::recorded::{Case, Finding, Reason, Unknown};
use serde_json::{Value, json};

use super::run::Judged;
use super::{CheckArguments, ConsistencyName};

/// Tells of one input.
pub(super) struct Report<'input> {
    pub(super) arguments: &'input CheckArguments,
    pub(super) name: &'input str,
}

/// The line of JSON for what can't be judged.
pub(super) fn bad_line(name: &str, line: Option<u32>, what: &str) -> String {
    let mut all = json!({ "file": name, "verdict": "bad input", "error": what });
    if let Some(line) = line {
        all["line"] = line.into();
    }
    format!("{all}\n")
}

impl Report<'_> {
    /// The verdict in words.
    pub(super) fn words(&self, judged: Judged) -> &'static str {
        match (judged, self.arguments.consistency) {
            (Judged::Unknown, _) => "unknown",
            (Judged::Bad, _) => "bad input",
            (Judged::Kept, ConsistencyName::Linearizable) => "linearizable",
            (Judged::Kept, ConsistencyName::Sequential) => "sequential",
            (Judged::Kept, ConsistencyName::Causal) => "causal",
            (Judged::Kept, ConsistencyName::Sessions) => "sessions kept",
            (Judged::Broken, ConsistencyName::Linearizable) => "not linearizable",
            (Judged::Broken, ConsistencyName::Sequential) => "not sequential",
            (Judged::Broken, ConsistencyName::Causal) => "not causal",
            (Judged::Broken, ConsistencyName::Sessions) => "sessions broken",
        }
    }

    /// Whether one order of the operations is what decides.
    fn has_order(&self) -> bool {
        matches!(self.arguments.consistency, ConsistencyName::Linearizable | ConsistencyName::Sequential)
    }

    pub(super) fn verdict(&self, judged: Judged) -> String {
        format!("{}: {}\n", self.name, self.words(judged))
    }

    /// What there is to tell below the verdict: of a history with keys, at least each one that fails.
    pub(super) fn details(&self, case: &Case, finding: &Finding) -> String {
        let is_verbose = self.arguments.verbose;
        match finding {
            Finding::Linearizable(order) if is_verbose && self.has_order() => {
                format!("  {} of {} operations have a place in the order\n", order.len(), case.count())
            }
            Finding::Unknown(unknown) if is_verbose => self.how_far(unknown),
            Finding::NotLinearizable(reasons) => {
                let tell = |reason: &Reason| match (is_verbose, self.arguments.consistency) {
                    (true, _) => self.evidence(case, reason),
                    (false, ConsistencyName::Sessions) => format!(
                        "  {}
",
                        reason.sentence
                    ),
                    (false, _) => failing_key(case, reason),
                };
                reasons.iter().map(tell).collect()
            }
            _ => String::new(),
        }
    }

    fn evidence(&self, case: &Case, reason: &Reason) -> String {
        let mut text = format!("  {}\n", reason.sentence);
        let minimal = if reason.minimal { "" } else { "; a smaller set may be impossible too" };
        text += &format!("  impossible together (* makes the case, the others are what it saw){minimal}:\n");
        for (&one, words) in reason.operations.iter().zip(&reason.words) {
            let mark = if reason.decisive.contains(&one) { '*' } else { ' ' };
            text += &format!("  {mark} {words} {}\n", case.about.who(&case.act(one)));
        }
        if let Some(failed) = &reason.failed {
            text += &format!("  ✕ {failed}, which failed\n");
        }
        if self.has_order() {
            text += &format!("  the longest order found has {} of {} operations\n", reason.longest.len(), reason.of);
        }
        text
    }

    fn how_far(&self, Unknown { explored, why, longest, of }: &Unknown) -> String {
        let why = match why {
            Stop::Configurations => "--budget was spent",
            Stop::Memory => "--memory was used up",
            Stop::Cancelled => "the time was over",
        };
        let mut text = format!("  {why} after {explored} configurations\n");
        if *of > 0 {
            text += &format!("  the longest order found has {} of {of} operations\n", longest.len());
        }
        text
    }

    /// One line with all of it.
    pub(super) fn json(&self, case: &Case, judged: Judged, finding: &Finding) -> String {
        let about = &case.about;
        let mut all = json!({
            "file": self.name,
            "verdict": self.words(judged),
            "format": about.format.name(),
            "model": about.model.name(),
            "operations": case.count(),
            "explored": case.explored(),
            "left_out": about.left_out,
            "warnings": about.warnings,
        });
        if let Some(initial) = &about.initial {
            all["initial"] = initial.as_str().into();
        }
        match finding {
            Finding::Linearizable(_) if !self.has_order() => {}
            Finding::Linearizable(order) => {
                all["order"] = order.iter().map(|(one, _)| operation(case, *one)).collect();
            }
            Finding::NotLinearizable(reasons) => {
                let mut reasons = reasons.iter().map(|reason| evidence_json(case, reason));
                all["evidence"] = reasons.next().unwrap_or_default();
                let others: Vec<Value> = reasons.collect();
                if !others.is_empty() {
                    all["evidence_of_other_keys"] = others.into();
                }
            }
            Finding::Unknown(Unknown { why, longest, .. }) => {
                all["why"] = match why {
                    Stop::Configurations => "configurations",
                    Stop::Memory => "memory",
                    Stop::Cancelled => "time",
                }
                .into();
                all["longest_order"] = longest.iter().map(|one| operation(case, *one)).collect();
            }
            Finding::Wrong(_) | Finding::Opened(_) | Finding::Progress(_) => {}
        }
        format!("{all}\n")
    }
}

/// The key of what is impossible, if the file has keys.
fn key<'case>(case: &'case Case, reason: &Reason) -> Option<&'case str> {
    let object = case.act(*reason.operations.first()?).object;
    let key = case.about.objects[object as usize].as_str();
    (!key.is_empty()).then_some(key)
}

fn failing_key(case: &Case, reason: &Reason) -> String {
    key(case, reason).map_or(String::new(), |key| format!("  key {key}: {}\n", reason.sentence))
}

fn evidence_json(case: &Case, reason: &Reason) -> Value {
    let all = |which: &[u32]| which.iter().map(|one| operation(case, *one)).collect::<Value>();
    let mut told = json!({
        "sentence": reason.sentence,
        "operations": all(&reason.operations),
        "decisive": all(&reason.decisive),
        "minimal": if reason.minimal { "yes" } else { "unknown" },
        "longest_order": all(&reason.longest),
    });
    if let Some(failed) = &reason.failed {
        told["failed"] = failed.as_str().into();
    }
    if let Some(key) = key(case, reason) {
        told["key"] = key.into();
    }
    told
}

fn operation(case: &Case, one: u32) -> Value {
    let act = case.act(one);
    let about = &case.about;
    let by = match about.numbering {
        Numbering::Lines => "line",
        Numbering::Index => "index",
        Numbering::Entries => "entry",
    };
    let process = &about.processes[act.process as usize];
    let mut told = json!({ "action": act.what, "process": process });
    if let Ok(number) = process.parse::<i64>() {
        told["process"] = number.into();
    }
    told[format!("invoked_{by}")] = act.place.invoked.into();
    if let Some(returned) = act.place.returned {
        told[format!("returned_{by}")] = returned.into();
    }
    let object = &about.objects[act.object as usize];
    if !object.is_empty() {
        told["key"] = object.as_str().into();
    }
    told
}
