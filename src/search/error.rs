//! Why there is no answer.

use crate::store::StoreError;

/// Why a library cannot be searched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// No track has what is compared.
    #[error("the library holds no track that could be compared; `phonolite analyze` adds some")]
    Empty,
    /// The file cannot be read.
    #[error("the file cannot be analysed")]
    Source {
        /// Why.
        #[from]
        source: crate::audio::SourceError,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
