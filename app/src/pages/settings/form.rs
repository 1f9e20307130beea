//! The form's fields and their changes. Pure: knows no browser.

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
    /// The value the field was filled with. Empty: not set in the file.
    pub was: String,
    /// The current value in the file. Empty: not set.
    pub on_disk: String,
    /// The value in the field. Empty: the default.
    pub value: String,
}

impl Field {
    /// Whether the field was changed. Entering the default of a setting that the file does not set is no change.
    pub fn changed(&self) -> bool {
        let writes_default = self.was.is_empty() && canonical(self.key, &self.value) == self.key.default;
        self.value != self.was && !writes_default
    }

    /// The current value in the file, where this field and the file were both changed.
    pub fn changed_on_disk(&self) -> Option<&str> {
        (self.changed() && self.on_disk != self.was).then_some(self.on_disk.as_str())
    }

    /// The value or its default, normalized; unchanged where it is invalid.
    pub fn effective(&self) -> String {
        canonical(self.key, &self.value)
    }

    /// Sets a normalized value. Where the original value means the same, its spelling is kept.
    fn set(&mut self, value: &str) {
        self.value = if canonical(self.key, &self.was) == value { self.was.clone() } else { value.to_owned() };
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
    /// The form filled from the file, with the changes in the address.
    pub fn new(page: &SettingsPage, asked: &SettingsForm) -> Form {
        let field = |key: &'static Key| {
            let on_disk = page.values.get(key.path).cloned().unwrap_or_default();
            let was = asked.was.get(key.path).cloned().unwrap_or_else(|| on_disk.clone());
            let value = asked.values.get(key.path).cloned().unwrap_or_else(|| was.clone());
            let mut field = Field { key, was, on_disk, value };
            refill(&mut field);
            field
        };
        Form { base: page.base.clone(), fields: KEYS.iter().map(field).collect() }
    }

    /// Updates the form after the file has changed. Fields that were not changed get the new value.
    pub fn update_from(&mut self, page: &SettingsPage) {
        self.base.clone_from(&page.base);
        if page.broken.is_some() {
            return; // Its values are unknown until it is fixed.
        }
        for field in &mut self.fields {
            field.on_disk = page.values.get(field.key.path).cloned().unwrap_or_default();
            refill(field);
        }
    }

    /// Identifies the text of the file that the form was filled from.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// All fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field of a setting.
    pub fn field(&self, path: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key.path == path)
    }

    /// Sets a field to typed text.
    pub fn type_in(&mut self, path: &str, text: &str) {
        self.change(path, |field| text.trim().clone_into(&mut field.value));
    }

    /// Sets a switch.
    pub fn switch(&mut self, path: &str, on: bool) {
        self.change(path, |field| field.set(if on { "true" } else { "false" }));
    }

    /// Undoes the change of one field.
    pub fn undo(&mut self, path: &str) {
        self.change(path, |field| {
            field.value.clone_from(&field.on_disk);
            refill(field);
        });
    }

    /// Empties one field, so that the default applies.
    pub fn reset(&mut self, path: &str) {
        self.change(path, |field| field.value.clear());
    }

    /// Undoes all changes.
    pub fn discard(&mut self) {
        for field in &mut self.fields {
            field.value.clone_from(&field.on_disk);
            refill(field);
        }
    }

    /// Sets every value of a preset.
    pub fn apply_preset(&mut self, preset: &Preset) {
        for (path, value) in preset.values {
            self.change(path, |field| field.set(value));
        }
    }

    fn change(&mut self, path: &str, change: impl FnOnce(&mut Field)) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.key.path == path) {
            change(field);
        }
    }

    /// The number of changed fields.
    pub fn changes(&self) -> usize {
        self.fields.iter().filter(|field| field.changed()).count()
    }

    /// All problems, found by the same code as on the server.
    pub fn problems(&self) -> Vec<Problem> {
        Settings::from_values(&self.values(|_| true)).err().unwrap_or_default()
    }

    /// What would be recorded and for how long it would be kept. Problems in other fields are ignored.
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

    /// The port in a field; `None` where it is invalid.
    pub fn port(&self, path: &str) -> Option<u16> {
        self.field(path)?.effective().parse().ok().filter(|port| *port != 0)
    }

    /// The changes as the query of an address.
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
        query::encode_query([("base", self.base.as_str())].into_iter().chain(pairs))
    }
}

/// Fills a field from the file where it was not changed, or where its change is already in the file.
fn refill(field: &mut Field) {
    if field.value == field.was || field.value == field.on_disk || !field.changed() {
        field.was.clone_from(&field.on_disk);
        field.value.clone_from(&field.on_disk);
    }
}
