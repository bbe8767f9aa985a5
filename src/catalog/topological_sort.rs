//! Sorts a directed graph topologically and finds cycles.

/// Sorts the nodes of a graph so that each node comes after its targets. `edges[node]` holds the
/// targets of `node`.
///
/// # Errors
/// The nodes of one cycle, in order.
pub(super) fn dependencies_first(edges: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; edges.len()];
    let mut order = Vec::with_capacity(edges.len());
    // An explicit stack instead of recursion: a chain can be as long as the catalog.
    let mut trail: Vec<(usize, usize)> = Vec::new();
    for start in 0..edges.len() {
        if marks.get(start) == Some(&Mark::New) {
            trail.push((start, 0));
        }
        while let Some((node, next)) = trail.last_mut() {
            let node = *node;
            let target = edges.get(node).and_then(|targets| targets.get(*next)).copied();
            *next += 1;
            let Some(target) = target else {
                set(&mut marks, node, Mark::Done);
                order.push(node);
                trail.pop();
                continue;
            };
            set(&mut marks, node, Mark::Open);
            match marks.get(target) {
                Some(Mark::New) => trail.push((target, 0)),
                Some(Mark::Open) => {
                    return Err(trail
                        .iter()
                        .map(|(node, _)| *node)
                        .skip_while(|node| *node != target)
                        .collect());
                }
                _ => {}
            }
        }
    }
    return Ok(order);

    fn set(marks: &mut [Mark], node: usize, mark: Mark) {
        if let Some(slot) = marks.get_mut(node) {
            *slot = mark;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::dependencies_first;

    #[test]
    fn what_is_pointed_to_comes_first() {
        assert_eq!(
            dependencies_first(&[vec![1, 2], vec![2], vec![]]),
            Ok(vec![2, 1, 0])
        );
    }

    #[test]
    fn a_cycle_is_named() {
        assert_eq!(dependencies_first(&[vec![1], vec![2], vec![1]]), Err(vec![1, 2]));
        assert_eq!(dependencies_first(&[vec![0]]), Err(vec![0]));
    }

    #[test]
    fn a_long_chain_does_not_exhaust_the_stack() {
        let edges: Vec<Vec<usize>> = (0..200_000)
            .map(|node| if node == 0 { vec![] } else { vec![node - 1] })
            .collect();
        assert_eq!(dependencies_first(&edges).unwrap().len(), 200_000);
    }
}
