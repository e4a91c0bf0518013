//! Goals as text: what lessons and situations write.

use std::str::FromStr;

use super::{Fact, Goal, What};
use crate::spacetime::stamps::Clock;
use crate::timeline::command::time_of;

/// The words of a goal; what stands in quotes is one word.
struct Words<'a> {
    left: Vec<&'a str>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Result<Self, String> {
        let mut left = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '(' | ')' => 1,
                '"' => rest[1..].find('"').ok_or("a quote is not closed")? + 2,
                _ => rest.find([' ', '\n', '(', ')']).unwrap_or(rest.len()),
            };
            left.push(&rest[..length]);
            rest = rest[length..].trim_start();
        }
        left.reverse();
        Ok(Self { left })
    }

    fn take(&mut self, wanted: &str) -> bool {
        self.left.pop_if(|word| *word == wanted).is_some()
    }

    fn next(&mut self) -> Result<&'a str, String> {
        self.left.pop().ok_or_else(|| "something is missing at its end".to_owned())
    }
}

/// What ends a fact, or says more of it.
const RESERVED: [&str; 12] = ["and", "or", "not", "before", "then", "within", "in", "on", "after", "by", "(", ")"];

impl FromStr for Goal {
    type Err = String;

    /// Reads a goal. The message says what was expected, for a person.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = Words::of(text)?;
        if words.left.len() > WORDS_MAX {
            return Err(format!("more than {WORDS_MAX} words"));
        }
        let goal = any(&mut words)?;
        match words.left.pop() {
            None => Ok(goal),
            Some(word) => Err(format!("“{word}” is too much")),
        }
    }
}

fn any(words: &mut Words<'_>) -> Result<Goal, String> {
    let mut goals = vec![all(words)?];
    while words.take("or") {
        goals.push(all(words)?);
    }
    Ok(if goals.len() == 1 { goals.remove(0) } else { Goal::Or(goals) })
}

fn all(words: &mut Words<'_>) -> Result<Goal, String> {
    let mut goals = vec![ordered(words)?];
    while words.take("and") {
        goals.push(ordered(words)?);
    }
    Ok(if goals.len() == 1 { goals.remove(0) } else { Goal::And(goals) })
}

fn ordered(words: &mut Words<'_>) -> Result<Goal, String> {
    let mut goal = one(words)?;
    loop {
        if words.take("before") {
            goal = Goal::Before(Box::new(goal), Box::new(one(words)?));
        } else if words.take("then") {
            let second = Box::new(one(words)?);
            let within = if words.take("within") { Some(time_of(words.next()?)?) } else { None };
            goal = Goal::Then(Box::new(goal), second, within);
        } else if words.take("in") {
            let count = words.next()?;
            let most = count.parse().map_err(|_| format!("“in {count}” stands where “in 3 acts” should"))?;
            if !(words.take("acts") || words.take("act")) {
                return Err(format!("“in {count}” stands where “in {count} acts” should"));
            }
            goal = Goal::Acts(Box::new(goal), most);
        } else {
            return Ok(goal);
        }
    }
}

/// The longest goal, in words: a hostile one must not exhaust the stack by joining.
const WORDS_MAX: usize = 200;
/// How deep brackets may nest: nor by nesting.
const DEPTH_MAX: usize = 16;

fn one(words: &mut Words<'_>) -> Result<Goal, String> {
    if words.left.iter().filter(|word| ["(", "not"].contains(word)).count() > DEPTH_MAX {
        return Err(format!("more than {DEPTH_MAX} brackets and “not”s"));
    }
    if words.take("not") {
        return Ok(Goal::Not(Box::new(one(words)?)));
    }
    if words.take("(") {
        let inner = any(words)?;
        return if words.take(")") { Ok(inner) } else { Err("a bracket is not closed".to_owned()) };
    }
    fact(words).map(Goal::Fact)
}

fn fact(words: &mut Words<'_>) -> Result<Fact, String> {
    let word = words.next()?;
    let known = What::WORDS.into_iter().find(|(known, _)| *known == word);
    let mut what = known
        .ok_or_else(|| {
            let all: Vec<&str> = What::WORDS.iter().map(|(known, _)| *known).collect();
            format!("nothing that happens is called “{word}”; these are: {}", all.join(", "))
        })?
        .1;
    let quoted = match &what {
        What::Chosen(_) | What::Broken(_) | What::Inverted(_) | What::Verdict { .. } => {
            words.left.pop_if(|word| word.starts_with('"')).map(|word| word.trim_matches('"'))
        }
        _ => None,
    };
    match (&mut what, quoted) {
        (What::Chosen(name) | What::Broken(name), Some(quoted)) => *name = Some(quoted.to_owned()),
        (What::Inverted(name), Some(quoted)) => {
            let known = Clock::ALL.map(Clock::name);
            if !known.contains(&quoted) {
                return Err(format!("no clock is called “{quoted}”; there are: {}", known.join(", ")));
            }
            *name = Some(quoted.to_owned());
        }
        (What::Verdict { linearizable }, quoted) => match quoted {
            Some("linearizable") => *linearizable = true,
            Some("not linearizable") => *linearizable = false,
            _ => return Err("a verdict is “verdict \"linearizable\"” or “verdict \"not linearizable\"”".to_owned()),
        },
        _ => {}
    }
    let mut fact = Fact { what, who: None, world: None, times: 1, after: None, by: None };
    let number = |word: &str| word.parse::<u32>().ok();
    fact.who = words.left.pop_if(|word| !RESERVED.contains(word) && number(word).is_none()).map(str::to_owned);
    loop {
        if words.take("on") {
            fact.world = Some(words.next()?.to_owned());
        } else if words.take("after") {
            fact.after = Some(time_of(words.next()?)?);
        } else if words.take("by") {
            fact.by = Some(time_of(words.next()?)?);
        } else if let Some(count) = words.left.last().and_then(|word| number(word)) {
            words.left.pop();
            if !words.take("times") {
                return Err(format!("“{count}” stands where “{count} times” should"));
            }
            fact.times = count;
        } else {
            return Ok(fact);
        }
    }
}
