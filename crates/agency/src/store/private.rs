//! Files and folders for this process's user alone, whatever the umask says.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, read_dir, rename, set_permissions};
use std::io::{Result, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes a folder, with those above it, and closes it to others.
pub(super) fn folder(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    set_permissions(path, Permissions::from_mode(0o700))
}

/// Opens a file for writing, makes it where it is missing, and closes it to others. What is in it stays.
pub(super) fn file(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Closes the files of a folder that an earlier version may have left open to others.
pub(super) fn files_in(folder: &Path) -> Result<()> {
    for entry in read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            set_permissions(entry.path(), Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

/// Writes a file whole, for this process's user alone: who reads it finds the old or the new content, also after a
/// power cut.
///
/// # Errors
/// When the disk says no; the old content stays then.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    let mut out = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
    out.set_permissions(Permissions::from_mode(0o600))?;
    out.write_all(content)?;
    out.sync_all()?;
    rename(&fresh, path)
}
