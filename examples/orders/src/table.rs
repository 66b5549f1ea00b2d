//! Columns that line up.

use std::fmt;

use unicode_width::UnicodeWidthStr;

/// How many rows of a long table are shown.
const SHOWN: usize = 12;

/// The alignment of a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// A table of text. A long one shows its first rows, and how many more there are.
#[derive(Debug, Clone)]
pub struct Table {
    heads: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
    shown: usize,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(heads: &[(&'static str, Align)]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new(), shown: SHOWN }
    }

    /// The same table, with every row shown.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.shown = usize::MAX;
        self
    }

    /// Adds a row, a cell for each head.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.iter().map(|cell| printable(cell)).collect());
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One more row takes the place of "… and 1 more".
        let shown =
            if self.rows.len() <= self.shown.saturating_add(1) { self.rows.len() } else { self.shown };
        let rows = &self.rows[..shown];
        let heads: Vec<String> = self.heads.iter().map(|(head, _)| (*head).to_owned()).collect();
        let widths: Vec<usize> = (0..heads.len())
            .map(|column| {
                let cells = rows.iter().chain([&heads]).filter_map(|row| row.get(column));
                cells.map(|cell| cell.width()).max().unwrap_or_default()
            })
            .collect();
        for row in std::iter::once(&heads).chain(rows) {
            let mut line = String::new();
            for ((cell, width), (_, align)) in row.iter().zip(&widths).zip(&self.heads) {
                line.push_str("  ");
                let space = " ".repeat(width.saturating_sub(cell.width()));
                match align {
                    Align::Left => line.extend([cell, space.as_str()]),
                    Align::Right => line.extend([space.as_str(), cell]),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        match self.rows.len() - shown {
            0 => Ok(()),
            more => writeln!(f, "  … and {more} more"),
        }
    }
}

/// Text from a file must not move the cursor.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> String {
        let mut table = Table::new(&[("name", Align::Left), ("cents", Align::Right)]);
        for index in 0..rows {
            table.row([format!("n{index}\u{1b}"), (index * 1000).to_string()]);
        }
        table.to_string()
    }

    #[test]
    fn columns_line_up() {
        assert_eq!(table(2), "  name  cents\n  n0\u{fffd}       0\n  n1\u{fffd}    1000\n");
    }

    #[test]
    fn a_long_table_is_cut() {
        assert_eq!(table(13).lines().count(), 14);
        let long = table(40);
        assert_eq!(long.lines().count(), 14);
        assert!(long.ends_with("  … and 28 more\n"), "{long}");
    }
}
