//! The commands that the panel's buttons give, and what each posts.

use leptos::server_fn::ServerFn;

use crate::api;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Creates the missing files.
    Initialize,
    /// Creates the missing files and replaces those that differ.
    Replace,
    /// Starts the stack.
    Start,
    /// Stops the stack; its data is kept.
    Stop,
    /// Stops the stack and removes its data.
    Remove,
    /// Cancels the running job.
    Cancel,
    /// Hides how the last job ended.
    Dismiss,
    /// Runs the checks again.
    CheckUp,
}

impl Command {
    /// What a form without JavaScript can have posted. `Replace` posts to the address of `Initialize`.
    const POSTED: [Command; 7] = [
        Command::Initialize,
        Command::Start,
        Command::Stop,
        Command::Remove,
        Command::Cancel,
        Command::Dismiss,
        Command::CheckUp,
    ];

    /// The text of the button.
    pub const fn label(self) -> &'static str {
        match self {
            Command::Initialize => "Initialize",
            Command::Replace => "Replace the files",
            Command::Start => "Start stack",
            Command::Stop => "Stop stack",
            Command::Remove => "Remove stack and data",
            Command::Cancel => "Cancel",
            Command::Dismiss => "Dismiss",
            Command::CheckUp => "Check again",
        }
    }

    /// The heading above the reason why the server refused.
    pub const fn refusal_title(self) -> &'static str {
        match self {
            Command::Initialize | Command::Replace => "The files were not written",
            Command::Start => "The stack was not started",
            Command::Stop => "The stack was not stopped",
            Command::Remove => "The stack was not removed",
            Command::Cancel => "The job was not canceled",
            Command::Dismiss => "The note was not dismissed",
            Command::CheckUp => "The checks did not run",
        }
    }

    /// The address that the form posts to.
    pub fn url(self) -> &'static str {
        match self {
            Command::Initialize | Command::Replace => api::Initialize::url(),
            Command::Start => api::StartStack::url(),
            Command::Stop => api::StopStack::url(),
            Command::Remove => api::RemoveStackAndData::url(),
            Command::Cancel => api::CancelJob::url(),
            Command::Dismiss => api::DismissJob::url(),
            Command::CheckUp => api::CheckUp::url(),
        }
    }

    /// The command that was posted to that address, as its index, which is what travels with the page.
    pub fn index_of_url(url: &str) -> Option<u8> {
        let index = Command::POSTED.into_iter().position(|command| command.url() == url)?;
        u8::try_from(index).ok()
    }

    /// The command at the index from `index_of_url`.
    pub fn at_index(index: u8) -> Option<Command> {
        Command::POSTED.get(usize::from(index)).copied()
    }

    /// The fields of the form, encoded.
    pub const fn body(self) -> &'static str {
        match self {
            Command::Replace => "replace=true",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_again_by_the_address_it_posts_to() {
        for command in Command::POSTED {
            assert_eq!(Command::index_of_url(command.url()).and_then(Command::at_index), Some(command));
        }
        assert_eq!(Command::index_of_url(Command::Replace.url()), Some(0), "replacing posts to `initialize`");
        assert_eq!((Command::index_of_url("/api/settings"), Command::at_index(7)), (None, None));
    }
}
