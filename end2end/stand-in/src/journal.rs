//! What a store has accepted, in a file: each request with its length before it. A request that was cut off by a crash
//! was not acknowledged, so it is left out.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
};

#[derive(Debug)]
pub struct Journal {
    /// `None` if the folder cannot be written to: then nothing survives the process.
    file: Option<File>,
}

impl Journal {
    /// Opens the journal of a folder, and reads the requests in it.
    pub fn open(folder: &Path) -> (Journal, Vec<Vec<u8>>) {
        let path = folder.join("stand-in.journal");
        let requests = split(&std::fs::read(&path).unwrap_or_default());
        let file = OpenOptions::new().create(true).append(true).open(&path).ok();
        // What was cut off must not be before the next request.
        if let Some(file) = &file {
            let whole: usize = requests.iter().map(|request| request.len() + 8).sum();
            let _ = file.set_len(whole as u64);
        }
        (Journal { file }, requests)
    }

    /// Appends a request. It survives the end of this process, not of the machine.
    pub fn append(&mut self, request: &[u8]) -> std::io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut record = (request.len() as u64).to_le_bytes().to_vec();
        record.extend_from_slice(request);
        file.write_all(&record)
    }
}

fn split(mut rest: &[u8]) -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<8>() {
        let Some(request) = usize::try_from(u64::from_le_bytes(*length)).ok().and_then(|end| after.get(..end)) else {
            break;
        };
        requests.push(request.to_vec());
        rest = &after[request.len()..];
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_requests_survive_and_a_cut_one_is_left_out() {
        let folder = std::env::temp_dir().join(format!("stand-in-journal-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (mut journal, before) = Journal::open(&folder);
        assert!(before.is_empty());
        journal.append(b"one").expect("written");
        journal.append(b"").expect("written");
        let path = folder.join("stand-in.journal");
        let mut bytes = std::fs::read(&path).expect("a file");
        bytes.extend_from_slice(&[9, 0, 0, 0, 0, 0, 0, 0, b'c']);
        std::fs::write(&path, bytes).expect("written");
        let (mut journal, after) = Journal::open(&folder);
        assert_eq!(after, [b"one".to_vec(), Vec::new()]);
        journal.append(b"two").expect("written");
        assert_eq!(Journal::open(&folder).1.len(), 3);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
