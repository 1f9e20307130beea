//! Places panels: left to right, wrapping where one does not fit, with a header above each row.

use serde_json::{Value, json};

use super::{PanelId, panel::Panel};

/// Number of columns in Grafana's grid.
pub(super) const COLUMNS: u32 = 24;

/// A titled group of panels.
pub(super) struct Row {
    pub id: PanelId,
    pub title: &'static str,
    pub panels: Vec<Panel>,
}

/// All rows and panels with their positions, as Grafana's JSON.
pub(super) fn place(rows: Vec<Row>) -> Vec<Value> {
    let mut placed = Vec::new();
    let mut top = 0;
    for row in rows {
        placed.push(json!({
            "id": row.id.number(), "type": "row", "title": row.title, "collapsed": false, "panels": [],
            "gridPos": { "x": 0, "y": top, "w": COLUMNS, "h": 1 },
        }));
        top += 1;
        let (mut left, mut line_height) = (0, 0);
        for panel in row.panels {
            if left + panel.width > COLUMNS {
                top += line_height;
                (left, line_height) = (0, 0);
            }
            let mut json = panel.to_json();
            json["gridPos"] = json!({ "x": left, "y": top, "w": panel.width, "h": panel.height });
            placed.push(json);
            left += panel.width;
            line_height = line_height.max(panel.height);
        }
        top += line_height;
    }
    placed
}
