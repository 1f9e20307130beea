//! The compressed forms of a file that are stored beside it. A browser that accepts none of them gets the plain file.

use std::io::Write as _;

use anyhow::Result;

use crate::build::Build;

/// A compressed form.
pub struct Format {
    /// Appended to the file's name.
    pub ending: &'static str,
    pub compress: fn(&[u8]) -> Result<Vec<u8>>,
}

/// The quick build is loaded from the same machine, where the time to compress counts and the size does not.
pub const fn formats(build: Build) -> &'static [Format] {
    match build {
        Build::Quick => &[Format { ending: "gz", compress: gzip_fast }],
        Build::Small => &[Format { ending: "br", compress: brotli }, Format { ending: "gz", compress: gzip }],
    }
}

fn brotli(contents: &[u8]) -> Result<Vec<u8>> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: contents.len(), ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*contents, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(contents: &[u8]) -> Result<Vec<u8>> {
    gzip_at(contents, flate2::Compression::best())
}

fn gzip_fast(contents: &[u8]) -> Result<Vec<u8>> {
    gzip_at(contents, flate2::Compression::fast())
}

fn gzip_at(contents: &[u8], level: flate2::Compression) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(contents)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn every_form_decompresses_to_the_original() -> Result<()> {
        let text = b"the same words, the same words, the same words".repeat(40);
        for format in [Build::Quick, Build::Small].into_iter().flat_map(formats) {
            let compressed = (format.compress)(&text)?;
            let mut plain = Vec::new();
            if format.ending == "br" {
                brotli::BrotliDecompress(&mut &*compressed, &mut plain)?;
            } else {
                flate2::read::GzDecoder::new(&*compressed).read_to_end(&mut plain)?;
            }
            assert_eq!(plain, text, "{}", format.ending);
        }
        Ok(())
    }
}
