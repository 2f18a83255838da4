//! The README, read as a script: what to run, and what it has to answer.

pub(super) const README: &str = include_str!("../../../README.md");

/// One thing that a reader does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Starts the server, in the place of one that runs; what it logs until it listens.
    Start { command: String, shown: String },
    /// Runs this in another terminal; what it prints. Nothing shown is nothing printed.
    Run {
        command: String,
        shown: Option<String>,
    },
    /// Looks at the log: these lines are in it, in this order.
    Log { shown: String },
}

impl Act {
    /// How many blocks of the README it is made of.
    pub(super) fn blocks(&self) -> usize {
        match self {
            Self::Start { .. } | Self::Run { shown: Some(_), .. } => 2,
            Self::Run { shown: None, .. } | Self::Log { .. } => 1,
        }
    }
}

/// What the README has its reader do. A block of another kind than `sh`, `text` and `log` is a mistake, and so is an
/// answer to nothing.
pub(super) fn acts(readme: &str) -> Vec<Act> {
    let mut acts = Vec::new();
    let mut lines = readme.lines();
    let mut asked: Option<String> = None;
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            if !line.trim().is_empty() {
                acts.extend(asked.take().map(unanswered));
            }
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let block = block.join("\n");
        match kind {
            "sh" => {
                acts.extend(asked.take().map(unanswered));
                asked = Some(block);
            }
            "text" => {
                let command = asked.take();
                let command = command.unwrap_or_else(|| panic!("an answer to nothing:\n{block}"));
                acts.push(answered(command, block));
            }
            "log" => {
                acts.extend(asked.take().map(unanswered));
                acts.push(Act::Log { shown: block });
            }
            other => panic!("a block of kind {other:?}:\n{block}"),
        }
    }
    acts.extend(asked.map(unanswered));
    acts
}

fn answered(command: String, shown: String) -> Act {
    if command.contains("cargo run") {
        return Act::Start { command, shown };
    }
    let shown = Some(shown);
    Act::Run { command, shown }
}

fn unanswered(command: String) -> Act {
    assert!(
        !command.contains("cargo run"),
        "what does it log?\n{command}"
    );
    Act::Run {
        command,
        shown: None,
    }
}

#[test]
fn blocks_are_read_in_their_order() {
    let readme = "# It\n```sh\ncargo run\n```\n```text\nlistening\n```\nNow\n```sh\na=1\n```\nand\n\
                  ```sh\necho $a\n```\n\n```text\n1\n```\n```log\nsaid 1\n```\n";
    let run = |command: &str, shown: Option<&str>| Act::Run {
        command: command.to_owned(),
        shown: shown.map(str::to_owned),
    };
    let expected = [
        Act::Start {
            command: "cargo run".to_owned(),
            shown: "listening".to_owned(),
        },
        run("a=1", None),
        run("echo $a", Some("1")),
        Act::Log {
            shown: "said 1".to_owned(),
        },
    ];
    assert_eq!(acts(readme), expected);
    assert_eq!(expected.iter().map(Act::blocks).sum::<usize>(), 6);
}

#[test]
#[should_panic(expected = "a block of kind \"rust\"")]
fn a_block_that_is_not_run_is_no_part_of_it() {
    acts("```rust\nfn main() {}\n```\n");
}
