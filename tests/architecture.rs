//! The layers hold: a module uses its own layer or lower ones, and `unsafe` stays in its rooms.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// Modules at the top of the library and their layers, as in `ARCHITECTURE.md`.
const LAYERS: &[(&str, u8)] = &[
    ("units", 0),
    ("error", 0),
    ("files", 0),
    ("xml", 0),
    ("audio", 1),
    ("dsp", 1),
    ("memory", 1),
    ("config", 1),
    ("system", 1),
    ("profile", 1),
    ("model", 2),
    ("manners", 2),
    ("feature", 3),
    ("store", 4),
    ("library", 5),
    ("query", 5),
    ("pipeline", 6),
    ("album", 7),
    ("duplicates", 7),
    ("exchange", 7),
    ("playlist", 7),
    ("search", 7),
    ("tag", 7),
    ("doctor", 7),
    ("draw", 7),
    ("watch", 7),
    ("serve", 8),
    ("cli", 9),
];

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

/// Modules named behind `crate::` anywhere in a file.
#[derive(Default)]
struct Edges(Vec<String>);

impl Edges {
    fn add_tree(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => self.0.push(path.ident.to_string()),
            syn::UseTree::Name(name) => self.0.push(name.ident.to_string()),
            syn::UseTree::Rename(rename) => self.0.push(rename.ident.to_string()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.add_tree(item)),
            syn::UseTree::Glob(_) => self.0.push("*".into()),
        }
    }
}

impl<'ast> Visit<'ast> for Edges {
    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        if path.ident == "crate" {
            self.add_tree(&path.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut names = path.segments.iter().map(|segment| segment.ident.to_string());
        if names.next().as_deref() == Some("crate") {
            self.0.extend(names.next());
        }
        syn::visit::visit_path(self, path);
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn source_files() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let own = |path: PathBuf| {
        let inner = path.strip_prefix(&root).expect("below the root");
        let first = inner.iter().next().expect("has a name").to_string_lossy().into_owned();
        (first.trim_end_matches(".rs").to_string(), path)
    };
    files.into_iter().map(own).collect()
}

fn upward_edges(module: &str, source: &str) -> Vec<String> {
    let mut edges = Edges::default();
    edges.visit_file(&syn::parse_file(source).expect("valid Rust"));
    let Some(own) = layer(module) else { return vec![format!("{module} has no layer")] };
    let upward = edges.0.into_iter().filter(|used| layer(used).is_none_or(|used| used > own));
    upward.map(|used| format!("{module} uses {used}")).collect()
}

#[test]
fn no_module_uses_a_higher_layer() {
    let mut wrong = Vec::new();
    for (module, path) in source_files() {
        if ["lib", "main", "bin"].contains(&module.as_str()) {
            continue;
        }
        let source = fs::read_to_string(&path).expect("readable");
        for edge in upward_edges(&module, &source) {
            wrong.push(format!("{}: {edge}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "upward or unknown edges:\n{}", wrong.join("\n"));
}

#[test]
fn the_check_sees_uses_groups_and_paths() {
    let edges = |source| upward_edges("audio", source);
    assert_eq!(edges("use crate::store::Store;"), ["audio uses store"]);
    assert_eq!(edges("use crate::{units::Hertz, cli};"), ["audio uses cli"]);
    assert_eq!(edges("fn f() { crate::pipeline::run(); }"), ["audio uses pipeline"]);
    assert_eq!(edges("mod tests { use crate::unheard_of::X; }"), ["audio uses unheard_of"]);
    assert_eq!(edges("use crate::{audio::Chunk, units};"), [""; 0]);
}

/// True for a file below a `tests` folder, and for one that its parent declares for tests only.
fn is_of_tests(path: &Path) -> bool {
    let parent = fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    path.iter().any(|part| part == "tests")
        || stem == "tests"
        || parent.contains(&format!("#[cfg(test)]\nmod {stem};"))
}

#[test]
fn the_core_neither_prints_nor_exits_nor_reads_the_environment() {
    let forbidden = ["std::env::", "process::exit", "println!", "eprintln!", "std::io::stdout"];
    let allowed = |module: &str| ["cli", "main", "bin"].contains(&module);
    let mut wrong = Vec::new();
    for (module, path) in source_files() {
        if allowed(&module) || is_of_tests(&path) {
            continue;
        }
        let source = fs::read_to_string(&path).expect("readable");
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        for word in forbidden.iter().filter(|word| code.contains(**word)) {
            // Splitting a list like PATH is arithmetic on a string, not a look at the environment.
            if !code.replace("std::env::split_paths", "").contains(word) {
                continue;
            }
            wrong.push(format!("{} ({module}): {word}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The only files that may say `unsafe`, each with a reason at the place.
const UNSAFE_ROOMS: &[&str] = &["search/mapping.rs"];

/// `unsafe` as code, and leave to use it.
fn says_unsafe(source: &str) -> bool {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let mut code = code.filter(|line| !line.trim_start().starts_with('*'));
    code.any(|line| {
        ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe_code"]
            .iter()
            .any(|word| line.contains(word))
    })
}

#[test]
fn unsafe_stays_in_its_rooms() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (_, path) in source_files() {
        let source = fs::read_to_string(&path).expect("readable");
        let inner = path.strip_prefix(&root).expect("below the root");
        let room = UNSAFE_ROOMS.iter().any(|room| Path::new(room) == inner);
        assert_eq!(says_unsafe(&source), room, "{}", inner.display());
        assert!(!room || source.contains("// SAFETY:"), "{} does not say why", inner.display());
    }
    assert!(says_unsafe("let x = unsafe { y };") && !says_unsafe("// unsafe { y }"));
}
