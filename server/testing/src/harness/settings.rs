//! The settings page of the panel under test, and the files it works on.

use monitor_core::{
    error::StackError,
    job::Job,
    settings::KEYS,
    settings_page::{Preview, SettingsForm, SettingsPage},
};

use super::Harness;

/// The form as a browser sends it: every field, filled from the page, with those values typed over it.
pub fn form(page: &SettingsPage, typed: &[(&str, &str)]) -> SettingsForm {
    let value = |key: &str| page.values.get(key).cloned().unwrap_or_default();
    let was = KEYS.iter().map(|key| (key.path.to_owned(), value(key.path))).collect();
    let mut form = SettingsForm { base: page.base.clone(), values: Clone::clone(&was), was };
    for (key, value) in typed {
        form.values.insert((*key).to_owned(), (*value).to_owned());
    }
    form
}

impl Harness {
    pub async fn page(&self) -> SettingsPage {
        self.plane.settings_page().await.unwrap()
    }

    pub async fn preview(&self, typed: &[(&str, &str)]) -> Preview {
        self.plane.preview_settings(form(&self.page().await, typed)).await.unwrap()
    }

    /// Applies the typed values and waits for the end of the job.
    pub async fn apply(&self, typed: &[(&str, &str)], replace_edited: bool) -> Result<Job, StackError> {
        let page = self.page().await;
        let begun = self.plane.apply_settings(form(&page, typed), page.base, replace_edited).await?;
        Ok(self.ended(begun.id).await)
    }

    pub fn settings_file(&self) -> std::path::PathBuf {
        self.folder.path().join("settings.yaml")
    }

    pub fn settings_text(&self) -> String {
        std::fs::read_to_string(self.settings_file()).unwrap()
    }

    pub fn generated(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("data/monitor").join(name)
    }

    /// The engine calls after the first `calls`.
    pub fn asked_since(&self, calls: usize) -> Vec<String> {
        self.engine.calls().split_off(calls)
    }

    /// All files in the folders of the settings and of the generated files, except backups and the lock.
    pub fn on_disk(&self) -> Vec<(String, String)> {
        let folders = [self.folder.path().to_owned(), self.folder.path().join("data/monitor")];
        let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
        let files = entries
            .filter(|entry| entry.path().is_file())
            .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()));
        let is_lock = |name: &str| name == clawker_monitor::work_lock::FILE_NAME;
        let mut files: Vec<_> = files.filter(|(name, _)| !name.contains(".bak") && !is_lock(name)).collect();
        files.sort();
        files
    }
}
