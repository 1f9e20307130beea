//! Whether a Linux program is static: only a dynamic one names an interpreter (`ld-linux-x86-64.so.2`), which loads its
//! libraries. Source: elf(5).

use anyhow::{Context, Result, ensure};

const PT_INTERP: usize = 3;

/// The interpreter of a 64-bit little-endian ELF program; `None` if it is static.
pub fn interpreter(program: &[u8]) -> Result<Option<String>> {
    ensure!(program.get(..6) == Some(b"\x7fELF\x02\x01"), "not a 64-bit little-endian ELF program");
    let (table, entry_size, entries) = (number(program, 32, 8)?, number(program, 54, 2)?, number(program, 56, 2)?);
    for index in 0..entries {
        let entry = table + index * entry_size;
        if number(program, entry, 4)? == PT_INTERP {
            let (start, length) = (number(program, entry + 8, 8)?, number(program, entry + 32, 8)?);
            let path = bytes(program, start, length)?;
            return Ok(Some(String::from_utf8_lossy(path).trim_end_matches('\0').to_owned()));
        }
    }
    Ok(None)
}

fn number(program: &[u8], offset: usize, length: usize) -> Result<usize> {
    let little_endian = bytes(program, offset, length)?;
    Ok(little_endian.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

fn bytes(program: &[u8], offset: usize, length: usize) -> Result<&[u8]> {
    offset.checked_add(length).and_then(|end| program.get(offset..end)).context("the ELF program is cut short")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header and one program header of that type, which refers to the path after it.
    fn program(kind: u8) -> Vec<u8> {
        let mut program = b"\x7fELF\x02\x01".to_vec();
        program.resize(64 + 56, 0);
        (program[32], program[54], program[56]) = (64, 56, 1);
        let path = b"/lib/ld.so\0";
        (program[64], program[64 + 8], program[64 + 32]) = (kind, 120, path.len() as u8);
        program.extend(path);
        program
    }

    #[test]
    fn a_dynamic_program_names_its_interpreter_and_a_static_one_does_not() -> Result<()> {
        assert_eq!(interpreter(&program(3))?.as_deref(), Some("/lib/ld.so"));
        assert_eq!(interpreter(&program(1))?, None);
        Ok(())
    }

    #[test]
    fn what_is_no_program_or_half_of_one_is_an_error() {
        assert!(interpreter(b"#!/bin/sh").is_err());
        assert!(interpreter(&program(3)[..80]).is_err());
    }
}
