//! What a request needs: one permission, all or any of a list, or an expression over them, on a resource or none.

use crate::catalog::Catalog;
use crate::grant::Grant;
use crate::input::members::text_list;
use crate::input::{Members, Path, Problems, Value, quote};
use crate::order::sorted_by_count;
use crate::resource::Resource;

const MOST_PERMISSIONS: usize = 1_000;
const LONGEST_EXPRESSION: usize = 4_000;
const DEEPEST: usize = 32;
const MOST_CHOICES: usize = 10_000;

/// A requirement. Absent means: only authenticate.
#[derive(Debug, Default)]
pub struct Requirement {
    needs: Option<Expression>,
    resource: Option<Resource>,
}

/// An expression over permissions by index. `AND` binds tighter than `OR`.
#[derive(Debug, PartialEq, Eq)]
enum Expression {
    One(usize),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

impl Requirement {
    /// Reads a requirement: absent, `'messages:send'`, `['a:b', 'c:d']` (all), `'a:b AND (c:d OR e:f)'`, or
    /// `{ permission | all | any | expr, resource? }`.
    ///
    /// A permission that the catalog does not have is a problem with the nearest right name: a programming error, never a silent yes or no.
    pub fn read(value: Option<&Value>, catalog: &Catalog, problems: &mut Problems) -> Requirement {
        let path = Path::call().member("requirement");
        let reader = Reader { catalog };
        match value {
            None => Requirement::default(),
            Some(value @ Value::Text(_)) => Requirement {
                needs: reader.expression(value, &path, problems),
                resource: None,
            },
            Some(value @ Value::List(_)) => Requirement {
                needs: reader.list(value, &path, problems).map(Expression::All),
                resource: None,
            },
            Some(value) => reader.object(value, &path, problems),
        }
    }

    /// The resource that the request is about.
    #[must_use]
    pub fn resource(&self) -> Option<&Resource> {
        self.resource.as_ref()
    }

    /// Whether a grant has what is needed, there where it is needed.
    #[must_use]
    pub fn is_met(&self, grant: &Grant) -> bool {
        let resource = self.resource.as_ref();
        match &self.needs {
            Some(needs) => needs.holds(&|permission| grant.holds(permission, resource)),
            None => true,
        }
    }

    /// Whether a grant has the permissions, wherever it reaches.
    #[must_use]
    pub fn is_met_somewhere(&self, grant: &Grant) -> bool {
        self.needs
            .as_ref()
            .is_none_or(|needs| needs.holds(&|permission| grant.has(permission)))
    }

    /// The permissions that are missing, by index; none if the grant has what is needed. Of alternatives all that are missing are named.
    #[must_use]
    pub fn missing(&self, grant: &Grant) -> Vec<usize> {
        let mut missing = Vec::new();
        if let Some(needs) = &self.needs {
            needs.collect_missing(&|permission| grant.has(permission), &mut missing);
            missing = sorted_by_count(missing, |index| *index);
            missing.dedup();
        }
        missing
    }

    /// The fewest permissions that a grant needs besides, by index. Of equal choices the first one written.
    ///
    /// All choices are tried in the order of their size, up to a bound that only expressions of dozens of alternatives reach; beyond it a
    /// small choice that need not be the smallest.
    #[must_use]
    pub fn fewest_missing(&self, grant: &Grant) -> Vec<usize> {
        let Some(needs) = &self.needs else {
            return Vec::new();
        };
        let small = needs.few_missing(&|permission| grant.has(permission));
        let (candidates, mut left) = (self.missing(grant), MOST_CHOICES);
        for size in 1..small.len() {
            let mut chosen = Vec::with_capacity(size);
            if choose(&candidates, size, &mut chosen, &mut left, &|chosen| {
                needs.holds(&|permission| grant.has(permission) || chosen.contains(&permission))
            }) {
                return chosen;
            }
        }
        small
    }
}

/// Finds the first choice of `size` candidates, in their order, that will do.
fn choose(
    candidates: &[usize],
    size: usize,
    chosen: &mut Vec<usize>,
    left: &mut usize,
    will_do: &dyn Fn(&[usize]) -> bool,
) -> bool {
    if size == 0 {
        *left = left.saturating_sub(1);
        return will_do(chosen);
    }
    for (at, candidate) in candidates.iter().enumerate() {
        if *left == 0 {
            return false;
        }
        chosen.push(*candidate);
        if choose(
            candidates.get(at + 1..).unwrap_or_default(),
            size - 1,
            chosen,
            left,
            will_do,
        ) {
            return true;
        }
        chosen.pop();
    }
    false
}

impl Expression {
    fn holds(&self, held: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Expression::One(permission) => held(*permission),
            Expression::All(parts) => parts.iter().all(|part| part.holds(held)),
            Expression::Any(parts) => parts.iter().any(|part| part.holds(held)),
        }
    }

    fn collect_missing(&self, held: &dyn Fn(usize) -> bool, missing: &mut Vec<usize>) {
        match self {
            _ if self.holds(held) => {}
            Expression::One(permission) => missing.push(*permission),
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| part.collect_missing(held, missing));
            }
        }
    }

    /// A small choice: of alternatives the one that needs least by itself.
    fn few_missing(&self, held: &dyn Fn(usize) -> bool) -> Vec<usize> {
        match self {
            Expression::One(permission) if held(*permission) => Vec::new(),
            Expression::One(permission) => vec![*permission],
            Expression::Any(parts) => parts
                .iter()
                .map(|part| part.few_missing(held))
                .min_by_key(Vec::len)
                .unwrap_or_default(),
            Expression::All(parts) => {
                let mut all: Vec<usize> = Vec::new();
                for part in parts {
                    // What an earlier part asks for already costs nothing here.
                    let more = part.few_missing(&|permission| held(permission) || all.contains(&permission));
                    all.extend(more);
                }
                sorted_by_count(all, |index| *index)
            }
        }
    }
}

struct Reader<'c> {
    catalog: &'c Catalog,
}

impl Reader<'_> {
    fn object(&self, value: &Value, path: &Path, problems: &mut Problems) -> Requirement {
        let forms = ["permission", "all", "any", "expr"];
        let known = ["permission", "all", "any", "expr", "resource"];
        let Some(members) = Members::open(value, path, &known, problems) else {
            return Requirement::default();
        };
        let resource = members.parsed("resource", problems, Resource::parse);
        let given: Vec<(&str, &Value)> = forms
            .into_iter()
            .filter_map(|form| Some((form, members.value(form)?)))
            .collect();
        let [(form, value)] = given.as_slice() else {
            problems.add(path, format!("needs exactly one of {}", forms.join(", ")));
            return Requirement::default();
        };
        let path = members.path(form);
        let needs = match *form {
            "permission" => members
                .text(form, problems)
                .and_then(|id| self.permission(id, &path, problems))
                .map(Expression::One),
            "all" => self.list(value, &path, problems).map(Expression::All),
            "any" => self.list(value, &path, problems).map(Expression::Any),
            _ => self.expression(value, &path, problems),
        };
        Requirement { needs, resource }
    }

    fn permission(&self, id: &str, path: &Path, problems: &mut Problems) -> Option<usize> {
        problems.keep(path, self.catalog.known(id))
    }

    fn list(&self, value: &Value, path: &Path, problems: &mut Problems) -> Option<Vec<Expression>> {
        let texts = text_list(value, path, MOST_PERMISSIONS, problems);
        if matches!(value, Value::List(items) if items.is_empty()) {
            problems.add(path, "is empty; leave the requirement out to authenticate only");
            return None;
        }
        let parts = texts
            .iter()
            .filter_map(|(id, path)| self.permission(id, path, problems));
        Some(parts.map(Expression::One).collect())
    }

    fn expression(&self, value: &Value, path: &Path, problems: &mut Problems) -> Option<Expression> {
        let Value::Text(text) = value else {
            problems.add(path, format!("expected a string, got {}", value.kind()));
            return None;
        };
        if text.len() > LONGEST_EXPRESSION {
            problems.add(path, format!("is longer than {LONGEST_EXPRESSION} characters"));
            return None;
        }
        let tokens = tokenize(text);
        let mut parser = Parser {
            tokens: &tokens,
            reader: self,
            path,
            problems,
        };
        let parsed = parser.any(DEEPEST).and_then(|expression| match parser.tokens {
            [] => Ok(expression),
            [next, ..] => Err(format!("unexpected {} in the expression", quote(next))),
        });
        match parsed {
            Ok(expression) => expression,
            Err(message) => {
                problems.add(path, message);
                None
            }
        }
    }
}

/// Parentheses, and the words between them and white space.
fn tokenize(text: &str) -> Vec<&str> {
    text.split_inclusive(|c: char| c.is_whitespace() || c == '(' || c == ')')
        .flat_map(|piece| {
            let word = piece.trim_end_matches(|c: char| c.is_whitespace() || c == '(' || c == ')');
            let (word, mark) = piece.split_at_checked(word.len()).unwrap_or((piece, ""));
            [word, mark.trim()]
        })
        .filter(|token| !token.is_empty())
        .collect()
}

/// Recursive descent: any = all ("OR" all)*, all = one ("AND" one)*, one = permission | "(" any ")". An inner `None` is a permission that
/// the catalog does not have, already told.
struct Parser<'p> {
    tokens: &'p [&'p str],
    reader: &'p Reader<'p>,
    path: &'p Path,
    problems: &'p mut Problems,
}

type Parsed = Result<Option<Expression>, String>;

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Parsed {
        self.joined("OR", Expression::Any, |parser| {
            parser.joined("AND", Expression::All, |parser| parser.one(depth))
        })
    }

    fn joined(
        &mut self,
        word: &str,
        join: fn(Vec<Expression>) -> Expression,
        mut part: impl FnMut(&mut Self) -> Parsed,
    ) -> Parsed {
        let mut parts = vec![part(self)?];
        while let Some((next, rest)) = self.tokens.split_first()
            && next.eq_ignore_ascii_case(word)
        {
            self.tokens = rest;
            parts.push(part(self)?);
        }
        let parts: Option<Vec<Expression>> = parts.into_iter().collect();
        Ok(parts.and_then(|mut parts| {
            if parts.len() == 1 {
                parts.pop()
            } else {
                Some(join(parts))
            }
        }))
    }

    fn one(&mut self, depth: usize) -> Parsed {
        let Some((next, rest)) = self.tokens.split_first() else {
            return Err("the expression ends where a permission is expected".to_owned());
        };
        self.tokens = rest;
        match *next {
            "(" => {
                let deeper = depth
                    .checked_sub(1)
                    .ok_or(format!("has parentheses deeper than {DEEPEST}"))?;
                let inner = self.any(deeper)?;
                match self.tokens.split_first() {
                    Some((&")", rest)) => self.tokens = rest,
                    _ => return Err("a parenthesis is not closed".to_owned()),
                }
                Ok(inner)
            }
            ")" => Err("a parenthesis closes what was not opened".to_owned()),
            word if word.eq_ignore_ascii_case("AND") || word.eq_ignore_ascii_case("OR") => {
                Err(format!("{} stands where a permission is expected", quote(word)))
            }
            id => Ok(self
                .reader
                .permission(id, self.path, self.problems)
                .map(Expression::One)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let document =
            r#"{"services": {"s": {"title": "S", "permissions": {"a": "A", "b": "B", "c": "C"}}}}"#;
        Catalog::compile(&serde_json::from_str(document).unwrap()).unwrap()
    }

    fn read(json: &str) -> Result<Requirement, Vec<crate::input::Problem>> {
        let mut problems = Problems::default();
        let value: Value = serde_json::from_str(json).unwrap();
        let requirement = Requirement::read(Some(&value), &catalog(), &mut problems);
        if problems.is_empty() {
            Ok(requirement)
        } else {
            Err(problems.into_vec())
        }
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
