//! Every recipe of the project.
fn main() -> anyhow::Result<()> {
    ownkey_app::wire::export_to(std::path::Path::new("ui/src/wire"))?;
    Ok(())
}
