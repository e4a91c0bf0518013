//! What both contestants have to do.

use bytes::Bytes;

/// How messages are handled, and whether appends are batched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// One proposal at a time; after each message its consequences are made durable and sent.
    OneByOne,
    /// 64 proposals at a time; each server handles all that is in its inbox, and then makes durable and sends.
    Pipelined,
    /// The same, and a leader puts entries that wait for the same follower into one message.
    Batched,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::OneByOne, Self::Pipelined, Self::Batched];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OneByOne => "one at a time, message by message",
            Self::Pipelined => "64 in flight, inboxes drained",
            Self::Batched => "64 in flight, appends batched",
        }
    }

    /// How many proposals are made before anything else happens.
    pub(crate) const fn in_flight(self) -> u64 {
        match self {
            Self::OneByOne => 1,
            Self::Pipelined | Self::Batched => 64,
        }
    }
}

/// The state machine of one server: it counts what it applies and looks at every byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Machine {
    pub(crate) applied: u64,
    pub(crate) sum: u64,
}

impl Machine {
    pub(crate) fn apply(&mut self, command: &[u8]) {
        self.applied += 1;
        let (words, rest) = command.as_chunks();
        assert!(rest.is_empty(), "commands are whole words");
        for word in words {
            self.sum = self.sum.rotate_left(1) ^ u64::from_le_bytes(*word);
        }
    }
}

/// Servers in memory, on one thread, with a leader. No message is lost and every log is kept.
pub(crate) trait Cluster {
    /// Hands a command to the leader.
    fn propose(&mut self, command: Bytes);

    /// Handles messages until there are none.
    fn settle(&mut self);

    /// Lets the followers know of the last commit.
    fn heartbeat(&mut self);

    /// Every server's state machine.
    fn machines(&self) -> &[Machine];
}

/// What the `number`th proposal carries: 64 bytes, different each time.
fn command(number: u64) -> Bytes {
    let mut bytes = [0x5a; 64];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Bytes::copy_from_slice(&bytes)
}

/// Makes `count` proposals and sees to it that every server has applied all of them. Returns the state that they reached.
pub(crate) fn drive(cluster: &mut impl Cluster, mode: Mode, count: u64) -> Machine {
    let mut made = 0;
    while made < count {
        let until = count.min(made + mode.in_flight());
        for number in made..until {
            cluster.propose(command(number));
        }
        cluster.settle();
        made = until;
    }
    cluster.heartbeat();
    cluster.settle();
    let machines = cluster.machines();
    assert!(machines.iter().all(|machine| *machine == machines[0]), "servers differ: {machines:?}");
    assert_eq!(machines[0].applied, count, "something was not applied");
    machines[0]
}
