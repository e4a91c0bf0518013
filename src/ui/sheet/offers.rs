//! What a learner can do to a node, a link or a message that is opened up: a button each, and a word on what it does.

use cap_lab::locks;
use cap_lab::node::NodeId;
use cap_lab::sim::fault::{Fate, Intervention, MessageName};
use cap_lab::store::feed::Request;
use cap_lab::store::service::AdminCommand;

use crate::ui::act::{Act, Ask, both_ways, its_links};
use crate::ui::figure::links::{LinkState, link_state};
use crate::ui::figure::view::{NodeView, RoleMark, Status};
use crate::ui::world::WorldView;

/// What an act touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Whether the node runs.
    Fail,
    /// Its links, or a message.
    Network,
    /// Its clocks.
    Clock,
    /// Who leads and who votes.
    Members,
    /// What a client does.
    Client,
}

impl Group {
    /// All of them, as they stand on a sheet.
    pub const ALL: [Self; 5] = [Self::Client, Self::Fail, Self::Network, Self::Clock, Self::Members];

    /// The heading over its acts.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Fail => "Fail",
            Self::Network => "Network",
            Self::Clock => "Clock",
            Self::Members => "Members",
            Self::Client => "Ask it to",
        }
    }
}

/// One act, and its button.
#[derive(Clone, PartialEq, Debug)]
pub struct Offer {
    /// What it touches.
    pub group: Group,
    /// On the button.
    pub label: String,
    /// What comes of it.
    pub says: String,
    /// What it does.
    pub act: Act,
    /// Whether it takes something away.
    pub harms: bool,
}

impl Offer {
    /// Under the words of the act itself and `more`.
    fn new(group: Group, act: Act, more: &str, says: &str) -> Self {
        let words = act.words();
        Self { group, label: format!("{}{more}", words.button), says: says.to_owned(), harms: words.harms, act }
    }

    /// Under other words.
    fn called(self, label: &str) -> Self {
        Self { label: label.to_owned(), ..self }
    }

    /// It puts something right.
    fn repairing(self) -> Self {
        Self { harms: false, ..self }
    }
}

/// What can be done to a node.
pub fn at_node(world: &WorldView, node: &NodeView) -> Vec<Offer> {
    let id = node.id;
    let fail = |act, more, says| Offer::new(Group::Fail, act, more, says);
    let crash = || fail(Act::Crash { node: id, keep: 0 }, "", "It stops. What is not on its disk is lost.");
    let mut all = match node.status {
        Status::Up => vec![
            crash(),
            fail(
                Act::Crash { node: id, keep: u32::MAX },
                ", disk keeps all",
                "It stops. All that it wrote is kept, by luck.",
            ),
            fail(Act::Pause(id), "", "It stands still, and loses nothing."),
        ],
        Status::Crashed => vec![fail(Act::Restart(id), "", "It starts with what its disk holds.")],
        Status::Paused => vec![fail(Act::Resume(id), "", "It goes on where it stood still."), crash()],
    };
    all.extend(at_links(world, id));
    // Paxos measures no time but its own patience.
    if node.role != RoleMark::Proposer && node.role != RoleMark::Acceptor {
        let dates = world.nodes.iter().any(|node| node.role == RoleMark::Client);
        all.extend(at_clocks(id, node.clock.is_some(), dates));
    }
    all
}

/// What can be done to all links of a node.
fn at_links(world: &WorldView, id: NodeId) -> Vec<Offer> {
    let links = its_links(world, id);
    let cut = |(from, to): &(NodeId, NodeId)| world.cut.get(from.index()).is_some_and(|cut| cut.contains(*to));
    let network = |act, says| Offer::new(Group::Network, act, "", says);
    let mut all = Vec::new();
    if !links.iter().all(cut) {
        all.push(network(Act::Cut(links.clone()), "All its links are cut.").called("Isolate"));
    }
    if links.iter().any(cut) {
        all.push(network(Act::Heal(links), "All its links carry again.").called("Heal its links"));
    }
    all
}

/// What can be done to the clocks of a node, which are right or `wrong`. Only with leases that somebody `dates` anything comes of
/// setting the time of day: no replica of a feed looks at it.
fn at_clocks(id: NodeId, wrong: bool, dates: bool) -> Vec<Offer> {
    let skew = |micros, more, says| Offer::new(Group::Clock, Act::Skew { node: id, micros }, more, says);
    let drift = |ppm, more, says| Offer::new(Group::Clock, Act::Drift { node: id, ppm }, more, says);
    if wrong {
        return vec![
            skew(0, "", "It shows the true time.").called("Set the clock right").repairing(),
            drift(0, "", "Its clocks count true seconds.").called("Run at the right rate").repairing(),
        ];
    }
    let mut all = vec![
        drift(100_000, " 10 % fast", "Its timers run out early."),
        drift(-100_000, " 10 % slow", "Its timers run out late."),
    ];
    if dates {
        all.push(skew(2_000_000, " 2 s ahead", "Its wall clock shows a later time of day."));
        all.push(skew(-2_000_000, " 2 s behind", "Its wall clock shows an earlier time of day."));
    }
    all
}

/// What can be asked of a node: by an operator, or of a client.
pub fn asks(actions: &[(String, Act)]) -> impl Iterator<Item = Offer> + '_ {
    actions.iter().map(|(label, act)| {
        let of_client = matches!(act, Intervention::Request { request: Ask::Locks(_), .. });
        let group = if of_client { Group::Client } else { Group::Members };
        Offer::new(group, act.clone(), "", asked(act)).called(label).repairing()
    })
}

/// What comes of a wish.
fn asked(act: &Act) -> &'static str {
    let command = match act {
        Intervention::Request { request: Ask::Feed(Request::Admin(command)), .. } => command,
        Intervention::Request { request: Ask::Locks(request), .. } => {
            return match request {
                locks::client::Request::Update => "It takes the lock, updates the file, and gives the lock back.",
                locks::client::Request::Acquire => "It takes the lock, and renews its lease.",
                locks::client::Request::Release => "Whoever waits is next.",
            };
        }
        _ => return "",
    };
    match command {
        AdminCommand::Transfer(_) => "It stands for election at once.",
        AdminCommand::Learner(_) => "It gets the log, and counts in no majority.",
        AdminCommand::Add(_) => "It counts in every majority from then on.",
        AdminCommand::Remove(_) => "It counts in no majority any more.",
        AdminCommand::Voters(_) => "Meanwhile old and new majority must both agree.",
    }
}

/// By how much a link is slowed, in µs: more than any message takes by itself, less than an election timer.
const SLOWED: u32 = 100_000;

/// What can be done to the link between `a` and `b`, which is `slow` or not.
pub fn at_link(world: &WorldView, a: NodeId, b: NodeId, slow: bool) -> Vec<Offer> {
    let name = |id: NodeId| world.nodes.get(id.index()).map_or("", |node| &node.name);
    let state = link_state(&world.cut, a, b);
    let both = || both_ways(a, b).to_vec();
    let network = |act, more: &str, says: &str| Offer::new(Group::Network, act, more, says);
    let mut all = Vec::new();
    if state != LinkState::Cut {
        all.push(network(Act::Cut(both()), " both ways", "Nothing gets through."));
    }
    if state != LinkState::Whole {
        all.push(network(Act::Heal(both()), " both ways", "Everything gets through."));
    }
    let gone =
        [matches!(state, LinkState::Cut | LinkState::CutThere), matches!(state, LinkState::Cut | LinkState::CutBack)];
    for ((from, to), gone) in both_ways(a, b).into_iter().zip(gone) {
        let (from_name, to_name) = (name(from), name(to));
        let (act, does) = if gone {
            (Act::Heal(vec![(from, to)]), "reaches")
        } else {
            (Act::Cut(vec![(from, to)]), "no longer reaches")
        };
        all.push(network(
            act,
            &format!(" {from_name} → {to_name}"),
            &format!("{from_name} {does} {to_name} over this link."),
        ));
    }
    let slowed = |micros| Act::Slow { links: both(), micros };
    all.push(match slow {
        false => network(slowed(SLOWED), " by 100 ms", "What is sent from now on takes longer, either way."),
        true => network(slowed(0), "", "What is sent from now on takes what is usual."),
    });
    all
}

/// What can be done to a message of `world` that is on its way.
pub fn at_message(world: usize, name: &MessageName, held: bool) -> Vec<Offer> {
    let hold = if held { (Fate::Release, "It goes on.") } else { (Fate::Hold, "It waits until it is released.") };
    let fates = [
        (Fate::Deliver, "It arrives at once."),
        hold,
        (Fate::Duplicate, "It arrives twice."),
        (Fate::Drop, "It never arrives. Nobody is told."),
    ];
    let offer = |(fate, says)| {
        Offer::new(Group::Network, Act::Message { world: world as u8, name: name.clone(), fate }, "", says)
    };
    fates.map(offer).to_vec()
}
