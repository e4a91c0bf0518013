//! What must never be false, by name. The observer that checks it sees all participants: see [`world::locks`](crate::world::locks).

/// The name of each invariant and what it says, in the order in which the page lists them.
pub const INVARIANTS: [(&str, &str); 6] = [
    (ONE_HOLDER, "The service grants the lock only when nobody holds it: released, or expired."),
    (TOKENS_GROW, "Each fencing token is greater than all that were handed out before."),
    (HOLDER_RELEASES, "Nobody but the holder releases the lock."),
    (SAME_STATE, "Replicas that have carried out the same entries agree on who holds the lock and who waits."),
    (
        LEASES_KEPT,
        "Nobody begins to hold the lock before the lease that was confirmed to another client is over or given back.",
    ),
    (FILE_INTEGRITY, "The file is the result of the guarded updates in the order of their tokens."),
];

/// Judged by the specification of a lock with fencing tokens.
pub const ONE_HOLDER: &str = "One Holder";
/// Judged by the specification of a lock with fencing tokens.
pub const TOKENS_GROW: &str = "Tokens Grow";
/// See [`INVARIANTS`].
pub const HOLDER_RELEASES: &str = "Holder Releases";
/// See [`INVARIANTS`].
pub const SAME_STATE: &str = "Same State";
/// See [`INVARIANTS`].
pub const LEASES_KEPT: &str = "Leases Kept";
/// Judged from the clients' history: see [`integrity`](super::integrity).
pub const FILE_INTEGRITY: &str = "File Integrity";
