//! The matrix as a page: like the Markdown, with filters and with the reason of each deviation.

use std::fmt::Write as _;

use super::{Cell, Matrix, Row, badge::message};
use crate::{
    report::{PageParts, fill, html_text, page},
    runner::Verdict,
    text::humanize,
};

const BODY: &str = include_str!("page/matrix.html");
const STYLE: &str = include_str!("page/matrix.css");
const SCRIPT: &str = include_str!("page/matrix.js");

/// Returns the page. It holds its style and its script, and makes no request.
pub fn matrix_page(matrix: &Matrix) -> String {
    let versions = html_text(&matrix.judges().join(", "));
    let body = fill(BODY, &|name| match name {
        "versions" => versions.clone(),
        "scenarios" => humanize::count(matrix.rows.len(), "scenario"),
        "layers" => layers(matrix),
        "servers" => servers(matrix),
        "rows" => rows(matrix),
        _ => String::new(),
    });
    page(PageParts {
        version: versions,
        title: "What each server does – sockspec".to_owned(),
        styles: &[STYLE],
        scripts: &[SCRIPT],
        body,
    })
}

fn layers(matrix: &Matrix) -> String {
    let options = matrix.layers().map(|(layer, rows)| {
        let name = layer.name();
        format!(
            "<option value=\"{name}\">{name} ({})</option>\n",
            rows.len()
        )
    });
    options.collect()
}

fn servers(matrix: &Matrix) -> String {
    let heads = matrix.servers.iter().map(|server| {
        let (name, counts) = (html_text(&server.name), html_text(&message(server)));
        let version = server
            .version
            .as_deref()
            .map_or_else(String::new, |version| {
                format!("<small>{}</small>", html_text(version))
            });
        format!("<th scope=\"col\">{name}{version}<small>{counts}</small></th>\n")
    });
    heads.collect()
}

fn rows(matrix: &Matrix) -> String {
    let mut text = String::new();
    for row in &matrix.rows {
        add_row(row, &mut text);
    }
    text
}

fn add_row(row: &Row, text: &mut String) {
    let (id, title, layer) = (html_text(&row.id), html_text(&row.title), row.layer.name());
    let _ = write!(
        text,
        "<tr id=\"{id}\" data-layer=\"{layer}\"><th scope=\"row\"><a href=\"#{id}\">{id}</a> <span>{title}</span></th>"
    );
    for cell in &row.cells {
        match cell {
            Some(cell) => add_cell(cell, text),
            None => text.push_str("<td class=\"none\"></td>"),
        }
    }
    text.push_str("</tr>\n");
}

/// Adds a cell. The reason of a deviation is a `details` element, so that touch and keyboard open it.
fn add_cell(cell: &Cell, text: &mut String) {
    let class = match (cell.verdict, &cell.known) {
        (Verdict::Skip, _) => "skip",
        (Verdict::Pass, _) => "pass",
        (_, Some(_)) => "known",
        (Verdict::Warn, None) => "warn",
        (Verdict::Fail, None) => "fail",
        (Verdict::Error, None) => "error",
    };
    let word = cell.word();
    let is_explained = !matches!(cell.verdict, Verdict::Pass | Verdict::Skip);
    let _ = match cell.reason.as_deref().filter(|_| is_explained) {
        Some(reason) => write!(
            text,
            "<td class=\"{class}\"><details><summary>{word}</summary>{}</details></td>",
            html_text(reason)
        ),
        None => write!(text, "<td class=\"{class}\">{word}</td>"),
    };
}
