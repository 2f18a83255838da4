//! A reader's session: one shell that runs everything in turn, and a server that it starts.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::readme::Act;
use super::shown;
use crate::PROGRAM;

/// What the shell brings along: the program in the place of `cargo run`, on a free port in the place of 8080, and servers
/// of the test's own in the place of the README's.
const BEFORE: &str = r#"
set -u
SERVER=
stop() {
    [ -z "$SERVER" ] || { kill -INT "$SERVER"; wait "$SERVER"; }
    SERVER=
}
trap stop EXIT
cargo() {
    [ "$*" = "run --release -p multi-tenant-saas" ] || { echo "what is cargo $*?"; exit 1; }
    case ${DATABASE_URL:-} in
        '') ;;
        postgres://saas:secret@localhost/saas) export DATABASE_URL=$TEST_DATABASE_URL ;;
        *) echo "what is $DATABASE_URL?"; exit 1 ;;
    esac
    case ${REDIS_URL:-} in
        '') ;;
        redis://localhost) export REDIS_URL=$TEST_REDIS_URL ;;
        *) echo "what is $REDIS_URL?"; exit 1 ;;
    esac
    exec "$PROGRAM"
}
listening() {
    for _ in {1..600}; do
        PORT=$(sed -n 's|.*listening on http://127.0.0.1:\([0-9]*\)$|\1|p' "$1")
        [ -z "$PORT" ] || return 0
        kill -0 "$SERVER" || { cat "$1"; exit 1; }
        sleep 0.05
    done
    echo "it does not listen"
    exit 1
}
curl() {
    command curl --max-time 30 "${@//localhost:8080/127.0.0.1:$PORT}"
}
"#;

/// What every act was answered with.
#[derive(Debug)]
pub(super) struct Session {
    told: Vec<String>,
}

impl Session {
    /// Runs the acts in a shell in `folder`.
    pub(super) fn run(acts: &[Act], folder: &Path, database: &str, redis: &str) -> Self {
        let answers = folder.join("answers");
        let place = folder.join("place");
        for made in [&answers, &place] {
            fs::create_dir(made).unwrap();
        }
        let script = folder.join("session.sh");
        fs::write(&script, write(acts, &answers)).unwrap();
        let ended = Command::new("bash")
            .arg(&script)
            .current_dir(&place)
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .env_remove("TOLLGATE_ADMIN")
            .env("PROGRAM", PROGRAM)
            .env("TOLLGATE_ADDR", "127.0.0.1:0")
            .env("NO_COLOR", "1")
            .env("TEST_DATABASE_URL", database)
            .env("TEST_REDIS_URL", redis)
            .output()
            .expect("bash and curl are needed: apt-get install bash curl");
        let words = String::from_utf8_lossy(&ended.stdout);
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{words}{errors}");
        let mut log = PathBuf::new();
        let mut told = Vec::new();
        for (at, act) in acts.iter().enumerate() {
            let path = match act {
                Act::Start { .. } => {
                    log = answers.join(at.to_string());
                    log.clone()
                }
                Act::Run { .. } => answers.join(at.to_string()),
                Act::Log { .. } => log.clone(),
            };
            let port = fs::read_to_string(log.with_extension("port")).unwrap();
            let address = format!("127.0.0.1:{}", port.trim());
            let text = fs::read_to_string(path).unwrap();
            told.push(text.replace(&address, "127.0.0.1:8080"));
        }
        Self { told }
    }

    /// What is otherwise than the README says, if anything is.
    pub(super) fn differs(&self, at: usize, act: &Act) -> Option<String> {
        let told = &self.told[at];
        let (command, shown, is_right) = match act {
            Act::Start { command, shown } => {
                // What comes after is for the blocks that look at the log.
                let end = told.find("listening on").map_or(told.len(), |found| {
                    let line = told[found..].find('\n');
                    line.map_or(told.len(), |line| found + line)
                });
                (&**command, &**shown, shown::is(shown, &told[..end]))
            }
            Act::Run { command, shown } => {
                let shown = shown.as_deref().unwrap_or_default();
                (&**command, shown, shown::is(shown, told))
            }
            Act::Log { shown } => ("the log", &**shown, shown::is_in(shown, told)),
        };
        (!is_right).then(|| format!("== {command}\n-- shown:\n{shown}\n-- told:\n{told}\n"))
    }
}

/// The acts as one script, in which each has its answer in a file of its number.
fn write(acts: &[Act], answers: &Path) -> String {
    let mut script = BEFORE.to_owned();
    for (at, act) in acts.iter().enumerate() {
        let answer = answers.join(at.to_string());
        let answer = answer.display();
        match act {
            Act::Start { command, .. } => writeln!(
                script,
                "stop\n(\n{command}\n) > '{answer}' 2>&1 &\nSERVER=$!\nlistening '{answer}'\n\
                 echo \"$PORT\" > '{answer}.port'"
            ),
            Act::Run { command, .. } => {
                writeln!(
                    script,
                    "{{\n{command}\n}} > '{answer}' 2> '{answer}.errors'"
                )
            }
            Act::Log { .. } => Ok(()),
        }
        .unwrap();
    }
    script
}
