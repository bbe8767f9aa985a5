//! Reads a requirement from its written forms.

use std::error::Error;
use std::fmt;

use super::Requirement;
use super::expression::Expression;
use crate::catalog::Permissions;
use crate::codec::json::Value;
use crate::input::object::text_list;
use crate::input::{Detail, Members, Path, Problems, message};
use crate::value::resource::Resource;

/// Permissions, each on a resource of its own.
type OnResources = Vec<(usize, Resource)>;

const MAX_PERMISSIONS: usize = 1_000;
const MAX_EXPRESSION_LENGTH: usize = 4_000;
const MAX_DEPTH: usize = 32;

impl Requirement {
    /// Reads a requirement: absent, `'messages:send'`, `['a:b', 'c:d']` (all), `'a:b AND (c:d OR
    /// e:f)'`, or `{ permission | all | any | expr, resource? }`. An item of `all` may be
    /// `{ permission, resource? }`, on a resource of its own.
    ///
    /// A permission that is not in the catalog is a problem, reported with the nearest known name.
    /// It is a programming error, never a silent yes or no.
    pub fn read(
        value: Option<&Value>,
        catalog: &Permissions,
        problems: &mut Problems,
    ) -> Option<Requirement> {
        let before = problems.len();
        let path = Path::call().member("requirement");
        let reader = Reader { catalog };
        let requirement = match value {
            None => Some(Requirement::default()),
            Some(value @ Value::Text(_)) => reader
                .expression(value, &path, problems)
                .map(|needs| Requirement::of(needs, None)),
            Some(value @ Value::List(_)) => reader
                .list(value, &path, problems)
                .map(|all| Requirement::of(Expression::All(all), None)),
            Some(value) => reader.object(value, &path, problems),
        };
        requirement.filter(|_| problems.len() == before)
    }
}

struct Reader<'c> {
    catalog: &'c Permissions,
}

impl Reader<'_> {
    fn object(&self, value: &Value, path: &Path, problems: &mut Problems) -> Option<Requirement> {
        let forms = ["permission", "all", "any", "expr"];
        let known = ["permission", "all", "any", "expr", "resource"];
        let members = Members::open(value, path, &known, problems)?;
        let resource = members.parsed("resource", problems, Resource::parse);
        let given: Vec<(&str, &Value)> = forms
            .into_iter()
            .filter_map(|form| Some((form, members.value(form)?)))
            .collect();
        let [(form, value)] = given.as_slice() else {
            problems.add(path, message!("needs exactly one of {}", forms.join(", ")));
            return None;
        };
        let path = members.path(form);
        let needs = match *form {
            "permission" => members
                .text(form, problems)
                .and_then(|id| self.permission(id, &path, problems))
                .map(Expression::One),
            "all" => {
                let (all, on_resources) = self.all(value, &path, problems)?;
                let mut requirement = Requirement::of(Expression::All(all), resource);
                requirement.on_resources = on_resources;
                return Some(requirement);
            }
            "any" => self.list(value, &path, problems).map(Expression::Any),
            _ => self.expression(value, &path, problems),
        };
        Some(Requirement::of(needs?, resource))
    }

    fn permission(&self, id: &str, path: &Path, problems: &mut Problems) -> Option<usize> {
        problems.keep(path, self.catalog.required(id))
    }

    /// The items of `all`: those on the resource of the requirement, and those on their own.
    fn all(
        &self,
        value: &Value,
        path: &Path,
        problems: &mut Problems,
    ) -> Option<(Vec<Expression>, OnResources)> {
        let items = match value {
            Value::List(items) if items.len() <= MAX_PERMISSIONS => items.as_slice(),
            _ => &[],
        };
        if items.iter().all(|item| matches!(item, Value::Text(_))) {
            return Some((self.list(value, path, problems)?, Vec::new()));
        }
        let (mut all, mut on_resources) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            let path = path.item(index);
            if let Value::Text(id) = item {
                all.extend(self.permission(id, &path, problems).map(Expression::One));
                continue;
            }
            let members = Members::open(item, &path, &["permission", "resource"], problems)?;
            let id = members.required_text("permission", problems)?;
            let permission = self.permission(id, &members.path("permission"), problems)?;
            match members.value("resource") {
                None => all.push(Expression::One(permission)),
                Some(_) => {
                    on_resources.push((permission, members.parsed("resource", problems, Resource::parse)?))
                }
            }
        }
        Some((all, on_resources))
    }

    fn list(&self, value: &Value, path: &Path, problems: &mut Problems) -> Option<Vec<Expression>> {
        let texts = text_list(value, path, MAX_PERMISSIONS, problems);
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
            problems.add(path, message!("expected a string, got {}", value.kind()));
            return None;
        };
        if text.len() > MAX_EXPRESSION_LENGTH {
            problems.add(
                path,
                message!("is longer than {MAX_EXPRESSION_LENGTH} characters"),
            );
            return None;
        }
        let tokens = tokenize(text);
        let mut parser = Parser {
            tokens: &tokens,
            reader: self,
            path,
            problems,
        };
        let parsed = parser.any(MAX_DEPTH).and_then(|expression| match parser.tokens {
            [] => Ok(expression),
            [next, ..] => Err(ExpressionError::Unexpected(Detail::quoted(next))),
        });
        problems.keep(path, parsed).flatten()
    }
}

/// Splits a text into parentheses and the words between them and white space.
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

/// Recursive descent: any = all ("OR" all)*, all = one ("AND" one)*, one = permission | "(" any
/// ")". An inner `None` is a permission that is not in the catalog; its problem is already
/// reported.
struct Parser<'p> {
    tokens: &'p [&'p str],
    reader: &'p Reader<'p>,
    path: &'p Path,
    problems: &'p mut Problems,
}

type Parsed = Result<Option<Expression>, ExpressionError>;

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ExpressionError {
    /// After the expression comes another word or parenthesis.
    Unexpected(Detail),
    /// It ends where a permission is expected.
    Ends,
    /// `AND` or `OR` comes where a permission is expected.
    Operator(Detail),
    /// Its parentheses are nested too deep.
    TooDeep,
    /// A `(` has no `)`.
    NotClosed,
    /// A `)` has no `(`.
    NotOpened,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpressionError::Unexpected(word) => {
                write!(
                    formatter,
                    "unexpected {word} in the expression; join permissions with AND or OR"
                )
            }
            ExpressionError::Ends => {
                formatter.write_str("the expression ends where a permission is expected")
            }
            ExpressionError::Operator(word) => {
                write!(formatter, "{word} is where a permission is expected")
            }
            ExpressionError::TooDeep => write!(formatter, "has parentheses deeper than {MAX_DEPTH}"),
            ExpressionError::NotClosed => formatter.write_str("a \"(\" has no \")\""),
            ExpressionError::NotOpened => formatter.write_str("a \")\" has no \"(\""),
        }
    }
}

impl Error for ExpressionError {}

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
            return Err(ExpressionError::Ends);
        };
        self.tokens = rest;
        match *next {
            "(" => {
                let deeper = depth.checked_sub(1).ok_or(ExpressionError::TooDeep)?;
                let inner = self.any(deeper)?;
                match self.tokens.split_first() {
                    Some((&")", rest)) => self.tokens = rest,
                    _ => return Err(ExpressionError::NotClosed),
                }
                Ok(inner)
            }
            ")" => Err(ExpressionError::NotOpened),
            word if word.eq_ignore_ascii_case("AND") || word.eq_ignore_ascii_case("OR") => {
                Err(ExpressionError::Operator(Detail::quoted(word)))
            }
            id => Ok(self
                .reader
                .permission(id, self.path, self.problems)
                .map(Expression::One)),
        }
    }
}
