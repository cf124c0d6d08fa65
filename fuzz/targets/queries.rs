//! Any text as a query, asked of a database.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use phonolite::query;
use phonolite::store::{Options, Question, Store};
use phonolite_fuzz::uncaught;

const NOW_MS: i64 = 1_700_000_000_000;

fuzz_target!(|text: &str| uncaught(|| ask(text)));

fn ask(text: &str) {
    match query::parse(text, NOW_MS) {
        Ok(filter) => {
            let question = Question { filter, sort: Vec::new(), limit: Some(10) };
            let found = store().readers().select(&question).expect("what parses can be asked");
            assert!(found.is_empty(), "the library is empty");
        }
        Err(error) => {
            assert!(error.at.start <= error.at.end && error.at.end <= text.len(), "{error:?}");
            assert!(!error.underline(text).is_empty());
        }
    }
}

/// A database with nothing in it.
fn store() -> &'static Store {
    static STORE: OnceLock<(tempfile::TempDir, Store)> = OnceLock::new();
    let made = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(&folder.path().join("library.db"), &Options::default());
        (folder, store.expect("opens"))
    };
    &STORE.get_or_init(made).1
}
