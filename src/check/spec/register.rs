//! A register, and a register with compare-and-set.

use std::fmt::{self, Display};

use super::{Access, Shows, Sight, Spec, Value};

/// What is done to a register.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum RegisterAction {
    /// Returned this.
    Read(Value),
    /// Puts this in.
    Write(Value),
}

impl Display for RegisterAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(value) => write!(f, "read {value}"),
            Self::Write(value) => write!(f, "write {value}"),
        }
    }
}

/// A register: a read returns what was written last.
#[derive(Clone, Debug)]
pub struct Register {
    /// What it holds at first.
    pub initial: Value,
}

impl Spec for Register {
    type State = Value;
    type Action = RegisterAction;

    fn initial(&self) -> Value {
        self.initial.clone()
    }

    fn step(&self, state: &Value, action: &RegisterAction) -> Option<Value> {
        match action {
            RegisterAction::Read(value) => (value == state).then(|| state.clone()),
            RegisterAction::Write(value) => Some(value.clone()),
        }
    }

    fn is_read(&self, action: &RegisterAction) -> bool {
        matches!(action, RegisterAction::Read(_))
    }

    fn sight(&self, reader: &RegisterAction, writer: &RegisterAction) -> Sight {
        match (reader, writer) {
            (RegisterAction::Read(read), RegisterAction::Write(written)) if read == written => Sight::Value,
            _ => Sight::Nothing,
        }
    }

    fn shows<'action>(&self, reader: &'action RegisterAction) -> Shows<'action> {
        match reader {
            RegisterAction::Read(value) => Shows::Value(value),
            RegisterAction::Write(_) => Shows::Nothing,
        }
    }

    fn writes<'action>(&self, writer: &'action RegisterAction) -> Option<&'action Value> {
        match writer {
            RegisterAction::Read(_) => None,
            RegisterAction::Write(value) => Some(value),
        }
    }

    fn overwrites(&self, action: &RegisterAction) -> bool {
        matches!(action, RegisterAction::Write(_))
    }

    fn access<'action>(&self, action: &'action RegisterAction) -> Option<Access<'action>> {
        Some(match action {
            RegisterAction::Read(value) => Access::Read(value),
            RegisterAction::Write(value) => Access::Write(value),
        })
    }

    fn initial_value(&self) -> Value {
        self.initial.clone()
    }

    fn show(&self, state: &Value) -> String {
        format!("the register holds {state}")
    }
}

/// What came of a compare-and-set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CasResult {
    /// The register held the expected value, and holds the new one since.
    Swapped,
    /// The register held something else.
    Differed,
    /// Nobody knows: it swapped if it could.
    Unknown,
}

/// What is done to a register with compare-and-set.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CasAction {
    /// A read or a write.
    Plain(RegisterAction),
    /// Puts `new` in if the register holds `expected`.
    CompareAndSet {
        /// What it should hold.
        expected: Value,
        /// What it shall hold.
        new: Value,
        /// What came of it.
        result: CasResult,
    },
}

impl Display for CasAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(action) => action.fmt(f),
            Self::CompareAndSet { expected, new, result } => {
                let result = match result {
                    CasResult::Swapped => "",
                    CasResult::Differed => " (found another value)",
                    CasResult::Unknown => " (nobody knows whether it did)",
                };
                write!(f, "compare-and-set {expected} to {new}{result}")
            }
        }
    }
}

/// A register with compare-and-set.
#[derive(Clone, Debug)]
pub struct CasRegister {
    /// What it holds at first.
    pub initial: Value,
}

impl CasRegister {
    fn plain(&self) -> Register {
        Register { initial: self.initial.clone() }
    }
}

impl Spec for CasRegister {
    type State = Value;
    type Action = CasAction;

    fn initial(&self) -> Value {
        self.initial.clone()
    }

    fn step(&self, state: &Value, action: &CasAction) -> Option<Value> {
        match action {
            CasAction::Plain(RegisterAction::Read(value)) => (value == state).then(|| state.clone()),
            CasAction::Plain(RegisterAction::Write(value)) => Some(value.clone()),
            CasAction::CompareAndSet { expected, new, result } => match (result, expected == state) {
                (CasResult::Swapped | CasResult::Unknown, true) => Some(new.clone()),
                (CasResult::Differed | CasResult::Unknown, false) => Some(state.clone()),
                (CasResult::Swapped, false) | (CasResult::Differed, true) => None,
            },
        }
    }

    fn is_read(&self, action: &CasAction) -> bool {
        match action {
            CasAction::Plain(action) => self.plain().is_read(action),
            CasAction::CompareAndSet { result, .. } => *result == CasResult::Differed,
        }
    }

    fn sight(&self, reader: &CasAction, writer: &CasAction) -> Sight {
        let written = match writer {
            CasAction::Plain(RegisterAction::Write(value)) => value,
            CasAction::CompareAndSet { new, result: CasResult::Swapped | CasResult::Unknown, .. } => new,
            CasAction::Plain(RegisterAction::Read(_))
            | CasAction::CompareAndSet { result: CasResult::Differed, .. } => return Sight::Nothing,
        };
        match reader {
            CasAction::Plain(RegisterAction::Read(seen)) if seen == written => Sight::Value,
            CasAction::CompareAndSet { result: CasResult::Differed, .. } => Sight::Latest,
            CasAction::CompareAndSet { expected, .. } if expected == written => Sight::Value,
            CasAction::Plain(_) | CasAction::CompareAndSet { .. } => Sight::Nothing,
        }
    }

    fn shows<'action>(&self, reader: &'action CasAction) -> Shows<'action> {
        match reader {
            CasAction::Plain(RegisterAction::Read(value)) => Shows::Value(value),
            CasAction::Plain(RegisterAction::Write(_)) => Shows::Nothing,
            CasAction::CompareAndSet { result: CasResult::Differed, .. } => Shows::Anything,
            CasAction::CompareAndSet { expected, .. } => Shows::Value(expected),
        }
    }

    fn writes<'action>(&self, writer: &'action CasAction) -> Option<&'action Value> {
        match writer {
            CasAction::Plain(RegisterAction::Read(_)) => None,
            CasAction::Plain(RegisterAction::Write(value)) => Some(value),
            CasAction::CompareAndSet { new, .. } => Some(new),
        }
    }

    fn overwrites(&self, action: &CasAction) -> bool {
        match action {
            CasAction::Plain(action) => self.plain().overwrites(action),
            CasAction::CompareAndSet { result, .. } => *result == CasResult::Swapped,
        }
    }

    fn access<'action>(&self, action: &'action CasAction) -> Option<Access<'action>> {
        match action {
            CasAction::Plain(RegisterAction::Read(value)) => Some(Access::Read(value)),
            CasAction::Plain(RegisterAction::Write(value)) => Some(Access::Write(value)),
            CasAction::CompareAndSet { .. } => None,
        }
    }

    fn initial_value(&self) -> Value {
        self.initial.clone()
    }

    fn show(&self, state: &Value) -> String {
        self.plain().show(state)
    }
}
