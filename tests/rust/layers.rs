//! The layers of the crate: every import goes down, and no modules import each other in a circle.
//!
//! A module here is a file or a folder directly in the folder of a layer. Files inside one module
//! may use each other.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The layers from the top down. A layer imports from itself and from the layers below it.
const LAYERS: [&str; 10] = [
    "driver",
    "operation",
    "verify",
    "deployment",
    "storage",
    "model",
    "catalog",
    "value",
    "input",
    "codec",
];

/// Layers that count as one module: a catalog is compiled as a whole.
const WHOLE: [&str; 2] = ["catalog", "deployment"];

/// The paths that each module uses, by the path of the module, such as `["verify", "cache"]`.
type Uses = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

#[test]
fn imports_only_go_down() {
    let uses = read_crate();
    assert!(uses.len() > 80, "only {} files were found", uses.len());
    let height = |path: &[String]| {
        LAYERS
            .iter()
            .rev()
            .position(|layer| path.first().is_some_and(|first| first == layer))
    };
    let mut upward = Vec::new();
    for (from, to) in &uses {
        for to in to.iter().filter(|to| height(to) > height(from)) {
            upward.push(format!("{} imports {}", from.join("::"), to.join("::")));
        }
    }
    assert!(upward.is_empty(), "imports that go up:\n{}", upward.join("\n"));
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let circles = circles(&between_modules(&read_crate()));
    assert!(circles.is_empty(), "circles: {circles:?}");
}

#[test]
fn a_circle_and_an_upward_import_are_seen() {
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    let import = |text: &str| imports(&path("value::time"), text);
    let seen = import("use crate::{input::Members, codec::json::{json, Value as V}}; // crate::model\n");
    assert_eq!(
        seen,
        [
            path("input::Members"),
            path("codec::json::json"),
            path("codec::json::Value")
        ]
        .into()
    );
    let text = "fn f() -> super::name::Name { \"crate::catalog\"; crate::operation::plan() }\nmod tests { use super::*; }";
    assert_eq!(
        import(text),
        [path("value::name::Name"), path("operation::plan")].into()
    );
    let known: BTreeMap<String, BTreeSet<String>> = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
        .map(|(from, to)| (from.to_owned(), [to.to_owned()].into()))
        .into();
    assert_eq!(circles(&known), [["a", "b", "c"].map(str::to_owned).into()]);
}

#[test]
fn the_papers_show_these_layers() {
    let picture = picture(&read_crate());
    println!("{picture}");
    let contributing = fs::read_to_string("CONTRIBUTING.md").unwrap();
    assert!(
        contributing.contains(&picture),
        "CONTRIBUTING.md has to have:\n\n{picture}"
    );
    let page = fs::read_to_string("src/lib.rs").unwrap();
    let rows: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("//! | [`")?.split('`').next())
        .collect();
    assert_eq!(rows, LAYERS, "the table of src/lib.rs");
}

/// The layers as text, each with its modules.
fn picture(uses: &Uses) -> String {
    let mut lines = Vec::new();
    for (at, layer) in LAYERS.iter().enumerate() {
        let modules: BTreeSet<&str> = uses
            .keys()
            .filter(|path| path.first().is_some_and(|first| first == layer) && !WHOLE.contains(layer))
            .filter_map(|path| path.get(1).map(String::as_str))
            .collect();
        let mut line = format!("{}  {layer:<10} ", LAYERS.len() - 1 - at);
        for module in modules {
            if line.len() + module.len() > 98 {
                lines.push(line.trim_end().to_owned());
                line = " ".repeat(14);
            }
            line.extend([module, " "]);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// The files of the crate, each with its imports of other files.
fn read_crate() -> Uses {
    let mut files = BTreeMap::new();
    read_folder(Path::new("src"), &mut Vec::new(), &mut files);
    let known: BTreeSet<Vec<String>> = files.keys().cloned().collect();
    let file_of = |path: &Vec<String>| {
        (0..=path.len())
            .rev()
            .map(|end| path.iter().take(end).cloned().collect::<Vec<_>>())
            .find(|path| known.contains(path))
    };
    files
        .iter()
        .map(|(path, text)| {
            let found = imports(path, text).iter().filter_map(file_of).collect();
            (path.clone(), found)
        })
        .collect()
}

fn read_folder(folder: &Path, path: &mut Vec<String>, files: &mut BTreeMap<Vec<String>, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if file.is_dir() {
            path.push(name);
            read_folder(&file, path, files);
            path.pop();
        } else if name != "lib" {
            let mut module = path.clone();
            module.extend((name != "mod").then_some(name));
            // The tests at the end of a file may use anything.
            let text = fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            files.insert(module, text.to_owned());
        }
    }
}

/// The paths of the crate that a file uses, in `use` and elsewhere.
fn imports(module: &[String], text: &str) -> BTreeSet<Vec<String>> {
    let words = words(text);
    let mut found = BTreeSet::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let follows = at > 0 && words.get(at - 1).is_some_and(|before| before == "::");
        if !follows && (word == "crate" || word == "super") {
            at = read_path(&words, at, Vec::new(), &mut |path| {
                found.extend(absolute(module, path))
            });
        }
        at += 1;
    }
    found
}

/// Reads a path, or a tree of paths, and returns the position after it.
fn read_path(
    words: &[String],
    mut at: usize,
    mut path: Vec<String>,
    found: &mut impl FnMut(&[String]),
) -> usize {
    loop {
        match words.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while words.get(at).is_some_and(|word| word != "}") {
                    at = read_path(words, at, path.clone(), found) + 1;
                    while words.get(at).is_some_and(|word| word != "," && word != "}") {
                        at += 1; // as another name
                    }
                    at += usize::from(words.get(at).is_some_and(|word| word == ","));
                }
                return at;
            }
            Some(word) => path.push(word.to_owned()),
            None => return at,
        }
        if words.get(at + 1).is_none_or(|next| next != "::") {
            found(&path);
            return at;
        }
        at += 2;
    }
}

/// The path from the root of the crate. In a module inside a file, `super` is the file.
fn absolute(module: &[String], path: &[String]) -> Option<Vec<String>> {
    let up = path.iter().take_while(|word| *word == "super").count();
    if up == 0 {
        return Some(path.get(1..)?.to_vec());
    }
    let above = module.get(..module.len().checked_sub(up)?)?;
    let rest = path.get(up..)?;
    (rest != ["*"]).then(|| [above, rest].concat())
}

/// Splits a text into names, `::`, braces and commas, without comments and strings.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        // Text between quotation marks is not code.
        for code in code.split('"').step_by(2) {
            let mut rest = code;
            while let Some(first) = rest.chars().next() {
                let name = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let length = if name > 0 {
                    name
                } else if rest.starts_with("::") {
                    2
                } else {
                    first.len_utf8()
                };
                let (word, more) = rest.split_at(length);
                if !word.trim().is_empty() {
                    words.push(word.to_owned());
                }
                rest = more;
            }
        }
    }
    words
}

/// The module of a file.
fn module_of(path: &[String]) -> String {
    let whole = path.first().is_some_and(|layer| WHOLE.contains(&layer.as_str()));
    let length = if whole { 1 } else { path.len().min(2) };
    path.iter().take(length).cloned().collect::<Vec<_>>().join("::")
}

fn between_modules(uses: &Uses) -> BTreeMap<String, BTreeSet<String>> {
    let mut between: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in uses {
        let from = module_of(from);
        let others = to
            .iter()
            .map(|to| module_of(to))
            .filter(|to| *to != from)
            .collect::<Vec<_>>();
        between.entry(from).or_default().extend(others);
    }
    between
}

/// The sets of modules that reach each other.
fn circles(between: &BTreeMap<String, BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    let reached = |from: &String| {
        let mut reached: BTreeSet<&String> = BTreeSet::new();
        let mut next: Vec<&String> = between.get(from).into_iter().flatten().collect();
        while let Some(module) = next.pop() {
            if reached.insert(module) {
                next.extend(between.get(module).into_iter().flatten());
            }
        }
        reached
    };
    let mut circles = BTreeSet::new();
    for module in between.keys() {
        let with = reached(module)
            .into_iter()
            .filter(|other| reached(other).contains(module));
        let circle: BTreeSet<String> = with.cloned().collect();
        if circle.contains(module) {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}
