//! Builds the permission tree that a portal shows: every node with its state and its sources.

use serde::Serialize;

use super::service::Node;
use super::{Catalog, Resolution};
use crate::value::permission::Permission;

/// Whether the permissions at and below a node are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All permissions are given.
    On,
    /// No permission is given.
    Off,
    /// Some permissions are given.
    Partly,
}

/// A reason why a permission is in a selection, or was removed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// A chosen template that gives the permission, itself or through a template that it extends.
    Template(String),
    /// The chosen role.
    Role(String),
    /// An added pattern.
    Added(String),
    /// A permission of the selection that implies this one.
    ImpliedBy(Permission),
    /// A removed pattern. It overrides all other sources.
    Removed(String),
}

/// A node of the tree.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Branch<'c> {
    /// The id of the service, group or permission.
    pub id: &'c str,
    /// The title for people.
    pub title: &'c str,
    /// The purpose of the node, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'c str>,
    /// Whether its permissions are given.
    pub state: State,
    /// Whether this node is a permission, so that it can be added or removed by its id.
    pub grantable: bool,
    /// The sources of the permission; empty if the node is none.
    pub from: Vec<Source>,
    /// Whether the permission should no longer be granted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// The child nodes, in the order of the catalog.
    pub children: Vec<Branch<'c>>,
}

impl Catalog {
    /// The tree of a resolution. A node is [`State::On`] if every permission at and below it is in
    /// the set.
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
