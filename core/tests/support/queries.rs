//! Every question that the dashboard asks, read from the file that Grafana reads, with Grafana's variables filled in as
//! Grafana does. The judges in `server/tests` include this file, so that both ask the same.

use std::fmt;

use monitor_core::dashboard::simulated;
use serde_json::Value;

/// The store a question goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    Prometheus,
    Loki,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    /// The panel's id; `None` for a variable.
    pub panel: Option<u64>,
    /// `A`, `B`, … of a panel; the name of a variable.
    pub name: String,
    pub store: Store,
    /// As the file has it, variables and all.
    pub expression: String,
    /// One answer for the whole range, not one for each step.
    pub instant: bool,
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.panel {
            Some(id) => write!(formatter, "panel {id}, query {}: {}", self.name, self.expression),
            None => write!(formatter, "variable {}: {}", self.name, self.expression),
        }
    }
}

/// All of them. Panics at a panel, a query or a variable that it does not understand: nothing is left out quietly.
pub fn every_question(dashboard: &Value) -> Vec<Question> {
    let variables = dashboard["templating"]["list"].as_array().expect("the variables");
    let panels = dashboard["panels"].as_array().expect("the panels");
    variables.iter().filter_map(of_variable).chain(panels.iter().flat_map(of_panel)).collect()
}

/// The questions of one panel.
pub fn of_panel(panel: &Value) -> Vec<Question> {
    let id = panel["id"].as_u64().expect("a panel has an id");
    if panel["type"] == "row" {
        assert!(panel["panels"].as_array().is_none_or(Vec::is_empty), "row {id} hides panels that no test would see");
        return Vec::new();
    }
    let targets = panel["targets"].as_array().filter(|targets| !targets.is_empty());
    let targets = targets.unwrap_or_else(|| panic!("panel {id} asks nothing"));
    targets
        .iter()
        .map(|target| {
            let store = store(&target["datasource"]);
            let instant = match store {
                Store::Prometheus => target["instant"] == true,
                Store::Loki => target["queryType"] == "instant",
            };
            Question {
                panel: Some(id),
                name: target["refId"].as_str().expect("a query has a letter").to_owned(),
                store,
                expression: target["expr"].as_str().unwrap_or_else(|| panic!("panel {id}: {target}")).to_owned(),
                instant,
            }
        })
        .collect()
}

fn of_variable(variable: &Value) -> Option<Question> {
    let name = variable["name"].as_str().expect("a variable has a name").to_owned();
    if variable["type"] == "textbox" || variable["type"] == "custom" {
        return None;
    }
    assert_eq!(variable["type"], "query", "{name}");
    let (store, query) = (store(&variable["datasource"]), &variable["query"]);
    let expression = match store {
        Store::Loki => query["stream"].as_str().unwrap_or_else(|| panic!("{name}: {query}")).to_owned(),
        // Grafana asks for the values of the label; this finds the same ones.
        Store::Prometheus => {
            let text = query["query"].as_str().and_then(|text| text.strip_prefix("label_values(")?.strip_suffix(')'));
            let parts = text.and_then(|text| text.rsplit_once(", "));
            let (series, label) = parts.unwrap_or_else(|| panic!("{name}: {query}"));
            format!("group by ({label}) (last_over_time({series}[$__range]))")
        }
    };
    Some(Question { panel: None, name, store, expression, instant: true })
}

fn store(datasource: &Value) -> Store {
    match datasource["type"].as_str() {
        Some("prometheus") => Store::Prometheus,
        Some("loki") => Store::Loki,
        _ => panic!("a data source that no test knows: {datasource}"),
    }
}

/// What somebody chose above the dashboard.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Empty for all.
    pub projects: Vec<&'static str>,
    /// Empty for all.
    pub agents: Vec<&'static str>,
    /// Empty for all.
    pub addresses: Vec<&'static str>,
    pub session: String,
    /// A value of the variable `simulated`.
    pub simulated: &'static str,
    /// Seconds.
    pub range: u64,
    /// Seconds.
    pub step: u64,
}

impl Chosen {
    /// All real data, in the last hour, in a window of moderate size.
    pub fn all() -> Chosen {
        let session = String::new();
        let simulated = simulated::HIDE;
        Chosen { projects: vec![], agents: vec![], addresses: vec![], session, simulated, range: 3600, step: 15 }
    }

    /// The expression as Grafana sends it. Panics where a variable stays behind.
    pub fn fill(&self, question: &Question) -> String {
        // Loki's data source takes the whole range for a single answer.
        let automatic = if question.instant { self.range } else { self.step };
        let replacements = [
            ("$__interval", format!("{}s", self.step)),
            ("$__range", format!("{}s", self.range)),
            ("$__auto", format!("{automatic}s")),
            ("$session_id", self.session.clone()),
            ("$simulated", self.simulated.to_owned()),
            ("$client_ip", pattern(&self.addresses)),
            ("$project", pattern(&self.projects)),
            ("$agent", pattern(&self.agents)),
        ];
        let filled = replacements
            .iter()
            .fold(question.expression.clone(), |expression, (variable, value)| expression.replace(variable, value));
        // `$1` is the first group of a pattern, and `^$` a pattern.
        assert!(
            !filled.replace("\"$1\"", "").replace("\"^$\"", "").contains('$'),
            "a variable is left over: {question}"
        );
        filled
    }
}

/// How both data sources write several chosen values into a pattern: each value quoted for the pattern and again for
/// the string around it. `All` is the dashboard's own pattern.
fn pattern(values: &[&str]) -> String {
    let quoted: Vec<String> = values
        .iter()
        .map(|value| {
            value.chars().fold(String::new(), |mut quoted, letter| {
                if "\\$^*{}[]'+?.()|".contains(letter) {
                    quoted.push_str("\\\\");
                }
                quoted.push(letter);
                quoted
            })
        })
        .collect();
    match quoted.as_slice() {
        [] => ".*".to_owned(),
        [one] => one.clone(),
        several => format!("({})", several.join("|")),
    }
}

/// What people may choose: nothing, one of each, several with letters that mean something in a pattern.
pub fn every_choice() -> Vec<Chosen> {
    let one = Chosen {
        projects: vec!["demo"],
        agents: vec!["dev"],
        addresses: vec!["172.18.0.5"],
        session: "10adfe03-ff02-4ccc-a6ab-0f887433ffbb".to_owned(),
        ..Chosen::all()
    };
    let several = Chosen {
        projects: vec!["my.app", "c++_(old)"],
        agents: vec!["dev-1", "a.b"],
        addresses: vec!["172.18.0.5", "fd00::5"],
        session: "10adfe03".to_owned(),
        simulated: simulated::SHOW,
        range: 30 * 86_400,
        step: 1800,
    };
    vec![Chosen::all(), one, several]
}
