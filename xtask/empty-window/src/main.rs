//! An empty Tauri window, of the same size as Ownkey's and with nothing in it.

fn main() -> anyhow::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!())?;
    Ok(())
}
