//! What somebody is about to change. Pure: fields in, problems and changes out; knows no browser.

use monitor_core::{
    problem::Problem,
    settings::{KEYS, Key, Kind, Preset, RawValue, RawValues, Settings},
    settings_page::{SettingsForm, SettingsPage},
};

use super::query;

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The setting.
    pub key: &'static Key,
    /// What the field was filled with; empty: the file did not set it.
    pub was: String,
    /// What the file says now.
    pub on_disk: String,
    /// What the field says; empty: the default.
    pub value: String,
}

impl Field {
    /// Whether it asks for something else than it was filled with. To write out a default that the file leaves out is
    /// no change.
    pub fn changed(&self) -> bool {
        let writes_default = self.was.is_empty() && canonical(self.key, &self.value) == self.key.default;
        self.value != self.was && !writes_default
    }

    /// What the file says now, where somebody else changed it while this field was being changed.
    pub fn moved(&self) -> Option<&str> {
        (self.changed() && self.on_disk != self.was).then_some(self.on_disk.as_str())
    }

    /// The value, or the default where it is empty, in its one spelling; as it is where it is wrong.
    pub fn effective(&self) -> String {
        canonical(self.key, &self.value)
    }

    /// Asks for an effect. Where the field was filled with the same in another spelling, or with nothing, that stays.
    fn ask_for(&mut self, value: &str) {
        self.value = match canonical(self.key, &self.was) == value {
            true => self.was.clone(),
            false => value.to_owned(),
        };
    }
}

fn canonical(key: &Key, value: &str) -> String {
    let text = if value.is_empty() { key.default } else { value };
    key.canonical(text).unwrap_or_else(|_| text.to_owned())
}

/// All fields, in the order of `KEYS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    base: String,
    fields: Vec<Field>,
}

impl Form {
    /// The form as the file fills it, with the changes that the address bears.
    pub fn new(page: &SettingsPage, asked: &SettingsForm) -> Form {
        let field = |key: &'static Key| {
            let on_disk = page.values.get(key.path).cloned().unwrap_or_default();
            let was = asked.was.get(key.path).cloned().unwrap_or_else(|| on_disk.clone());
            let value = asked.values.get(key.path).cloned().unwrap_or_else(|| was.clone());
            let mut field = Field { key, was, on_disk, value };
            settle(&mut field);
            field
        };
        Form { base: page.base.clone(), fields: KEYS.iter().map(field).collect() }
    }

    /// The file has changed: fields that nobody touched follow it.
    pub fn follow(&mut self, page: &SettingsPage) {
        self.base.clone_from(&page.base);
        if page.broken.is_some() {
            return; // It says nothing of its values until it is mended.
        }
        for field in &mut self.fields {
            field.on_disk = page.values.get(field.key.path).cloned().unwrap_or_default();
            settle(field);
        }
    }

    /// Tells one text of the file from another.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field of a setting.
    pub fn field(&self, path: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key.path == path)
    }

    /// What somebody typed.
    pub fn type_in(&mut self, path: &str, text: &str) {
        self.change(path, |field| text.trim().clone_into(&mut field.value));
    }

    /// Switches a switch.
    pub fn switch(&mut self, path: &str, on: bool) {
        self.change(path, |field| field.ask_for(if on { "true" } else { "false" }));
    }

    /// Takes the change of one field back.
    pub fn undo(&mut self, path: &str) {
        self.change(path, |field| {
            field.value.clone_from(&field.on_disk);
            settle(field);
        });
    }

    /// Empties one field, so that its default holds.
    pub fn reset(&mut self, path: &str) {
        self.change(path, |field| field.value.clear());
    }

    /// Takes every change back.
    pub fn discard(&mut self) {
        for field in &mut self.fields {
            field.value.clone_from(&field.on_disk);
            settle(field);
        }
    }

    /// Asks for everything that a preset says.
    pub fn take(&mut self, preset: &Preset) {
        for (path, value) in preset.values {
            self.change(path, |field| field.ask_for(value));
        }
    }

    fn change(&mut self, path: &str, change: impl FnOnce(&mut Field)) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.key.path == path) {
            change(field);
        }
    }

    /// How many fields are changed.
    pub fn changes(&self) -> usize {
        self.fields.iter().filter(|field| field.changed()).count()
    }

    /// Everything that is wrong, found by the code that the server finds it by.
    pub fn problems(&self) -> Vec<Problem> {
        Settings::from_values(&self.values(|_| true)).err().unwrap_or_default()
    }

    /// What would be recorded and kept for how long, whatever may be wrong elsewhere in the form.
    pub fn recorded(&self) -> Settings {
        let of_these = |kind| matches!(kind, Kind::Switch | Kind::Retention);
        let values = self.values(|field| of_these(field.key.kind) && field.key.check(&field.value).is_ok());
        Settings::from_values(&values).unwrap_or_default()
    }

    fn values(&self, wanted: impl Fn(&Field) -> bool) -> RawValues {
        self.fields
            .iter()
            .filter(|field| !field.value.is_empty() && wanted(field))
            .map(|field| (field.key.path.to_owned(), RawValue { text: field.value.clone(), line: None }))
            .collect()
    }

    /// The port that a field asks for.
    pub fn port(&self, path: &str) -> Option<u16> {
        self.field(path)?.effective().parse().ok().filter(|port| *port != 0)
    }

    /// The changes as an address bears them.
    pub fn query(&self) -> String {
        let changed: Vec<(String, &Field)> = self
            .fields
            .iter()
            .filter(|field| field.changed())
            .map(|field| (format!("was.{}", field.key.path), field))
            .collect();
        let pairs = changed
            .iter()
            .flat_map(|(was, field)| [(field.key.path, field.value.as_str()), (was.as_str(), field.was.as_str())]);
        query::write([("base", self.base.as_str())].into_iter().chain(pairs))
    }
}

/// A field that asks for nothing new follows the file; so does one that asks for what the file says by now.
fn settle(field: &mut Field) {
    if field.value == field.was || field.value == field.on_disk || !field.changed() {
        field.was.clone_from(&field.on_disk);
        field.value.clone_from(&field.on_disk);
    }
}
