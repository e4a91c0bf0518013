//! What clients may ask of a server, and what they get.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::Serialize;

use super::{Ballot, Slot};
use crate::node::NodeId;

/// What a client may ask of a server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Request<C> {
    /// Put this command into the log.
    Propose(C),
    /// Tell a slot up to which the log must be carried out to see all that was confirmed before now.
    Read,
}

/// Shown as a script has it: `propose blue`, `read`.
impl<C: Display> Display for Request<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Propose(command) => write!(f, "propose {command}"),
            Self::Read => f.write_str("read"),
        }
    }
}

impl<C: FromStr<Err = String>> FromStr for Request<C> {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        match line.split_once(' ') {
            Some(("propose", command)) => Ok(Self::Propose(command.parse()?)),
            None if line == "read" => Ok(Self::Read),
            _ => Err(format!("a server can't “{line}”")),
        }
    }
}

/// What came of a request that took effect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// The command is chosen, and all slots before it are decided.
    Committed {
        /// Its slot.
        slot: Slot,
        /// The ballot under which this server proposed it.
        ballot: Ballot,
    },
    /// A linearizable read may be answered from the state after this slot, or a later one. It is decided here.
    ReadAt {
        /// The slot; 0 if the log is empty.
        slot: Slot,
    },
}

/// A request did not take effect and never will.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// This server does not lead, or no longer, and has done nothing.
    NotLeader {
        /// Who leads under this server's ballot, if it has heard.
        leader: Option<NodeId>,
        /// The highest ballot that it knows.
        ballot: Ballot,
    },
    /// The slot for which the command was proposed is decided, with another value.
    Superseded {
        /// That slot.
        slot: Slot,
    },
}
