//! The list of models and the hashes of their files.

use super::ModelError;
use serde::Deserialize;
use std::sync::OnceLock;

const TEXT: &str = include_str!("../../models/manifest.toml");

#[derive(Debug, Deserialize)]
struct Manifest {
    model: Vec<Entry>,
}

/// What is promised of a model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "told to people and checked by tests"))]
struct Entry {
    name: String,
    version: u32,
    file: String,
    blake3: String,
    licence: String,
    input: String,
    output: String,
}

fn manifest() -> Result<&'static Manifest, ModelError> {
    static MANIFEST: OnceLock<Result<Manifest, ModelError>> = OnceLock::new();
    let parse = || toml::from_str(TEXT).map_err(|e| ModelError::Manifest(e.to_string()));
    MANIFEST.get_or_init(parse).as_ref().map_err(Clone::clone)
}

/// Succeeds when `bytes` are the file the manifest promises for `name`.
pub(super) fn verify(name: &'static str, bytes: &[u8]) -> Result<(), ModelError> {
    let entries = &manifest()?.model;
    let entry = entries.iter().find(|entry| entry.name == name);
    let expected = &entry.ok_or(ModelError::Unlisted(name))?.blake3;
    let found = blake3::hash(bytes).to_hex().to_string();
    if *expected == found {
        return Ok(());
    }
    Err(ModelError::Altered { name, expected: expected.clone(), found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn folder() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models"))
    }

    #[test]
    fn every_model_is_the_promised_file() {
        for entry in &manifest().unwrap().model {
            let found = blake3::hash(&fs::read(folder().join(&entry.file)).unwrap()).to_hex();
            assert_eq!(entry.blake3, found.to_string(), "{}", entry.file);
            assert!(entry.version > 0 && !entry.licence.is_empty(), "{}", entry.name);
            assert!(!entry.input.is_empty() && !entry.output.is_empty(), "{}", entry.name);
        }
    }

    #[test]
    fn an_altered_file_is_refused() {
        assert!(matches!(verify("beat", b"BEATNET1"), Err(ModelError::Altered { .. })));
        assert_eq!(verify("none", b""), Err(ModelError::Unlisted("none")));
    }

    /// Writes the hashes of the files as they are now into the manifest: after new training.
    #[test]
    #[ignore = "a tool, not a test: cargo test seal_models -- --ignored"]
    fn seal_models() {
        let mut text = TEXT.to_owned();
        for entry in &manifest().unwrap().model {
            let found = blake3::hash(&fs::read(folder().join(&entry.file)).unwrap()).to_hex();
            text = text.replace(&entry.blake3, found.as_str());
        }
        fs::write(folder().join("manifest.toml"), text).unwrap();
    }
}
