//! The services as a portal shows them: every node with its state and where it comes from.

use serde::Serialize;

use super::service::Node;
use super::{Catalog, Resolution};
use crate::value::permission::Permission;

/// Whether what a node stands for is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All of it.
    On,
    /// Nothing of it.
    Off,
    /// Some of it.
    Partly,
}

/// Where a permission of a selection comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// A template that was chosen, or one that it extends.
    Template(String),
    /// The role that was chosen.
    Role(String),
    /// A pattern that was added.
    Added(String),
    /// A permission that the selection gives.
    ImpliedBy(Permission),
    /// A pattern that was removed, which wins over all of the above.
    Removed(String),
}

/// A node of the tree.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Branch<'c> {
    /// The id: of a service, a group, or a permission.
    pub id: &'c str,
    /// What people call it.
    pub title: &'c str,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'c str>,
    /// Whether it is given.
    pub state: State,
    /// Whether this node is a permission, so that it can be added or removed by its id.
    pub grantable: bool,
    /// Where it comes from, if it is a permission.
    pub from: Vec<Source>,
    /// Whether it should not be granted any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// What is below it, in the order of the catalog.
    pub children: Vec<Branch<'c>>,
}

impl Catalog {
    /// The tree of a resolution. A node is on exactly when every permission at and below it is in the set.
    pub(super) fn tree(&self, resolution: &Resolution) -> Vec<Branch<'_>> {
        self.trees
            .iter()
            .map(|node| self.branch(resolution, node))
            .collect()
    }

    fn branch<'c>(&'c self, resolution: &Resolution, node: &'c Node) -> Branch<'c> {
        let children: Vec<Branch> = node
            .children
            .iter()
            .map(|child| self.branch(resolution, child))
            .collect();
        let own = node
            .permission
            .map(|index| resolution.permissions.contains(index));
        let on = own
            .into_iter()
            .map(|given| if given { State::On } else { State::Off });
        let states = on.chain(children.iter().map(|child| child.state));
        let state = states
            .reduce(|one, other| if one == other { one } else { State::Partly })
            .unwrap_or(State::Off);
        let permission = node.permission.and_then(|index| self.permission(index));
        let details = node.permission.and_then(|index| self.details.get(index));
        Branch {
            id: permission.map_or(node.id.as_str(), Permission::as_str),
            title: &node.title,
            description: node.description.as_deref(),
            state,
            grantable: node.permission.is_some(),
            from: node
                .permission
                .map(|index| self.sources(resolution, index))
                .unwrap_or_default(),
            deprecated: details.is_some_and(|details| details.deprecated.is_some()),
            children,
        }
    }
}
