//! Playlists: what stands in them, and their files.

pub mod formats;
