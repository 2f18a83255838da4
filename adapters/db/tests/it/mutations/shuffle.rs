//! Statements made of pieces of other statements.

/// A source of statements: the same for the same seed.
pub(super) struct Shuffle {
    bases: Vec<Vec<String>>,
    others: Vec<Vec<String>>,
    pieces: Vec<String>,
    state: u64,
}

impl Shuffle {
    /// What is changed are `bases`, by pieces of `others`.
    pub(super) fn of(bases: &[&str], others: &[&str], seed: u64) -> Self {
        let cut = |statements: &[&str]| statements.iter().map(|sql| pieces(sql)).collect();
        let (bases, others): (_, Vec<Vec<_>>) = (cut(bases), cut(others));
        let pieces = others.iter().flatten().cloned().collect();
        Self {
            bases,
            others,
            pieces,
            state: seed,
        }
    }

    /// One of the bases, with some of its pieces dropped, doubled, swapped, or taken from elsewhere.
    pub(super) fn statement(&mut self) -> String {
        let base = self.below(self.bases.len());
        let mut tokens = self.bases[base].clone();
        for _ in 0..=self.below(2) {
            let at = self.below(tokens.len().max(1));
            match self.below(9) {
                0 if at < tokens.len() => drop(tokens.remove(at)),
                1 if at < tokens.len() => tokens.insert(at, tokens[at].clone()),
                2 if at + 1 < tokens.len() => tokens.swap(at, at + 1),
                3 if at < tokens.len() => tokens[at] = self.any_piece(),
                4 => tokens.insert(at, self.any_piece()),
                // A run of another statement takes the place of one of this.
                5 | 6 => {
                    let other = self.any_statement();
                    let from = self.below(other.len().max(1));
                    let to = (from + 1 + self.below(8)).min(other.len());
                    let end = (at + self.below(4)).min(tokens.len());
                    let at = at.min(end);
                    tokens.splice(at..end, other[from.min(to)..to].iter().cloned());
                }
                // Another statement in brackets, where an expression or a table may stand.
                7 if at < tokens.len() => {
                    let other = self.any_statement();
                    tokens[at] = format!("({})", other.join(" "));
                }
                _ => {
                    let name = [
                        "resources",
                        "orders",
                        "open_resources",
                        "countries",
                        "secrets",
                    ];
                    let name = name[self.below(name.len())];
                    if at < tokens.len() {
                        name.clone_into(&mut tokens[at]);
                    }
                }
            }
        }
        let space = [" ", " ", " ", "\n", "/**/", "\t"][self.below(6)];
        tokens.join(space)
    }

    fn any_statement(&mut self) -> Vec<String> {
        // As often one that could be run as any.
        let from = if self.below(2) == 0 {
            self.bases.len()
        } else {
            self.others.len()
        };
        let nth = self.below(from);
        if from == self.bases.len() {
            self.bases[nth].clone()
        } else {
            self.others[nth].clone()
        }
    }

    fn any_piece(&mut self) -> String {
        let nth = self.below(self.pieces.len());
        self.pieces[nth].clone()
    }

    /// Less than `end`, by splitmix64.
    fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Words, quoted things, and every other letter alone; no white space.
fn pieces(sql: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' | '`' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            '<' | '>' | '!' | '|' | '-' | ':' | '=' => {
                let end = |c: char| !matches!(c, '<' | '>' | '!' | '|' | '-' | ':' | '=');
                rest.find(end).unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece.to_owned());
        rest = behind.trim_start();
    }
    pieces
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '?' | '$')
}
