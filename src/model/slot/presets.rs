//! Front ends of models that people have: one documented file each.

use super::SlotError;
use super::spec::Spec;

/// Name and text of each preset.
const PRESETS: &[(&str, &str)] = &[
    ("musicnn", include_str!("presets/musicnn.toml")),
    ("essentia_musicnn", include_str!("presets/essentia_musicnn.toml")),
    ("effnet", include_str!("presets/effnet.toml")),
    ("vggish", include_str!("presets/vggish.toml")),
    ("yamnet", include_str!("presets/yamnet.toml")),
    ("openl3", include_str!("presets/openl3.toml")),
    ("clap", include_str!("presets/clap.toml")),
    ("panns", include_str!("presets/panns.toml")),
    ("panns_raw", include_str!("presets/panns_raw.toml")),
    ("beat_this", include_str!("presets/beat_this.toml")),
    ("basic_pitch", include_str!("presets/basic_pitch.toml")),
    ("crepe", include_str!("presets/crepe.toml")),
    ("silero_vad", include_str!("presets/silero_vad.toml")),
];

/// Names of all presets.
pub fn names() -> Vec<String> {
    PRESETS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The text of a preset, with what is known of where it comes from.
///
/// # Errors
/// [`SlotError::UnknownPreset`].
pub fn text(name: &str) -> Result<&'static str, SlotError> {
    let found = PRESETS.iter().find(|(preset, _)| *preset == name);
    let unknown = || SlotError::UnknownPreset { name: name.to_owned(), known: names() };
    found.map(|(_, text)| *text).ok_or_else(unknown)
}

/// A preset.
///
/// # Errors
/// [`SlotError::UnknownPreset`].
pub fn preset(name: &str) -> Result<Spec, SlotError> {
    Spec::parse(text(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_sound_and_has_the_shape_its_model_takes() {
        let shapes: [(&str, &[usize]); 13] = [
            ("musicnn", &[1, 187, 96]),
            ("essentia_musicnn", &[1, 187, 96]),
            ("effnet", &[64, 128, 96]),
            ("vggish", &[1, 96, 64]),
            ("yamnet", &[1, 96, 64]),
            ("openl3", &[1, 256, 199, 1]),
            ("clap", &[1, 1, 1001, 64]),
            ("panns", &[1, 1, 1001, 64]),
            ("panns_raw", &[1, 320_000]),
            ("beat_this", &[1, 1500, 128]),
            ("basic_pitch", &[1, 43_844, 1]),
            ("crepe", &[1, 1024]),
            ("silero_vad", &[1, 576]),
        ];
        assert_eq!(shapes.map(|(name, _)| name.to_owned()).to_vec(), names());
        for (name, shape) in shapes {
            let spec = preset(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(spec.input_shape(), shape, "{name}");
        }
        assert!(matches!(preset("musicn"), Err(SlotError::UnknownPreset { .. })));
    }
}
