use unicode_width::UnicodeWidthStr;

use super::escape;

/// The alignment of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// Columns that line up. The later pages of a list keep the widths of the first.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    begun: bool,
}

#[derive(Debug)]
struct Column {
    head: &'static str,
    align: Align,
    width: usize,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(heads: &[(&'static str, Align)]) -> Self {
        let columns = heads.iter().map(|&(head, align)| Column { head, align, width: head.width() });
        Self { columns: columns.collect(), rows: Vec::new(), begun: false }
    }

    /// Adds a row. Cells after the last column are left out.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        let cells: Vec<String> =
            cells.iter().take(self.columns.len()).map(|cell| escape::line(cell)).collect();
        for (column, cell) in self.columns.iter_mut().zip(&cells) {
            column.width = column.width.max(cell.width());
        }
        self.rows.push(cells);
    }

    /// The lines of the rows that were not taken yet, after the head if that was not taken either.
    pub(super) fn take_lines(&mut self) -> Vec<String> {
        let rows = std::mem::take(&mut self.rows);
        let head: Vec<String> = self.columns.iter().map(|column| column.head.to_owned()).collect();
        let head = (!self.begun && !rows.is_empty()).then_some(head);
        self.begun |= !rows.is_empty();
        head.iter().chain(&rows).map(|row| self.line(row)).collect()
    }

    fn line(&self, row: &[String]) -> String {
        let cells = row.iter().zip(&self.columns).map(|(cell, Column { align, width, .. })| {
            let space = " ".repeat(width.saturating_sub(cell.width()));
            match align {
                Align::Left => format!("{cell}{space}"),
                Align::Right => format!("{space}{cell}"),
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_over_pages() {
        let mut table = Table::new(&[("name", Align::Left), ("cents", Align::Right)]);
        table.row(["大\u{1b}".into(), "7".into()]);
        assert_eq!(table.take_lines(), ["name      cents", "大\\u{1b}      7"]);
        table.row(["a".into(), "1000".into()]);
        assert_eq!(table.take_lines(), ["a          1000"]);
        assert_eq!(table.take_lines(), Vec::<String>::new());
    }
}
