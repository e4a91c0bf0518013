//! The commands of golden scripts, situations and lessons: how a person writes what is done to a run, and when.
//!
//! Participants go by the names that the page gives them. A line says one thing:
//!
//! ```text
//! run 2s | 150ms              lets time pass                   at 3.250000s    lets it pass until then
//! cut n1 n3 | one way: cut n1 to=n3                            split n1 n2     cuts these off from all others
//! heal | heal n1 n3           everything, or one link
//! slow n3 ms=150             all links between these and all others; ms=0 as usual
//! crash n1 [keep=1]           restart n1      pause n1         resume n1
//! drift n1 ppm=200000         skew n1 micros=3000000           traffic 100
//! post ana "text"             read ana        move ana to=n3   propose p1 blue
//! like bo ana.1               delete ana ana.1                 the first thing that Ana wrote
//! status ana "text" [by=bo]   her status line, written by herself or by somebody who shares it
//! ask n1 remove n3            what a client or an operator wants, in the words of run files
//! drop|hold|release|deliver|duplicate KIND n1 n3 n4 [world=1] [pick=newest]    the oldest message of that kind on each link
//! pass KIND p1 a1 a2          delivers it to each, now; all disks concerned finish at once
//! timer n1 Election           fires it now                     sync n1         finishes its disk's writes now
//! act "cut n1>n3"             an intervention as run files write it
//! ```

use std::fmt::Write;
use std::str::FromStr;

use super::track::Track;
use super::{Experiment, RequestOf, Timeline};
use crate::node::{Micros, NodeId, NodeSet};
use crate::sim::fault::{Fate, Intervention};

/// What a line may begin with, beside what becomes of a message: see [`Fate`].
const VERBS: [&str; 25] = [
    "run", "at", "act", "cut", "heal", "split", "crash", "restart", "pause", "resume", "drift", "skew", "slow",
    "traffic", "post", "propose", "read", "move", "ask", "timer", "sync", "pass", "like", "delete", "status",
];

/// A line of a script.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Command {
    /// Its first word: what is done.
    pub verb: String,
    /// The others, in their order.
    pub words: Vec<String>,
    /// `key=value`.
    pub keys: Vec<(String, String)>,
}

/// Reads a line. What stands in double quotes is one word.
impl FromStr for Command {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut parts = split(line)?.into_iter();
        let (verb, _) = parts.next().ok_or("an empty line")?;
        let mut command = Self { verb, ..Self::default() };
        for (part, quoted) in parts {
            match part.split_once('=') {
                Some((key, value)) if !quoted => command.keys.push((key.to_owned(), value.to_owned())),
                _ => command.words.push(part),
            }
        }
        Ok(command)
    }
}

/// The words of a line, each with whether it stands in quotes.
fn split(line: &str) -> Result<Vec<(String, bool)>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| format!("a quote is not closed: {line}"))?,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push((word.to_owned(), rest.starts_with('"')));
        rest = after.trim_start();
    }
    Ok(words)
}

impl Command {
    /// Whether it begins with the name of a command. Whether it can be done shows in a run.
    pub fn is_known(&self) -> bool {
        VERBS.contains(&self.verb.as_str()) || fate(&self.verb).is_some()
    }

    fn key(&self, name: &str) -> Option<&str> {
        self.keys.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<T, String> {
        let value = self.key(name).ok_or_else(|| format!("“{name}=” is missing"))?;
        value.parse().map_err(|_| format!("“{value}” is no possible number here"))
    }
}

/// A run, as commands see it.
trait Commanded {
    fn now(&self) -> Micros;
    fn play(&mut self, to: Micros);
    /// Does what a line of a run file says.
    fn act(&mut self, line: &str) -> Result<(), String>;
    /// `n1`, `ana`, `p1` or `a1`.
    fn node(&self, name: &str) -> Result<NodeId, String>;
    fn servers(&self) -> NodeSet;
    fn is_cut(&self, from: NodeId, to: NodeId) -> bool;
    fn ordinals(&self, world: u8, kind: &str, from: NodeId, to: NodeId) -> Vec<u32>;
    /// What the node has written becomes durable now, if there is anything.
    fn finish_disk(&mut self, node: NodeId);
}

impl<E: Experiment> Commanded for Timeline<E> {
    fn now(&self) -> Micros {
        self.now()
    }

    fn play(&mut self, to: Micros) {
        self.play(to);
    }

    fn act(&mut self, line: &str) -> Result<(), String> {
        let act: Intervention<RequestOf<E>> = line.parse()?;
        if let Intervention::Request { node, request } = &act {
            self.experiment().check_request(*node, request)?;
        }
        if self.act(act) { Ok(()) } else { Err("that can't be done now".to_owned()) }
    }

    fn node(&self, name: &str) -> Result<NodeId, String> {
        let mut all = (0..self.track().participants() as u8).map(NodeId);
        let named = |id: &NodeId| self.experiment().name(*id).eq_ignore_ascii_case(name) || id.to_string() == name;
        all.find(named).ok_or_else(|| format!("nobody is called {name}"))
    }

    fn servers(&self) -> NodeSet {
        self.experiment().servers()
    }

    fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.track().is_cut(from, to)
    }

    fn ordinals(&self, world: u8, kind: &str, from: NodeId, to: NodeId) -> Vec<u32> {
        self.track().ordinals(world, kind, from, to)
    }

    fn finish_disk(&mut self, node: NodeId) {
        self.act(Intervention::Sync { world: 0, node });
    }
}

impl<E: Experiment> Timeline<E> {
    /// Does what a command says at the play head, or lets time pass.
    ///
    /// # Errors
    /// Says in words what can't be done. Of a command that is several acts, those before it are done.
    pub fn command(&mut self, command: &Command) -> Result<(), String> {
        perform(self, command)
    }
}

/// Compiled once, whatever the run is of.
fn perform(run: &mut dyn Commanded, command: &Command) -> Result<(), String> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    match (command.verb.as_str(), words.as_slice()) {
        ("run", [time]) => run.play(run.now() + time_of(time)?),
        ("at", [time]) => run.play(time_of(time)?),
        ("act", [line]) => run.act(line)?,
        ("cut" | "heal", [one, other]) => {
            let (one, other) = (run.node(one)?, run.node(other)?);
            run.act(&format!("{} {one}>{other} {other}>{one}", command.verb))?;
        }
        ("cut", [from]) => {
            let to = run.node(command.key("to").ok_or("cut to whom?")?)?;
            run.act(&format!("cut {}>{to}", run.node(from)?))?;
        }
        ("split", group) => {
            let group = group.iter().map(|name| run.node(name)).collect::<Result<Vec<_>, _>>()?;
            run.act(&format!("cut{}", links(run, |from, to| group.contains(&from) != group.contains(&to))))?;
        }
        ("slow", group) => {
            let group = group.iter().map(|name| run.node(name)).collect::<Result<Vec<_>, _>>()?;
            let micros = command.number::<u32>("ms")?.saturating_mul(1_000);
            let around = links(run, |from, to| group.contains(&from) != group.contains(&to));
            run.act(&format!("slow {micros}{around}"))?;
        }
        ("heal", []) => match links(run, |from, to| run.is_cut(from, to)) {
            none if none.is_empty() => return Err("there is nothing to heal: no link is cut".to_owned()),
            cut => run.act(&format!("heal{cut}"))?,
        },
        ("crash", [node]) => {
            let keep = command.key("keep").unwrap_or("0");
            run.act(&format!("crash {} keep {keep}", run.node(node)?))?;
        }
        (verb @ ("restart" | "pause" | "resume"), [node]) => {
            run.act(&format!("{verb} {}", run.node(node)?))?;
        }
        ("drift", [node]) => {
            run.act(&format!("drift {} {}", run.node(node)?, command.number::<i32>("ppm")?))?;
        }
        ("skew", [node]) => {
            run.act(&format!("skew {} {}", run.node(node)?, command.number::<i64>("micros")?))?;
        }
        ("traffic", [percent]) => run.act(&format!("traffic {percent}"))?,
        (verb @ ("post" | "propose"), [who, what]) => {
            run.act(&format!("ask {} {verb} {what}", run.node(who)?))?;
        }
        (verb @ ("like" | "delete"), [who, post]) => {
            let (author, number) = post.split_once('.').ok_or("which post? ana.1 is the first thing that Ana wrote")?;
            run.act(&format!("ask {} {verb} {}#{number}", run.node(who)?, run.node(author)?))?;
        }
        ("status", [of, text]) => {
            let by = run.node(command.key("by").unwrap_or(of))?;
            run.act(&format!("ask {by} status-of {} {text}", run.node(of)?))?;
        }
        ("read", [who]) => run.act(&format!("ask {} read", run.node(who)?))?,
        ("move", [who]) => {
            let to = run.node(command.key("to").ok_or("where to?")?)?;
            run.act(&format!("ask {} attach {to}", run.node(who)?))?;
        }
        ("ask", [node, what @ ..]) => run.act(&format!("ask {} {}", run.node(node)?, what.join(" ")))?,
        ("timer", [node, timer]) => run.act(&format!("timer 0 {} {timer}", run.node(node)?))?,
        ("sync", [node]) => run.act(&format!("sync 0 {}", run.node(node)?))?,
        ("pass", [kind, from, to @ ..]) if !to.is_empty() => {
            let from = run.node(from)?;
            run.finish_disk(from);
            for to in to {
                let to = run.node(to)?;
                decide(run, &Command::default(), kind, (from, to), Fate::Deliver)?;
                run.finish_disk(to);
            }
        }
        (verb, [kind, from, to @ ..])
            if !to.is_empty()
                && let Some(fate) = fate(verb) =>
        {
            let from = run.node(from)?;
            for to in to {
                let to = run.node(to)?;
                decide(run, command, kind, (from, to), fate)?;
            }
        }
        (verb, words) => return Err(format!("not a command: {verb} {}", words.join(" "))),
    }
    Ok(())
}

/// Decides over the oldest or the newest message of a kind on a link.
fn decide(
    run: &mut dyn Commanded,
    how: &Command,
    kind: &str,
    (from, to): (NodeId, NodeId),
    fate: Fate,
) -> Result<(), String> {
    let world = how.key("world").map_or(Ok(0), |_| how.number("world"))?;
    let ordinals = run.ordinals(world, kind, from, to).into_iter();
    let ordinal = if how.key("pick") == Some("newest") { ordinals.max() } else { ordinals.min() };
    let ordinal = ordinal.ok_or("no such message is on its way")?;
    run.act(&format!("message {world} {from}>{to} {kind} {ordinal} {}", fate.words().script))
}

/// ` n1>n2 …` for all servers' links that are wanted.
fn links(run: &dyn Commanded, wanted: impl Fn(NodeId, NodeId) -> bool) -> String {
    let servers = run.servers();
    let pairs = servers.iter().flat_map(|from| servers.without(from).iter().map(move |to| (from, to)));
    pairs.filter(|(from, to)| wanted(*from, *to)).fold(String::new(), |mut links, (from, to)| {
        write!(links, " {from}>{to}").expect("strings take everything");
        links
    })
}

fn fate(verb: &str) -> Option<Fate> {
    Fate::ALL.into_iter().find(|fate| fate.words().script == verb)
}

/// Reads `2s`, `150ms`, `3.250000s`.
///
/// # Errors
/// Says what a time looks like.
pub fn time_of(text: &str) -> Result<Micros, String> {
    let wrong = || format!("“{text}” is no time: 2s, 150ms and 3.25s are");
    if let Some(ms) = text.strip_suffix("ms") {
        return ms.parse().map(Micros::from_ms).map_err(|_| wrong());
    }
    let seconds = text.strip_suffix('s').ok_or_else(wrong)?;
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    if part.len() > 6 {
        return Err("a time has up to six decimals".to_owned());
    }
    let micros = format!("{part:0<6}").parse::<u64>().map_err(|_| wrong())?;
    let whole = whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(1_000_000)?.checked_add(micros));
    whole.map(Micros).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_microsecond() {
        for (text, micros) in [("2s", 2_000_000), ("150ms", 150_000), ("3.250007s", 3_250_007), ("0.5s", 500_000)] {
            assert_eq!(time_of(text), Ok(Micros(micros)));
        }
        for wrong in ["2", "s", "1.2345678s", "-1s", "1e3s", "99999999999999999999s"] {
            assert!(time_of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_is_read_word_by_word() {
        let line: Command = "hold  Accept p2 \"a 1=2\" world=1".parse().expect("a line");
        assert_eq!((line.verb.as_str(), line.key("world")), ("hold", Some("1")));
        assert_eq!(line.words, ["Accept", "p2", "a 1=2"]);
        assert!(line.is_known());
        for (line, known) in [("release Accept p1 a1", true), ("heal", true), ("hael", false), ("message 0", false)] {
            assert_eq!(line.parse::<Command>().map(|command| command.is_known()), Ok(known), "{line}");
        }
        for wrong in ["", "post ana \"never closed"] {
            assert!(wrong.parse::<Command>().is_err(), "{wrong}");
        }
    }
}
