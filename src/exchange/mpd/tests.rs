//! A daemon of a few lines on the loopback interface.

use super::*;
use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::thread::JoinHandle;

/// Greets, then answers each command (a list is one) with the next line of the script; gives back what
/// it was sent.
fn daemon(
    greeting: &'static str,
    answers: &'static [&'static str],
) -> (Address, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let told = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.write_all(greeting.as_bytes()).expect("sent");
        let mut lines = BufReader::new(stream.try_clone().expect("cloned")).lines();
        let mut told = Vec::new();
        for answer in answers {
            let mut listed = false;
            while let Some(Ok(line)) = lines.next() {
                listed |= line == "command_list_begin";
                let ends = !listed || line == "command_list_end";
                told.push(line);
                if ends {
                    break;
                }
            }
            stream.write_all(answer.as_bytes()).expect("sent");
        }
        told
    });
    (Address::parse(&format!("mpd://secret@127.0.0.1:{port}")).expect("sound"), told)
}

const GREETING: &str = "OK MPD 0.23.5\n";

fn paths(names: &[&[u8]]) -> Vec<PathBuf> {
    names.iter().map(|name| PathBuf::from(OsStr::from_bytes(name))).collect()
}

#[test]
fn a_list_takes_the_place_of_the_queue_and_plays() {
    let (address, told) = daemon(
        GREETING,
        &["OK\n", "Id: 5\nOK\n", "playlistlength: 4\nOK\n", "OK\n", "Id: 6\nOK\n", "OK\n"],
    );
    let mut client = Client::connect(&address).expect("connected");
    let list = paths(&[b"/m/a \"b\" \\.mp3", b"/m/x/c.mp3"]);
    let play = Sending { append: false, play: true };
    let sent = client.send(&list, Path::new("/m"), play).expect("sent");
    assert_eq!((sent.queued, sent.left_out.len()), (2, 0));
    drop(client); // a daemon that waits for more ends
    let wanted = [
        "password \"secret\"",
        "command_list_begin",
        "addid \"a \\\"b\\\" \\\\.mp3\"",
        "command_list_end",
        "status",
        "delete \"0:3\"",
        "command_list_begin",
        "addid \"x/c.mp3\"",
        "command_list_end",
        "play \"0\"",
    ];
    assert_eq!(told.join().expect("ended"), wanted);
}

#[test]
fn what_the_daemon_does_not_know_or_cannot_be_told_is_left_out() {
    let (address, told) = daemon(
        GREETING,
        &[
            "OK\n",
            "playlistlength: 2\nOK\n",
            "Id: 1\nACK [50@1] {addid} No such directory\n",
            "Id: 3\nOK\n",
        ],
    );
    let mut client = Client::connect(&address).expect("connected");
    let list = paths(&[b"/m/a", b"/m/gone", b"/m/c", b"/m/\xFF", b"/m/new\nline", b"/other/d"]);
    let append = Sending { append: true, play: false };
    let sent = client.send(&list, Path::new("/m"), append).expect("sent");
    assert_eq!(sent.queued, 2);
    drop(client);
    let names: Vec<_> =
        sent.left_out.iter().map(|(path, reason)| (path.clone(), reason.as_str())).collect();
    assert_eq!(names.len(), 4);
    assert!(names.contains(&("/m/gone".into(), "No such directory")), "{names:?}");
    assert!(names.iter().any(|(_, reason)| reason.contains("not below")), "{names:?}");
    assert!(told.join().expect("ended").contains(&"addid \"c\"".to_owned()), "goes on behind it");
}

#[test]
fn a_queue_is_kept_when_nothing_of_the_list_is_known() {
    let (address, told) = daemon(GREETING, &["OK\n", "ACK [50@0] {addid} No such directory\n"]);
    let mut client = Client::connect(&address).expect("connected");
    let sent = client.send(&paths(&[b"/m/a"]), Path::new("/m"), Sending::default()).expect("sent");
    assert_eq!(sent.queued, 0);
    drop(client);
    let told = told.join().expect("ended");
    assert!(
        told.iter().all(|line| !line.starts_with("delete") && !line.starts_with("clear")),
        "{told:?}"
    );
}

#[test]
fn refusals_strangers_and_silence_are_typed() {
    let (address, _told) = daemon(GREETING, &["ACK [3@0] {password} incorrect password\n"]);
    match Client::connect(&address).err() {
        Some(MpdError::Refused { code: 3, command, message, .. }) => {
            assert_eq!((command.as_str(), message.as_str()), ("password", "incorrect password"));
        }
        other => panic!("{other:?}"),
    }
    let (address, _told) = daemon("HTTP/1.1 400 Bad Request\r\n", &[]);
    assert!(matches!(Client::connect(&address).err(), Some(MpdError::NotMpd(_))));
    let (address, _told) = daemon("OK MP", &[]);
    assert!(matches!(Client::connect(&address).err(), Some(MpdError::Lost(_))));
    let (address, _told) = daemon(
        GREETING,
        &["OK\n", "ACK [4@0] {config} you don't have permission for \"config\"\n"],
    );
    let mut client = Client::connect(&address).expect("connected");
    assert!(matches!(client.music_directory(), Ok(None)), "TCP clients are not told");
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let address = Address::parse(&nobody.to_string()).expect("sound");
    assert!(matches!(Client::connect(&address).err(), Some(MpdError::Unreachable(_))));
}

#[test]
fn addresses_are_those_of_mpd_host() {
    let shown =
        |text: &str| Address::parse(text).map(|a| (a.to_string(), a.password().map(str::to_owned)));
    let host = |text: &str, password: Option<&str>| (text.to_owned(), password.map(str::to_owned));
    assert_eq!(shown("nas").expect("sound"), host("mpd://nas:6600", None));
    assert_eq!(shown("mpd://p@ss@nas:6601").expect("sound"), host("mpd://nas:6601", Some("p@ss")));
    assert_eq!(shown("[::1]:6601").expect("sound"), host("mpd://[::1]:6601", None));
    assert_eq!(shown("::1").expect("sound"), host("mpd://[::1]:6600", None));
    assert_eq!(shown("x@/run/mpd/socket").expect("sound"), host("/run/mpd/socket", Some("x")));
    assert_eq!(shown("mpd:///run/mpd/socket").expect("sound"), host("/run/mpd/socket", None));
    for wrong in ["", "mpd://", "nas:port", "nas:70000", "@abstract", "a b", "x@"] {
        assert!(shown(wrong).is_err(), "{wrong}");
    }
    let secret = Address::parse("secret@nas:port").expect_err("no port").to_string();
    assert!(!secret.contains("secret"), "{secret}");
    let of = |host, port| Address::of_variables(host, port).expect("sound").to_string();
    assert_eq!(of(None, None), "mpd://localhost:6600");
    assert_eq!(of(Some("pw@nas"), Some("7700")), "mpd://nas:7700");
}
