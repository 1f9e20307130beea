//! One panel: what it shows and how. `grid` decides its position.

use serde_json::{Value, json};

use super::{PanelId, datasource, query::Query};

/// How a panel displays its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visual {
    /// One large number.
    Stat,
    /// Lines over time.
    TimeSeries,
    /// Stacked bars over time, for counts per step.
    StackedBars,
    /// One horizontal bar per value.
    Bars,
    /// Shares of a total.
    Pie,
    /// A table.
    Table,
    /// Lines of text, newest first.
    Logs,
}

/// The unit of numbers, in Grafana's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A plain count.
    Count,
    /// US dollars with at least two decimals, because single requests cost less than a cent.
    Dollars,
    /// Duration in milliseconds.
    Milliseconds,
    /// Duration in seconds.
    Seconds,
    /// A ratio from 0 to 1.
    Share,
    /// Seconds since 1970, shown as "3 minutes ago".
    Ago,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Count => "short",
            Unit::Dollars => "currencyUSD",
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::Share => "percentunit",
            Unit::Ago => "dateTimeFromNow",
        }
    }

    fn decimals(self) -> Option<u32> {
        match self {
            Unit::Dollars => Some(2),
            Unit::Share => Some(1),
            _ => None,
        }
    }
}

/// A column of a table: the query's field, its title, and its unit.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub field: &'static str,
    pub title: &'static str,
    pub unit: Option<Unit>,
    /// A URL to open from a cell.
    pub link: Option<(&'static str, String)>,
}

/// About how many steps a graph has: enough to see, and as many evaluations of its query for Prometheus.
const MOST_STEPS: u32 = 100;

/// A panel of the dashboard.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub id: PanelId,
    pub title: &'static str,
    pub description: &'static str,
    pub visual: Visual,
    pub unit: Unit,
    pub queries: Vec<Query>,
    pub columns: Vec<Column>,
    /// Names of series, each with the name to show instead.
    pub renamed: Vec<(&'static str, &'static str)>,
    /// Width in grid columns; 24 fill a row.
    pub width: u32,
    /// Height in grid rows of 30 pixels.
    pub height: u32,
    /// Whether no result means 0. Not the case for means and ratios.
    pub nothing_is_zero: bool,
}

impl Panel {
    pub fn new(id: PanelId, title: &'static str, visual: Visual, unit: Unit) -> Panel {
        let (width, height) = match visual {
            Visual::Stat => (4, 4),
            Visual::Table | Visual::Logs => (24, 10),
            _ => (12, 8),
        };
        Panel {
            id,
            title,
            description: "",
            visual,
            unit,
            queries: Vec::new(),
            columns: Vec::new(),
            renamed: Vec::new(),
            width,
            height,
            nothing_is_zero: matches!(unit, Unit::Count | Unit::Dollars | Unit::Seconds),
        }
    }

    pub fn description(self, description: &'static str) -> Panel {
        Panel { description, ..self }
    }

    pub fn size(self, width: u32, height: u32) -> Panel {
        Panel { width, height, ..self }
    }

    pub fn query(mut self, query: Query) -> Panel {
        self.queries.push(query);
        self
    }

    pub fn column(mut self, field: &'static str, title: &'static str, unit: Option<Unit>) -> Panel {
        self.columns.push(Column { field, title, unit, link: None });
        self
    }

    /// Makes the cells of the last added column links.
    pub fn linked(mut self, title: &'static str, address: String) -> Panel {
        if let Some(column) = self.columns.last_mut() {
            column.link = Some((title, address));
        }
        self
    }

    /// Shows a series under another name.
    pub fn rename(mut self, series: &'static str, shown: &'static str) -> Panel {
        self.renamed.push((series, shown));
        self
    }

    /// The panel as Grafana's JSON, without its position.
    pub fn to_json(&self) -> Value {
        let mut panel = json!({
            "id": self.id.number(),
            "type": self.kind(),
            "title": self.title,
            "datasource": { "type": "mixed", "uid": "-- Mixed --" },
            "fieldConfig": { "defaults": self.defaults(), "overrides": self.overrides() },
            "options": self.options(),
            "targets": self.targets(),
        });
        if let [first, rest @ ..] = self.queries.as_slice()
            && rest.iter().all(|query| query.source == first.source)
        {
            panel["datasource"] = first.source.reference();
        }
        if matches!(self.visual, Visual::TimeSeries | Visual::StackedBars) {
            panel["maxDataPoints"] = MOST_STEPS.into();
        }
        if !self.description.is_empty() {
            panel["description"] = self.description.into();
        }
        if self.visual == Visual::Table {
            panel["transformations"] = self.as_table();
        }
        panel
    }

    fn kind(&self) -> &'static str {
        match self.visual {
            Visual::Stat => "stat",
            Visual::TimeSeries | Visual::StackedBars => "timeseries",
            Visual::Bars => "bargauge",
            Visual::Pie => "piechart",
            Visual::Table => "table",
            Visual::Logs => "logs",
        }
    }

    fn targets(&self) -> Vec<Value> {
        ('A'..='Z').zip(&self.queries).map(|(letter, query)| query.to_json(&letter.to_string(), self.visual)).collect()
    }

    fn defaults(&self) -> Value {
        let mut defaults = json!({ "unit": self.unit.name(), "color": { "mode": "palette-classic" } });
        if let Some(decimals) = self.unit.decimals() {
            defaults["decimals"] = decimals.into();
        }
        if self.nothing_is_zero && self.visual == Visual::Stat {
            defaults["noValue"] = "0".into();
        }
        match self.visual {
            Visual::Stat | Visual::Bars => defaults["color"] = json!({ "mode": "fixed", "fixedColor": "blue" }),
            Visual::TimeSeries => {
                defaults["custom"] = json!({ "lineWidth": 2, "fillOpacity": 8, "showPoints": "auto" })
            }
            Visual::StackedBars => {
                defaults["custom"] = json!({
                    "drawStyle": "bars", "fillOpacity": 70, "lineWidth": 0, "stacking": { "mode": "normal" },
                });
            }
            Visual::Table => defaults["custom"] = json!({ "filterable": true, "align": "auto", "inspect": false }),
            Visual::Pie | Visual::Logs => {}
        }
        defaults
    }

    fn overrides(&self) -> Vec<Value> {
        let renamed = |(series, shown): &(&str, &str)| {
            json!({
                "matcher": { "id": "byName", "options": series },
                "properties": [{ "id": "displayName", "value": shown }],
            })
        };
        let mut overrides: Vec<Value> = self.renamed.iter().map(renamed).collect();
        for column in &self.columns {
            let mut properties = Vec::new();
            if let Some(unit) = column.unit {
                properties.push(json!({ "id": "unit", "value": unit.name() }));
                if let Some(decimals) = unit.decimals() {
                    properties.push(json!({ "id": "decimals", "value": decimals }));
                }
            }
            if let Some((title, address)) = &column.link {
                properties.push(json!({ "id": "links", "value": [{ "title": title, "url": address }] }));
            }
            if !properties.is_empty() {
                let matcher = json!({ "id": "byName", "options": column.title });
                overrides.push(json!({ "matcher": matcher, "properties": properties }));
            }
        }
        overrides
    }

    /// Every option that Grafana's schema requires is written out, so that a later default changes nothing.
    fn options(&self) -> Value {
        // A query over the whole range gives one number per series.
        let reduce = json!({ "calcs": ["lastNotNull"], "fields": "", "values": false });
        let legend = |mode: &str, placement: &str, shown: bool| json!({ "calcs": [], "displayMode": mode, "placement": placement, "showLegend": shown });
        match self.visual {
            Visual::Stat => json!({
                "reduceOptions": reduce, "colorMode": "value", "graphMode": "none", "textMode": "auto",
                "orientation": "auto", "justifyMode": "auto", "wideLayout": true,
                "showPercentChange": false, "percentChangeColorMode": "standard",
            }),
            Visual::TimeSeries | Visual::StackedBars => json!({
                "legend": legend("list", "bottom", true),
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
            Visual::Bars => json!({
                "reduceOptions": reduce, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": false,
                "valueMode": "color", "namePlacement": "auto", "sizing": "auto",
                "minVizWidth": 8, "minVizHeight": 16, "maxVizHeight": 300,
                "legend": legend("list", "bottom", false),
            }),
            Visual::Pie => {
                let mut legend = legend("table", "right", true);
                legend["values"] = json!(["value", "percent"]);
                json!({
                    "reduceOptions": reduce, "pieType": "donut", "orientation": "auto", "legend": legend,
                    "tooltip": { "mode": "single", "sort": "none" },
                })
            }
            Visual::Table => json!({
                "cellHeight": "sm", "showHeader": true, "frameIndex": 0,
                "footer": { "show": false, "reducer": [], "countRows": false },
            }),
            Visual::Logs => json!({
                "showTime": true, "wrapLogMessage": true, "enableLogDetails": true, "sortOrder": "Descending",
                "dedupStrategy": "none", "showLabels": false, "prettifyLogMessage": false,
                "showCommonLabels": false, "showLogContextToggle": false,
            }),
        }
    }

    /// Results are series with labels; a table needs the labels as columns, with the numbers next to each other.
    fn as_table(&self) -> Value {
        let titles: serde_json::Map<String, Value> =
            self.columns.iter().map(|column| (column.field.to_owned(), column.title.into())).collect();
        let order: serde_json::Map<String, Value> =
            self.columns.iter().zip(0..).map(|(column, place)| (column.field.to_owned(), Value::from(place))).collect();
        json!([
            { "id": "labelsToFields", "options": { "mode": "columns" } },
            { "id": "merge", "options": {} },
            { "id": "organize", "options": {
                "excludeByName": { "Time": true }, "renameByName": titles, "indexByName": order,
            } },
        ])
    }
}

impl datasource::Source {
    /// The data source reference in panels and variables.
    pub(super) fn reference(self) -> Value {
        json!({ "type": self.kind(), "uid": self.uid() })
    }
}
