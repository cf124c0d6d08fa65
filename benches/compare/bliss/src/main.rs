//! The vector of bliss-audio of each file named, one after the other, decoded by symphonia.

use std::error::Error;

use bliss_audio::decoder::Decoder as _;
use bliss_audio::decoder::symphonia::SymphoniaDecoder;

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args_os().skip(1) {
        let song = SymphoniaDecoder::song_from_path(&path)?;
        println!("{}\t{:?}", song.path.display(), song.analysis.as_vec());
    }
    Ok(())
}
