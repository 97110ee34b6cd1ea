//! Text of a target in a Markdown table.

use crate::text::escape;

/// Returns a text that can stand in a cell of a Markdown table and means only itself.
pub(crate) fn markdown_cell(text: &str) -> String {
    let mut cell = String::new();
    for character in escape::line(text).chars() {
        if "\\`*_{}[]<>()#+!|~&@".contains(character) {
            cell.push('\\');
        }
        cell.push(character);
    }
    cell
}
