//! `strata` with a person: typed keys in, a screen out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use server::TestServer;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A terminal with `strata` on it.
struct Terminal {
    keys: File,
    shown: Receiver<Vec<u8>>,
    child: Child,
}

impl Terminal {
    #[expect(clippy::disallowed_methods, reason = "a terminal is a file")]
    fn open(server: &TestServer) -> Terminal {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs: OwnedFd = File::options().read(true).write(true).open(path).unwrap().into();
        let child = server
            .strata()
            .env("TERM", "xterm")
            .stdin(theirs.try_clone().unwrap())
            .stdout(theirs.try_clone().unwrap())
            .stderr(theirs)
            .spawn()
            .unwrap();
        let keys = File::from(ours);
        let mut screen = keys.try_clone().unwrap();
        let (tell, shown) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The terminal ends with an error when its other side is closed.
            while let Ok(len @ 1..) = screen.read(&mut bytes) {
                if tell.send(bytes[..len].to_vec()).is_err() {
                    return;
                }
            }
        });
        Terminal { keys, shown, child }
    }

    /// Types, and waits until `wanted` has been shown.
    fn types(&mut self, typed: &str, wanted: &str) -> String {
        self.keys.write_all(typed.as_bytes()).unwrap();
        let mut shown = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&shown).into_owned();
            if text.contains(wanted) {
                return text;
            }
            match self.shown.recv_timeout(Duration::from_secs(20)) {
                Ok(bytes) => shown.extend(bytes),
                Err(_) => panic!("no {wanted:?} after {typed:?}, but {text:?}"),
            }
        }
    }
}

const ENTER: &str = "\r";
const TAB: &str = "\t";
const UP: &str = "\x1b[A";

#[test]
fn a_person_types_completes_and_leaves() {
    let server = TestServer::start();
    let mut terminal = Terminal::open(&server);
    terminal.types("", "strata=> ");

    // A statement goes on over lines until its semicolon.
    terminal.types(&format!("SELECT 40{ENTER}"), "40");
    terminal.types(&format!("+ 2;{ENTER}"), "42");

    // Keywords and names of tables complete.
    terminal.types(&format!("CREA{TAB} TABLE whereabouts (v int);{ENTER}"), "done");
    terminal.types(&format!("SEL{TAB} count(*) FROM wherea{TAB};{ENTER}"), "(1 row)");

    // What was said can be said again, whole.
    terminal.types(&format!("{UP}{UP}{UP}{ENTER}"), "42");
    terminal.types(&format!("\\timing{ENTER}"), "Timing is on.");
    terminal.types(&format!("SELECT nope;{ENTER}"), "column \"nope\" does not exist");
    terminal.types(&format!("\\q{ENTER}"), "\\q");
    assert!(terminal.child.wait().unwrap().success());
}
