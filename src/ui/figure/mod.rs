//! The picture of a cluster: nodes, links, messages on their way, and the regions a partition leaves.

pub mod cluster;
pub mod flights;
pub mod links;
pub mod names;
pub mod node;
pub mod table;
pub mod touch;
pub mod view;
