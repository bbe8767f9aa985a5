//! Finds the forms that match a path, among those of one method.
//!
//! A router library such as `matchit` resolves routes that cross (`/{a}/x` and `/b/{c}`) by
//! precedence, and finds one. The server that answers may resolve them differently, so here all
//! that could answer are found.

use super::path_form::{PARAMETER, TAIL_SEGMENT, covers, covers_segment, segments};
use crate::codec::sort::sorted_by;

/// Forms in a tree of segments. Each is found by its number.
#[derive(Debug, Default)]
pub(super) struct Router {
    root: Node,
    forms: Vec<Vec<u8>>,
}

#[derive(Debug, Default)]
pub(super) struct Node {
    /// The nodes below, in the order of their [`Place`]s: literals, by their hashes, come first.
    children: Vec<Child>,
    /// The hashes of the literals.
    hashes: Vec<u32>,
    /// By what to look for other children: each class with each length of its affixes.
    affixes: Vec<(Class, usize)>,
    /// The form that ends here.
    pub(super) end: Option<usize>,
    /// The form that ends with a tail behind this node.
    pub(super) tail: Option<usize>,
}

#[derive(Debug)]
struct Child {
    class: Class,
    segment: Vec<u8>,
    node: Node,
}

/// What children are sorted and found by, so that a node may have any number of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// No parameter: found by its text.
    Literal,
    /// Found by the literal that it starts with.
    Prefix,
    /// Found by the literal that it ends with.
    Suffix,
    /// Nothing but a parameter.
    Parameter,
}

impl Class {
    fn of(segment: &[u8]) -> Class {
        match segment.iter().rposition(|byte| *byte == PARAMETER) {
            None => Class::Literal,
            Some(0) if segment.len() == 1 => Class::Parameter,
            Some(last) if last + 1 == segment.len() => Class::Prefix,
            Some(_) => Class::Suffix,
        }
    }

    /// The part of a segment that it is found by.
    pub(super) fn affix(self, segment: &[u8]) -> &[u8] {
        let mut literals = segment.split(|byte| *byte == PARAMETER);
        let affix = match self {
            Class::Literal => Some(segment),
            Class::Prefix => literals.next(),
            Class::Suffix => literals.next_back(),
            Class::Parameter => None,
        };
        affix.unwrap_or_default()
    }

    /// The affix of this length of the segments that could match a text.
    fn affix_of(self, text: &[u8], length: usize) -> Option<&[u8]> {
        match self {
            Class::Literal => Some(text),
            Class::Prefix => text.get(..length),
            Class::Suffix => text.get(text.len().checked_sub(length)?..),
            Class::Parameter => Some(b""),
        }
    }
}

/// FNV-1a. The literals are those of the catalog, so no request can make them collide.
fn hash(text: &[u8]) -> u32 {
    text.iter().fold(NO_TEXT, hashed)
}

/// The hash of an empty text.
const NO_TEXT: u32 = 0x811c_9dc5;

/// The hash of a text with one more byte.
fn hashed(hash: u32, byte: &u8) -> u32 {
    (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
}

/// Numbers of forms. Nearly all requests have one, which allocates nothing.
#[derive(Default)]
pub(super) struct Found {
    pub(super) first: Option<usize>,
    pub(super) more: Vec<usize>,
}

impl Found {
    fn add(&mut self, form: Option<usize>) {
        match (form, self.first) {
            (Some(_), None) => self.first = form,
            (Some(form), Some(_)) => self.more.push(form),
            (None, _) => {}
        }
    }

    fn into_vec(self) -> Vec<usize> {
        self.first.into_iter().chain(self.more).collect()
    }
}

/// What a segment is sorted by: the literals by their hashes, all others by their affixes. `None`,
/// of a form that has ended, comes first.
type Place<'f> = (Class, u32, &'f [u8], &'f [u8]);

fn place(segment: &[u8]) -> Place<'_> {
    let class = Class::of(segment);
    match class {
        Class::Literal => (class, hash(segment), b"", segment),
        _ => (class, 0, class.affix(segment), segment),
    }
}

/// The indices of the forms in the order of their first segments, then of their second, and so on.
///
/// Sorted segment by segment, because forms have long starts in common: comparing whole forms reads
/// these anew each time, from all over the memory.
fn sorted(forms: &[Vec<u8>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..forms.len()).collect();
    // Forms that are equal up to this byte.
    let mut alike = vec![(0..forms.len(), 1)];
    while let Some((range, start)) = alike.pop() {
        let Some(indices) = order.get_mut(range.clone()) else {
            continue;
        };
        let placed = indices.iter().map(|index| {
            let rest = forms.get(*index).and_then(|form| form.get(start..));
            let segment = rest.and_then(|rest| rest.split(|byte| *byte == b'/').next());
            (segment.map(place), *index)
        });
        let placed = sorted_by(placed.collect(), |(one, _), (other, _)| one.cmp(other));
        for (slot, (_, index)) in indices.iter_mut().zip(&placed) {
            *slot = *index;
        }
        let mut first = range.start;
        for group in placed.chunk_by(|(one, _), (other, _)| one == other) {
            let range = first..first + group.len();
            first = range.end;
            if let [(Some((.., segment)), _), _, ..] = group {
                alike.push((range, start + segment.len() + 1));
            }
        }
    }
    order
}

impl Router {
    /// Compiles forms. The second list has the number of each.
    pub(super) fn compile(mut forms: Vec<Vec<u8>>) -> (Router, Vec<usize>) {
        let mut router = Router::default();
        let mut numbers = vec![0; forms.len()];
        let order = sorted(&forms);
        for at in order {
            let Some(form) = forms.get_mut(at).map(std::mem::take) else {
                continue;
            };
            let next = router.forms.len();
            let mut node = &mut router.root;
            for segment in segments(&form).filter(|segment| *segment != TAIL_SEGMENT) {
                node = node.below(segment);
            }
            let place = match form.ends_with(TAIL_SEGMENT) {
                true => &mut node.tail,
                false => &mut node.end,
            };
            let number = *place.get_or_insert(next);
            if number == next {
                router.forms.push(form);
            }
            if let Some(slot) = numbers.get_mut(at) {
                *slot = number;
            }
        }
        (router, numbers)
    }

    /// The forms that match a path, by their numbers. If one has no parameter, only that: no other
    /// is as narrow.
    pub(super) fn find(&self, path: &[u8]) -> Vec<usize> {
        self.found(path).into_vec()
    }

    /// As [`Router::find`].
    pub(super) fn found(&self, path: &[u8]) -> Found {
        let mut found = Found::default();
        self.root
            .find(path.get(1..).unwrap_or_default(), true, &mut found);
        found
    }

    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    /// A form by its number.
    pub(super) fn form(&self, number: usize) -> &[u8] {
        self.forms.get(number).map_or(b"", Vec::as_slice)
    }

    /// The forms that match a path and that no other of them shadows.
    pub(super) fn narrowest(&self, path: &[u8]) -> Vec<usize> {
        narrowest(self.find(path), |number| self.form(*number))
    }
}

/// The items whose forms no narrower form of another shadows. A form shadows another if the other
/// matches every path that it matches, and more.
pub(super) fn narrowest<'f, T: Copy>(items: Vec<T>, form: impl Fn(&T) -> &'f [u8]) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let is_narrower = |one: &[u8], other: &[u8]| covers(other, one) && !covers(one, other);
    let is_shadowed = |item: &&T| items.iter().any(|other| is_narrower(form(other), form(item)));
    items.iter().filter(|item| !is_shadowed(item)).copied().collect()
}

impl Node {
    /// The child node for a segment that is no tail. Creates it if it is absent. Segments come in
    /// their order, so it can only be the last.
    fn below(&mut self, segment: &[u8]) -> &mut Node {
        if self.children.last().is_none_or(|last| last.segment != segment) {
            let class = Class::of(segment);
            let length = class.affix(segment).len();
            if class == Class::Literal {
                self.hashes.push(hash(segment));
            } else if !self.affixes.contains(&(class, length)) {
                self.affixes.push((class, length));
            }
            self.children.push(Child {
                class,
                segment: segment.to_owned(),
                node: Node::default(),
            });
        }
        // The list has an item: it was just added, or is the one that was found.
        #[allow(clippy::indexing_slicing)]
        let last = self.children.len() - 1;
        #[allow(clippy::indexing_slicing)]
        &mut self.children[last].node
    }

    /// The child with this literal. `wanted`: its hash.
    fn literal(&self, text: &[u8], wanted: u32) -> Option<&Child> {
        let first = self.hashes.partition_point(|hash| *hash < wanted);
        let same = self.hashes.get(first..).unwrap_or_default().iter();
        let same = same.take_while(|hash| **hash == wanted);
        let mut children = same.zip(self.children.get(first..).unwrap_or_default());
        children
            .find(|(_, child)| child.segment == text)
            .map(|(_, child)| child)
    }

    /// The children with parameters that match a segment of a path.
    fn open(&self, text: &[u8]) -> impl Iterator<Item = &Child> {
        let of_affix = move |(class, length): &(Class, usize)| {
            let affix = class.affix_of(text, *length);
            let wanted = (*class, affix.unwrap_or_default());
            let place = move |child: &Child| (child.class, child.class.affix(&child.segment)).cmp(&wanted);
            let children = self.children.get(self.hashes.len()..).unwrap_or_default();
            let first = children.partition_point(|child| place(child).is_lt());
            let children = children.get(first..).filter(|_| affix.is_some());
            let children = children.unwrap_or_default().iter();
            children.take_while(move |child| place(child).is_eq())
        };
        let is_matching = move |child: &&Child| covers_segment(&child.segment, text);
        self.affixes.iter().flat_map(of_affix).filter(is_matching)
    }

    /// The children that match a segment of a path, with their segments. Literals come first.
    pub(super) fn matching<'n>(&'n self, text: &'n [u8]) -> impl Iterator<Item = (&'n [u8], &'n Node)> {
        let children = self.literal(text, hash(text)).into_iter().chain(self.open(text));
        children.map(|child| (child.segment.as_slice(), &child.node))
    }

    /// All children with their segments.
    pub(super) fn children(&self) -> impl Iterator<Item = (&[u8], &Node)> {
        self.children
            .iter()
            .map(|child| (child.segment.as_slice(), &child.node))
    }

    /// Adds the forms that match the rest of a path behind a separator. `is_literal`: no parameter
    /// leads to this node. Returns whether a form without parameters was found.
    fn find(&self, path: &[u8], is_literal: bool, found: &mut Found) -> bool {
        let (mut end, mut hash) = (0, NO_TEXT);
        for byte in path.iter().take_while(|byte| **byte != b'/') {
            end += 1;
            hash = hashed(hash, byte);
        }
        let (text, below) = path.split_at_checked(end).unwrap_or_default();
        let below = below.get(1..);
        if let Some(child) = self.literal(text, hash)
            && child.node.find_below(below, is_literal, found)
        {
            return true;
        }
        match (self.affixes.as_slice(), self.children.last()) {
            ([], _) => {}
            // Most nodes have no other parameter.
            ([(Class::Parameter, _)], Some(child)) => {
                if !text.is_empty() {
                    child.node.find_below(below, false, found);
                }
            }
            _ => {
                for child in self.open(text) {
                    child.node.find_below(below, false, found);
                }
            }
        }
        if self.tail.is_some() && !text.is_empty() && path.last() != Some(&b'/') {
            found.add(self.tail);
        }
        false
    }

    /// As [`Node::find`], of what is left of a path behind the segment of this node, if anything.
    fn find_below(&self, path: Option<&[u8]>, is_literal: bool, found: &mut Found) -> bool {
        match path {
            Some(path) => self.find(path, is_literal, found),
            None if is_literal && self.end.is_some() => {
                *found = Found::default();
                found.add(self.end);
                true
            }
            None => {
                found.add(self.end);
                false
            }
        }
    }
}
