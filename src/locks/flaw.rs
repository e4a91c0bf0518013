//! Classic mistakes that can be switched on, to see what a rule is for: each is one branch at the rule that it breaks.

use serde::Serialize;

use super::invariant::{HOLDER_RELEASES, LEASES_KEPT, SAME_STATE, TOKENS_GROW};
use crate::setup::name_flaws;

/// A mistake in a lock service on a replicated log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Flaw {
    /// The token is the lock's own version, which begins again when the lock is free, instead of the log's sequence number.
    TokenNotFromLog,
    /// Replicas end a lease by their own clocks, while they carry out the log.
    ExpiryAtApply,
    /// A new leader goes on with the end of a lease as it is in its memory, and does not renew the leases first.
    NoRenewal,
    /// Whoever asks releases the lock.
    ReleaseByAnyone,
}

impl Flaw {
    /// All of them, in the order in which the page lists them.
    pub const ALL: [Self; 4] = [Self::TokenNotFromLog, Self::ExpiryAtApply, Self::NoRenewal, Self::ReleaseByAnyone];

    /// The invariant that it breaks.
    pub const fn breaks(self) -> &'static str {
        match self {
            Self::TokenNotFromLog => TOKENS_GROW,
            Self::ExpiryAtApply => SAME_STATE,
            Self::NoRenewal => LEASES_KEPT,
            Self::ReleaseByAnyone => HOLDER_RELEASES,
        }
    }

    const fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::TokenNotFromLog => (
                "token-not-from-log",
                "Token not from the log",
                "The fencing token counts the holders since the lock was last free, so it begins again.",
            ),
            Self::ExpiryAtApply => (
                "expiry-at-apply",
                "Lease expired by a clock at apply",
                "Replicas look at their own clocks while they carry out the log. Each ends the lease at another entry.",
            ),
            Self::NoRenewal => (
                "no-renewal",
                "New leader forgets to renew",
                "A new leader ends leases that the old leader had renewed: keep-alives are no part of the state.",
            ),
            Self::ReleaseByAnyone => (
                "release-by-anyone",
                "Release by a non-holder",
                "A release frees the lock, whoever sends it. A late one frees the lock of the next holder.",
            ),
        }
    }
}

name_flaws!(Flaw, "the lock service");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_is_read_by_the_name_that_it_shows() {
        for flaw in Flaw::ALL {
            assert_eq!(flaw.to_string().parse(), Ok(flaw));
        }
        assert!("none".parse::<Flaw>().is_err());
    }
}
