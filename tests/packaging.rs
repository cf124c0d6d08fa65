//! What `packaging/` tells the system to start is something the program understands, and the system
//! the files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn packaging(name: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name);
    let text = fs::read_to_string(&path).expect("there");
    (path, text)
}

/// The words behind `phonolite` in a line.
fn understood(line: &str) {
    let (_, behind) = line.split_once("phonolite batch").expect("starts the nightly job");
    let words = behind.split_whitespace().map(|word| word.trim_matches('"'));
    let all = ["phonolite", "batch"].into_iter().chain(words);
    let parsed = phonolite::cli::command().try_get_matches_from(all);
    assert!(parsed.is_ok(), "{line}: {}", parsed.err().map(|e| e.to_string()).unwrap_or_default());
}

fn line<'a>(text: &'a str, part: &str) -> &'a str {
    text.lines().find(|line| line.contains(part)).expect("is there")
}

/// The text of the elements of an XML file, once it is known to be well-formed.
fn elements(text: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut open, mut found) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().expect("well-formed") {
            quick_xml::events::Event::Start(start) => {
                open.push(String::from_utf8_lossy(start.name().as_ref()).into_owned());
            }
            quick_xml::events::Event::End(_) => drop(open.pop()),
            quick_xml::events::Event::Text(text) => {
                let text = text.decode().expect("UTF-8").trim().to_owned();
                if let Some(name) = open.last().filter(|_| !text.is_empty()) {
                    found.push((name.clone(), text));
                }
            }
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    found
}

#[test]
fn systemd_takes_the_units_and_the_program_their_command() {
    let (_, service) = packaging("phonolite.service");
    let (timer, _) = packaging("phonolite.timer");
    understood(line(&service, "ExecStart="));
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else { return };
    assert!(version.status.success());
    // The program is not installed where the unit looks for it; everything else is checked.
    let dir = tempfile::tempdir().expect("made");
    let exe = env!("CARGO_BIN_EXE_phonolite");
    let here = service.replace("/usr/local/bin/phonolite", exe);
    fs::write(dir.path().join("phonolite.service"), here).expect("written");
    fs::copy(timer, dir.path().join("phonolite.timer")).expect("copied");
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]);
    verify.args(["phonolite.service", "phonolite.timer"].map(|unit| dir.path().join(unit)));
    let told = verify.output().expect("runs");
    let text = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && !text.contains("phonolite"), "{text}");
}

#[test]
fn cron_has_five_times_a_user_and_a_command() {
    let (_, text) = packaging("phonolite.cron");
    let job = line(&text, "phonolite batch");
    let words: Vec<_> = job.split_whitespace().collect();
    let time = |word: &&str| word.chars().all(|c| c.is_ascii_digit() || "*,-/".contains(c));
    assert!(words[..5].iter().all(time), "{job}");
    assert_eq!(words[5..8], ["phonolite", "phonolite", "batch"]);
    understood(job.strip_prefix("0 2 * * * phonolite ").expect("user first"));
}

#[test]
fn launchd_and_the_task_scheduler_get_well_formed_files() {
    let (_, text) = packaging("org.phonolite.batch.plist");
    let plist = elements(&text);
    let strings = || plist.iter().filter(|(name, _)| name == "string").map(|(_, text)| text);
    assert!(strings().any(|text| text == "org.phonolite.batch"));
    understood(strings().find(|text| text.contains("phonolite batch")).expect("a command"));
    let (_, text) = packaging("phonolite-task.xml");
    let task = elements(&text);
    let of =
        |name: &str| task.iter().find(|(found, _)| found == name).map(|(_, text)| text.as_str());
    understood(&format!("phonolite {}", of("Arguments").expect("has them")));
    assert_eq!(of("MultipleInstancesPolicy"), Some("IgnoreNew"));
}
