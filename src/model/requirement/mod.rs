//! The requirement of a request: one permission, all or any of a list, or an expression over them,
//! optionally on a resource.

mod expression;
mod read;

use super::grant::Grant;
use crate::catalog::Permissions;
use crate::codec::sort::sorted_by_count;
use crate::value::permission::{Permission, PermissionSet};
use crate::value::resource::Resource;
use expression::Expression;

/// The most bytes of a scope. Servers and proxies refuse responses with long headers, and a scope
/// of a thousand permissions is of no use.
const MAX_SCOPE_LENGTH: usize = 1_000;

/// A requirement. The empty one only authenticates.
#[derive(Debug, Default)]
pub struct Requirement {
    needs: Option<Expression>,
    /// The same as bits, if all permissions are needed and there are no alternatives. A thousand
    /// permissions then cost as much as one.
    all: Option<PermissionSet>,
    resource: Option<Resource>,
    /// What is needed besides: permissions, each on a resource of its own.
    on_resources: Vec<(usize, Resource)>,
}

impl Requirement {
    fn of(needs: Expression, resource: Option<Resource>) -> Requirement {
        Requirement {
            all: needs.all().map(PermissionSet::of),
            needs: Some(needs),
            resource,
            on_resources: Vec::new(),
        }
    }

    /// The same permission on a resource. `None` for any other requirement than one permission.
    #[must_use]
    pub fn on(&self, resource: Resource) -> Option<Requirement> {
        match (&self.needs, self.has_resource()) {
            (Some(Expression::One(permission)), false) => Some(Requirement {
                needs: Some(Expression::One(*permission)),
                all: None,
                resource: Some(resource),
                on_resources: Vec::new(),
            }),
            _ => None,
        }
    }

    /// Whether the requirement names a resource.
    #[must_use]
    pub fn has_resource(&self) -> bool {
        self.resource.is_some() || !self.on_resources.is_empty()
    }

    /// Whether a grant holds the required permissions on the required resource.
    #[must_use]
    pub fn is_met(&self, grant: &Grant) -> bool {
        let resource = self.resource.as_ref();
        let mut on_resources = self.on_resources.iter();
        if !on_resources.all(|(permission, place)| grant.holds(*permission, Some(place))) {
            return false;
        }
        if let Some(all) = &self.all
            && let Some(held) = grant.holds_all(all, resource)
        {
            return held;
        }
        match &self.needs {
            Some(needs) => needs.holds(&|permission| grant.holds(permission, resource)),
            None => true,
        }
    }

    /// Whether a grant holds the required permissions on any resource.
    #[must_use]
    pub fn is_met_somewhere(&self, grant: &Grant) -> bool {
        let mut on_resources = self.on_resources.iter();
        on_resources.all(|(permission, _)| grant.has(*permission))
            && self
                .needs
                .as_ref()
                .is_none_or(|needs| needs.holds(&|permission| grant.has(permission)))
    }

    /// The missing permissions, by index; none if the requirement is met. Of alternatives, all
    /// missing ones are returned.
    #[must_use]
    pub fn missing(&self, grant: &Grant) -> Vec<usize> {
        let mut missing = Vec::new();
        if let Some(needs) = &self.needs {
            needs.collect_missing(&|permission| grant.has(permission), &mut missing);
        }
        self.with_missing_on_resources(missing, grant)
    }

    /// Adds what is missing of the permissions that are needed on resources of their own.
    fn with_missing_on_resources(&self, mut missing: Vec<usize>, grant: &Grant) -> Vec<usize> {
        let named = self.on_resources.iter().map(|(permission, _)| *permission);
        missing.extend(named.filter(|permission| !grant.has(*permission)));
        missing = sorted_by_count(missing, |index| *index);
        missing.dedup();
        missing
    }

    /// All permissions that the requirement names, by index.
    #[must_use]
    pub fn named(&self, catalog: &Permissions) -> Vec<usize> {
        self.missing(&Grant::new(catalog.nothing(), Resource::root()))
    }

    /// Adds all permissions that the requirement names to a set of the catalog. Returns whether
    /// there are any.
    pub fn add_named(&self, to: &mut PermissionSet) -> bool {
        match (&self.all, &self.needs) {
            (Some(all), _) => to.union(all),
            (None, Some(needs)) => needs.each(&mut |permission| {
                to.insert(permission);
            }),
            (None, None) => {}
        }
        for (permission, _) in &self.on_resources {
            to.insert(*permission);
        }
        self.needs.is_some() || !self.on_resources.is_empty()
    }

    /// The smallest set of permissions that a grant needs in addition, by index. Of sets of equal
    /// size, the first as written.
    ///
    /// All sets are tried in the order of their size, up to a bound that only expressions with
    /// dozens of alternatives reach. Beyond it, the result is a small set that need not be the
    /// smallest.
    #[must_use]
    pub fn fewest_missing(&self, grant: &Grant) -> Vec<usize> {
        let missing = self.missing(grant);
        let fewest = self
            .needs
            .as_ref()
            .map(|needs| needs.fewest(&missing, &|permission| grant.has(permission)))
            .unwrap_or_default();
        if self.on_resources.is_empty() {
            return fewest;
        }
        self.with_missing_on_resources(fewest, grant)
    }

    /// The scope of a challenge (RFC 6750 §3). It depends on the requirement alone, because the
    /// network must not learn what a grant has or lacks. `None` if it is empty, or too long for a
    /// header.
    #[must_use]
    pub fn scope(&self, catalog: &Permissions) -> Option<String> {
        let nothing = Grant::new(catalog.nothing(), Resource::root());
        let needed = self.fewest_missing(&nothing);
        let ids = needed
            .into_iter()
            .filter_map(|index| catalog.permission(index))
            .map(Permission::as_str);
        let scope = ids.collect::<Vec<&str>>().join(" ");
        (1..=MAX_SCOPE_LENGTH).contains(&scope.len()).then_some(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::codec::json::Value;
    use crate::input::Problems;

    fn catalog() -> Catalog {
        let document =
            r#"{"services": {"s": {"title": "S", "permissions": {"a": "A", "b": "B", "c": "C"}}}}"#;
        Catalog::compile(&serde_json::from_str(document).unwrap()).unwrap()
    }

    fn read(json: &str) -> Result<Requirement, Vec<crate::input::Problem>> {
        let mut problems = Problems::default();
        let value: Value = serde_json::from_str(json).unwrap();
        let requirement = Requirement::read(Some(&value), &catalog(), &mut problems);
        requirement.ok_or_else(|| problems.into_vec())
    }

    fn grant(letters: &str) -> Grant {
        let catalog = catalog();
        let mut set = catalog.nothing();
        for index in letters
            .chars()
            .filter_map(|letter| catalog.index(&format!("s:{letter}")))
        {
            set.insert(index);
        }
        Grant::new(set, Resource::parse("").unwrap())
    }

    /// The letters of permissions.
    fn letters(indices: &[usize]) -> String {
        indices.iter().map(|index| ['a', 'b', 'c'][*index]).collect()
    }

    #[test]
    fn a_scope_is_no_longer_than_a_header_can_take() {
        // 15 permissions of 65 characters with a space after each, and one that fills the rest.
        for (last, sent) in [(2, true), (10, true), (11, false), (60, false)] {
            let mut names: Vec<String> = (10..25).map(|at| format!("{at}{}", "x".repeat(61))).collect();
            names.push("y".repeat(last - 2));
            names.retain(|name| !name.is_empty());
            let permissions: Vec<String> = names.iter().map(|name| format!("\"{name}\": \"A\"")).collect();
            let document = format!(
                r#"{{"services": {{"s": {{"title": "S", "permissions": {{{}}}}}}}}}"#,
                permissions.join(", ")
            );
            let catalog = Catalog::compile(&serde_json::from_str(&document).unwrap()).unwrap();
            let ids: Vec<String> = names.iter().map(|name| format!("s:{name}")).collect();
            let value: Value = serde_json::from_str(&serde_json::to_string(&ids).unwrap()).unwrap();
            let mut problems = Problems::default();
            let requirement = Requirement::read(Some(&value), &catalog, &mut problems).unwrap();
            let scope = ids.join(" ");
            assert_eq!(scope.len() <= 1_000, sent, "{}", scope.len());
            assert_eq!(requirement.scope(&catalog), sent.then_some(scope));
        }
        assert_eq!(
            read("[]").ok().and_then(|nothing| nothing.scope(&catalog())),
            None
        );
    }

    #[test]
    fn truth_tables() {
        type Rule = fn(bool, bool, bool) -> bool;
        let cases: [(&str, Rule); 10] = [
            (r#""s:a""#, |a, _, _| a),
            (r#"["s:a", "s:b"]"#, |a, b, _| a && b),
            (r#"{"permission": "s:c"}"#, |_, _, c| c),
            (r#"{"all": ["s:a", "s:c"]}"#, |a, _, c| a && c),
            (r#"{"any": ["s:a", "s:c"]}"#, |a, _, c| a || c),
            (r#""s:a AND (s:b OR s:c)""#, |a, b, c| a && (b || c)),
            (r#""s:a AND s:b OR s:c""#, |a, b, c| (a && b) || c),
            (r#""s:a OR s:b AND s:c""#, |a, b, c| a || (b && c)),
            (r#""((s:a)) or(s:b)and s:c""#, |a, b, c| a || (b && c)),
            (r#"{"expr": "(s:a OR s:b)\tAND\n(s:b OR s:c)"}"#, |a, b, c| {
                b || (a && c)
            }),
        ];
        for (json, rule) in cases {
            let requirement = read(json).unwrap();
            for held in ["", "a", "b", "c", "ab", "ac", "bc", "abc"] {
                let expected = rule(held.contains('a'), held.contains('b'), held.contains('c'));
                assert_eq!(requirement.is_met(&grant(held)), expected, "{json} with {held}");
                let as_bits = requirement
                    .all
                    .as_ref()
                    .and_then(|all| grant(held).holds_all(all, None));
                assert!(as_bits.is_none_or(|held| held == expected), "{json} with {held}");
                assert_eq!(
                    requirement.missing(&grant(held)).is_empty(),
                    expected,
                    "{json} with {held}"
                );
                assert_eq!(
                    requirement.fewest_missing(&grant(held)).is_empty(),
                    expected,
                    "{json} with {held}"
                );
            }
        }
    }

    #[test]
    fn what_is_missing_is_named_once_and_the_fewest_are_found() {
        for (json, held, missing, fewest) in [
            (r#""s:a AND (s:b OR s:c) AND s:b""#, "a", "bc", "b"),
            (r#""s:a AND (s:b OR s:c)""#, "c", "a", "a"),
            (r#""(s:a OR s:b) AND (s:b OR s:c)""#, "", "abc", "b"),
            (r#""s:a AND s:b OR s:c""#, "", "abc", "c"),
            (r#""s:a AND s:b OR s:c""#, "a", "bc", "b"),
            (r#"["s:a", "s:b", "s:c"]"#, "b", "ac", "ac"),
            (r#""s:a""#, "a", "", ""),
        ] {
            let requirement = read(json).unwrap();
            assert_eq!(
                letters(&requirement.missing(&grant(held))),
                missing,
                "{json} with {held}"
            );
            assert_eq!(
                letters(&requirement.fewest_missing(&grant(held))),
                fewest,
                "{json} with {held}"
            );
        }
    }

    #[test]
    fn what_is_no_requirement() {
        for json in [
            "null",
            "7",
            "[]",
            "{}",
            "[7]",
            r#""""#,
            r#""s:a AND""#,
            r#""AND s:a""#,
            r#""s:a s:b""#,
            r#""(s:a""#,
            r#""s:a)""#,
            r#""()""#,
            r#""s:*""#,
            r#"{"permission": "s:a", "any": ["s:b"]}"#,
            r#"{"permission": "s:a", "resource": "a//b"}"#,
            r#"{"permision": "s:a"}"#,
            r#"{"resource": "org:acme"}"#,
            r#""s:A""#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
        assert!(read(&format!("\"{}s:a{}\"", "(".repeat(33), ")".repeat(33))).is_err());
        assert!(read(&format!("\"{}s:a{}\"", "(".repeat(32), ")".repeat(32))).is_ok());
    }

    #[test]
    fn what_is_wrong_with_an_expression_is_told() {
        let deep = format!("{}s:a{}", "(".repeat(33), ")".repeat(33));
        for (text, message) in [
            ("", "the expression ends where a permission is expected"),
            ("s:a AND", "the expression ends where a permission is expected"),
            ("AND s:a", "\"AND\" is where a permission is expected"),
            ("s:a or", "the expression ends where a permission is expected"),
            (
                "s:a s:b",
                "unexpected \"s:b\" in the expression; join permissions with AND or OR",
            ),
            ("(s:a", "a \"(\" has no \")\""),
            ("()", "a \")\" has no \"(\""),
            (&deep, "has parentheses deeper than 32"),
        ] {
            let problems = read(&format!("{{\"expr\": \"{text}\"}}")).unwrap_err();
            assert_eq!(problems[0].path, "requirement.expr", "{text}");
            assert_eq!(problems[0].message, message, "{text}");
        }
    }

    #[test]
    fn an_unknown_permission_is_told_with_the_nearest() {
        let problems = read(r#"{"all": ["s:a", "t:b"]}"#).unwrap_err();
        assert_eq!(problems[0].path, "requirement.all[1]");
        assert!(
            problems[0].message.contains("did you mean \"s:b\""),
            "{}",
            problems[0].message
        );
    }
}
