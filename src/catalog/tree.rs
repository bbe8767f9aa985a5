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
    /// The number of child nodes that are left out, because they are deeper than was asked for.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference.
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The part of the tree that a screen shows.
#[derive(Clone, Copy, Debug)]
pub struct TreePart<'p> {
    /// The id of the node whose children are the roots. `None`: the services are.
    pub below: Option<&'p str>,
    /// The number of levels.
    pub depth: usize,
}

impl TreePart<'_> {
    /// The whole tree.
    pub const WHOLE: TreePart<'static> = TreePart {
        below: None,
        depth: usize::MAX,
    };
}

impl Catalog {
    /// A part of the tree of a resolution. A node is [`State::On`] if every permission at and below
    /// it is in the set. `None` if there is no node with the id `part.below`.
    pub(super) fn tree(&self, resolution: &Resolution, part: TreePart) -> Option<Vec<Branch<'_>>> {
        let mut nodes = self.trees.as_slice();
        if let Some(id) = part.below {
            loop {
                let is_above = |node: &&Node| {
                    let rest = id.strip_prefix(self.node_id(node));
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
                };
                let node = nodes.iter().find(is_above)?;
                nodes = &node.children;
                if self.node_id(node) == id {
                    break;
                }
            }
        }
        let nodes = nodes.iter().filter(|_| part.depth > 0);
        Some(
            nodes
                .map(|node| self.branch(resolution, node, part.depth))
                .collect(),
        )
    }

    fn node_id<'c>(&'c self, node: &'c Node) -> &'c str {
        let permission = node.permission.and_then(|index| self.permission(index));
        permission.map_or(node.id.as_str(), Permission::as_str)
    }

    fn state(&self, resolution: &Resolution, node: &Node) -> State {
        let below = node.children.iter().map(|child| self.state(resolution, child));
        joined(resolution, node, below)
    }

    fn branch<'c>(&'c self, resolution: &Resolution, node: &'c Node, depth: usize) -> Branch<'c> {
        let children: Vec<Branch> = match depth {
            1 => Vec::new(),
            _ => node
                .children
                .iter()
                .map(|child| self.branch(resolution, child, depth - 1))
                .collect(),
        };
        let details = node.permission.and_then(|index| self.details.get(index));
        Branch {
            id: self.node_id(node),
            title: &node.title,
            description: node.description.as_deref(),
            state: match children.is_empty() {
                true => self.state(resolution, node),
                false => joined(resolution, node, children.iter().map(|child| child.state)),
            },
            grantable: node.permission.is_some(),
            from: node
                .permission
                .map(|index| self.sources(resolution, index))
                .unwrap_or_default(),
            deprecated: details.is_some_and(|details| details.deprecated.is_some()),
            more: node.children.len() - children.len(),
            children,
        }
    }
}

/// The state of a node whose children have these states.
fn joined(resolution: &Resolution, node: &Node, below: impl Iterator<Item = State>) -> State {
    let own = node
        .permission
        .map(|index| resolution.permissions.contains(index));
    let own = own
        .into_iter()
        .map(|given| if given { State::On } else { State::Off });
    own.chain(below)
        .reduce(|one, other| if one == other { one } else { State::Partly })
        .unwrap_or(State::Off)
}
