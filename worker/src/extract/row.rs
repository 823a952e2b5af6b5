//! How a row of the field table is written down: `"path" Content Role "note";`, the note optional. A row
//! of digests stands for four fields, one an algorithm.

use super::content::Content;
use crate::indicator::Role;

/// One field that indicators are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Dotted path.
    pub path: &'static str,
    /// What the field is expected to hold.
    pub content: Content,
    /// The part its values play.
    pub role: Role,
    /// What an analyst should know of it, or nothing.
    pub note: &'static str,
}

impl Field {
    pub(super) const fn new(
        path: &'static str,
        content: Content,
        role: Role,
        note: &'static str,
    ) -> Self {
        Self {
            path,
            content,
            role,
            note,
        }
    }
}

macro_rules! rows {
    ($($path:literal $content:ident $role:ident $($note:literal)?;)+) => {{
        use $crate::extract::content::Content;
        &[$(Field::new($path, Content::$content, Role::$role, concat!($($note)?)),)+]
    }};
}

macro_rules! digests {
    ($($prefix:literal $role:ident;)+) => {{
        use $crate::extract::content::Content;
        &[$(
            Field::new(concat!($prefix, ".md5"), Content::Md5, Role::$role, ""),
            Field::new(concat!($prefix, ".sha1"), Content::Sha1, Role::$role, ""),
            Field::new(concat!($prefix, ".sha256"), Content::Sha256, Role::$role, ""),
            Field::new(concat!($prefix, ".sha512"), Content::Sha512, Role::$role, ""),
        )+]
    }};
}

pub(super) use {digests, rows};
