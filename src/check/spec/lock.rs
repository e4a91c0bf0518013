//! Locks: a mutex, one that knows its owner, and one that gives out fencing tokens.
//!
//! Knossos' `mutex` (knossos.model); the other two as Jepsen tested Hazelcast's (`OwnerAwareMutex` and `FencedMutex` in
//! jepsen-io/jepsen, `hazelcast.clj`; Kleppmann 2016, "How to do distributed locking", for what the tokens are for).
//!
//! Left out: locks that their owner may take again, and semaphores.

use std::fmt::{self, Display};

use super::{Sight, Spec};

/// What is done to a mutex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LockAction {
    /// Took it.
    Acquire,
    /// Gave it back.
    Release,
}

impl Display for LockAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acquire => "acquire",
            Self::Release => "release",
        })
    }
}

fn shown(is_taken: bool) -> String {
    format!("the lock is {}", if is_taken { "taken" } else { "free" })
}

/// A mutex, free at first: taken only when it is free, and released only when it is taken. Who releases it is not looked at.
#[derive(Clone, Debug)]
pub struct Lock;

impl Spec for Lock {
    /// Whether it is taken.
    type State = bool;
    type Action = LockAction;

    fn initial(&self) -> bool {
        false
    }

    fn step(&self, taken: &bool, action: &LockAction) -> Option<bool> {
        match action {
            LockAction::Acquire => (!taken).then_some(true),
            LockAction::Release => taken.then_some(false),
        }
    }

    fn is_read(&self, action: &LockAction) -> bool {
        match action {
            LockAction::Acquire | LockAction::Release => false,
        }
    }

    fn sight(&self, reader: &LockAction, writer: &LockAction) -> Sight {
        // Whoever acquires owes it to the release just before, and the other way round.
        if reader == writer { Sight::Nothing } else { Sight::Latest }
    }

    fn overwrites(&self, _: &LockAction) -> bool {
        true
    }

    fn is_fresh(&self, action: &LockAction) -> bool {
        matches!(action, LockAction::Acquire)
    }

    fn show(&self, taken: &bool) -> String {
        shown(*taken)
    }
}

/// What is done to a lock that knows its owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OwnedLockAction {
    /// This owner took it.
    Acquire(u64),
    /// This owner gave it back.
    Release(u64),
}

impl Display for OwnedLockAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acquire(_) => "acquire",
            Self::Release(_) => "release",
        })
    }
}

/// A lock, free at first: taken only when it is free, also by its owner, and released only by its owner.
#[derive(Clone, Debug)]
pub struct OwnedLock;

impl Spec for OwnedLock {
    /// The owner.
    type State = Option<u64>;
    type Action = OwnedLockAction;

    fn initial(&self) -> Option<u64> {
        None
    }

    fn step(&self, held: &Option<u64>, action: &OwnedLockAction) -> Option<Option<u64>> {
        match action {
            OwnedLockAction::Acquire(owner) => held.is_none().then_some(Some(*owner)),
            OwnedLockAction::Release(owner) => (*held == Some(*owner)).then_some(None),
        }
    }

    fn is_read(&self, action: &OwnedLockAction) -> bool {
        match action {
            OwnedLockAction::Acquire(_) | OwnedLockAction::Release(_) => false,
        }
    }

    fn sight(&self, reader: &OwnedLockAction, writer: &OwnedLockAction) -> Sight {
        match (reader, writer) {
            (OwnedLockAction::Acquire(_), OwnedLockAction::Release(_)) => Sight::Latest,
            (OwnedLockAction::Release(owner), OwnedLockAction::Acquire(by)) if owner == by => Sight::Latest,
            _ => Sight::Nothing,
        }
    }

    fn overwrites(&self, _: &OwnedLockAction) -> bool {
        true
    }

    fn is_fresh(&self, action: &OwnedLockAction) -> bool {
        matches!(action, OwnedLockAction::Acquire(_))
    }

    fn show(&self, held: &Option<u64>) -> String {
        shown(held.is_some())
    }
}

/// What is done to a lock with fencing tokens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FencedLockAction {
    /// Took it.
    Acquire {
        /// Who did.
        owner: u64,
        /// The token that the owner got, if it is known.
        token: Option<u64>,
    },
    /// This owner gave it back.
    Release(u64),
}

impl Display for FencedLockAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acquire { token: Some(token), .. } => write!(f, "acquire with token {token}"),
            Self::Acquire { token: None, .. } => f.write_str("acquire"),
            Self::Release(_) => f.write_str("release"),
        }
    }
}

/// As [`OwnedLock`]; and each token is greater than all that were given out before.
#[derive(Clone, Debug)]
pub struct FencedLock;

impl Spec for FencedLock {
    /// The owner, and the greatest token that was given out.
    type State = (Option<u64>, Option<u64>);
    type Action = FencedLockAction;

    fn initial(&self) -> Self::State {
        (None, None)
    }

    fn step(&self, (held, greatest): &Self::State, action: &FencedLockAction) -> Option<Self::State> {
        match action {
            FencedLockAction::Acquire { owner, token } => {
                let rises = token.is_none() || token > greatest;
                (held.is_none() && rises).then_some((Some(*owner), token.or(*greatest)))
            }
            FencedLockAction::Release(owner) => (*held == Some(*owner)).then_some((None, *greatest)),
        }
    }

    fn is_read(&self, action: &FencedLockAction) -> bool {
        match action {
            FencedLockAction::Acquire { .. } | FencedLockAction::Release(_) => false,
        }
    }

    fn sight(&self, reader: &FencedLockAction, writer: &FencedLockAction) -> Sight {
        match (reader, writer) {
            (FencedLockAction::Acquire { .. }, FencedLockAction::Release(_)) => Sight::Latest,
            (FencedLockAction::Release(owner), FencedLockAction::Acquire { owner: by, .. }) if owner == by => {
                Sight::Latest
            }
            _ => Sight::Nothing,
        }
    }

    /// Tokens given out before can only stand in the way: nobody owes anything to them.
    fn overwrites(&self, _: &FencedLockAction) -> bool {
        true
    }

    fn is_fresh(&self, action: &FencedLockAction) -> bool {
        matches!(action, FencedLockAction::Acquire { .. })
    }

    fn show(&self, (held, greatest): &Self::State) -> String {
        let token = greatest.map_or(String::new(), |token| format!(", the greatest token is {token}"));
        shown(held.is_some()) + &token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_run<S: Spec>(spec: &S, actions: &[S::Action]) -> bool {
        actions.iter().try_fold(spec.initial(), |state, action| spec.step(&state, action)).is_some()
    }

    #[test]
    fn only_the_owner_releases() {
        use OwnedLockAction::{Acquire, Release};
        assert!(is_run(&OwnedLock, &[Acquire(1), Release(1), Acquire(2)]));
        assert!(!is_run(&OwnedLock, &[Acquire(1), Release(2)]));
        assert!(!is_run(&OwnedLock, &[Acquire(1), Acquire(1)]), "it is not taken twice");
    }

    #[test]
    fn tokens_rise() {
        let acquire = |owner, token| FencedLockAction::Acquire { owner, token };
        let release = FencedLockAction::Release;
        assert!(is_run(
            &FencedLock,
            &[acquire(1, Some(3)), release(1), acquire(2, None), release(2), acquire(1, Some(4))]
        ));
        assert!(!is_run(&FencedLock, &[acquire(1, Some(3)), release(1), acquire(2, Some(3))]));
        assert!(!is_run(
            &FencedLock,
            &[acquire(1, Some(3)), release(1), acquire(2, None), release(2), acquire(1, Some(2))]
        ));
    }
}
