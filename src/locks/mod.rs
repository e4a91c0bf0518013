//! Locks with leases: a lock service, clients that use it, and the storage that it is to protect.
//!
//! **The task.** Of many clients one at a time shall change a file. A mutex within one machine does that, because its holder can't
//! vanish without the machine. Between machines a holder may crash, stand still, or be cut off, and the others can't tell which.
//!
//! **Leases** (Gray & Cheriton, *Leases: An Efficient Fault-Tolerant Mechanism for Distributed File Cache Consistency*, 1989). So a
//! lock is granted for a time. Its holder renews it as long as it lives. If it does not, the lock is free after that time. A lease
//! rests on clocks: the holder has to stop before the granter goes on. Clocks need not agree on the time of day for that, only on how
//! fast time passes (§2, §5). Hence a lease is handed out as a duration: the holder counts it from its question, the granter from
//! its answer. A constant difference between clocks (*skew*) then does no harm; a difference in rate (*drift*) does, as far as it
//! exceeds the holder's margin. A lease handed out as a time of day needs clocks that agree, and breaks by skew as well.
//!
//! **Lock services.** Chubby (Burrows, *The Chubby lock service for loosely-coupled distributed systems*, 2006), ZooKeeper and etcd
//! keep the lock in a replicated log, so that it survives any minority of their servers. A client has a *session* with a lease and
//! keeps it alive. Whoever comes while the lock is held waits in a queue, in the order of the log. [`service`] is such a lock as a
//! state machine, [`leases`] what its leader does beside. Two rules are easily broken:
//!
//! - *A lease ends by an entry of the log, never by a look at a clock.* Replicas carry out the same entries at different times. If they
//!   looked at their clocks, they would come to differ on who holds the lock. The leader measures the time, and proposes the end.
//! - *A new leader renews all leases first.* A keep-alive is a read: it proves that the leader still leads, and changes no state, so
//!   that idle sessions cost no writes. A new leader can't know which of them were answered (Burrows 2006, §2.9).
//!
//! **Fencing.** No lease helps against a client that looks at its clock, stands still for long (garbage collection, a virtual machine
//! that moves), and then writes. Nor against a write that the network holds up. So the storage has to take part: each grant comes
//! with a *fencing token*, a number that grows, and the storage refuses what comes with a smaller one than it has seen (Kleppmann,
//! *How to do distributed locking*, 2016; Chubby's *sequencers*, §2.4). The sequence number of the log entry that granted the lock
//! is such a number. [`storage`] is a file with that check or without it.
//!
//! **Less than a log.** [`server`] grants from one server's memory: a crash takes what it knew. [`redlock`] asks a majority of
//! independent servers: it has no tokens, and its servers' wall clocks decide.
//!
//! **Timestamps instead.** A storage may let the write with the latest timestamp win. Wall clocks do not know what happened before what.
//! Lamport's clocks do (*Time, Clocks, and the Ordering of Events in a Distributed System*, 1978), and so do hybrid ones, which stay
//! close to the time of day (Kulkarni et al., *Logical Physical Clocks*, 2014): [`spacetime::stamps`](crate::spacetime::stamps)
//! compares them. Neither tells a late write from one in time. Only the order in which the lock was granted does.
//!
//! The invariants are listed in [`invariant`]; [`integrity`] judges the file from the clients' history. Every rule that fires or
//! refuses leaves a note. A [`Flaw`] takes one rule out, to see what it was for.
//!
//! **Left out**: several locks, shared locks, locks that their owner takes again; caches and the grace period of Chubby's clients;
//! what a service tells clients without being asked (watches); leases that followers measure.

pub mod client;
mod flaw;
pub mod integrity;
pub mod invariant;
pub mod leases;
pub mod participant;
pub mod redlock;
pub mod server;
pub mod service;
pub mod storage;

pub use flaw::Flaw;
