//! The models: those of the program, and those of the user against their manifest.

use std::path::Path;

use super::Findings;
use crate::error::Gravity::{High, Low, Medium};
use crate::model::{self, slot::Manifest};

pub(super) fn look(dir: &Path, found: &mut Findings) {
    if let Err(error) = model::check() {
        found.add(High, "program_damaged", error.to_string(), "install phonolite again");
    }
    let manifest = match Manifest::read(dir) {
        Ok(manifest) => manifest,
        Err(error) => {
            let remedy = format!("correct {}", dir.join("manifest.toml").display());
            return found.add(Medium, "model_manifest", error.to_string(), remedy);
        }
    };
    for entry in &manifest.models {
        let (name, path) = (&entry.name, dir.join(&entry.file));
        let remedy = format!("bring the file back, or `phonolite models remove {name}`");
        match hash(&path) {
            Err(error) => {
                let message = format!("model {name}: cannot read {}: {error}", path.display());
                found.add(High, "model_missing", message, remedy);
            }
            Ok(hash) if !hash.eq_ignore_ascii_case(&entry.blake3) => {
                let message = format!("model {name}: {} is not what was added", path.display());
                found.add(High, "model_altered", message, remedy);
            }
            Ok(_) => {}
        }
    }
    for name in strangers(dir, &manifest) {
        let message = format!("{name} lies among the models and is not in their list");
        found.add(Low, "model_unlisted", message, "`phonolite models add` it, or delete it");
    }
}

/// BLAKE3 of a file, hexadecimal.
fn hash(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// ONNX files that the manifest does not name, in order.
fn strangers(dir: &Path, manifest: &Manifest) -> Vec<String> {
    let Ok(entries) = dir.read_dir() else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let onnx = paths.filter(|path| path.extension().is_some_and(|ending| ending == "onnx"));
    let known = |path: &Path| manifest.models.iter().any(|entry| dir.join(&entry.file) == path);
    let unknown = onnx.filter(|path| !known(path));
    let mut names: Vec<String> = unknown.map(|path| path.display().to_string()).collect();
    names.sort();
    names
}
