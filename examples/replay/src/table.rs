//! Tables for people: columns as wide as they need to be, names to the left, numbers to the right.

/// The most rows that a table shows; how many more there are is said below it.
const MOST_ROWS: usize = 50;

/// The table under its heads, each line ended.
pub(crate) fn table<const COLUMNS: usize>(
    heads: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
) -> String {
    let shown = || rows.iter().take(MOST_ROWS);
    let mut widths = heads.map(|head| head.chars().count());
    for row in shown() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = std::cmp::max(*width, cell.chars().count());
        }
    }
    let mut lines = vec![line(&heads.map(str::to_owned), &widths)];
    lines.extend(shown().map(|row| line(row, &widths)));
    if rows.len() > MOST_ROWS {
        lines.push(format!("… and {} more", rows.len() - MOST_ROWS));
    }
    lines.join("\n") + "\n"
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let cells = cells.iter().zip(widths).enumerate();
    let padded = cells.map(|(at, (cell, &width))| match at {
        0 => format!("{cell:<width$}"),
        _ => format!("{cell:>width$}"),
    });
    padded.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            ["acme".to_owned(), "1000".to_owned()],
            ["b".to_owned(), "2".to_owned()],
        ];
        assert_eq!(
            table(["tenant", "n"], &rows),
            "tenant     n\nacme    1000\nb          2\n"
        );
    }

    #[test]
    fn a_long_table_says_how_much_it_leaves_out() {
        let rows = vec![["x".to_owned()]; MOST_ROWS + 3];
        let text = table(["tenant"], &rows);
        assert!(text.ends_with("… and 3 more\n") && text.lines().count() == MOST_ROWS + 2);
    }
}
