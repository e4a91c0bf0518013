//! The table of stores, and a store as a run's setup has it.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::conflict::Policy;
use super::descriptor::{Descriptor, Invariant, Side};
use super::feed::PostId;
use super::on_log::LogOptions;
use super::participant::Participant;
use super::pattern::{Asked, Leg};
use super::sum::each;
use crate::node::{NodeId, NodeSet, Violation};
use crate::setup::SwitchState;
use crate::sim::model::Host;
use crate::sim::run::Seen;

/// Hands the table to a macro: each store's name, what describes it, and its number. Digests fold the number, so it stays what it is;
/// 3 and 4 are taken by the timers of phones.
macro_rules! with_stores {
    ($macro:ident! { $($arguments:tt)* }) => {
        $macro! {
            stores {
                /// Raft's replicated log.
                Raft(crate::store::raft::RaftStore) = 0,
                /// Multi-Paxos's replicated log.
                MultiPaxos(crate::store::multi_paxos::MultiPaxosStore) = 1,
                /// Gossip.
                Gossip(crate::store::gossip::GossipStore) = 2,
                /// Primary and backup, without a quorum.
                PrimaryBackup(crate::store::primary_backup::PrimaryBackupStore) = 5,
                /// Quorums: Dynamo, or ABD.
                Quorum(crate::store::quorum::QuorumStore) = 6,
            }
            $($arguments)*
        }
    };
}
pub(crate) use with_stores;

macro_rules! declare {
    (stores { $($(#[$doc:meta])* $Store:ident($Descriptor:ty) = $number:literal,)* }) => {
        /// What the replicas of a feed run on.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Store {
            $($(#[$doc])* $Store($Descriptor),)*
        }

        /// What the checks of a store remember.
        #[derive(Clone, Debug)]
        pub enum Ghost {
            $($(#[$doc])* $Store(Box<<$Descriptor as Descriptor>::Ghost>),)*
        }

        impl Store {
            /// Every store, plain.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$Store(<$Descriptor>::default()),)*]
            }

            /// What the checks of its invariants remember at first.
            pub fn ghost(self) -> Ghost {
                match self {
                    $(Self::$Store(_) => Ghost::$Store(Box::default()),)*
                }
            }

            /// A replica that has not started: see [`Descriptor::replica`].
            pub fn replica(self, id: NodeId, servers: NodeSet, stretch: u32) -> Participant {
                match self {
                    $(Self::$Store(store) => Participant::$Store(Box::new(store.replica(id, servers, stretch))),)*
                }
            }

            /// What is checked of it after every event.
            pub fn invariants(self) -> Vec<Invariant> {
                match self {
                    $(Self::$Store(_) => <$Descriptor>::invariants(),)*
                }
            }

            /// Whether a replica has that post, or would have it again after a restart.
            pub fn keeps(self, host: &Host<Participant>, post: PostId) -> bool {
                match self {
                    $(Self::$Store(_) => <$Descriptor>::keeps(host, post),)*
                }
            }

            /// The posts that a replica removed in this step.
            pub fn discarded(self, seen: &Seen<'_, Participant>) -> Vec<PostId> {
                match self {
                    $(Self::$Store(_) => <$Descriptor>::discarded(seen),)*
                }
            }

            /// What a setup calls it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$Store(_) => <$Descriptor>::NAME,)*
                }
            }

            /// What people call it.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$Store(_) => <$Descriptor>::TITLE,)*
                }
            }

            /// The same with those options that it has.
            pub fn with_options(self, options: LogOptions) -> Self {
                match self {
                    $(Self::$Store(store) => Self::$Store(store.with_options(options)),)*
                }
            }

            /// The same with that policy for concurrent writes, if it has a choice.
            pub fn with_policy(self, policy: Policy) -> Self {
                match self {
                    $(Self::$Store(store) => Self::$Store(store.with_policy(policy)),)*
                }
            }

            /// The same without the mistake that it makes on purpose.
            pub fn without_flaw(self) -> Self {
                match self {
                    $(Self::$Store(store) => Self::$Store(store.without_flaw()),)*
                }
            }
        }

        impl Ghost {
            /// Checks the store's invariants after a step.
            pub fn observe(&mut self, seen: &Seen<'_, Participant>) -> Result<(), Violation> {
                match self {
                    $(Self::$Store(ghost) => <$Descriptor>::observe(ghost, seen),)*
                }
            }
        }

        impl FromStr for Store {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let (name, words) = text.split_at(text.find(['.', '@']).unwrap_or(text.len()));
                $(if name == <$Descriptor>::NAME {
                    return Ok(Self::$Store(words.parse()?));
                })*
                Err(format!("“{text}” is no store"))
            }
        }
    };
}

with_stores!(declare! {});

impl Store {
    /// What the answer to an operation waits for, of replicas `servers`.
    pub fn pattern(self, servers: NodeSet, asked: Asked) -> Vec<Leg> {
        with_stores!(each! { self, Self, store => store.pattern(servers, asked) })
    }

    /// The invariant that a stale read breaks, if it promises that every read sees all that was confirmed before it began.
    pub fn linearizable_reads(self) -> Option<&'static str> {
        with_stores!(each! { self, Self, store => store.linearizable_reads() })
    }

    /// Whether it promises that.
    pub fn is_linearizable(self) -> bool {
        self.linearizable_reads().is_some()
    }

    /// Whether a post goes to a place of its own, also before posts that were read already; else it goes to the end.
    pub fn by_place(self) -> bool {
        with_stores!(each! { self, Self, store => store.by_place() })
    }

    /// What it keeps under a partition.
    pub fn side(self) -> Side {
        with_stores!(each! { self, Self, store => store.side() })
    }

    /// How its replicas treat their clients, and which of them take part.
    pub fn options(self) -> LogOptions {
        with_stores!(each! { self, Self, store => store.options() })
    }

    /// What is wrong with it for so many replicas, if anything.
    pub fn check(self, replicas: u8) -> Result<(), String> {
        with_stores!(each! { self, Self, store => store.check(replicas) })
    }

    /// Its features, and which of them are on.
    pub fn switches(self) -> Vec<SwitchState> {
        with_stores!(each! { self, Self, store => store.switches() })
    }

    /// Its numbers that a person may choose, by the word that a setup has for each.
    pub fn dials(self) -> Vec<(&'static str, u8)> {
        with_stores!(each! { self, Self, store => store.dials() })
    }

    /// What becomes of concurrent writes, if there is a choice.
    pub fn policy(self) -> Option<Policy> {
        with_stores!(each! { self, Self, store => store.policy() })
    }

    /// The mistake that is made on purpose.
    pub fn flaw(self) -> Option<&'static str> {
        with_stores!(each! { self, Self, store => store.flaw() })
    }
}

/// Shown as a setup has it: `raft.pre-vote`, `gossip`.
impl Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        with_stores!(each! { self, Self, store => store.fmt(f) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::client::PhoneTimer;

    #[test]
    fn a_store_is_read_as_it_is_shown() {
        let plain = Store::all().into_iter().map(|store| store.name().to_owned());
        let with_words = [
            "raft.retries.pre-vote@vote-not-durable",
            "raft.spares-2",
            "multi-paxos.no-sessions.snapshots",
            "gossip.siblings",
            "quorum.crdts.n-5.strict",
        ];
        for text in plain.chain(with_words.map(str::to_owned)) {
            assert_eq!(text.parse::<Store>().map(|store| store.to_string()), Ok(text));
        }
        for (text, wrong) in [
            ("raft.magic", "no switch"),
            ("gossip.pre-vote", "no switch"),
            ("gossip@magic", "flaw"),
            ("rafter", "no store"),
        ] {
            assert!(text.parse::<Store>().expect_err(text).contains(wrong), "{text}");
        }
    }

    #[test]
    fn a_plain_store_makes_no_mistake_and_keeps_one_of_both() {
        for store in Store::all() {
            assert_eq!((store.flaw(), store.without_flaw()), (None, store));
            assert_eq!(store.check(3), Ok(()));
            assert_eq!(store.is_linearizable(), store.side() == Side::CP, "{store}");
        }
    }

    /// Digests fold the numbers: two that are alike would make two runs look alike.
    #[test]
    fn a_store_has_a_number_of_its_own() {
        macro_rules! numbers {
            (stores { $($(#[$doc:meta])* $Store:ident($Descriptor:ty) = $number:literal,)* }) => { [$($number),*] };
        }
        let of_phones = [PhoneTimer::Answer as u64, PhoneTimer::Retry as u64];
        let mut all: Vec<u64> = with_stores!(numbers! {}).into_iter().chain(of_phones).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
    }
}
